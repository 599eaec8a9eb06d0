// Names of statuses, parameters of queries, bytes of files.
#include "runtime/http/HttpMessage.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace longc {

std::string decodePath(std::string_view path) {
  std::string decoded;
  for (size_t at = 0; at < path.size(); ++at) {
    unsigned value = 0;
    const char *digits = path.data() + at + 1;
    if (path[at] == '%' && at + 2 < path.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      decoded += static_cast<char>(value);
      at += 2;
    } else
      decoded += path[at];
  }
  return decoded;
}

std::string mediaType(std::string_view contentType) {
  std::string type(contentType.substr(0, contentType.find_first_of("; \t")));
  for (char &letter : type)
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return type;
}

std::string_view HttpRequest::parameter(std::string_view name) const {
  for (std::string_view rest = query; !rest.empty();) {
    std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.size() > name.size() && part.substr(0, name.size()) == name && part[name.size()] == '=')
      return part.substr(name.size() + 1);
  }
  return {};
}

std::shared_ptr<UploadedFile> UploadedFile::create(const std::string &path) {
  const int descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  return descriptor < 0 ? nullptr : std::shared_ptr<UploadedFile>(new UploadedFile(path, descriptor));
}

UploadedFile::~UploadedFile() {
  close(descriptor_);
  if (!path_.empty())
    unlink(path_.c_str());
}

bool UploadedFile::append(const void *data, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    const ssize_t count = ::write(descriptor_, static_cast<const char *>(data) + done, bytes - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    done += static_cast<size_t>(count);
  }
  size_ += bytes;
  return true;
}

bool UploadedFile::keepAs(const std::string &path) {
  if (fsync(descriptor_) != 0 || std::rename(path_.c_str(), path.c_str()) != 0)
    return false;
  path_.clear();
  return true;
}

std::shared_ptr<const FileBytes> FileBytes::open(const std::string &path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return nullptr;
  std::shared_ptr<FileBytes> file(new FileBytes(descriptor));
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
    return nullptr;
  file->size_ = static_cast<uint64_t>(status.st_size);
  return file;
}

FileBytes::~FileBytes() { close(descriptor_); }

bool FileBytes::read(uint64_t offset, std::string &piece) const {
  for (size_t done = 0; done < piece.size();) {
    const ssize_t count = pread(descriptor_, piece.data() + done, piece.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

const char *httpReason(int status) {
  switch (status) {
  case 200: return "OK";
  case 202: return "Accepted";
  case 204: return "No Content";
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 408: return "Request Timeout";
  case 409: return "Conflict";
  case 413: return "Content Too Large";
  case 415: return "Unsupported Media Type";
  case 417: return "Expectation Failed";
  case 422: return "Unprocessable Content";
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 503: return "Service Unavailable";
  case 507: return "Insufficient Storage";
  default: return "Unknown";
  }
}

} // namespace longc
