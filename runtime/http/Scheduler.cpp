// The engine's thread.
#include "runtime/http/Scheduler.h"

#include "runtime/core/Format.h"
#include "runtime/core/Log.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>

namespace longc {
namespace {

constexpr auto longestSleep = std::chrono::milliseconds(500);
constexpr int64_t heartbeat = 1000; // milliseconds

int64_t milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Status ended() { return Status::error(cancelledCode, "the server is shutting down"); }

} // namespace

Status caughtStatus() {
  try {
    throw;
  } catch (const std::bad_alloc &) {
    return Status::error(7001, "out of memory");
  } catch (const std::exception &error) {
    return Status::error(9001, std::string("internal error: ") + error.what());
  }
}

Result<std::unique_ptr<Scheduler>> Scheduler::create(Engine &engine, const SessionOptions &session,
                                                     const SchedulerOptions &options, Metrics &metrics) {
  auto store = Session::createStore(engine, session, options.places + options.prefixes);
  if (!store.ok())
    return store.status();
  std::unique_ptr<Scheduler> scheduler(new Scheduler(engine, options, metrics));
  scheduler->store_ = std::move(*store);
  scheduler->lastStep_ = milliseconds();
  scheduler->thread_ = std::thread([self = scheduler.get()] { self->loop(); });
  return scheduler;
}

Scheduler::~Scheduler() {
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

// What a task's sequences may come to hold: the prompt once, and what each choice adds.
double Scheduler::bytesOf(const PromptTask &task) const {
  const WindowPolicy &policy = task.session.policy;
  const auto prompt = static_cast<double>(task.tokens.size()), made = static_cast<double>(task.maxTokens);
  double kept = prompt + made * task.choices;
  if (!policy.memory)
    kept = std::min(kept, static_cast<double>(policy.window * task.choices));
  else if (policy.memoryRows > 0)
    kept = std::min(kept, static_cast<double>((policy.memoryRows + policy.window) * task.choices));
  const double local = std::min(prompt + made, static_cast<double>(policy.window)) * task.choices;
  return kept * static_cast<double>(store_->layout().memoryBytesPerToken()) +
         local * static_cast<double>(store_->layout().ringBytesPerToken());
}

std::optional<ApiError> Scheduler::submit(std::vector<std::shared_ptr<PromptTask>> tasks) {
  for (const auto &task : tasks) {
    if (task->choices > options_.places)
      return ApiError::invalid("n", formatText("n: this server answers at most %lld at a time (--parallel), got %d",
                                               static_cast<long long>(options_.places), task->choices));
    if (const double bytes = bytesOf(*task); bytes > options_.memoryBytes)
      return ApiError{400, formatText("the state of %s tokens and as many as %s more takes %s; this server has %s",
                                      formatCount(static_cast<long long>(task->tokens.size())).c_str(),
                                      formatCount(task->maxTokens).c_str(), formatBytes(bytes).c_str(),
                                      formatBytes(options_.memoryBytes).c_str()),
                      "context_length_exceeded", "messages"};
  }
  {
    std::lock_guard lock(mutex_);
    if (ends_ || cancels_)
      return ApiError{503, "the server is shutting down", "overloaded", {}, 10};
    if (busy_ + tasks.size() > options_.mostWaiting + static_cast<size_t>(options_.places))
      return ApiError{429, formatText("%zu requests wait already: try again later", busy_.load()), "rate_limit_exceeded", {},
                      static_cast<int>(std::clamp<size_t>(busy_ / static_cast<size_t>(options_.places), 1, 60))};
    busy_ += tasks.size();
    tasks.front()->listener->onAccepted();
    for (auto &task : tasks)
      submitted_.push_back(std::move(task));
  }
  wake_.notify_all();
  return std::nullopt;
}

bool Scheduler::isAlive(double seconds) const {
  return static_cast<double>(milliseconds() - lastStep_) < seconds * 1000;
}

void Scheduler::add(Work &line, std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    line.push_back(std::move(work));
  }
  wake_.notify_all();
}

void Scheduler::post(std::function<void()> work) { add(posted_, std::move(work)); }
void Scheduler::postLong(std::function<void()> work) { add(postedLong_, std::move(work)); }
void Scheduler::postLongest(std::function<void()> work) { add(postedLongest_, std::move(work)); }

// False where there is none.
bool Scheduler::doNext(Work &line) {
  std::function<void()> work;
  {
    std::lock_guard lock(mutex_);
    if (line.empty())
      return false;
    work = std::move(line.front());
    line.pop_front();
  }
  work();
  return true;
}

void Scheduler::loop() {
  while (awaitWork()) {
    serveOthers();
    if (!doNext(postedLong_))
      doNext(postedLongest_);
  }
  failAll(ended());
  prefixes_.clear();
}

void Scheduler::doLong() {
  while (!ends_ && doNext(postedLong_)) {
  }
}

void Scheduler::doPosted() {
  while (doNext(posted_)) {
  }
}

// One call for everybody, and what has to be done before and after it. False when the server ends.
bool Scheduler::serveOthers() {
  lastStep_ = milliseconds();
  try {
    beat();
    doPosted();
    takeSubmitted();
    if (cancels_)
      failAll(ended());
    dropUnwanted();
    admit();
    step();
    cite();
  } catch (...) {
    failAll(caughtStatus());
  }
  tell();
  return !ends_;
}

// False when the server ends.
bool Scheduler::awaitWork() {
  std::unique_lock lock(mutex_);
  if (!ends_ && submitted_.empty() && posted_.empty() && postedLong_.empty() && postedLongest_.empty() && waiting_ == 0 && running_.empty() && citing_.empty())
    wake_.wait_for(lock, longestSleep);
  return !ends_;
}

void Scheduler::onHeartbeat(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  heartbeat_ = std::move(work);
}

void Scheduler::beat() {
  if (milliseconds() - lastBeat_ < heartbeat)
    return;
  lastBeat_ = milliseconds();
  std::function<void()> work;
  {
    std::lock_guard lock(mutex_);
    work = heartbeat_;
  }
  if (work)
    work();
}

void Scheduler::takeSubmitted() {
  std::lock_guard lock(mutex_);
  for (auto &task : submitted_) {
    Owner &owner = owners_[task->owner];
    if (owner.waiting.empty() && owner.running == 0) { // who was away has saved up nothing
      double least = HUGE_VAL;
      for (const auto &[name, other] : owners_)
        if (&other != &owner && (other.running > 0 || !other.waiting.empty()))
          least = std::min(least, other.served);
      if (std::isfinite(least))
        owner.served = std::max(owner.served, least);
    }
    owner.waiting.push_back(std::move(task));
    ++waiting_;
  }
  submitted_.clear();
}

void Scheduler::dropUnwanted() {
  for (auto &[name, owner] : owners_)
    std::erase_if(owner.waiting, [&](const std::shared_ptr<PromptTask> &task) {
      if (task->listener->isWanted())
        return false;
      --waiting_;
      --busy_;
      ++metrics_.aborted;
      return true;
    });
  std::vector<std::shared_ptr<PromptTask>> left;
  for (const Sequence &sequence : running_)
    if (!sequence.task->listener->isWanted() && std::find(left.begin(), left.end(), sequence.task) == left.end())
      left.push_back(sequence.task);
  for (const auto &task : left) {
    ++metrics_.aborted;
    fail(task, Status::error(cancelledCode, "the client left"));
  }
  if (owners_.size() > options_.mostWaiting) // names of whoever has come by
    std::erase_if(owners_, [](const auto &entry) { return entry.second.running == 0 && entry.second.waiting.empty(); });
}

Scheduler::Owner *Scheduler::neediest() {
  Owner *best = nullptr;
  for (auto &[name, owner] : owners_)
    if (!owner.waiting.empty() && (!best || owner.served < best->served))
      best = &owner;
  return best;
}

// Who comes first waits for its places: others do not overtake, or a request for many would wait for ever.
void Scheduler::admit() {
  while (Owner *owner = neediest()) {
    const std::shared_ptr<PromptTask> task = owner->waiting.front();
    const double bytes = bytesOf(*task);
    if (taken_ + task->choices > options_.places || (taken_ > 0 && bytes_ + bytes > options_.memoryBytes))
      return;
    owner->waiting.pop_front();
    --waiting_;
    ++owner->running;
    taken_ += task->held = task->choices;
    bytes_ += bytes;
    if (Status status = begin(task); !status.ok())
      fail(task, status);
  }
}

namespace {

PromptKind kindOf(const PromptTask &task) { return {task.owner, task.adapter, task.session.policy}; }

} // namespace

Status Scheduler::begin(const std::shared_ptr<PromptTask> &task) {
  Sequence &sequence = running_.emplace_back();
  sequence.task = task;
  LONGC_TRY(openSession(sequence));
  IngestOptions options;
  options.softTokens = task->softTokens;
  sequence.chooser.emplace(task->rules, task->firstChoice);
  if (task->choices == 1) // several go on from the same logits
    options.sampler = samplerOf(sequence);
  auto intake = Intake::begin(*sequence.session, std::span(task->tokens).subspan(static_cast<size_t>(sequence.known)), std::move(options));
  if (!intake.ok())
    return intake.status();
  sequence.intake.emplace(std::move(*intake));
  task->listener->onBegun(sequence.known);
  return {};
}

// What the engine's device chooses by; null where the host chooses.
Sampler *Scheduler::samplerOf(Sequence &sequence) {
  Sampler *sampler = sequence.chooser->samplerAlone();
  return sampler && engine_.samplerFor(sampler->options()) ? sampler : nullptr;
}

// The next token: the device's, or chosen here.
Result<ChosenToken> Scheduler::chosen(Sequence &sequence) {
  const auto outcome = sequence.session->outcome();
  if (!outcome)
    return sequence.chooser->choose(sequence.session->logits(), sequence.session->seen());
  auto token = DeviceSampler::tokenOf(*outcome);
  return token.ok() ? Result<ChosenToken>(ChosenToken{*token, 0, {}}) : token.status();
}

// On what the task knows: its documents, or the prompt that it goes on from.
Status Scheduler::openSession(Sequence &sequence) {
  PromptTask &task = *sequence.task;
  std::vector<std::shared_ptr<const MemoryDocument>> documents;
  for (const auto &document : task.documents) {
    if (document->adapter)
      task.adapter = document->adapter;
    else if (document->soft)
      task.softTokens.insert(task.softTokens.end(), document->soft->softTokens().begin(), document->soft->softTokens().end());
    else if (!document->memory)
      return Status::error(7505, "the document " + document->id + " is no longer there", "ask without it");
    else
      documents.push_back(document->memory);
  }
  task.goesOn = task.goesOn && task.documents.empty(); // what is deleted would live on
  if (task.goesOn) {
    ++metrics_.prefixQueries;
    PrefixCache::Found found = prefixes_.take(kindOf(task), task.tokens);
    if (found.session) {
      ++metrics_.prefixHits;
      sequence.session = std::move(found.session);
      sequence.known = found.tokens;
      return {};
    }
  }
  auto session = Session::open(engine_, task.session, store_, documents);
  if (!session.ok())
    return session.status();
  sequence.session = std::move(*session);
  return {};
}

// The sequences of the next call: every answer under way, and of those that still read as many as there is room for.
std::vector<Scheduler::Sequence *> Scheduler::choose() {
  std::vector<Sequence *> answers;
  std::multimap<double, Sequence *> readers; // by what their owners were served; of equals in their order
  for (Sequence &sequence : running_)
    if (sequence.reads)
      readers.emplace(owners_[sequence.task->owner].served, &sequence);
    else
      answers.push_back(&sequence);
  int64_t room = answers.empty() ? engine_.callTokens() : options_.chunk;
  for (auto [served, sequence] : readers) {
    if (room < 2 && sequence->intake->left() > 1)
      continue;
    sequence->intake->limit(std::max<int64_t>(room, 2));
    answers.push_back(sequence);
    room -= std::min(room, sequence->intake->left());
  }
  return answers;
}

void Scheduler::step() {
  std::vector<Sequence *> sequences;
  std::vector<Intake *> intakes;
  std::vector<int64_t> before; // what each had left
  for (Sequence *sequence : choose()) {
    auto part = sequence->intake->next(); // makes its room: who gets none fails alone
    if (!part.ok())
      return fail(sequence->task, part.status());
    sequences.push_back(sequence);
    intakes.push_back(&*sequence->intake);
    before.push_back(sequence->intake->left());
  }
  if (intakes.empty())
    return;
  if (Status status = run(sequences, intakes); !status.ok())
    return failAll(status);
  std::vector<Sequence *> done;
  for (size_t index = 0; index < sequences.size(); ++index) {
    Sequence &sequence = *sequences[index];
    const auto all = static_cast<int64_t>(sequence.task->tokens.size()), left = sequence.intake->left(), taken = before[index] - left;
    serve(*sequence.task, taken);
    if (sequence.reads && taken > 0) {
      metrics_.promptTokens += taken;
      sequence.task->listener->onRead(all - left, all);
    }
    if (sequence.intake->isDone())
      done.push_back(&sequence);
  }
  for (Sequence *sequence : done) // sequences may go while others are told
    if (isRunning(sequence))
      advance(*sequence);
}

// One call for each adapter that somebody asked for.
Status Scheduler::run(std::span<Sequence *const> sequences, std::span<Intake *const> intakes) {
  std::map<const ParameterArray *, std::vector<Intake *>> groups;
  for (size_t index = 0; index < intakes.size(); ++index)
    groups[sequences[index]->task->adapter.get()].push_back(intakes[index]);
  Status status;
  for (auto group = groups.begin(); status.ok() && group != groups.end(); ++group) {
    status = useAdapter(group->first);
    if (status.ok())
      status = runIntakes(engine_, group->second);
  }
  Status back = useAdapter(nullptr); // what is posted finds what it was, after a call that failed too
  return status.ok() ? back : status;
}

Status Scheduler::useAdapter(const ParameterArray *adapter) {
  if (adapter == adapter_ || !options_.useAdapter)
    return {};
  adapter_.reset(); // one that is bound in part is none
  LONGC_TRY(options_.useAdapter(adapter));
  adapter_ = adapter;
  return {};
}

// The prompt is read, or the last token taken in: what comes next.
void Scheduler::advance(Sequence &sequence) {
  std::vector<Sequence *> choices = {&sequence};
  if (sequence.reads)
    if (Status status = fork(sequence, choices); !status.ok())
      return fail(sequence.task, status);
  for (Sequence *choice : choices)
    if (isRunning(choice)) // one that fails takes the others with it
      chooseToken(*choice);
}

// Choices of one prompt begin where it ends.
Status Scheduler::fork(Sequence &sequence, std::vector<Sequence *> &choices) {
  sequence.reads = false;
  const std::shared_ptr<PromptTask> &task = sequence.task;
  if (task->goesOn)
    prefixes_.keep(kindOf(*task), task->tokens, *sequence.session);
  for (int choice = 1; choice < task->choices; ++choice) {
    auto session = sequence.session->fork();
    if (!session.ok())
      return session.status();
    Sequence &other = running_.emplace_back();
    other.task = task;
    other.choice = choice;
    other.session = std::move(*session);
    other.chooser.emplace(task->rules, task->firstChoice + choice);
    other.reads = false;
    choices.push_back(&other);
  }
  return {};
}

bool Scheduler::isRunning(const Sequence *sequence) const {
  return std::any_of(running_.begin(), running_.end(), [&](const Sequence &other) { return &other == sequence; });
}

void Scheduler::chooseToken(Sequence &sequence) {
  const PromptTask &task = *sequence.task;
  if (sequence.made == task.maxTokens)
    return end(sequence, Finish::length);
  if (sequence.chooser->isOver())
    return end(sequence, Finish::stop);
  auto token = chosen(sequence);
  if (!token.ok())
    return fail(sequence.task, token.status());
  ++sequence.made;
  ++metrics_.generatedTokens;
  if (task.cites && sequence.choice == 0)
    sequence.answer.push_back(token->id);
  const auto &ends = task.rules.endTokens;
  if (std::find(ends.begin(), ends.end(), token->id) != ends.end())
    return end(sequence, Finish::stop);
  if (!task.listener->onToken(task.firstChoice + sequence.choice, *token))
    return end(sequence, Finish::stop);
  if (sequence.made == task.maxTokens)
    return end(sequence, Finish::length);
  if (sequence.session->room() < 1)
    return end(sequence, Finish::window);
  sequence.token = token->id;
  auto intake = Intake::begin(*sequence.session, {&sequence.token, 1}, {.sampler = samplerOf(sequence)});
  if (!intake.ok())
    return fail(sequence.task, intake.status());
  sequence.intake.emplace(std::move(*intake));
}

void Scheduler::serve(const PromptTask &task, int64_t tokens) { owners_[task.owner].served += static_cast<double>(tokens); }

void Scheduler::end(Sequence &sequence, Finish finish) {
  const std::shared_ptr<PromptTask> task = sequence.task;
  const WindowMarks &marks = sequence.session->marks();
  const EndedChoice ended{task->firstChoice + sequence.choice, finish, sequence.made, marks.localTokens(), marks.memoryTokens(),
                          sequence.session->droppedTokens()};
  const bool cites = task->cites && sequence.choice == 0;
  const std::vector<int32_t> answer = std::move(sequence.answer);
  running_.remove_if([&](const Sequence &other) { return &other == &sequence; }); // its place is free before anybody hears
  --taken_;
  --task->held;
  if (task->held == 0)
    leave(*task);
  task->listener->onEnd(ended);
  if (cites)
    beginCiting(task, answer);
}

void Scheduler::beginCiting(const std::shared_ptr<PromptTask> &task, std::span<const int32_t> answer) {
  EvidenceSearch::Documents documents;
  for (const auto &document : task->documents)
    if (!document->memory) // it was deleted meanwhile
      return task->listener->onEvidence({});
    else
      documents.push_back(document->memory);
  ++busy_;
  citing_.push_back({task, EvidenceSearch(engine_, task->session, store_, std::move(documents), task->tokens, answer)});
}

// One reading between two calls, of whoever has waited longest; others are answered for as long as the last one took.
void Scheduler::cite() {
  const int64_t began = milliseconds();
  if (citing_.empty() || (!running_.empty() && began < citesAgain_))
    return;
  Citing &citing = citing_.front();
  const std::shared_ptr<PromptTask> task = citing.task;
  const bool isWanted = task->listener->isWanted();
  if (isWanted && !citing.search.isOver()) {
    if (Status status = citing.search.step(); !status.ok())
      logError(status); // the answer is whole all the same
    citesAgain_ = 2 * milliseconds() - began;
    return citing_.splice(citing_.end(), citing_, citing_.begin());
  }
  const std::vector<Evidence> found = citing.search.found();
  citing_.pop_front();
  --busy_;
  metrics_.aborted += isWanted ? 0 : 1;
  isWanted ? task->listener->onEvidence(found) : task->listener->onFailed(Status::error(cancelledCode, "the client left"));
}

void Scheduler::leave(const PromptTask &task) {
  --owners_[task.owner].running;
  bytes_ -= bytesOf(task);
  --busy_;
}

// All of a task that runs.
void Scheduler::fail(std::shared_ptr<PromptTask> task, const Status &status) {
  running_.remove_if([&](const Sequence &sequence) { return sequence.task == task; });
  taken_ -= std::exchange(task->held, 0);
  leave(*task);
  task->listener->onFailed(status);
}

void Scheduler::failAll(const Status &status) {
  while (!running_.empty())
    fail(running_.front().task, status);
  for (; !citing_.empty(); citing_.pop_front(), --busy_)
    citing_.front().task->listener->onFailed(status);
  takeSubmitted();
  for (auto &[name, owner] : owners_)
    for (; !owner.waiting.empty(); owner.waiting.pop_front()) {
      owner.waiting.front()->listener->onFailed(status);
      --waiting_;
      --busy_;
    }
}

void Scheduler::tell() {
  metrics_.running = static_cast<int64_t>(running_.size());
  metrics_.waiting = static_cast<int64_t>(waiting_);
  metrics_.cacheUse = options_.memoryBytes > 0 ? bytes_ / options_.memoryBytes : 0;
}

} // namespace longc
