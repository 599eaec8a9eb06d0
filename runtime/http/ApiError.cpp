// Statuses of errors and what a client is told.
#include "runtime/http/ApiError.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"

namespace longc {
namespace {

constexpr int overWindow = 5303, documentGone = 7505, pagesFull = 7101, deviceFull = 7104, outOfMemory = 7001;

bool isText(int code) { return code >= 6001 && code < 6200; } // templates, tokens
bool isInput(int code) { return code >= 5302 && code < 5500; }

} // namespace

ApiError ApiError::of(const Status &status) {
  const int code = status.code();
  const std::string message = status.message() + (status.hint().empty() ? "" : " (" + status.hint() + ")");
  if (code == overWindow)
    return {400, message, "context_length_exceeded"};
  if (code == documentGone)
    return {404, message, "document_not_found", "documents"};
  if (code == pagesFull || code == deviceFull || code == outOfMemory)
    return {503, "the memory of this machine is full: try again later", "overloaded", {}, 5};
  if (isText(code) || isInput(code))
    return {400, message};
  logError(status); // with its paths, for who runs the server
  return {500, formatText("an internal error (LC%04d): the server's log says more", code), "internal_error"};
}

const char *ApiError::type() const {
  switch (status) {
  case 401: return "authentication_error";
  case 403: return "permission_error";
  case 429: return "rate_limit_error";
  case 503: return "overloaded_error";
  default: return status >= 500 ? "internal_error" : "invalid_request_error";
  }
}

std::string ApiError::object() const {
  JsonWriter json;
  json.beginObject();
  json.key("message").text(message);
  json.key("type").text(type());
  for (const auto &[name, value] : {std::pair("param", &param), std::pair("code", &code)})
    value->empty() ? json.key(name).null() : json.key(name).text(*value);
  return json.endObject().str();
}

HttpResponse ApiError::response() const {
  HttpResponse response{status, "{\"error\":" + object() + "}"};
  if (retryAfter > 0)
    response.headers.emplace_back("Retry-After", std::to_string(retryAfter));
  return response;
}

} // namespace longc
