// Many prompts of many people in the calls of one engine: who gets a place, what each call runs, who has left.
//
// One thread owns the engine and everything of it; the others hand prompts over and hear of tokens. A call runs one token of
// every answer under way and, so that none of them waits long, a bounded piece of what is still read. Places go to who was
// served least: tokens are counted by owner.
#pragma once

#include "runtime/http/ApiError.h"
#include "runtime/http/EvidenceSearch.h"
#include "runtime/http/KeptDocument.h"
#include "runtime/http/Metrics.h"
#include "runtime/http/PrefixCache.h"
#include "runtime/http/TokenChooser.h"
#include "runtime/serve/Generate.h"
#include "runtime/serve/Intake.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace longc {

/// What is being thrown, as an error: to be called in a `catch`.
Status caughtStatus();

/// How a choice ended.
struct EndedChoice {
  int choice;
  Finish finish;
  int64_t tokens; // that were made, the one that ended it too
  int64_t inWindow, inMemory, dropped;
};

/// Hears what becomes of the prompts of one request, whose choices are counted together.
class AnswerListener {
public:
  virtual ~AnswerListener() = default;
  /// False once nobody waits for the answer. Called from any thread.
  virtual bool isWanted() const = 0;
  /// It is in the line, and nothing else was said yet. Called on the submitting thread, all others on the engine's.
  virtual void onAccepted() = 0;
  /// `known`: tokens of the prompt that need not be read, since they were read before.
  virtual void onBegun(int64_t known) = 0;
  virtual void onRead(int64_t done, int64_t total) = 0;
  /// False ends the choice: its text is complete.
  virtual bool onToken(int choice, const ChosenToken &token) = 0;
  virtual void onEnd(const EndedChoice &ended) = 0;
  virtual void onFailed(const Status &status) = 0;
  /// Of a task that `cites`, once, behind the end of its first choice: what that rests on.
  virtual void onEvidence(const std::vector<Evidence> &evidence) = 0;
};

struct PromptTask {
  std::vector<int32_t> tokens;
  int choices = 1, firstChoice = 0;
  int64_t maxTokens = 0;
  SessionOptions session;
  TokenRules rules;
  std::vector<std::shared_ptr<KeptDocument>> documents; // that it knows: its memory, or its adapter
  std::shared_ptr<const ParameterArray> adapter; // what the model is for this; null: what it is for others
  std::vector<float> softTokens; // the scheduler's: those of the documents, which ids of soft tokens stand for
  std::string owner;  // whose share its tokens are counted to
  bool goesOn = false; // a later prompt may begin with this one: a chat's
  bool cites = false;  // what its first choice rests on is to be found in its documents, which are all memories
  std::shared_ptr<AnswerListener> listener;
  int64_t held = 0; // the scheduler's: places that it has, or will have once its prompt is read
};

struct SchedulerOptions {
  int64_t places = 32;       // sequences in one call
  size_t mostWaiting = 2048; // prompts
  int64_t chunk = 256;       // tokens read in a call while answers are under way
  double memoryBytes = 0;    // for the state of all sequences
  int64_t prefixes = 0;      // states of prompts that are kept for later ones
  std::function<Status(const ParameterArray *adapter)> useAdapter = {}; // makes the engine this model; null: what it was
};

class Scheduler {
public:
  /// `engine` and `metrics` outlive this.
  static Result<std::unique_ptr<Scheduler>> create(Engine &engine, const SessionOptions &session,
                                                   const SchedulerOptions &options, Metrics &metrics);
  ~Scheduler();

  /// Refused (429, 503, 400) or taken: then the listener, which all tasks share, hears the end of it.
  std::optional<ApiError> submit(std::vector<std::shared_ptr<PromptTask>> tasks);
  int64_t places() const { return options_.places; }
  /// Work on the engine's thread, between two calls; who waits for it must outlive it.
  void post(std::function<void()> work);
  /// Work that takes long, one after the other: it calls serveOthers() now and then, and ends when that says false. It throws
  /// nothing.
  void postLong(std::function<void()> work);
  /// Such work that takes longest: it comes after the other, and calls doLong() too, which does that.
  void postLongest(std::function<void()> work);
  void doLong();
  bool serveOthers();
  /// Work that the engine's thread does about once a second, from now on.
  void onHeartbeat(std::function<void()> work);
  /// For work that was posted.
  Engine &engine() { return engine_; }
  const std::shared_ptr<StateStore> &store() const { return store_; }
  /// Whether the engine has finished a call, or had none, within so many seconds.
  bool isAlive(double seconds) const;
  /// Nothing waits, nothing runs.
  bool isIdle() const { return busy_ == 0; }
  /// Everything that runs or waits ends as failed.
  void cancelAll() { cancels_ = true; }

private:
  struct Sequence {
    std::shared_ptr<PromptTask> task;
    int choice = 0;
    std::unique_ptr<Session> session;
    std::optional<TokenChooser> chooser;
    std::optional<Intake> intake;
    bool reads = true; // the prompt; afterwards its own tokens
    int64_t known = 0; // tokens of the prompt that an earlier one had
    int32_t token = 0;
    int64_t made = 0;
    std::vector<int32_t> answer; // of a choice that cites
  };
  struct Citing {
    std::shared_ptr<PromptTask> task;
    EvidenceSearch search;
  };
  struct Owner {
    std::deque<std::shared_ptr<PromptTask>> waiting;
    double served = 0; // tokens
    int64_t running = 0;
  };

  Scheduler(Engine &engine, const SchedulerOptions &options, Metrics &metrics)
      : engine_(engine), options_(options), metrics_(metrics), prefixes_(static_cast<size_t>(options.prefixes)) {}
  void loop();
  bool awaitWork();
  void beat();
  void doPosted();
  void takeSubmitted();
  void dropUnwanted();
  void admit();
  Owner *neediest();
  Status begin(const std::shared_ptr<PromptTask> &task);
  Status openSession(Sequence &sequence);
  Sampler *samplerOf(Sequence &sequence);
  Result<ChosenToken> chosen(Sequence &sequence);
  void step();
  std::vector<Sequence *> choose();
  Status run(std::span<Sequence *const> sequences, std::span<Intake *const> intakes);
  Status useAdapter(const ParameterArray *adapter);
  bool isRunning(const Sequence *sequence) const;
  void advance(Sequence &sequence);
  Status fork(Sequence &sequence, std::vector<Sequence *> &choices);
  void chooseToken(Sequence &sequence);
  void end(Sequence &sequence, Finish finish);
  void beginCiting(const std::shared_ptr<PromptTask> &task, std::span<const int32_t> answer);
  void cite();
  void leave(const PromptTask &task);
  void fail(std::shared_ptr<PromptTask> task, const Status &status);
  void failAll(const Status &status);
  void serve(const PromptTask &task, int64_t tokens);
  double bytesOf(const PromptTask &task) const;
  void tell();

  Engine &engine_;
  SchedulerOptions options_;
  Metrics &metrics_;
  std::shared_ptr<StateStore> store_;
  // Of the engine's thread.
  std::map<std::string, Owner> owners_;
  std::list<Sequence> running_;
  std::list<Citing> citing_; // of answers that are over; each counts as busy
  int64_t citesAgain_ = 0;   // milliseconds: when the next reading may begin
  PrefixCache prefixes_;
  size_t waiting_ = 0;
  int64_t taken_ = 0; // places that tasks hold
  double bytes_ = 0;  // of the tasks that run
  std::optional<const ParameterArray *> adapter_ = nullptr; // of the engine, within a call; none: nobody knows
  int64_t lastBeat_ = 0; // milliseconds
  // Between threads.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<PromptTask>> submitted_;
  using Work = std::deque<std::function<void()>>;
  void add(Work &line, std::function<void()> work);
  bool doNext(Work &line);
  Work posted_, postedLong_, postedLongest_;
  std::function<void()> heartbeat_;
  std::atomic<size_t> busy_{0}; // tasks that wait or run
  std::atomic<bool> ends_{false}, cancels_{false};
  std::atomic<int64_t> lastStep_{0}; // milliseconds of the steady clock
  std::thread thread_;
};

} // namespace longc
