// Tokens of several sequences as the inputs of one call: rows of tokens one sequence after the other, a segment for each.
#pragma once

#include "runtime/serve/Context.h"
#include "runtime/serve/DeviceSampler.h"
#include "runtime/serve/Executor.h"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace longc {

/// Chooses what follows a row of logits, where the device can: then those stay there.
struct RowChoice {
  Sampler *sampler = nullptr;
  std::optional<int32_t> outcome = {}; // for DeviceSampler::tokenOf; nothing where there are logits instead
};

/// What one sequence has in a call. The context's marks already include the tokens; what is pointed to outlives the call.
struct BatchPart {
  const Context *context;
  std::span<const int32_t> tokens;
  int64_t firstIndex;            // of the first token in the sequence
  std::span<const int32_t> rows; // tokens, counted from the first, after which logits are wanted; ascending
  float temperature;             // factor on memory scores
  float *logits;                 // where they go, [rows, vocabulary]
  // Rows as wide as the model that are no words: the token softToken(i) stands for row i. Of programs that take them.
  std::span<const float> softTokens = {};
  bool alone = false;            // reads no memory
  int64_t window = 0;            // over 0: the tokens are windows of so many that go to memory, each alone; no logits
  int64_t overlap = 0;           // of windows: how many tokens before it each sees, too
  std::span<const int32_t> before = {}; // those before the first window, at most `overlap`
  RowChoice *choice = nullptr;   // of a part with one row, by a sampler that the device's covers
};

/// The id that stands for a soft token, the same for its number.
constexpr int32_t softToken(int32_t id) { return -1 - id; }

/// Rows that a part's windows see before them and memory has already, which its context must have pages for (Context::unkeptPages).
int64_t unkeptRows(const BatchPart &part);

/// Refuses (LC5201) two parts of one context and contexts of several stores: their states cannot meet in a call.
Status checkParts(std::span<const BatchPart> parts);

class Batch {
public:
  /// Of parts that were checked: all of them windows, or none.
  void add(const BatchPart &part);
  bool isEmpty() const { return tokens_.empty(); }
  /// Runs `executor` on all parts. Its first result is the logits. `device` chooses where each row has a choice; null: nobody does.
  Status run(Executor &executor, DeviceSampler *device);
  /// Begins it alone: logits stay where they are.
  Status begin(Executor &executor, bool tokensAreThere = false);

private:
  void addWindows(const BatchPart &part);
  void addSegment(const BatchPart &part, int64_t firstRow, int64_t tokens, int64_t firstIndex, int64_t windowBegin);
  void bind(Executor &executor);
  Status gatherSoftTokens(int64_t width);
  Status choose(Executor &executor, DeviceSampler &device);

  const StateStore *store_ = nullptr;
  std::vector<const Context *> contexts_;
  std::vector<int32_t> tokens_, positions_, memoryPositions_, rows_, segments_, boundaries_ = {0}, pageTable_;
  std::vector<float> temperatures_; // one a token
  std::vector<int32_t> softNumbers_, destinations_; // of soft tokens: which, and the rows where they stand
  std::vector<std::span<const float>> softTables_;  // the rows that each is one of
  std::vector<RowChoice *> choices_;                // of the parts with rows
  std::vector<float> softTokens_;
  std::vector<std::pair<float *, size_t>> logits_; // by part: where to, rows
};

} // namespace longc
