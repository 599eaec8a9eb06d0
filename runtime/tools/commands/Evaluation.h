// The frame of evaluations that ask for what stands in long texts: how a text reaches the model, how results are told.
#pragma once

#include "runtime/core/Chart.h"
#include "runtime/core/Json.h"
#include "runtime/tools/commands/ReadWindows.h"

#include <functional>

namespace longc {

/// How a text and the question behind it reach the model: whole, or with --retrieve as few pieces of the text, found by their words.
class TextReader {
public:
  static Result<TextReader> create(const OpenedModel &model, const Arguments &arguments);

  /// A session that has read the text and the question.
  Result<std::unique_ptr<Session>> session(std::span<const int32_t> text, std::span<const int32_t> question);

  ReadWindows &windows() { return windows_; }
  const ReadWindows &windows() const { return windows_; }
  /// Pieces that stand for a text; 0: all of it is read.
  int64_t pieces() const { return pieces_; }

private:
  TextReader(ReadWindows windows, int64_t pieces) : windows_(std::move(windows)), pieces_(pieces) {}

  ReadWindows windows_;
  int64_t pieces_;
};

/// What every evaluation is given.
struct EvaluationSetting {
  const OpenedModel &model;
  TextReader &reader;
  int64_t count; // questions of a row
  uint64_t seed;
  bool quiet; // no lines while it runs
};

class Evaluation {
public:
  virtual ~Evaluation() = default;
  virtual Status run() = 0;
  virtual void write(JsonWriter &json) const = 0; // the rows, behind what all evaluations tell
  virtual Chart chart() const = 0;
};

using MakeEvaluation = std::function<Result<std::unique_ptr<Evaluation>>(const EvaluationSetting &)>;

/// Opens the model, runs, and tells the results: lines as they come or JSON, a picture with --plot. Options: count, seed, plot, json, retrieve.
Status evaluate(const Arguments &arguments, const char *task, const MakeEvaluation &make);

} // namespace longc
