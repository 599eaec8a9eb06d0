// A folder for intermediate files that goes with its owner.
#pragma once

#include "runtime/core/Status.h"

#include <string>

namespace longc {

class WorkFolder {
public:
  // Makes a new, empty folder under TMPDIR.
  static Result<WorkFolder> create();
  ~WorkFolder();
  WorkFolder(WorkFolder &&other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkFolder(const WorkFolder &) = delete;
  WorkFolder &operator=(const WorkFolder &) = delete;

  std::string file(const std::string &name) const { return path_ + "/" + name; }

private:
  explicit WorkFolder(std::string path) : path_(std::move(path)) {}

  std::string path_; // empty: moved from
};

} // namespace longc
