// Types of parameters, and what their account says as errors.
#include "frontends/tools/driver/BuildGraph.h"

#include "dialects/lm/LmDialect.h"
#include "models/Registry.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

using namespace mlir;

namespace longc {
namespace {

// The type of a parameter as the graph sees it.
Type parameterType(MLIRContext *context, const CheckpointParameter &parameter) {
  auto quantized = [&](lm::Format format) { return lm::QuantizedType::get(context, parameter.shape, format); };
  auto dense = [&](Type element) { return RankedTensorType::get(parameter.shape, element); };
  switch (parameter.format) {
  case ElementFormat::Q8_0:
    return quantized(lm::Format::q8_0);
  case ElementFormat::Q4_0:
    return quantized(lm::Format::q4_0);
  case ElementFormat::Q4_1:
    return quantized(lm::Format::q4_1);
  case ElementFormat::Q4_1F:
    return quantized(lm::Format::q4_1f);
  case ElementFormat::Q6_2:
    return quantized(lm::Format::q6_2);
  case ElementFormat::BF16:
    return dense(BFloat16Type::get(context));
  default: // F32: frontends hold whatever else there is as one of these
    return dense(Float32Type::get(context));
  }
}

// As the file calls them.
std::string namesText(std::vector<std::string> names, const Checkpoint &checkpoint) {
  for (std::string &name : names)
    name = checkpoint.sourceNameOf(name);
  return quotedList(names);
}

Status check(const ParameterAccount &account, const Checkpoint &checkpoint) {
  if (!account.missing.empty())
    return Status::error(TensorMissing,
                         checkpoint.path + ": tensor " + namesText(account.missing, checkpoint) + (account.missing.size() == 1 ? " is" : " are") +
                             " missing",
                         "the file is incomplete");
  if (!account.misshapen.empty()) {
    const ParameterAccount::Misshapen &first = account.misshapen.front();
    return Status::error(TensorShape,
                         checkpoint.path + ": tensor " + quoted(checkpoint.sourceNameOf(first.name)) + ": expected shape " +
                             shapeText(first.expected) + " from the configuration, the file has " + shapeText(first.found),
                         "configuration and tensors are of different models");
  }
  if (!account.surplus.empty())
    return Status::error(TensorSurplus,
                         checkpoint.path + ": tensor " + namesText(account.surplus, checkpoint) +
                             (account.surplus.size() == 1 ? " has" : " have") + " no place in a model of the family '" +
                             checkpoint.config.family + "' as it is configured",
                         "the configuration is of another model, or the model has parts that are not supported");
  return {};
}

} // namespace

Result<OwningOpRef<ModuleOp>> buildGraph(MLIRContext *context, const Checkpoint &checkpoint) {
  if (!llvm::is_contained(modelFamilies(), checkpoint.config.family))
    return Status::error(9005, "no file of models/ builds the family '" + checkpoint.config.family + "'");
  ParameterTypes types;
  for (const CheckpointParameter &parameter : checkpoint.parameters)
    types[parameter.name] = parameterType(context, parameter);
  BuiltModel built = buildModel(context, checkpoint.config, types);
  LONGC_TRY(check(built.account, checkpoint));
  return std::move(built.module);
}

} // namespace longc
