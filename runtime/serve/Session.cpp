// What a session is made with, and what it takes in.
#include "runtime/serve/Session.h"

#include "runtime/core/Format.h"
#include "runtime/core/SystemMemory.h"
#include "runtime/serve/Intake.h"
#include "runtime/serve/MemoryDocument.h"
#include "runtime/serve/MemoryTraits.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace longc {
namespace {

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

std::string MemoryTemperature::text() const {
  if (slope == 0)
    return formatText("fixed:%.9g", fixed);
  return formatText(fixed == 1 ? "log:%.9g:%.9g" : "log:%.9g:%.9g:%.9g", slope, start, fixed);
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

const char *ingestName(IngestMode mode) { return mode == IngestMode::window ? "window" : "memory"; }

std::optional<IngestMode> parseIngest(std::string_view name) {
  for (IngestMode mode : {IngestMode::memory, IngestMode::window})
    if (name == ingestName(mode))
      return mode;
  return std::nullopt;
}

Status Session::checkIngest() const {
  const int64_t longest = static_cast<int64_t>(engine_.program().module().context_length()) - options_.policy.window;
  if (const int64_t overlap = options_.overlap; overlap < 0 || overlap > std::min(longest, options_.policy.window))
    return Status::error(1012, formatText("--overlap %lld: expected 0 to %lld", static_cast<long long>(overlap), static_cast<long long>(std::max<int64_t>(0, std::min(longest, options_.policy.window)))),
                         "a window and what it sees before it are no longer than the model's context");
  if (options_.ingest == IngestMode::memory || !options_.policy.memory || engine_.hasIngest())
    return {};
  return Status::error(4136, "this program has no function that reads windows alone", "compile it again with --method fot, or use --ingest memory");
}

// A program without memory layers cannot use memory.
SessionOptions Session::fitted(const Engine &engine, SessionOptions options) {
  if (engine.layout().pages.empty())
    options.policy.memory = false;
  return options;
}

Result<std::unique_ptr<Session>> Session::create(Engine &engine, const SessionOptions &options) {
  auto store = createStore(engine, options, 1);
  return store.ok() ? create(engine, options, std::move(*store)) : store.status();
}

Result<std::unique_ptr<Session>> Session::create(Engine &engine, const SessionOptions &options,
                                                 std::shared_ptr<StateStore> store) {
  LONGC_TRY(options.policy.check(static_cast<int64_t>(engine.program().module().context_length())));
  std::unique_ptr<Session> session(new Session(engine, fitted(engine, options)));
  LONGC_TRY(session->checkIngest());
  const WindowPolicy &policy = session->options_.policy;
  auto context = Context::create(std::move(store), policy, chunkOf(engine, policy));
  if (!context.ok())
    return context.status();
  session->context_ = std::move(*context);
  if (engine.prefix())
    LONGC_TRY(session->beginWith(*engine.prefix()));
  return session;
}

// A prefix is of the window alone: there it stays, and the window with it.
Status Session::beginWith(const CachePrefix &prefix) {
  if (options_.policy.memory || options_.truncate)
    return Status::error(7119, "the adapter's prefix stands in the window, from which nothing may go", options_.truncate ? "leave --truncate out" : "give --memory off");
  if (prefix.tokens >= options_.policy.window)
    return Status::error(7118, formatText("the adapter's prefix has %lld tokens; the window is %lld", static_cast<long long>(prefix.tokens), static_cast<long long>(options_.policy.window)),
                         "give a larger --window");
  return context_->begin(prefix);
}

Result<std::unique_ptr<Session>> Session::open(Engine &engine, const SessionOptions &options, std::shared_ptr<StateStore> store,
                                               std::span<const std::shared_ptr<const MemoryDocument>> documents) {
  std::vector<MemoryPages> parts;
  for (const auto &document : documents) {
    if (&document->store().pages() != &store->pages())
      return Status::error(5201, "the document '" + document->name() + "' lies in other pages than the session's", "map it to this store");
    parts.push_back(document->pages());
  }
  return openBeside(engine, options, std::move(store), parts);
}

Result<std::unique_ptr<Session>> Session::openBeside(Engine &engine, const SessionOptions &options, std::shared_ptr<StateStore> store,
                                                     std::span<const MemoryPages> memory) {
  auto session = create(engine, options, std::move(store));
  if (!session.ok())
    return session;
  if (memory.empty()) // it may begin with a prefix
    return session;
  if (!(*session)->options_.policy.memory)
    return Status::error(7119, "documents are memory, and memory is off", "leave --memory off out");
  LONGC_TRY((*session)->context_->putTogether(memory));
  (*session)->lastWindow_ = (*session)->marks().windowBegin();
  return session;
}

Result<std::shared_ptr<StateStore>> Session::createStore(const Engine &engine, const SessionOptions &options,
                                                         int64_t sessions) {
  const WindowPolicy &policy = options.policy;
  LONGC_TRY(policy.check(static_cast<int64_t>(engine.program().module().context_length())));
  return StateStore::create(engine.layout(), StateStore::ringRowsFor(policy.window, chunkOf(engine, policy)), sessions);
}

int64_t Session::mostThatFit(const Engine &engine, const SessionOptions &options, int64_t tokens, int64_t shared) {
  const WindowPolicy policy = fitted(engine, options).policy;
  const StateLayout &layout = engine.layout();
  if (policy.memory && policy.memoryRows > 0)
    tokens = std::min(tokens, policy.memoryRows + policy.window);
  double each = static_cast<double>(StateStore::ringRowsFor(policy.window, chunkOf(engine, policy)) * layout.ringBytesPerToken()) +
                static_cast<double>(tokens) * static_cast<double>(layout.memoryBytesPerToken());
  const Device &device = engine.device();
  double bytes = device.hasOwnMemory() ? static_cast<double>(PagePool::plannedBytes(device))
                                       : systemMemory() - static_cast<double>(engine.program().weightsBytes());
  bytes -= static_cast<double>(shared) * static_cast<double>(layout.memoryBytesPerToken());
  return static_cast<int64_t>(std::clamp(bytes / std::max(each, 1.0), 0.0, static_cast<double>(INT32_MAX)));
}

int64_t Session::pagesBeside(const Engine &engine, const SessionOptions &options, int64_t tokens) {
  if (options.ingest != IngestMode::window || options.overlap == 0 || tokens <= 0)
    return 0;
  const int64_t window = options.policy.window, windows = (tokens + window - 1) / window;
  const int64_t together = std::max<int64_t>(engine.windowTokens() / (window + options.overlap), 1) + 1; // the last one may be short
  return (std::min(windows, together) * options.overlap + pageRows - 1) / pageRows;
}

Result<std::unique_ptr<Session>> Session::load(Engine &engine, const SessionOptions &options, const MemoryFile &file) {
  auto store = createStore(engine, options, 1);
  return store.ok() ? load(engine, options, file, std::move(*store)) : store.status();
}

Result<std::unique_ptr<Session>> Session::load(Engine &engine, const SessionOptions &options, const MemoryFile &file,
                                               std::shared_ptr<StateStore> store) {
  LONGC_TRY(checkTraits(file, memoryTraits(engine.program(), engine.precision(), engine.adapter())));
  LONGC_TRY(options.policy.check(static_cast<int64_t>(engine.program().module().context_length())));
  const abi::SavedMarks &marks = file.about().marks();
  if (marks.windows() < 0 || marks.cut() < 0)
    return file.damaged("its counts are negative");
  std::unique_ptr<Session> session(new Session(engine, fitted(engine, options)));
  LONGC_TRY(session->checkIngest());
  const WindowPolicy &policy = session->options_.policy;
  auto context = Context::load(file, std::move(store), policy, chunkOf(engine, policy));
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
  options.ingest = saved.window_ingest() ? IngestMode::window : IngestMode::memory;
  options.overlap = saved.overlap();
  options.temperature = {saved.temperature(), saved.temperature_slope(), saved.temperature_start()};
  bool valid = options.policy.check(INT64_MAX).ok() && options.temperature.isValid();
  return valid ? Result<SessionOptions>(options) : file.damaged("its options are out of range");
}

Status Session::save(const std::string &path, abi::SavedMemory about) const {
  for (abi::Trait &trait : memoryTraits(engine_.program(), engine_.precision(), engine_.adapter()))
    *about.add_traits() = std::move(trait);
  const WindowPolicy &policy = options_.policy;
  abi::SavedPolicy &saved = *about.mutable_policy();
  saved.set_window(policy.window);
  saved.set_last_context(policy.lastContext);
  saved.set_flush(policy.eviction == Eviction::flush);
  saved.set_memory(policy.memory);
  saved.set_memory_rows(policy.memoryRows);
  saved.set_window_ingest(options_.ingest == IngestMode::window);
  saved.set_overlap(options_.overlap);
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
  copy->logits_ = logits_; // no choice of the device: another sampler draws for itself
  copy->seen_ = seen_;
  copy->isSeen_ = isSeen_;
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

Result<std::span<const int32_t>> Session::fit(std::span<const int32_t> tokens, int64_t softTokens) {
  for (int32_t token : tokens)
    if (token >= engine_.vocabulary() || (token < 0 && softToken(token) >= softTokens))
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

// Makes room for the tokens of a group.
Status Session::admit(int64_t tokens) {
  LONGC_TRY(context_->admit(tokens));
  if (windowsRun_ == 0 || marks().windowBegin() != lastWindow_)
    ++windowsRun_;
  lastWindow_ = marks().windowBegin();
  return {};
}

// Makes room for windows that are memory at once.
Status Session::admitWindows(int64_t tokens, int64_t unkept) {
  LONGC_TRY(context_->admitToMemory(tokens, unkept));
  windowsRun_ += (tokens + options_.policy.window - 1) / options_.policy.window;
  lastWindow_ = marks().windowBegin() - tokens;
  return {};
}

Status Session::storeWindow(std::span<const int32_t> tokens) {
  if (!tokens.empty()) {
    const BatchPart part = {.context = context_.get(), .tokens = tokens, .firstIndex = marks().windowBegin(), .rows = {},
                            .temperature = 1, .logits = nullptr, .window = options_.policy.window};
    LONGC_TRY(engine_.run({&part, 1}));
  }
  context_->spill();
  return {};
}

// Where logits of a call's rows are to come, which lie there until the next call.
float *Session::placeFor(size_t rows) {
  const auto width = static_cast<size_t>(engine_.vocabulary());
  if (rows <= 1) {
    nextLogits_.resize(rows * width);
    return nextLogits_.data();
  }
  if (rows > rowsOfPlace_) {
    rowLogits_ = std::make_unique_for_overwrite<float[]>(rows * width);
    rowsOfPlace_ = rows;
  }
  return rowLogits_.get();
}

void Session::keepLast(size_t rows) {
  const auto width = static_cast<size_t>(engine_.vocabulary());
  if (rows == 1)
    logits_.swap(nextLogits_);
  else if (rows > 1)
    logits_.assign(rowLogits_.get() + (rows - 1) * width, rowLogits_.get() + rows * width);
}

void Session::see(std::span<const int32_t> tokens) {
  for (int32_t token : tokens) {
    if (token < 0) // a soft token, which is no word
      continue;
    const auto id = static_cast<size_t>(token);
    if (id >= isSeen_.size())
      isSeen_.resize(id + 1);
    if (!isSeen_[id])
      seen_.push_back(token);
    isSeen_[id] = true;
  }
}

Result<BatchPart> Session::takeStep(const int32_t *token) {
  static constexpr int32_t onlyRow = 0;
  LONGC_TRY(admit(1));
  logits_.clear();
  choice_ = {};
  return BatchPart{.context = context_.get(), .tokens = {token, 1}, .firstIndex = marks().end() - 1, .rows = {&onlyRow, 1},
                   .temperature = options_.temperature.at(marks().memoryTokens()), .logits = nullptr};
}

Status Session::ingest(std::span<const int32_t> tokens, const IngestOptions &options) {
  auto intake = Intake::begin(*this, tokens, options);
  if (!intake.ok())
    return intake.status();
  Intake *const one[] = {&*intake};
  while (!intake->isDone())
    LONGC_TRY(runIntakes(engine_, one));
  return {};
}

} // namespace longc
