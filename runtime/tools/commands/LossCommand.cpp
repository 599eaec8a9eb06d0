// `loss`: the loss of a file's samples as one packed batch, and the norm of its gradient.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/tools/commands/TrainingData.h"
#include "runtime/train/AdapterFiles.h"
#include "runtime/train/ProgramStep.h"
#include "runtime/train/Trainer.h"

namespace longc {
namespace {

Status runLoss(const Arguments &arguments) {
  setQuiet(arguments.flag("quiet"));
  watchInterrupts();
  auto options = DataOptions::of(arguments, /*steps=*/false);
  if (!options.ok())
    return options.status();
  TrainOptions train;
  train.batch.capacity = options->batch.capacity;
  train.norm = options->norm;
  auto engine = engineOptionsOf(arguments);
  if (!engine.ok())
    return engine.status();
  if (arguments.isGiven("call-tokens")) {
    auto callTokens = arguments.integer("call-tokens", 1, INT32_MAX);
    if (!callTokens.ok())
      return callTokens.status();
    train.callTokens = *callTokens;
  }
  if (arguments.has("seed")) {
    auto seed = seedOf(arguments);
    if (!seed.ok())
      return seed.status();
    train.batch.seed = *seed;
  }
  auto program = Program::open(programPath(), arguments.flag("verify"));
  if (!program.ok())
    return program.status();
  LONGC_TRY(checkTrains(**program, engine->exact));
  auto data = readTrainingData(**program, options->data, options->batch.capacity, options->longRule);
  if (!data.ok())
    return data.status();
  auto step = ProgramStep::create(**program, longc_program, *engine);
  if (!step.ok())
    return step.status();
  if (!arguments.isGiven("call-tokens"))
    train.callTokens = (*step)->usualCallTokens();
  const ParameterList &list = (*step)->parameters();
  auto values = ParameterArray::create(list, "the trained parameters"), gradients = ParameterArray::create(list, "gradients");
  if (!values.ok())
    return values.status();
  if (!gradients.ok())
    return gradients.status();
  begin(list, train.batch.seed, *values);
  (*step)->readStored(*values);
  if (arguments.has("adapter"))
    LONGC_TRY(readTrained(arguments.text("adapter"), (*program)->message(), list, *values));
  auto report = judge(**step, data->samples, train, *values, &*gradients, [] { return interrupted(); });
  if (!report.ok())
    return report.status();
  const double norm = normOf(*gradients, (*step)->pool());
  if (!arguments.flag("json"))
    return printText(describeCounts(data->counts) +
                     formatText("loss       %.6f\ntokens     %s, %s of them targets\ngradient   of norm %.6g\n", report->loss,
                                formatCount(report->tokens).c_str(), formatCount(report->targets).c_str(), norm));
  JsonWriter json;
  json.beginObject();
  json.key("loss").number(report->loss, 9);
  json.key("tokens").integer(report->tokens);
  json.key("target_tokens").integer(report->targets);
  json.key("sequences").integer(report->sequences);
  json.key("calls").integer(report->calls);
  json.key("grad_norm").number(norm, 9);
  writeCounts(json, data->counts);
  return printText(json.endObject().str() + "\n");
}

} // namespace

const Command lossCommand = {"loss",
                             "the loss of a file as one packed batch, and the norm of its gradient (programs compiled with --train)",
                             {"adapter", "call-tokens", "data", "device", "exact", "json", "long", "loss-norm", "quiet", "seed", "seq-len",
                              "threads", "variant", "verify"},
                             runLoss};

} // namespace longc
