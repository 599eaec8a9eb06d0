// One conversation or document: takes tokens in, gives logits out, forks, is saved and mapped back.
#pragma once

#include "runtime/core/ExitCode.h"
#include "runtime/serve/Context.h"
#include "runtime/serve/Engine.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// Factor on memory scores: fixed, or growing with the memory's length m as x (1 + c ln(m / m0)) for m > m0.
struct MemoryTemperature {
  double fixed = 1, slope = 0, start = 1;

  /// "fixed:1.15", "log:0.1:2048" (c, m0) or "log:0.1:2048:1.15" (c, m0, x).
  static std::optional<MemoryTemperature> parse(std::string_view text);
  /// A text for parse().
  std::string text() const;
  /// Whether parse() could have made it.
  bool isValid() const;
  float at(int64_t memoryTokens) const;
};

/// How windows of a text that go to memory are read: each with all memory before it, or alone, which takes time in
/// proportion to the text and makes a window's memory the same wherever it stands. The model must be trained for it.
enum class IngestMode : uint8_t { memory, window };
const char *ingestName(IngestMode mode);
std::optional<IngestMode> parseIngest(std::string_view name);

struct SessionOptions {
  WindowPolicy policy;
  IngestMode ingest = IngestMode::memory;
  int64_t overlap = 0; // of windows that are read alone: how many tokens before it each sees, too, which memory keeps of the window that they are in
  MemoryTemperature temperature;
  bool truncate = false; // without memory: drop what is over the window instead of refusing it
};

struct IngestOptions {
  enum class Rows { last, all, listed };
  Rows rows = Rows::last;
  std::vector<int64_t> listed; // indices of this call's tokens, ascending
  std::span<const float> softTokens; // rows that tokens softToken(i) stand for (Batch.h); they outlive the call
  std::span<const int32_t> before; // tokens that stand before them in the text: the first window sees the last of them, as `overlap` says
  bool toMemory = false; // all tokens become memory, window by window; no logits
  Sampler *sampler = nullptr; // of Rows::last: chooses what follows where the engine's device can (Engine::samplerFor); it outlives the call
  /// Logits after token `index` of this call, for the rows asked for, in order.
  std::function<Status(int64_t index, std::span<const float> logits)> onLogits;
  /// After each piece of work; false cancels.
  std::function<bool(int64_t done, int64_t total)> onProgress;
};

class MemoryDocument;

class Session {
public:
  static Result<std::unique_ptr<Session>> create(Engine &engine, const SessionOptions &options);
  /// In a slot of a store, so that its tokens can be in calls with those of other sessions there.
  static Result<std::unique_ptr<Session>> create(Engine &engine, const SessionOptions &options,
                                                 std::shared_ptr<StateStore> store);
  /// A store for so many sessions, none with a larger window than these options have.
  static Result<std::shared_ptr<StateStore>> createStore(const Engine &engine, const SessionOptions &options,
                                                         int64_t sessions);
  /// How many sessions that have taken in so many tokens each this machine's memory holds beside the weights and a memory that they share.
  static int64_t mostThatFit(const Engine &engine, const SessionOptions &options, int64_t tokens, int64_t shared = 0);
  /// Pages that reading so many tokens into memory takes for one call beside those of the memory: of what windows see before them.
  static int64_t pagesBeside(const Engine &engine, const SessionOptions &options, int64_t tokens);
  /// In a slot of a store whose pages the documents lie in: they are its memory, as if they had been read now.
  static Result<std::unique_ptr<Session>> open(Engine &engine, const SessionOptions &options, std::shared_ptr<StateStore> store,
                                               std::span<const std::shared_ptr<const MemoryDocument>> documents);
  /// The same with any memory of such pages, such as parts of documents, which stay where they are.
  static Result<std::unique_ptr<Session>> openBeside(Engine &engine, const SessionOptions &options, std::shared_ptr<StateStore> store,
                                                     std::span<const MemoryPages> memory);
  /// Goes on from a saved memory. Refuses, by name, what another program saved, and what `options` cannot hold.
  static Result<std::unique_ptr<Session>> load(Engine &engine, const SessionOptions &options, const MemoryFile &file);
  static Result<std::unique_ptr<Session>> load(Engine &engine, const SessionOptions &options, const MemoryFile &file,
                                               std::shared_ptr<StateStore> store);
  /// The options that a memory was saved with.
  static Result<SessionOptions> savedOptions(const MemoryFile &file);
  Result<std::unique_ptr<Session>> fork() const;
  /// `about`: kind, text and conversation; the rest is added here.
  Status save(const std::string &path, abi::SavedMemory about) const;

  /// Runs the tokens through the model, window by window (methods: WindowMarks). Without memory, more tokens than the
  /// window has room for are an error, or with `truncate` the oldest of them are dropped.
  Status ingest(std::span<const int32_t> tokens, const IngestOptions &options = {});

  /// Makes the local tokens memory, with the keys and values that they have when their window is read alone. `tokens`: those
  /// that are local. No more of them than a window were taken in since the last such call.
  Status storeWindow(std::span<const int32_t> tokens);

  /// Takes in one more token, in a call that the caller makes with the part: its logits are not the session's. `token` outlives the call, and is known to
  /// the session once it was seen.
  Result<BatchPart> takeStep(const int32_t *token);
  /// Notes tokens as taken in before, for what looks at repetition.
  void see(std::span<const int32_t> tokens);
  /// Undoes the last takeStep, before which marks().hasRoom() was true.
  void takeBack() { context_->takeBack(); }
  Engine &engine() const { return engine_; }

  /// Logits after the last token; empty before the first, behind takeStep, and where there is an outcome.
  std::span<const float> logits() const { return logits_; }
  /// What the device chose after the last token (DeviceSampler::tokenOf), where it did.
  std::optional<int32_t> outcome() const { return choice_.outcome; }
  /// Tokens that can still be taken in; without memory it is what the window has left.
  int64_t room() const;
  const WindowMarks &marks() const { return context_->marks(); }
  const Context &context() const { return *context_; }
  /// How often the window began anew or moved on.
  int64_t windowsRun() const { return windowsRun_; }
  /// Tokens that were given and that nothing sees any more: over the window (`truncate`), slid out of it without memory, or
  /// out of a memory with a budget.
  int64_t droppedTokens() const { return cutTokens_ + marks().memoryBegin(); }
  /// The ids that were taken in, each once, in no order: not those of a memory that was read before or elsewhere.
  std::span<const int32_t> seen() const { return seen_; }

private:
  friend class Intake;
  Session(Engine &engine, const SessionOptions &options) : engine_(engine), options_(options) {}
  static SessionOptions fitted(const Engine &engine, SessionOptions options);
  static int64_t chunkOf(const Engine &engine, const WindowPolicy &policy) { return std::min(policy.window, engine.callTokens()); }

  Result<std::span<const int32_t>> fit(std::span<const int32_t> tokens, int64_t softTokens);
  Status admit(int64_t tokens);
  Status admitWindows(int64_t tokens, int64_t unkept);
  Status checkIngest() const;
  Status beginWith(const CachePrefix &prefix);
  float *placeFor(size_t rows);
  void keepLast(size_t rows);

  Engine &engine_;
  SessionOptions options_;
  std::unique_ptr<Context> context_;
  std::vector<float> logits_;
  RowChoice choice_;
  std::vector<float> nextLogits_;        // where those of a call with one row come to lie
  std::unique_ptr<float[]> rowLogits_;   // of one with more: one place for all calls, which is not cleared
  size_t rowsOfPlace_ = 0;
  std::vector<int32_t> seen_;
  std::vector<bool> isSeen_; // by id
  int64_t windowsRun_ = 0, lastWindow_ = 0, cutTokens_ = 0;
};

} // namespace longc
