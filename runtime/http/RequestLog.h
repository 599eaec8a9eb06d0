// One line of JSON for every request that was answered: --log-jsonl.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

namespace longc {

struct LoggedRequest {
  std::string method, path, owner;
  int status = 200;
  int64_t promptTokens = 0, generatedTokens = 0;
  double queueSeconds = -1, firstTokenSeconds = -1, seconds = 0; // below 0: there was none
  std::string error;                                             // empty: none
};

class RequestLog {
public:
  /// "" logs nothing. LC7502 where the file cannot be written.
  static Result<std::unique_ptr<RequestLog>> open(const std::string &path);
  ~RequestLog();
  /// From any thread.
  void add(const LoggedRequest &request);

private:
  explicit RequestLog(std::FILE *file) : file_(file) {}
  std::mutex mutex_;
  std::FILE *file_;
};

} // namespace longc
