// `train`: fine-tunes what the program was compiled to train, on a file, into a folder.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/e2llm/Compressor.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/tools/commands/SoftTrainCommand.h"
#include "runtime/tools/commands/TrainFolder.h"
#include "runtime/tools/commands/TrainingData.h"
#include "runtime/train/AdapterFiles.h"
#include "runtime/train/ProgramStep.h"
#include "runtime/train/TrainLoop.h"

namespace longc {
namespace {

constexpr int64_t usualEvalEvery = 20;

struct Choices {
  DataOptions data;
  TrainOptions train;
  EngineOptions engine;
  std::string folder, evaluation, adapter;
  int64_t saveEvery = 0, evalEvery = 0, patience = 0;
  double seconds = 0, peak = 0, ropeTheta = 0; // 0: as the program has it
  ProgressMode progress = ProgressMode::automatic;
  std::optional<RangeSchedule> ranges; // with --facts
  bool resume = false, json = false, usualCalls = false;
  TrainSettings words; // options that are words, as given
  std::string temperature; // of the memory, for the adapter to say

  static Result<Choices> of(const Arguments &arguments);
  Status readSteps(const Arguments &arguments);
  Status readRanges(const Arguments &arguments);
  Status readOptimizer(const Arguments &arguments);
  Status readRest(const Arguments &arguments);
};

Status readNumber(const Arguments &arguments, const char *name, double low, double high, double &value) {
  auto number = arguments.number(name, low, high);
  if (!number.ok())
    return number.status();
  value = *number;
  return {};
}

Status readInteger(const Arguments &arguments, const char *name, int64_t low, int64_t &value) {
  auto number = arguments.integer(name, low, INT32_MAX);
  if (!number.ok())
    return number.status();
  value = *number;
  return {};
}

Status Choices::readSteps(const Arguments &arguments) {
  if (!arguments.has("out"))
    return Status::error(1006, "expected --out FOLDER", "see --help");
  folder = arguments.text("out");
  LONGC_TRY(readRanges(arguments));
  LONGC_TRY(readInteger(arguments, "warmup", 0, train.schedule.warmup));
  if (!scheduleKindOf(arguments.text("schedule"), train.schedule.kind))
    return unknownWord(arguments, "schedule", "constant, linear or cosine");
  int64_t seed = 0;
  LONGC_TRY(arguments.has("seed") ? readInteger(arguments, "seed", 0, seed) : Status());
  data.batch.seed = static_cast<uint64_t>(seed);
  train.batch = data.batch;
  train.norm = ranges && !arguments.isGiven("loss-norm") ? LossNorm::token : data.norm; // else a row would weigh as one of many answers does
  usualCalls = !arguments.isGiven("call-tokens");
  return usualCalls ? Status() : readInteger(arguments, "call-tokens", 1, train.callTokens);
}

// Steps, and how many rows a row reads at each.
Status Choices::readRanges(const Arguments &arguments) {
  if (!arguments.has("cross-rows") && !arguments.has("steps"))
    return Status::error(1006, "expected --steps N", "see --help");
  if (arguments.has("steps"))
    LONGC_TRY(readInteger(arguments, "steps", 1, train.schedule.steps));
  auto schedule = rangeScheduleOf(arguments, data, train.schedule.steps);
  if (!schedule.ok() || data.facts.empty())
    return schedule.status();
  ranges = std::move(*schedule);
  if (!arguments.has("steps"))
    train.schedule.steps = ranges->steps();
  return {};
}

Status Choices::readOptimizer(const Arguments &arguments) {
  LONGC_TRY(readNumber(arguments, "lr", 0, 1e6, train.schedule.rate));
  LONGC_TRY(readNumber(arguments, "beta1", 0, 1, train.optimizer.beta1));
  LONGC_TRY(readNumber(arguments, "beta2", 0, 1, train.optimizer.beta2));
  LONGC_TRY(readNumber(arguments, "weight-decay", 0, 1e6, train.optimizer.decay));
  LONGC_TRY(readNumber(arguments, "clip", 0, 1e30, train.clip));
  for (auto [name, beta] : {std::pair("beta1", train.optimizer.beta1), std::pair("beta2", train.optimizer.beta2)})
    if (beta >= 1)
      return Status::error(1003, formatText("--%s %g: expected a number below 1", name, beta), "see --help");
  return {};
}

Status Choices::readRest(const Arguments &arguments) {
  LONGC_TRY(readInteger(arguments, "save-every", 0, saveEvery));
  LONGC_TRY(readInteger(arguments, "eval-every", 0, evalEvery));
  LONGC_TRY(readInteger(arguments, "patience", 0, patience));
  LONGC_TRY(arguments.has("seconds") ? readNumber(arguments, "seconds", 0, 1e9, seconds) : Status());
  LONGC_TRY(readNumber(arguments, "peak-tflops", 0, 1e9, peak));
  peak *= 1e12;
  LONGC_TRY(arguments.has("rope-theta") ? readNumber(arguments, "rope-theta", 1, 1e12, ropeTheta) : Status());
  evaluation = arguments.text("eval-data");
  adapter = arguments.text("adapter");
  if (arguments.has("memory-temperature")) {
    auto given = memoryTemperatureOf(arguments);
    if (!given.ok())
      return given.status();
    temperature = given->text();
  }
  if (evaluation.empty() && patience > 0 && !ranges)
    return Status::error(1005, "--patience needs --eval-data: what is judged decides when training ends", "give both or neither");
  if (ranges && !evaluation.empty())
    return Status::error(1005, "--eval-data with --facts: answers about facts of rows that no step has are judged", "leave it out");
  if (evalEvery == 0)
    evalEvery = usualEvalEvery; // whatever --steps: a training that goes on for longer is judged at the same steps
  if (evaluation.empty() && !ranges)
    evalEvery = 0;
  auto mode = progressOf(arguments);
  if (!mode.ok())
    return mode.status();
  progress = *mode;
  auto options = engineOptionsOf(arguments);
  if (!options.ok())
    return options.status();
  engine = *options;
  resume = arguments.flag("resume");
  json = arguments.flag("json");
  return {};
}

Result<Choices> Choices::of(const Arguments &arguments) {
  Choices choices;
  auto data = DataOptions::of(arguments);
  if (!data.ok())
    return data.status();
  choices.data = *data;
  for (const char *name : {"batching", "long", "loss-norm", "schedule"})
    choices.words.emplace_back(std::string("--") + name, arguments.text(name));
  LONGC_TRY(choices.readSteps(arguments));
  LONGC_TRY(choices.readOptimizer(arguments));
  LONGC_TRY(choices.readRest(arguments));
  return choices;
}

/// A training with all that it is made of.
class TrainCommandRun {
public:
  TrainCommandRun(Choices choices, std::unique_ptr<Program> program) : choices_(std::move(choices)), program_(std::move(program)) {}

  Status run() {
    watchInterrupts();
    LONGC_TRY(load());
    LONGC_TRY(prepareTrainFolder(choices_.folder, choices_.resume));
    LONGC_TRY(beginOrResume());
    auto result = loop();
    if (!result.ok())
      return result.status();
    if (result->end == LoopEnd::interrupted)
      return cancelledTraining(choices_.folder, trainer_->state().step);
    return report(*result);
  }

private:
  Status load() {
    LONGC_TRY(checkTrains(*program_, choices_.engine.exact));
    LONGC_TRY(checkRope());
    LONGC_TRY(choices_.ranges ? readFacts() : read(choices_.data.data, data_));
    if (!choices_.evaluation.empty())
      LONGC_TRY(read(choices_.evaluation, evaluation_));
    auto step = ProgramStep::create(*program_, longc_program, choices_.engine);
    if (!step.ok())
      return step.status();
    step_ = std::move(*step);
    if (choices_.usualCalls)
      choices_.train.callTokens = step_->usualCallTokens();
    if (choices_.ranges && !step_->readsRows())
      return Status::error(noMemoryToTrain, "--facts: in this program no row reads another",
                           "compile it with a memory: --train --method fot --mem-layers 7,8,18,20");
    if (!choices_.temperature.empty() && (!isAdapter(step_->parameters()) || program_->module().memory().layers_size() == 0))
      return Status::error(1005, "--memory-temperature: this program trains no adapter of a memory, which could say it",
                           "leave it out here, and give it where a memory is asked");
    return {};
  }

  // The base of rotary positions is a constant of the kernels of all functions, of those that answer too: a training cannot choose another.
  Status checkRope() const {
    if (choices_.ropeTheta == 0)
      return {};
    std::string bases; // "10000", or of layers that differ "10000, 1000000"
    for (const abi::Trait &trait : program_->module().traits())
      if (trait.name() == "rope theta")
        bases = trait.value();
    const std::string wanted = formatText("%.9g", choices_.ropeTheta);
    if ((", " + bases + ",").find(", " + wanted + ",") != std::string::npos)
      return {};
    return Status::error(1005, "--rope-theta " + wanted + ": " + (bases.empty() ? "this program has no rotary positions" : "the base of this program's rotary positions is " + bases),
                         "a program is compiled for one: longc compile --train --rope-theta " + wanted);
  }

  Status readFacts() {
    auto facts = readFactTexts(*program_, choices_.data);
    if (!facts.ok())
      return facts.status();
    facts_ = std::move(*facts);
    data_.hash = facts_.hash;
    auto judged = facts_.rows->makeJudged(choices_.ranges->most());
    if (!judged.ok())
      return judged.status();
    judged_ = std::move(judged->batch);
    choices_.train.rows = [this](int64_t step) -> Result<RowBatch> {
      auto made = facts_.rows->make(step, choices_.ranges->at(step));
      return made.ok() ? Result<RowBatch>(std::move(made->batch)) : made.status();
    };
    return {};
  }

  Status read(const std::string &path, TrainingData &into) {
    auto data = readTrainingData(*program_, path, choices_.data.batch.capacity, choices_.data.longRule);
    if (!data.ok())
      return data.status();
    into = std::move(*data);
    if (std::string counts = describeCounts(into.counts); !counts.empty())
      logNote(longc::quoted(path) + ":\n" + counts.substr(0, counts.size() - 1));
    return {};
  }

  Status beginOrResume() {
    auto trainer = Trainer::create(*step_, data_.samples, choices_.train);
    if (!trainer.ok())
      return trainer.status();
    trainer_.emplace(std::move(*trainer));
    step_->readStored(trainer_->state().values);
    LONGC_TRY(readAdapter());
    return choices_.resume ? goOnFrom(choices_.folder, step_->parameters(), settings(), *trainer_) : Status();
  }

  Status readAdapter() {
    if (choices_.ranges)
      memory_.ingest = "window"; // rows are looked up as windows are that nothing was read before
    memory_.temperature = choices_.temperature;
    if (choices_.adapter.empty())
      return {};
    LONGC_TRY(readTrained(choices_.adapter, program_->message(), step_->parameters(), trainer_->state().values));
    auto recorded = recordedMemoryUse(choices_.adapter);
    if (!recorded.ok())
      return recorded.status();
    if (memory_.ingest.empty())
      memory_.ingest = recorded->ingest;
    if (memory_.temperature.empty())
      memory_.temperature = recorded->temperature;
    return {};
  }

  // All that the numbers of a training depend on.
  TrainSettings settings() const {
    const TrainOptions &train = choices_.train;
    auto number = [](double value) { return formatText("%.17g", value); };
    TrainSettings settings = {
        {"a model of fingerprint", program_->fingerprint()},
        {"--lora alpha", number(program_->module().lora().alpha())},
        {"arithmetic", step_->precision() + ", " + step_->arithmetic()},
        {choices_.ranges ? "--facts of checksum" : "--data of checksum", data_.hash},
        {"--seq-len", std::to_string(train.batch.capacity)},
        {"--batch", std::to_string(train.batch.batch)},
        {"--call-tokens", std::to_string(train.callTokens)},
        {"--seed", std::to_string(train.batch.seed)},
        {"--lr", number(train.schedule.rate)},
        {"--warmup", std::to_string(train.schedule.warmup)},
        {"--beta1", number(train.optimizer.beta1)},
        {"--beta2", number(train.optimizer.beta2)},
        {"--weight-decay", number(train.optimizer.decay)},
        {"--clip", number(train.clip)},
        {"--eval-data of checksum", choices_.evaluation.empty() ? "none" : evaluation_.hash},
        {"--eval-every", std::to_string(choices_.evalEvery)},
        {"--patience", std::to_string(choices_.patience)},
        {"--adapter", choices_.adapter.empty() ? "none" : choices_.adapter},
    };
    settings.insert(settings.end(), choices_.words.begin(), choices_.words.end());
    if (choices_.ranges)
      settings.emplace_back("--cross-rows", choices_.ranges->text());
    if (choices_.data.readAlone)
      settings.emplace_back("--read-alone", "true");
    if (choices_.data.passKey)
      settings.emplace_back("--pass-key", "true");
    if (!choices_.temperature.empty()) // no number hangs on it, but what is written does
      settings.emplace_back("--memory-temperature", choices_.temperature);
    if (train.schedule.kind != ScheduleKind::constant) // else more steps are only more
      settings.emplace_back("--steps", std::to_string(train.schedule.steps));
    return settings;
  }

  Result<LoopResult> loop() {
    const TrainState &state = trainer_->state();
    const int64_t first = state.step, steps = choices_.train.schedule.steps;
    const std::string on = choices_.ranges ? formatCount(choices_.data.batch.batch) + " rows a step, which read others: " + choices_.ranges->text()
                                           : formatCount(static_cast<int64_t>(data_.samples.size())) + " samples";
    logNote(formatText("%s, %s threads; %s of %s parameters are trained, on %s", step_->arithmetic().c_str(),
                       formatCount(step_->pool().threads()).c_str(), formatCount(step_->parameters().count()).c_str(),
                       formatCount(step_->modelParameters()).c_str(), on.c_str()));
    Progress progress(choices_.progress, "training", steps - first, "steps");
    progress.update(0);
    LoopOptions options;
    options.folder = choices_.folder;
    options.settings = settings();
    options.saveEvery = choices_.saveEvery;
    options.evaluation = evaluation_.samples;
    options.evaluationRows = judged_;
    options.evalEvery = choices_.evalEvery;
    options.patience = choices_.patience;
    options.seconds = choices_.seconds;
    options.cost = {static_cast<double>(step_->modelParameters()), static_cast<double>(step_->parameters().count()),
                    static_cast<double>(program_->module().layers()), static_cast<double>(program_->module().hidden())};
    options.peak = choices_.peak;
    options.stop = [] { return interrupted(); };
    options.onStep = [&](const StepReport &report) { progress.update(report.step - first, formatText("loss %.4f", report.loss)); };
    options.write = [this](const ParameterArray &values) {
      learnt_ = fingerprintOf(values);
      return writeTrained(choices_.folder, program_->message(), step_->parameters(), values, memory_);
    };
    return TrainLoop(*trainer_, *step_, std::move(options)).run();
  }

  Status report(const LoopResult &result) {
    const TrainState &state = trainer_->state();
    const double speed = result.seconds > 0 ? static_cast<double>(result.tokens) / result.seconds : 0;
    if (result.end == LoopEnd::stoppedEarly)
      logNote(formatText("ended early: %lld evaluations were no better than %.6g", static_cast<long long>(state.notBetter), *state.bestLoss));
    if (!choices_.json)
      return printText(formatText("%lld steps, %s tokens in %.1f s (%.0f tokens/s), loss %.4f -> %.4f, wrote %s of hash %s\n",
                                  static_cast<long long>(state.step), formatCount(result.tokens).c_str(), result.seconds, speed,
                                  result.firstLoss, result.lastLoss, choices_.folder.c_str(), learnt_.c_str()));
    JsonWriter json;
    json.beginObject();
    json.key("steps").integer(state.step);
    json.key("tokens").integer(result.tokens);
    json.key("seconds").number(result.seconds);
    json.key("tokens_per_second").number(speed);
    json.key("loss_first").number(result.firstLoss, 9);
    json.key("loss_last").number(result.lastLoss, 9);
    if (result.bestEvaluation)
      json.key("eval_loss_best").number(*result.bestEvaluation, 9);
    writeCounts(json, data_.counts);
    json.key("stopped_early").boolean(result.end == LoopEnd::stoppedEarly);
    json.key("hash").text(learnt_);
    json.key("out").text(choices_.folder);
    return printText(json.endObject().str() + "\n");
  }

  static constexpr int noMemoryToTrain = 8062;

  Choices choices_;
  std::unique_ptr<Program> program_;
  std::unique_ptr<ProgramStep> step_;
  TrainingData data_, evaluation_;
  FactData facts_;
  std::optional<RowBatch> judged_;
  std::optional<Trainer> trainer_;
  std::string learnt_; // the hash of what was written
  MemoryUse memory_; // as its configuration will say
};

Status runTrain(const Arguments &arguments) {
  setQuiet(arguments.flag("quiet"));
  auto program = Program::open(programPath(), arguments.flag("verify"));
  if (program.ok() && compressingModule((*program)->message()))
    return runSoftTrain(arguments, std::move(*program));
  auto choices = Choices::of(arguments);
  if (!choices.ok())
    return choices.status();
  if (!program.ok())
    return program.status();
  return TrainCommandRun(std::move(*choices), std::move(*program)).run();
}

} // namespace

const Command trainCommand = {"train",
                              "fine-tunes the model on a file, or its memory on facts, into a folder (programs compiled with --train)",
                              {"adapter", "batch", "batching", "begin", "beta1", "beta2", "call-tokens", "chunk", "clip", "cross-rows", "data", "device", "eval-data",
                               "eval-every", "exact", "facts", "freeze", "json", "long", "loss-norm", "lr", "memory-temperature", "objective", "out", "pass-key", "patience", "peak-tflops",
                               "progress", "quiet", "read-alone", "restate", "restate-windows", "resume", "rope-theta", "save-every", "schedule", "seconds", "seed", "seq-len", "steps",
                               "threads", "understand-weight", "variant", "verify", "warmup", "weight-decay"},
                              runTrain};

} // namespace longc
