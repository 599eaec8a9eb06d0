// Options to a plan, a file to rows, rows to a fit.
#include "runtime/tools/commands/LiftTask.h"

#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/core/Log.h"
#include "runtime/lift/Prompt.h"
#include "runtime/lift/SelfQuestions.h"
#include "runtime/lift/Sentences.h"
#include "runtime/serve/Document.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/text/Utf8.h"
#include "runtime/tools/commands/TrainingData.h"
#include "runtime/train/TrainingLine.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <set>

namespace longc {
namespace {

constexpr int notText = 8104, unusableQuestion = 8105;

Status checkIsText(const std::string &text, const std::string &path) {
  size_t bad = text.find('\0');
  for (size_t at = 0; bad == std::string::npos && at < text.size();) {
    const Utf8Char letter = decodeUtf8(text, at);
    if (!letter.valid)
      bad = at;
    at += letter.length;
  }
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return Status::error(textTooShort, quoted(path) + " is empty: there is nothing to learn", "give a text of some sentences");
  if (bad == std::string::npos)
    return {};
  return Status::error(notText, quoted(path) + formatText(" is no text: byte %zu is no UTF-8 character", bad),
                       "give plain text in UTF-8");
}

template <typename Number> Status readIfGiven(const Arguments &arguments, const char *name, double low, double high, Number &value) {
  if (!arguments.isGiven(name))
    return {};
  if constexpr (std::is_same_v<Number, double>) {
    auto number = arguments.number(name, low, high);
    if (!number.ok())
      return number.status();
    value = *number;
  } else {
    auto number = arguments.integer(name, static_cast<int64_t>(low), static_cast<int64_t>(high));
    if (!number.ok())
      return number.status();
    value = static_cast<Number>(*number);
  }
  return {};
}

template <typename Number> Status readOptional(const Arguments &arguments, const char *name, double low, double high, std::optional<Number> &value) {
  if (!arguments.isGiven(name))
    return {};
  return readIfGiven(arguments, name, low, high, value.emplace());
}

} // namespace

std::vector<std::string_view> liftOptions(std::vector<std::string_view> own) {
  for (std::string_view name : {"batch", "call-tokens", "device", "epochs", "exact", "json", "lr", "make-questions", "progress", "quiet", "recipe", "seconds", "seed",
                                "threads", "train-questions", "variant", "verify", "window"})
    own.push_back(name);
  std::sort(own.begin(), own.end());
  return own;
}

bool throughMemory(const Arguments &arguments, const Engine &engine) {
  auto isOn = arguments.onOff("memory");
  return arguments.isGiven("memory") && isOn.ok() && *isOn && engine.memoryBytesPerToken() > 0;
}

Result<std::string> readTextOrDocument(const std::string &path) {
  if (Document::isDocument(path)) {
    auto document = Document::open(path);
    if (!document.ok())
      return document.status();
    return std::string(document->text());
  }
  auto text = readTextFile(path);
  if (text.ok())
    LONGC_TRY(checkIsText(*text, path));
  return text;
}

Result<std::vector<LiftQuestion>> readQuestions(const std::string &path) {
  auto content = readTextFile(path);
  if (!content.ok())
    return content.status();
  auto lines = readTrainingLines(*content, path);
  if (!lines.ok())
    return lines.status();
  std::vector<LiftQuestion> questions;
  for (const TrainingLine &line : *lines) {
    const bool isQuestion = line.messages.size() == 2 && !line.messages[0].content.empty() && !line.messages[1].content.empty();
    if (!isQuestion)
      return Status::error(unusableQuestion, quoted(path) + formatText(", line %lld: no question with an answer", static_cast<long long>(line.line)),
                           "give one object {\"question\": \"...\", \"answer\": \"...\"} a line");
    questions.push_back({line.messages[0].content, line.messages[1].content});
  }
  return questions;
}

static Status checkLearns(const Program &program, bool exact) {
  if (program.message().modules_size() > 1)
    return Status::error(noTraining, "this program compresses texts and learns none: it has an encoder beside its decoder",
                         "use `read` and `ask`, or compile the decoder alone with --train");
  return checkTrains(program, exact);
}

Result<LiftTask> LiftTask::of(const Arguments &arguments, const std::string &path) {
  LiftTask task;
  task.fit_.start = LiftFitOptions::Clock::now();
  LONGC_TRY(task.readChoices(arguments));
  auto text = readTextOrDocument(path);
  if (!text.ok())
    return text.status();
  task.path_ = path;
  task.title_ = titleOf(path);
  task.text_ = std::move(*text);
  task.hash_ = hashText(hashBytes(task.text_.data(), task.text_.size()));
  if (arguments.has("write-rows"))
    task.recording_ = std::make_unique<RowRecording>();
  task.questionsPath_ = arguments.text("train-questions");
  if (!task.questionsPath_.empty()) {
    auto questions = readQuestions(task.questionsPath_);
    if (!questions.ok())
      return questions.status();
    task.given_ = std::move(*questions);
  }
  return task;
}

Status LiftTask::readChoices(const Arguments &arguments) {
  LiftRecipe recipe;
  if (!liftRecipeOf(arguments.text("recipe"), recipe))
    return unknownWord(arguments, "recipe", "gm or qa");
  if (const std::string &how = arguments.text("make-questions"); how != "rules" && how != "model")
    return unknownWord(arguments, "make-questions", "rules or model");
  asksModel_ = arguments.text("make-questions") == "model";
  int64_t window = 2048, seed = 0;
  LONGC_TRY(readIfGiven(arguments, "window", 64, INT32_MAX, window));
  isWindowGiven_ = arguments.isGiven("window");
  LONGC_TRY(readIfGiven(arguments, "seed", 0, INT32_MAX, seed));
  plan_ = LiftPlan::of(recipe, window, static_cast<uint64_t>(seed));
  int64_t batch = plan_.train.batch.batch;
  LONGC_TRY(readIfGiven(arguments, "batch", 0, INT32_MAX, batch));
  if (batch == 0 && recipe == LiftRecipe::gm)
    plan_ = LiftPlan::published(window, static_cast<uint64_t>(seed));
  plan_.train.batch.batch = batch == 0 ? INT32_MAX : batch; // all of a pass
  LONGC_TRY(readOptional(arguments, "epochs", 1, INT32_MAX, givenEpochs_));
  LONGC_TRY(readOptional(arguments, "lr", 0, 1e6, givenRate_));
  areCallTokensGiven_ = arguments.isGiven("call-tokens");
  LONGC_TRY(readIfGiven(arguments, "call-tokens", 1, INT32_MAX, plan_.train.callTokens));
  LONGC_TRY(readIfGiven(arguments, "seconds", 0, 1e9, fit_.seconds));
  auto mode = progressOf(arguments);
  if (!mode.ok())
    return mode.status();
  progress_ = *mode;
  auto engine = engineOptionsOf(arguments);
  if (!engine.ok())
    return engine.status();
  engine_ = *engine;
  return {};
}

Status LiftTask::fitWindow(const Program &program) {
  const auto most = static_cast<int64_t>(program.module().context_length());
  if (isWindowGiven_ && plan_.window > most)
    return Status::error(1003, formatText("--window %lld: the model has %lld tokens", static_cast<long long>(plan_.window), static_cast<long long>(most)),
                         "give a smaller window");
  plan_.window = std::min(plan_.window, most);
  return {};
}

Status LiftTask::makeRows(const Program &program, const std::vector<LiftQuestion> &notAsked) {
  program_ = &program;
  LONGC_TRY(checkLearns(program, engine_.exact));
  LONGC_TRY(fitWindow(program));
  if (program.module().has_gated_memory())
    plan_.adaptToGatedMemory();
  std::set<std::string> left;
  for (const LiftQuestion &question : notAsked)
    left.insert(question.question);
  const auto dropped = std::erase_if(given_, [&](const LiftQuestion &question) { return left.contains(question.question); });
  if (dropped > 0)
    logWarning(formatText("%zu of %s are among the questions that judge: they are not trained on", static_cast<size_t>(dropped),
                          quoted(questionsPath_).c_str()));
  auto tokenizer = createTokenizer(program.module().tokenizer());
  if (!tokenizer.ok())
    return tokenizer.status();
  tokenizer_ = std::make_unique<Tokenizer>(std::move(*tokenizer));
  if (asksModel())
    LONGC_TRY(makeQuestions());
  auto rows = LiftRows::create(*tokenizer_, quoted(path_), title_, text_, given_.empty() ? made_ : given_, plan_);
  if (!rows.ok())
    return rows.status();
  rows_.emplace(std::move(*rows));
  return {};
}

Status LiftTask::prepare(const Program &program, Engine *engine) {
  LONGC_TRY(checkLearns(program, engine_.exact));
  std::future<Status> beside;
  if (!rows_ && asksModel()) // with a device of its own, which goes before the training's comes
    LONGC_TRY(makeRows(program));
  else if (!rows_)
    beside = std::async(std::launch::async, [&] { return makeRows(program); });
  auto step = ProgramStep::create(program, longc_program, engine_, engine);
  if (beside.valid())
    LONGC_TRY(beside.get());
  if (!step.ok())
    return step.status();
  step_ = std::move(*step);
  if (!areCallTokensGiven_)
    plan_.train.callTokens = step_->usualCallTokens();
  const bool onGpu = step_->device().hasOwnMemory(), hasManyRows = plan_.train.batch.batch > 1;
  if (step_->takesBranches() && (onGpu || hasManyRows)) // what is a step of one row each stays so; on a GPU two fit into one
    rows_->shareContext(hasManyRows ? plan_.train.callTokens : 0);
  if (onGpu) {
    plan_.train.batch.capacity = rows_->gpuStepTokens();
    plan_.adaptToPasses();
  }
  plan_.epochs = givenEpochs_.value_or(plan_.epochs);
  plan_.rate = givenRate_.value_or(plan_.rate);
  if (recording_)
    plan_.train.onCall = [recording = recording_.get()](const TrainBatch &batch) { recording->add(batch); };
  auto trainer = Trainer::create(*step_, {}, plan_.train);
  if (!trainer.ok())
    return trainer.status();
  trainer_.emplace(std::move(*trainer));
  step_->readStored(trainer_->state().values);
  const LiftCounts &counts = rows_->counts();
  logNote(formatText("%s: %s tokens in %s sentences, %s questions %s", quoted(path_).c_str(), formatCount(counts.tokens).c_str(),
                     formatCount(counts.sentences).c_str(), formatCount(counts.questions).c_str(),
                     given_.empty() ? "made from them" : ("from " + quoted(questionsPath_)).c_str()));
  return {};
}

// By rule where there is one, else by the model.
Status LiftTask::makeQuestions() {
  auto engine = Engine::create(*program_, longc_program, engine_);
  if (!engine.ok())
    return engine.status();
  std::vector<std::string> others;
  for (const std::string &sentence : sentencesOf(text_))
    if (auto question = questionOf(sentence))
      made_.push_back(std::move(*question));
    else
      others.push_back(sentence);
  Progress progress(progress_, "asking about the text", static_cast<int64_t>(others.size()), "sentences");
  progress.update(0);
  auto more = askYourself(**engine, *tokenizer_, others, [&](int64_t done, int64_t) {
    progress.update(done);
    return !interrupted();
  });
  if (!more.ok())
    return more.status();
  logNote(formatText("%zu questions by rule, %zu by the model", made_.size(), more->size()));
  made_.insert(made_.end(), more->begin(), more->end());
  return {};
}

// All that the numbers of a fit depend on.
TrainSettings LiftTask::settings() const {
  auto number = [](double value) { return formatText("%.17g", value); };
  TrainSettings settings = {{"a model of fingerprint", program_->fingerprint()},
                            {"a text of hash", hash_},
                            {"arithmetic", step_->precision() + ", " + step_->arithmetic()},
                            {"--recipe", std::string(nameOf(plan_.recipe))},
                            {"--make-questions", asksModel_ ? "model" : "rules"},
                            {"--window", std::to_string(plan_.window)},
                            {"--batch", std::to_string(plan_.train.batch.batch)},
                            {"--call-tokens", std::to_string(plan_.train.callTokens)},
                            {"--seed", std::to_string(plan_.train.batch.seed)},
                            {"--lr", number(plan_.rate)},
                            {"--epochs", std::to_string(plan_.epochs)}};
  StreamingHash questions;
  for (const LiftQuestion &question : given_)
    for (const std::string *text : {&question.question, &question.answer})
      questions.add(text->c_str(), text->size() + 1);
  settings.emplace_back("--train-questions of hash", given_.empty() ? "none" : hashText(questions.value()));
  return settings;
}

Status LiftTask::goOnFrom(const std::string &checkpoints) {
  auto loaded = loadCheckpoint(checkpoints, step_->parameters(), settings(), trainer_->state());
  if (!loaded.ok())
    return loaded.status();
  for (const Status &damaged : loaded->passedOver)
    logWarning(damaged.message() + "; an older state is taken");
  logNote(loaded->found ? formatText("going on from step %lld", static_cast<long long>(trainer_->state().step))
                        : "no state in " + longc::quoted(checkpoints) + ": beginning at step 0");
  return {};
}

Result<LiftFitResult> LiftTask::fit(const std::string &checkpoints, int64_t saveEvery) {
  LiftFitOptions options = fit_;
  options.checkpoints = checkpoints;
  options.saveEvery = saveEvery;
  options.settings = settings();
  options.mostLoss = 2 * std::log(static_cast<double>(program_->module().vocabulary()));
  options.stop = [] { return interrupted(); };
  std::optional<Progress> progress;
  int64_t total = 0;
  options.onStep = [&](const StepReport &report, int64_t planned) {
    if (recording_)
      recording_->endStep(report);
    if (!progress || planned > total * 5 / 4 || planned < total * 4 / 5) { // the clock decides how many there will be
      progress.emplace(progress_, "learning", planned, "steps");
      total = planned;
    }
    progress->update(std::min(report.step, total), formatText("loss %.3f", report.loss));
  };
  return fitText(*trainer_, *step_, *rows_, plan_, options);
}

double LiftTask::seconds() const {
  return std::chrono::duration<double>(LiftFitOptions::Clock::now() - fit_.start).count();
}

LiftAbout LiftTask::about(const LiftFitResult &result) const {
  LiftAbout about;
  about.model = program_->fingerprint();
  about.document = title_;
  about.hash = hash_;
  about.recipe = nameOf(plan_.recipe);
  about.seed = plan_.train.batch.seed;
  about.tokens = rows_->counts().tokens;
  about.steps = result.steps;
  about.epochs = result.epochs;
  about.learntTokens = result.tokens;
  about.seconds = seconds();
  about.firstLoss = result.firstLoss;
  about.lastLoss = result.lastLoss;
  about.readAll = rows_->readsAll(result.epochs);
  return about;
}

} // namespace longc
