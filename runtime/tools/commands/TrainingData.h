// What the commands of training share: samples of a file in the program's vocabulary, and how they are put together.
#pragma once

#include "runtime/core/Json.h"
#include "runtime/serve/Program.h"
#include "runtime/tools/commands/Options.h"
#include "runtime/train/FactRows.h"
#include "runtime/train/LongSamples.h"
#include "runtime/train/LossNorm.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace longc {

struct DataOptions {
  std::string data;               // a file, or
  std::vector<std::string> facts; // texts to plant facts in
  BatchOptions batch; // without a seed
  LossNorm norm = LossNorm::sequence;
  LongRule longRule = LongRule::refuse;
  bool readAlone = false; // of facts: rows that are read read none
  bool passKey = false;   // of facts: the sentence of the pass-key test is among them

  /// --data or, where the command has it, --facts; --seq-len, --loss-norm, --long and, with `steps`, --batch and --batching.
  static Result<DataOptions> of(const Arguments &arguments, bool steps = true);
};

struct TrainingData {
  std::vector<Sample> samples; // none longer than a pack
  LongCounts counts;           // of what was cut or dropped
  std::string hash;            // of all tokens and weights

  std::vector<int64_t> lengths() const;
};

/// Reads `path` with the program's tokenizer and template: JSONL, or a text whose name ends in .txt, which is cut into pieces
/// of the capacity.
Result<TrainingData> readTrainingData(const Program &program, const std::string &path, int64_t capacity, LongRule longRule);

/// What `--facts` trains on. `options` has a seed.
struct FactData {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<SampleMaker> maker; // of chats
  std::optional<FactRowMaker> rows;
  std::string hash; // of all texts' tokens
};
Result<FactData> readFactTexts(const Program &program, const DataOptions &options);

/// --cross-rows, which only --facts takes, else ever more rows over the steps; at most all but one of a batch.
Result<RangeSchedule> rangeScheduleOf(const Arguments &arguments, const DataOptions &options, int64_t steps);

/// One line for each kind of loss that `counts` has: "split      3 samples into 7 pieces\n".
std::string describeCounts(const LongCounts &counts);
/// The same as the keys split, pieces, dropped and lost_targets.
void writeCounts(JsonWriter &json, const LongCounts &counts);

/// A word that an option does not know.
Status unknownWord(const Arguments &arguments, const char *option, const char *expected);

} // namespace longc
