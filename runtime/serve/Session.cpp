// Splits what comes in into windows and calls.
#include "runtime/serve/Session.h"

#include "runtime/core/Format.h"
#include "runtime/serve/MemoryTraits.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace longc {
namespace {

// Tokens of one call: enough to keep the kernels busy, few enough for steady progress and a small arena.
constexpr int64_t largestChunk = 1024;
// Rows of logits of one call: a row is as wide as the vocabulary.
constexpr int64_t largestRows = 256;

// "x" or "x:y" of positive numbers.
bool readNumbers(std::string_view text, std::vector<double> &numbers) {
  while (!text.empty()) {
    std::string part(text.substr(0, text.find(':')));
    char *end = nullptr;
    double value = std::strtod(part.c_str(), &end);
    if (part.empty() || *end != '\0' || !std::isfinite(value) || value <= 0)
      return false;
    numbers.push_back(value);
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
  return true;
}

TensorShape shapeOf(std::initializer_list<int64_t> sizes) {
  TensorShape shape;
  for (int64_t size : sizes)
    shape.sizes[static_cast<size_t>(shape.rank++)] = size;
  return shape;
}

// The rows that are wanted of tokens [first, first + count) of a call, relative to `first`.
std::vector<int32_t> wantedRows(const IngestOptions &options, int64_t first, int64_t count, int64_t total) {
  std::vector<int32_t> rows;
  auto listed = std::lower_bound(options.listed.begin(), options.listed.end(), first);
  for (int64_t token = first; token < first + count; ++token) {
    bool isListed = options.rows == IngestOptions::Rows::listed && listed != options.listed.end() && *listed == token;
    listed += isListed;
    if (options.rows == IngestOptions::Rows::all || isListed || token == total - 1)
      rows.push_back(static_cast<int32_t>(token - first));
  }
  return rows;
}

} // namespace

std::optional<MemoryTemperature> MemoryTemperature::parse(std::string_view text) {
  size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  std::string_view kind = text.substr(0, colon);
  std::vector<double> numbers;
  if (!readNumbers(text.substr(colon + 1), numbers))
    return std::nullopt;
  MemoryTemperature temperature;
  if (kind == "fixed" && numbers.size() == 1)
    temperature.fixed = numbers[0];
  else if (kind == "log" && (numbers.size() == 2 || numbers.size() == 3)) {
    temperature.slope = numbers[0];
    temperature.start = numbers[1];
    temperature.fixed = numbers.size() == 3 ? numbers[2] : 1;
  } else
    return std::nullopt;
  return temperature;
}

bool MemoryTemperature::isValid() const {
  auto positive = [](double value) { return std::isfinite(value) && value > 0; };
  return positive(fixed) && positive(start) && std::isfinite(slope) && slope >= 0;
}

float MemoryTemperature::at(int64_t memoryTokens) const {
  auto tokens = static_cast<double>(memoryTokens);
  double growth = tokens > start ? slope * std::log(tokens / start) : 0;
  return static_cast<float>(fixed * (1 + growth));
}

int64_t Session::chunkOf(const WindowPolicy &policy) { return std::min(policy.window, largestChunk); }

// A program without memory layers cannot use memory.
SessionOptions Session::fitted(const Engine &engine, SessionOptions options) {
  if (engine.layout().pages.empty())
    options.policy.memory = false;
  return options;
}

Result<std::unique_ptr<Session>> Session::create(Engine &engine, const SessionOptions &options) {
  LONGC_TRY(options.policy.check(static_cast<int64_t>(engine.program().module().context_length())));
  std::unique_ptr<Session> session(new Session(engine, fitted(engine, options)));
  const WindowPolicy &policy = session->options_.policy;
  auto context = Context::create(engine.layout(), policy, chunkOf(policy));
  if (!context.ok())
    return context.status();
  session->context_ = std::move(*context);
  return session;
}

Result<std::unique_ptr<Session>> Session::load(Engine &engine, const SessionOptions &options, const MemoryFile &file) {
  LONGC_TRY(checkTraits(file, memoryTraits(engine.program(), engine.precision())));
  LONGC_TRY(options.policy.check(static_cast<int64_t>(engine.program().module().context_length())));
  const abi::SavedMarks &marks = file.about().marks();
  if (marks.windows() < 0 || marks.cut() < 0)
    return file.damaged("its counts are negative");
  std::unique_ptr<Session> session(new Session(engine, fitted(engine, options)));
  const WindowPolicy &policy = session->options_.policy;
  auto context = Context::load(file, engine.layout(), policy, chunkOf(policy));
  if (!context.ok())
    return context.status();
  session->context_ = std::move(*context);
  session->windowsRun_ = marks.windows();
  session->lastWindow_ = session->marks().windowBegin();
  session->cutTokens_ = marks.cut();
  return session;
}

Result<SessionOptions> Session::savedOptions(const MemoryFile &file) {
  const abi::SavedPolicy &saved = file.about().policy();
  SessionOptions options;
  options.policy.window = saved.window();
  options.policy.lastContext = saved.last_context();
  options.policy.eviction = saved.flush() ? Eviction::flush : Eviction::slide;
  options.policy.memory = saved.memory();
  options.policy.memoryRows = saved.memory_rows();
  options.temperature = {saved.temperature(), saved.temperature_slope(), saved.temperature_start()};
  bool valid = options.policy.check(INT64_MAX).ok() && options.temperature.isValid();
  return valid ? Result<SessionOptions>(options) : file.damaged("its options are out of range");
}

Status Session::save(const std::string &path, abi::SavedMemory about) const {
  for (abi::Trait &trait : memoryTraits(engine_.program(), engine_.precision()))
    *about.add_traits() = std::move(trait);
  const WindowPolicy &policy = options_.policy;
  abi::SavedPolicy &saved = *about.mutable_policy();
  saved.set_window(policy.window);
  saved.set_last_context(policy.lastContext);
  saved.set_flush(policy.eviction == Eviction::flush);
  saved.set_memory(policy.memory);
  saved.set_memory_rows(policy.memoryRows);
  saved.set_temperature(options_.temperature.fixed);
  saved.set_temperature_slope(options_.temperature.slope);
  saved.set_temperature_start(options_.temperature.start);
  about.mutable_marks()->set_windows(windowsRun_);
  about.mutable_marks()->set_cut(cutTokens_);
  return context_->save(path, std::move(about));
}

Result<std::unique_ptr<Session>> Session::fork() const {
  std::unique_ptr<Session> copy(new Session(engine_, options_));
  auto context = context_->fork();
  if (!context.ok())
    return context.status();
  copy->context_ = std::move(*context);
  copy->logits_ = logits_;
  copy->windowsRun_ = windowsRun_;
  copy->lastWindow_ = lastWindow_;
  copy->cutTokens_ = cutTokens_;
  return copy;
}

int64_t Session::room() const {
  const WindowPolicy &policy = options_.policy;
  if (policy.memory || options_.truncate)
    return INT64_MAX;
  return policy.window - context_->marks().localTokens();
}

Result<std::span<const int32_t>> Session::fit(std::span<const int32_t> tokens) {
  for (int32_t token : tokens)
    if (token < 0 || token >= engine_.vocabulary())
      return Status::error(5302, formatText("token id %d is outside the vocabulary of %lld", token,
                                            static_cast<long long>(engine_.vocabulary())),
                           "were the ids made by another model's tokenizer?");
  auto count = static_cast<int64_t>(tokens.size());
  const WindowPolicy &policy = options_.policy;
  if (count > room())
    return Status::error(5303, formatText("%s tokens do not fit into the window of %s tokens%s, and memory is off",
                                          formatCount(count).c_str(), formatCount(policy.window).c_str(),
                                          marks().localTokens() > 0
                                              ? formatText(" (%s are taken)", formatCount(marks().localTokens()).c_str()).c_str()
                                              : ""),
                         engine_.layout().pages.empty()
                             ? "this program was compiled without memory: use a larger --window, or --truncate"
                             : "use --memory on, a larger --window, or --truncate to drop the beginning");
  if (!policy.memory && count > policy.window) {
    cutTokens_ += count - policy.window;
    tokens = tokens.last(static_cast<size_t>(policy.window));
  }
  return tokens;
}

Status Session::ingest(std::span<const int32_t> given, const IngestOptions &options) {
  auto fitted = fit(given);
  if (!fitted.ok())
    return fitted.status();
  std::span<const int32_t> tokens = *fitted;
  auto total = static_cast<int64_t>(given.size());
  auto first = total - static_cast<int64_t>(tokens.size());
  for (const TokenGroup &group : context_->marks().split(static_cast<int64_t>(tokens.size()))) {
    LONGC_TRY(context_->admit(group.tokens));
    if (windowsRun_ == 0 || marks().windowBegin() != lastWindow_)
      ++windowsRun_;
    lastWindow_ = marks().windowBegin();
    LONGC_TRY(runGroup(tokens.first(static_cast<size_t>(group.tokens)), first, options, total));
    if (group.spills)
      context_->spill();
    tokens = tokens.subspan(static_cast<size_t>(group.tokens));
    first += group.tokens;
  }
  return {};
}

// `first`: index in the caller's tokens of the first one here. The context's marks already include the group.
Status Session::runGroup(std::span<const int32_t> tokens, int64_t first, const IngestOptions &options, int64_t total) {
  auto left = static_cast<int64_t>(tokens.size());
  int64_t limit = options.rows == IngestOptions::Rows::last ? chunkOf(options_.policy)
                                                            : std::min(chunkOf(options_.policy), largestRows);
  while (left > 0) {
    int64_t count = std::min(left, limit);
    std::vector<int32_t> rows = wantedRows(options, first, count, total);
    LONGC_TRY(runCall(tokens.first(static_cast<size_t>(count)), context_->marks().end() - left, rows));
    LONGC_TRY(deliver(first, rows, options));
    tokens = tokens.subspan(static_cast<size_t>(count));
    left -= count;
    first += count;
    if (options.onProgress && !options.onProgress(first, total))
      return Status::error(cancelledCode, formatText("cancelled after %s of %s tokens", formatCount(first).c_str(),
                                                     formatCount(total).c_str()));
  }
  return {};
}

// Runs tokens whose first has index `firstIndex` in the sequence.
Status Session::runCall(std::span<const int32_t> tokens, int64_t firstIndex, std::span<const int32_t> wanted) {
  const WindowMarks &marks = context_->marks();
  auto count = static_cast<int64_t>(tokens.size());
  std::vector<int32_t> positions, memoryPositions, rows(wanted.begin(), wanted.end());
  for (int64_t index = firstIndex; index < firstIndex + count; ++index) {
    positions.push_back(static_cast<int32_t>(index - marks.origin()));
    memoryPositions.push_back(static_cast<int32_t>(index - marks.windowBegin()));
  }
  auto mark = [](int64_t value) { return static_cast<int32_t>(value); };
  int32_t segments[8] = {0, mark(count), mark(marks.windowBegin()), mark(firstIndex + count), mark(marks.memoryBegin()),
                         mark(marks.windowBegin()), 0, 0};
  float temperature = options_.temperature.at(marks.memoryTokens());

  Executor &executor = engine_.executorFor(count);
  context_->bind(executor);
  bool oneRow = count == 1 && rows.empty(); // decode has a fixed row
  if (oneRow)
    rows.push_back(0);
  std::vector<InputTensor> inputs;
  for (const abi::Input &input : executor.function().inputs()) {
    if (input.role() == "tokens")
      inputs.push_back({tokens.data(), shapeOf({count})});
    else if (input.role() == "positions")
      inputs.push_back({positions.data(), shapeOf({count})});
    else if (input.role() == "memory_positions")
      inputs.push_back({memoryPositions.data(), shapeOf({count})});
    else if (input.role() == "rows")
      inputs.push_back({rows.data(), shapeOf({static_cast<int64_t>(rows.size())})});
    else if (input.role() == "segments")
      inputs.push_back({segments, shapeOf({1, 8})});
    else
      inputs.push_back({&temperature, shapeOf({1})});
  }
  LONGC_TRY(executor.run(inputs));
  rowLogits_.resize(wanted.size() * static_cast<size_t>(engine_.vocabulary()));
  return executor.readResult(0, rowLogits_.data(), rowLogits_.size() * sizeof(float));
}

Status Session::deliver(int64_t first, std::span<const int32_t> rows, const IngestOptions &options) {
  auto width = static_cast<size_t>(engine_.vocabulary());
  for (size_t row = 0; row < rows.size(); ++row) {
    std::span<const float> logits(rowLogits_.data() + row * width, width);
    if (options.onLogits)
      LONGC_TRY(options.onLogits(first + rows[row], logits));
    logits_.assign(logits.begin(), logits.end());
  }
  return {};
}

} // namespace longc
