// Makes and removes folders for intermediate files.
#include "frontends/tools/driver/WorkFolder.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

#include <filesystem>

namespace longc {

Result<WorkFolder> WorkFolder::create() {
  llvm::SmallString<128> path;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("longc", path))
    return Status::error(4004, "cannot make a folder for intermediate files: " + error.message(),
                         "set TMPDIR to a folder with free space");
  return WorkFolder(std::string(path));
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  if (!path_.empty())
    std::filesystem::remove_all(path_, ignored);
}

} // namespace longc
