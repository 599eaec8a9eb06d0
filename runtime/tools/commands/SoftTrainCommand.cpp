// Options, data and loop of E2LLM's training.
#include "runtime/tools/commands/SoftTrainCommand.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/e2llm/FittedAdapter.h"
#include "runtime/e2llm/SoftAccuracy.h"
#include "runtime/e2llm/SoftFiles.h"
#include "runtime/e2llm/SoftStep.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/tools/commands/SoftModel.h"
#include "runtime/tools/commands/TrainFolder.h"
#include "runtime/tools/commands/TrainingData.h"
#include "runtime/train/AdapterFiles.h"
#include "runtime/train/ProgramParameters.h"
#include "runtime/train/TrainLoop.h"

namespace longc {
namespace {

struct SoftChoices {
  std::string data, evaluation, folder, adapter;
  SoftDataOptions samples;
  TrainOptions train;
  EngineOptions engine;
  int64_t saveEvery = 0, evalEvery = 0;
  double seconds = 0;
  ProgressMode progress = ProgressMode::automatic;
  bool resume = false, json = false, usualCalls = true, fits = true;
  TrainSettings words;
  std::vector<std::string> frozen; // parts

  Status read(const Arguments &arguments);
};

struct IntegerOption {
  const char *name;
  int64_t low;
  int64_t *value;
};

struct NumberOption {
  const char *name;
  double low, high;
  double *value;
};

Status SoftChoices::read(const Arguments &arguments) {
  for (const char *needed : {"data", "out", "steps"})
    if (!arguments.has(needed))
      return Status::error(1006, std::string("expected --") + needed, "see --help");
  for (const char *other : {"batching", "beta1", "beta2", "cross-rows", "facts", "long", "loss-norm", "memory-temperature", "pass-key", "patience",
                            "peak-tflops", "read-alone", "rope-theta"})
    if (arguments.isGiven(other))
      return Status::error(1005, std::string("--") + other + " does not go with the training of an encoder and a decoder", "leave it out");
  data = arguments.text("data");
  folder = arguments.text("out");
  evaluation = arguments.text("eval-data");
  adapter = arguments.text("adapter");
  int64_t seed = 0;
  const IntegerOption integers[] = {{"steps", 1, &train.schedule.steps}, {"warmup", 0, &train.schedule.warmup}, {"batch", 1, &train.batch.batch},
                                    {"seq-len", 2, &train.batch.capacity}, {"seed", 0, &seed}, {"save-every", 0, &saveEvery},
                                    {"eval-every", 0, &evalEvery}, {"restate", 1, &samples.restated}, {"restate-windows", 1, &samples.mostRestated}};
  for (const IntegerOption &option : integers) {
    if (!arguments.has(option.name))
      continue;
    auto value = arguments.integer(option.name, option.low, INT32_MAX);
    if (!value.ok())
      return value.status();
    *option.value = *value;
  }
  usualCalls = !arguments.isGiven("call-tokens");
  if (!usualCalls) {
    auto value = arguments.integer("call-tokens", 1, INT32_MAX);
    if (!value.ok())
      return value.status();
    train.callTokens = *value;
  }
  double weight = 0;
  const NumberOption numbers[] = {{"lr", 0, 1e6, &train.schedule.rate}, {"weight-decay", 0, 1e6, &train.optimizer.decay},
                                  {"clip", 0, 1e30, &train.clip}, {"seconds", 0, 1e9, &seconds}, {"understand-weight", 0, 1e6, &weight}};
  for (const NumberOption &option : numbers) {
    if (!arguments.has(option.name))
      continue;
    auto value = arguments.number(option.name, option.low, option.high);
    if (!value.ok())
      return value.status();
    *option.value = *value;
  }
  train.batch.seed = static_cast<uint64_t>(seed);
  samples.longest = train.batch.capacity;
  const std::string &objective = arguments.text("objective");
  if (objective != "both" && objective != "reason" && objective != "understand")
    return Status::error(1003, "--objective '" + objective + "': expected both, reason or understand", "see --help");
  samples.reason = objective != "understand";
  samples.understand = objective != "reason";
  samples.understandWeight = objective == "both" ? static_cast<float>(weight) : 1;
  if (objective == "both" && weight == 0)
    samples.understand = false;
  if (!scheduleKindOf(arguments.text("schedule"), train.schedule.kind))
    return unknownWord(arguments, "schedule", "constant, linear or cosine");
  fits = arguments.text("begin") == "fitted";
  if (!fits && arguments.text("begin") != "drawn")
    return unknownWord(arguments, "begin", "fitted or drawn");
  for (std::string_view rest = arguments.text("freeze"); !rest.empty();) {
    const size_t end = std::min(rest.find(','), rest.size());
    frozen.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (frozen.back() != "encoder" && frozen.back() != "adapter" && frozen.back() != "decoder")
      return unknownWord(arguments, "freeze", "parts of encoder, adapter and decoder");
  }
  for (const char *name : {"objective", "schedule", "begin", "freeze", "understand-weight", "restate", "restate-windows", "chunk"})
    words.emplace_back(std::string("--") + name, arguments.text(name));
  constexpr int64_t usualEvalEvery = 20;
  if (evalEvery == 0)
    evalEvery = usualEvalEvery;
  if (evaluation.empty())
    evalEvery = 0;
  auto mode = progressOf(arguments);
  if (!mode.ok())
    return mode.status();
  progress = *mode;
  auto options = engineOptionsOf(arguments);
  if (!options.ok())
    return options.status();
  engine = *options;
  samples.threads = engine.threads;
  resume = arguments.flag("resume");
  fits = fits && !resume && (adapter.empty() || arguments.isGiven("begin"));
  samples.words = fits;
  json = arguments.flag("json");
  return {};
}

class SoftTraining {
public:
  SoftTraining(SoftChoices choices, std::unique_ptr<Program> program) : choices_(std::move(choices)), program_(std::move(program)) {}

  Status run() {
    LONGC_TRY(load());
    LONGC_TRY(begin());
    LONGC_TRY(prepareTrainFolder(choices_.folder, choices_.resume));
    if (choices_.fits)
      LONGC_TRY(fit());
    if (choices_.resume)
      LONGC_TRY(goOnFrom(choices_.folder, step_->parameters(), settings(), *trainer_));
    auto result = loop();
    if (!result.ok())
      return result.status();
    if (result->end == LoopEnd::interrupted)
      return cancelledTraining(choices_.folder, trainer_->state().step);
    return report(*result);
  }

private:
  Status load() {
    const abi::Module &encoder = *compressingModule(program_->message());
    auto tokenizer = createTokenizer(program_->module().tokenizer());
    if (!tokenizer.ok())
      return tokenizer.status();
    auto prompt = SoftPrompt::create(*tokenizer, program_->module().tokenizer().chat_template());
    if (!prompt.ok())
      return prompt.status();
    for (auto [path, data] : {std::pair(&choices_.data, &data_), {&choices_.evaluation, &evaluation_}}) {
      if (path->empty())
        continue;
      auto content = readTextFile(*path);
      if (!content.ok())
        return content.status();
      auto read = readSoftData(*content, *path, encoder, *tokenizer, *prompt, choices_.samples);
      if (!read.ok())
        return read.status();
      *data = std::move(*read);
    }
    joinEvaluation();
    auto step = SoftStep::create(*program_, longc_program, choices_.engine);
    if (!step.ok())
      return step.status();
    step_ = std::move(*step);
    step_->use(data_);
    step_->freeze(choices_.frozen);
    if (!evaluation_.samples.empty()) {
      auto accuracy = SoftAccuracy::create(*program_, longc_program, choices_.engine);
      if (!accuracy.ok())
        return accuracy.status();
      accuracy_ = std::move(*accuracy);
    }
    if (choices_.usualCalls)
      choices_.train.callTokens = step_->usualCallTokens();
    return {};
  }

  // Behind the data's chunks and references, so that samples of both can be in one table.
  void joinEvaluation() {
    const auto chunks = static_cast<int32_t>(data_.chunks.size()), references = static_cast<int32_t>(data_.references.size());
    std::ranges::move(evaluation_.chunks, std::back_inserter(data_.chunks));
    for (SoftReference reference : evaluation_.references)
      data_.references.push_back({reference.chunk + chunks, reference.objective});
    for (Sample &sample : evaluation_.samples)
      for (int32_t &id : sample.tokens)
        id -= id < 0 ? references : 0;
  }

  Status begin() {
    auto trainer = Trainer::create(*step_, data_.samples, choices_.train);
    if (!trainer.ok())
      return trainer.status();
    trainer_.emplace(std::move(*trainer));
    step_->readStored(trainer_->state().values);
    return choices_.adapter.empty() ? Status() : readSoftTrained(choices_.adapter, program_->message(), step_->parameters(), trainer_->state().values);
  }

  // Where the program does not store an adapter that was trained: to what the encoder makes of chunks as it is.
  Status fit() {
    const TrainedParameter *first = step_->parameters().find("adapter/mlp.0.weight");
    if (!first || first->beginning == Beginning::given)
      return {};
    auto compressor = Compressor::create(*program_, longc_program, choices_.engine);
    if (!compressor.ok())
      return compressor.status();
    LONGC_TRY((*compressor)->bind(step_->parameters(), std::as_const(trainer_->state().values)));
    return fitAdapter(*program_, **compressor, data_, step_->parameters(), trainer_->state().values);
  }

  // All that the numbers of a training depend on.
  TrainSettings settings() const {
    const TrainOptions &train = choices_.train;
    auto number = [](double value) { return formatText("%.17g", value); };
    TrainSettings settings = {{"models of fingerprint", program_->fingerprint()},
                              {"arithmetic", step_->precision() + ", " + step_->arithmetic()},
                              {"--data of checksum", data_.hash},
                              {"--seq-len", std::to_string(train.batch.capacity)},
                              {"--batch", std::to_string(train.batch.batch)},
                              {"--call-tokens", std::to_string(train.callTokens)},
                              {"--seed", std::to_string(train.batch.seed)},
                              {"--lr", number(train.schedule.rate)},
                              {"--warmup", std::to_string(train.schedule.warmup)},
                              {"--weight-decay", number(train.optimizer.decay)},
                              {"--clip", number(train.clip)},
                              {"--eval-data of checksum", choices_.evaluation.empty() ? "none" : evaluation_.hash},
                              {"--adapter", choices_.adapter.empty() ? "none" : choices_.adapter}};
    settings.insert(settings.end(), choices_.words.begin(), choices_.words.end());
    if (train.schedule.kind != ScheduleKind::constant) // else more steps are only more
      settings.emplace_back("--steps", std::to_string(train.schedule.steps));
    return settings;
  }

  Result<LoopResult> loop() {
    const int64_t first = trainer_->state().step;
    logNote(formatText("%s; %s parameters are trained, on %s samples with %s chunks", step_->device().describe().c_str(),
                       formatCount(step_->parameters().count()).c_str(),
                       formatCount(static_cast<int64_t>(data_.samples.size())).c_str(), formatCount(static_cast<int64_t>(data_.chunks.size())).c_str()));
    Progress progress(choices_.progress, "training", choices_.train.schedule.steps - first, "steps");
    progress.update(0);
    LoopOptions options;
    options.folder = choices_.folder;
    options.settings = settings();
    options.saveEvery = choices_.saveEvery;
    options.evaluation = evaluation_.samples;
    options.evalEvery = choices_.evalEvery;
    options.seconds = choices_.seconds;
    options.stop = [] { return interrupted(); };
    options.partLosses = [this] { return step_->takeLosses(); };
    if (accuracy_)
      options.partAccuracies = [this](const ParameterArray &values) { return accuracy_->judge(data_, evaluation_.samples, step_->parameters(), values); };
    options.onStep = [&](const StepReport &report) { progress.update(report.step - first, formatText("loss %.4f", report.loss)); };
    options.write = [this](const ParameterArray &values) {
      learnt_ = fingerprintOf(values);
      return writeSoftTrained(choices_.folder, program_->message(), step_->parameters(), values, choices_.samples.chunk);
    };
    return TrainLoop(*trainer_, *step_, std::move(options)).run();
  }

  Status report(const LoopResult &result) {
    const TrainState &state = trainer_->state();
    const double speed = result.seconds > 0 ? static_cast<double>(result.tokens) / result.seconds : 0;
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
    if (state.bestLoss)
      json.key("eval_loss_best").number(*state.bestLoss, 9);
    json.key("hash").text(learnt_);
    json.key("out").text(choices_.folder);
    return printText(json.endObject().str() + "\n");
  }

  SoftChoices choices_;
  std::unique_ptr<Program> program_;
  std::unique_ptr<SoftStep> step_;
  std::unique_ptr<SoftAccuracy> accuracy_; // where there is something to judge by
  SoftData data_, evaluation_;
  std::optional<Trainer> trainer_;
  std::string learnt_; // the hash of what was written
};

} // namespace

Status runSoftTrain(const Arguments &arguments, std::unique_ptr<Program> program) {
  SoftChoices choices;
  LONGC_TRY(choices.read(arguments));
  auto chunk = chunkSizeOf(arguments, compressingModule(program->message())->compression().chunk_bytes());
  if (!chunk.ok())
    return chunk.status();
  choices.samples.chunk = *chunk;
  watchInterrupts();
  return SoftTraining(std::move(choices), std::move(program)).run();
}

} // namespace longc
