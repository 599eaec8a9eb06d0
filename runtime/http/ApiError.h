// Errors as the interface tells them: a status, and {"error": {"message", "type", "param", "code"}}.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/http/HttpMessage.h"

#include <string>

namespace longc {

struct ApiError {
  int status = 400;
  std::string message;
  std::string code = "invalid_value"; // empty: null
  std::string param = {};             // the field it is about; empty: null
  int retryAfter = 0;                 // seconds; 0: not said

  /// A request that cannot be meant.
  static ApiError invalid(const std::string &param, const std::string &message, const std::string &code = "invalid_value") {
    return {400, message, code, param};
  }
  /// What of the engine's errors a client may know: its own mistakes in full, ours as a number.
  static ApiError of(const Status &status);

  /// "invalid_request_error", by the status.
  const char *type() const;
  /// {"message": ...}, the value of "error".
  std::string object() const;
  HttpResponse response() const;
};

} // namespace longc
