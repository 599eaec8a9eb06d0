// Lines of JSON, each written whole.
#include "runtime/http/RequestLog.h"

#include "runtime/core/Json.h"

#include <cerrno>
#include <cstring>
#include <ctime>

namespace longc {

Result<std::unique_ptr<RequestLog>> RequestLog::open(const std::string &path) {
  std::FILE *file = path.empty() ? nullptr : std::fopen(path.c_str(), "ab");
  if (!path.empty() && !file)
    return Status::error(7502, "cannot write the log '" + path + "': " + std::strerror(errno), "check the path and its permissions");
  return std::unique_ptr<RequestLog>(new RequestLog(file));
}

RequestLog::~RequestLog() {
  if (file_)
    std::fclose(file_);
}

void RequestLog::add(const LoggedRequest &request) {
  if (!file_)
    return;
  JsonWriter json;
  json.beginObject();
  json.key("time").integer(std::time(nullptr));
  json.key("method").text(request.method);
  json.key("path").text(request.path);
  json.key("key").text(request.owner);
  json.key("status").integer(request.status);
  json.key("prompt_tokens").integer(request.promptTokens);
  json.key("generated_tokens").integer(request.generatedTokens);
  for (const auto &[name, value] : {std::pair("queue_seconds", request.queueSeconds),
                                    std::pair("first_token_seconds", request.firstTokenSeconds)})
    value < 0 ? json.key(name).null() : json.key(name).number(value);
  json.key("seconds").number(request.seconds);
  request.error.empty() ? json.key("error").null() : json.key("error").text(request.error);
  const std::string line = json.endObject().str() + "\n";
  std::lock_guard lock(mutex_);
  std::fwrite(line.data(), 1, line.size(), file_);
  std::fflush(file_);
}

} // namespace longc
