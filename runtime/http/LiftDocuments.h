// Documents of kind lift: a text that became an adapter (runtime/lift), in a file with the text.
#pragma once

#include "runtime/serve/Document.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/train/ProgramStep.h"

#include <functional>
#include <memory>
#include <string>

namespace longc {

class LiftDocuments {
public:
  /// What a document is made of: one number for each that the program trains.
  using Adapter = std::shared_ptr<const ParameterArray>;

  /// Whether the program trains an adapter of one model.
  static bool isDoneBy(const Program &program, bool exact);

  /// `program`, by which it is done, and `tokenizer` outlive this.
  static Result<std::unique_ptr<LiftDocuments>> create(const Program &program, const longc_program_table &table, const EngineOptions &options,
                                                       const Tokenizer &tokenizer);

  /// Optimizer steps so far, of all texts.
  int64_t steps() const { return steps_; }
  /// Bytes of an adapter.
  double bytes() const { return static_cast<double>(step_->parameters().floats()) * sizeof(float); }
  /// The model without an adapter.
  const ParameterArray &untrained() const { return untrained_; }
  const ParameterList &parameters() const { return step_->parameters(); }

  /// Learns a text, from the untrained model on, for at most so many seconds (0: until it is done; LC8102 where a step takes
  /// longer). `goesOn` is asked between calls of the model, which are short, with the share
  /// that is done; false ends it. A text with nothing to learn is an error (LC8101).
  Result<Adapter> learn(const DocumentText &text, double seconds, const std::function<bool(double share)> &goesOn);

  Status save(const std::string &path, const DocumentText &text, const ParameterArray &adapter) const;
  /// Refuses a file of another kind or program, as Document::expect.
  Result<Adapter> load(const Document &document) const;

private:
  LiftDocuments(const Program &program, const Tokenizer &tokenizer) : program_(program), tokenizer_(tokenizer) {}
  std::vector<abi::Trait> traits() const;

  const Program &program_;
  const Tokenizer &tokenizer_;
  std::unique_ptr<ProgramStep> step_;
  ParameterArray untrained_;
  int64_t steps_ = 0;
};

} // namespace longc
