// Parameters by the names that the pass knows, and the pass.
#include "frontends/tools/driver/OverlayAdapter.h"

#include "dialects/lm/LmDialect.h"
#include "passes/Passes.h"
#include "runtime/io/AdapterConfig.h"
#include "runtime/io/JsonFile.h"

#include <algorithm>

using namespace mlir;

namespace longc {

// The weights of a whole training as its products had them: those of a base of bfloat16 rounded to it.
static void roundToBase(const Checkpoint &base, Adapter &trained) {
  for (CheckpointParameter &fresh : trained.replaced) {
    const auto weight = std::ranges::find(base.parameters, fresh.name, &CheckpointParameter::name);
    if (weight->format == ElementFormat::BF16)
      fresh = roundedTo(ElementFormat::BF16, fresh);
  }
}

Status openAdapter(const std::string &folder, AdapterUse use, Checkpoint &model, std::optional<Adapter> &adapter) {
  Result<Adapter> read = readAdapter(folder, model);
  if (!read.ok())
    return read.status();
  if (read->keepsTied && use != AdapterUse::write)
    roundToBase(model, *read);
  replaceParameters(*read, model);
  if (use == AdapterUse::overlay)
    adapter = std::move(*read);
  else if (Status status = mergeAdapter(*read, model); !status.ok())
    return inFile(folder, status);
  model.files = std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(model.files, read->files);
  return {};
}

Status insertAdapter(const Adapter &adapter, ModuleOp graph, Checkpoint &model, Stages &stages) {
  OpBuilder builder = OpBuilder::atBlockBegin(graph.getBody());
  for (const AdaptedModule &module : adapter.modules)
    for (const CheckpointParameter *part : {&module.a, &module.b}) {
      Location location = NameLoc::get(builder.getStringAttr(part->name));
      auto parameter = lm::ParameterOp::create(builder, location, part->name, RankedTensorType::get(part->shape, builder.getF32Type()));
      if (part == &module.a)
        parameter->setAttr("lm.lora_scale", builder.getF64FloatAttr(module.scale));
      model.parameters.push_back(*part);
    }
  PassManager manager(&stages.context());
  manager.addPass(createInsertLoraPass());
  return stages.run(manager, graph, "inserting the adapter");
}

void recordAdapter(const Adapter &adapter, abi::Program &program) {
  if (!adapter.keepsTied) // which is no adapter
    for (const CheckpointParameter &whole : adapter.replaced)
      program.mutable_modules(0)->add_saved_tensors(baseName(whole.sourceName));
  for (abi::Parameter &parameter : *program.mutable_parameters())
    for (const AdaptedModule &module : adapter.modules)
      if (parameter.name() == module.a.name)
        parameter.set_lora_scale(module.scale);
}

} // namespace longc
