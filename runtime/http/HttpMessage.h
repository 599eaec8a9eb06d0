// Requests and answers of HTTP, without a word of how they travel.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longc {

/// A body that is too large for memory, on its way into a file, which goes with this unless it is kept.
class UploadedFile {
public:
  /// Null where there can be no such file.
  static std::shared_ptr<UploadedFile> create(const std::string &path);
  ~UploadedFile();
  UploadedFile(const UploadedFile &) = delete;
  UploadedFile &operator=(const UploadedFile &) = delete;

  /// False where there is no room, and errno says so.
  bool append(const void *data, size_t bytes);
  /// Makes it last, as `path`. False as of append.
  bool keepAs(const std::string &path);
  const std::string &path() const { return path_; }
  uint64_t size() const { return size_; }

private:
  UploadedFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_; // empty: it was kept
  int descriptor_;
  uint64_t size_ = 0;
};

struct HttpRequest {
  std::string method, path, query; // the path without its escapes and without the query
  std::string authorization, contentType, origin;
  std::string body;
  std::shared_ptr<UploadedFile> upload = {}; // instead of `body`

  /// The value of `name` in the query; empty where there is none. Nothing is decoded: our parameters need no escapes.
  std::string_view parameter(std::string_view name) const;
};

/// The bytes of a file as it was opened, whatever becomes of its name.
class FileBytes {
public:
  /// Null where it cannot be opened.
  static std::shared_ptr<const FileBytes> open(const std::string &path);
  ~FileBytes();
  FileBytes(const FileBytes &) = delete;
  FileBytes &operator=(const FileBytes &) = delete;

  uint64_t size() const { return size_; }
  /// Fills `piece` from `offset` on; false where it cannot.
  bool read(uint64_t offset, std::string &piece) const;

private:
  explicit FileBytes(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
  uint64_t size_ = 0;
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::shared_ptr<const FileBytes> file = {}; // instead of `body`
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

/// "text/plain" of "Text/Plain; charset=utf-8".
std::string mediaType(std::string_view contentType);

/// With %20 a space; what is no such escape stays.
std::string decodePath(std::string_view path);

/// "Not Found".
const char *httpReason(int status);

} // namespace longc
