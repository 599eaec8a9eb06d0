// Appends and flushes.
#include "runtime/core/GrowingFile.h"

#include <cerrno>
#include <cstring>

namespace longc {
namespace {

Status cannotWrite(const std::string &path) {
  return Status::error(4001, "cannot write '" + path + "': " + std::strerror(errno), "check the path, its permissions and the free space");
}

} // namespace

Result<GrowingFile> GrowingFile::open(const std::string &path) {
  GrowingFile file;
  file.path_ = path;
  file.file_.reset(std::fopen(path.c_str(), "ae"));
  if (!file.file_)
    return cannotWrite(path);
  return file;
}

Status GrowingFile::append(std::string_view piece) {
  const bool written = std::fwrite(piece.data(), 1, piece.size(), file_.get()) == piece.size() && std::fflush(file_.get()) == 0;
  return written ? Status() : cannotWrite(path_);
}

} // namespace longc
