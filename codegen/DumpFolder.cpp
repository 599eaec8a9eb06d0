// Prints to memory first: a stream to a file would end the process when the disk is full.
#include "codegen/DumpFolder.h"

#include "runtime/core/OutputFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

namespace longc {

void DumpFolder::keep(const std::string &name, llvm::function_ref<void(llvm::raw_ostream &)> print) {
  if (isOff())
    return;
  std::string text;
  llvm::raw_string_ostream stream(text);
  print(stream);
  std::error_code error = llvm::sys::fs::create_directories(path_);
  Status status = error ? Status::error(4001, "cannot write '" + fileName(name) + "': " + error.message(), "check --dump-dir")
                        : OutputFile::write(fileName(name), text);
  std::lock_guard lock(mutex_);
  if (status_.ok())
    status_ = status;
}

} // namespace longc
