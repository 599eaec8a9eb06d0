// Learning, keeping and loading adapters.
#include "runtime/http/LiftDocuments.h"

#include "runtime/core/ExitCode.h"
#include "runtime/lift/Fit.h"
#include "runtime/serve/MemoryTraits.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace longc {
namespace {

constexpr const char *section = "adapter";
// Of one call of the model, between two of which others are answered; and of a row, which is not cut: one of 2,048 tokens would
// hold them for seconds.
constexpr int64_t callTokens = 256, longestRow = 512;

} // namespace

bool LiftDocuments::isDoneBy(const Program &program, bool exact) {
  const abi::Module &module = program.module();
  return (module.has_lora() || module.has_gated_memory()) && program.message().modules_size() == 1 && checkTrains(program, exact).ok();
}

Result<std::unique_ptr<LiftDocuments>> LiftDocuments::create(const Program &program, const longc_program_table &table,
                                                             const EngineOptions &options, const Tokenizer &tokenizer) {
  std::unique_ptr<LiftDocuments> documents(new LiftDocuments(program, tokenizer));
  auto step = ProgramStep::create(program, table, options);
  if (!step.ok())
    return step.status();
  documents->step_ = std::move(*step);
  auto untrained = ParameterArray::create(documents->parameters(), "the model without a document");
  if (!untrained.ok())
    return untrained.status();
  documents->untrained_ = std::move(*untrained);
  documents->step_->readStored(documents->untrained_);
  return documents;
}

Result<LiftDocuments::Adapter> LiftDocuments::learn(const DocumentText &text, double seconds, const std::function<bool(double)> &goesOn) {
  LiftPlan plan = LiftPlan::of(LiftRecipe::qa, std::min<int64_t>(longestRow, program_.module().context_length()), /*seed=*/0);
  if (program_.module().has_gated_memory())
    plan.adaptToGatedMemory();
  auto rows = LiftRows::create(tokenizer_, "the document", text.name, text.text, {}, plan);
  if (!rows.ok())
    return rows.status();
  plan.train.callTokens = callTokens;
  auto trainer = Trainer::create(*step_, {}, plan.train);
  if (!trainer.ok())
    return trainer.status();
  step_->readStored(trainer->state().values);
  double share = 0;
  LiftFitOptions options;
  options.seconds = seconds;
  options.mostLoss = 2 * std::log(static_cast<double>(program_.module().vocabulary()));
  options.stop = [&] { return !goesOn(share); };
  options.onStep = [&](const StepReport &report, int64_t planned) {
    share = static_cast<double>(report.step) / static_cast<double>(planned);
    ++steps_;
  };
  auto result = fitText(*trainer, *step_, *rows, plan, options);
  if (!result.ok())
    return result.status();
  if (result->end == LiftEnd::interrupted)
    return Status::error(cancelledCode, "cancelled");
  if (result->end == LiftEnd::exploded)
    return result->failure;
  return std::make_shared<const ParameterArray>(std::move(trainer->state().values));
}

std::vector<abi::Trait> LiftDocuments::traits() const {
  auto traits = memoryTraits(program_, step_->precision().c_str(), "");
  std::erase_if(traits, [](const abi::Trait &trait) { return trait.name().starts_with("memory"); });
  return traits;
}

Status LiftDocuments::save(const std::string &path, const DocumentText &text, const ParameterArray &adapter) const {
  const auto bytes = std::as_bytes(adapter.all());
  const DocumentSection payload{section, abi::F32, sizeof(float), bytes.size(),
                                [bytes](const MemoryFile::Sink &sink) { return sink(bytes.data(), bytes.size()); }};
  return Document::write(path, Document::lift, text, traits(), {&payload, 1});
}

Result<LiftDocuments::Adapter> LiftDocuments::load(const Document &document) const {
  LONGC_TRY(document.expect(Document::lift, traits()));
  auto bytes = document.payload(section);
  if (!bytes.ok())
    return bytes.status();
  auto adapter = ParameterArray::create(parameters(), "a document's adapter");
  if (!adapter.ok())
    return adapter.status();
  if (bytes->size() != adapter->all().size_bytes())
    return document.file().damaged("its adapter is not of this program's form");
  std::memcpy(adapter->all().data(), bytes->data(), bytes->size());
  return std::make_shared<const ParameterArray>(std::move(*adapter));
}

} // namespace longc
