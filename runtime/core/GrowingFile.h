// A file that is written piece by piece while somebody may read it: a log. Each piece is handed to the system at once.
#pragma once

#include "runtime/core/Status.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace longc {

class GrowingFile {
public:
  /// Goes on behind what the file holds; one that is not there is made.
  static Result<GrowingFile> open(const std::string &path);
  Status append(std::string_view piece);

private:
  struct Close {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

} // namespace longc
