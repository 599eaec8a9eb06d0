// Where text is kept for people to read (--dump-dir): IR after a stage, a target's assembly or source.
#pragma once

#include "runtime/core/Status.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <mutex>
#include <string>

namespace llvm {
class raw_ostream;
}

namespace longc {

class DumpFolder {
public:
  // Empty: nothing is kept.
  explicit DumpFolder(std::string path) : path_(std::move(path)) {}

  bool isOff() const { return path_.empty(); }
  std::string fileName(const std::string &name) const { return path_ + "/" + name; }

  // Prints into the file `name`, which is whole or not there; makes the folder. From any thread.
  void keep(const std::string &name, llvm::function_ref<void(llvm::raw_ostream &)> print);
  // The first failure of all that was to be kept.
  Status status() const { return status_; }

private:
  std::string path_;
  std::mutex mutex_;
  Status status_;
};

} // namespace longc
