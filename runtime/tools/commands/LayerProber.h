// Measures how well a program answers pass-key questions when the memory of some layers is hidden.
#pragma once

#include "runtime/tools/commands/Command.h"
#include "runtime/tools/commands/PasskeyPrompt.h"

#include <memory>
#include <vector>

namespace longc {

using Layers = std::vector<uint32_t>;

/// How a set of prompts was answered.
struct Score {
  double logProbability = 0; // of the whole answer, mean over prompts
  int64_t correct = 0;
};

/// One round of backward elimination.
struct Elimination {
  uint32_t dropped;
  Layers left;
  Score score;
};

class LayerProber {
public:
  LayerProber(LoadedProgram &loaded, const SessionOptions &options, PasskeyPrompts &prompts, int64_t count,
              ProgressMode mode);

  const Layers &all() const { return all_; }
  int64_t count() const { return count_; }

  /// Reads the prompts up to the question.
  Status fill();
  /// One score a layer: without its memory.
  Result<std::vector<Score>> leaveOneOut();
  Result<std::vector<Elimination>> eliminate(double stopBelow);
  /// The question, read with the memory of `kept` alone.
  Result<Score> ask(const Layers &kept);
  /// Fresh prompts, read as a whole with the memory of `kept` alone. After drawConfirmation.
  Status confirm(const Layers &kept, const char *title, Score &score);
  /// Draws the fresh prompts; the filled memories are dropped.
  Status drawConfirmation();

private:
  struct Filled {
    PasskeyPrompt prompt;
    std::unique_ptr<Session> session;
  };

  void show(const Layers &kept);
  Status judge(Session &session, const PasskeyPrompt &prompt, Score &sum);

  LoadedProgram &loaded_;
  SessionOptions options_;
  PasskeyPrompts &prompts_;
  int64_t count_;
  ProgressMode mode_;
  Layers all_;
  uint64_t depth_ = 0;
  std::vector<Filled> filled_;
  std::vector<PasskeyPrompt> fresh_;
};

} // namespace longc
