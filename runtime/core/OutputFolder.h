// A folder that is there as a whole or not at all: filled beside its place, then put there by one rename.
#pragma once

#include "runtime/core/Status.h"

#include <string>
#include <utility>

namespace longc {

class OutputFolder {
public:
  /// Makes TARGET.partial.<random>. Refused: a target that is there already and no empty folder.
  static Result<OutputFolder> create(const std::string &target);
  /// Removes what is not complete.
  ~OutputFolder();
  OutputFolder(OutputFolder &&other) noexcept
      : target_(std::move(other.target_)), partial_(std::exchange(other.partial_, {})) {}
  OutputFolder(const OutputFolder &) = delete;
  OutputFolder &operator=(const OutputFolder &) = delete;

  /// Where its files are written.
  const std::string &path() const { return partial_; }
  Status complete();

private:
  OutputFolder(std::string target, std::string partial) : target_(std::move(target)), partial_(std::move(partial)) {}

  std::string target_, partial_; // partial_ is empty once it is complete or moved from
};

} // namespace longc
