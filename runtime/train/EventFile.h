// A TensorBoard event file: numbers by step that TensorBoard shows as curves.
#pragma once

#include "runtime/core/GrowingFile.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longc {

class EventFile {
public:
  /// Begins FOLDER/events.out.tfevents.TIME.HOST: a training that goes on begins a new one, as TensorBoard expects it.
  static Result<EventFile> create(const std::string &folder);

  using Scalars = std::vector<std::pair<std::string_view, double>>; // by tag: "train/loss"
  Status add(int64_t step, const Scalars &scalars);

private:
  explicit EventFile(GrowingFile file) : file_(std::move(file)) {}
  Status append(const std::string &event);

  GrowingFile file_;
};

} // namespace longc
