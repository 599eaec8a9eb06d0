// Where a folder goes; mkdtemp, rename.
#include "runtime/core/OutputFolder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace longc {
namespace {

Status cannotWrite(const std::string &target, const std::string &reason) {
  return Status::error(4001, "cannot write the folder '" + target + "': " + reason,
                       "give the path of a new folder, in one that may be written and has space");
}

// The mode of a new folder: mkdtemp gives one that nobody else may read.
mode_t folderMode() {
  mode_t mask = umask(0);
  umask(mask);
  return 0777 & ~mask;
}

} // namespace

Result<OutputFolder> OutputFolder::create(const std::string &given) {
  std::string target = given;
  while (target.size() > 1 && target.back() == '/')
    target.pop_back();
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(target, error))) {
    if (!std::filesystem::is_directory(target, error))
      return cannotWrite(given, "there is something else of this name");
    target = std::filesystem::canonical(target, error).string(); // a link keeps leading to it
    if (error || !std::filesystem::is_empty(target, error) || error)
      return cannotWrite(given, error ? error.message() : "it is there already and not empty");
  }
  std::string partial = target + ".partial.XXXXXX";
  if (target.empty() || !mkdtemp(partial.data()))
    return cannotWrite(given, std::strerror(target.empty() ? ENOENT : errno));
  OutputFolder folder(target, partial);
  if (chmod(partial.c_str(), folderMode()) != 0)
    return cannotWrite(given, std::strerror(errno));
  return folder;
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  if (!partial_.empty())
    std::filesystem::remove_all(partial_, ignored);
}

Status OutputFolder::complete() {
  if (std::rename(partial_.c_str(), target_.c_str()) != 0) // in place of an empty folder, too
    return cannotWrite(target_, std::strerror(errno));
  partial_.clear();
  return {};
}

} // namespace longc
