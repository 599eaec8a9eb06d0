// Requests and answers of HTTP, without a word of how they travel.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longc {

struct HttpRequest {
  std::string method, path, query; // the path without its escapes and without the query
  std::string authorization, contentType, origin;
  std::string body;

  /// The value of `name` in the query; empty where there is none. Nothing is decoded: our parameters need no escapes.
  std::string_view parameter(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Where the answer to one request goes. Any thread may call; what comes after the client left goes nowhere. One that is
/// dropped unanswered is answered with an error.
class HttpReply {
public:
  virtual ~HttpReply() = default;
  /// The whole answer.
  virtual void send(HttpResponse response) = 0;
  /// Begins an answer whose body comes in pieces (`response.body` is the first). While nothing else comes, `pulse` is sent
  /// every few seconds, so that neither side takes the other for dead.
  virtual void begin(HttpResponse response, std::string pulse) = 0;
  virtual void write(std::string piece) = 0;
  virtual void end() = 0;
  /// The client has closed the connection, or was dropped because it does not read.
  virtual bool isGone() const = 0;
};

/// With %20 a space; what is no such escape stays.
std::string decodePath(std::string_view path);

/// "Not Found".
const char *httpReason(int status);

} // namespace longc
