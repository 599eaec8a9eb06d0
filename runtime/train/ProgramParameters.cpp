// Names, shapes and first values from the message.
#include "runtime/train/ProgramParameters.h"

namespace longc {
namespace {

Beginning beginningOf(abi::Parameter::Initializer initializer) {
  switch (initializer) {
  case abi::Parameter::ZERO: return Beginning::zeros;
  case abi::Parameter::KAIMING_UNIFORM: return Beginning::uniform;
  default: return Beginning::given;
  }
}

} // namespace

void ProgramParameters::add(const abi::Program &program, uint32_t index) {
  const abi::Parameter &parameter = program.parameters(static_cast<int>(index));
  list.add(parameter.name(), {parameter.shape().begin(), parameter.shape().end()}, beginningOf(parameter.initializer()));
  indices.push_back(index);
}

ProgramParameters ProgramParameters::trainable(const abi::Program &program) {
  ProgramParameters all;
  for (int index = 0; index < program.parameters_size(); ++index)
    if (program.parameters(index).trainable())
      all.add(program, static_cast<uint32_t>(index));
  return all;
}

Status bindTrained(const abi::Program &program, const ParameterList &list, const ParameterArray &values, const BindParameter &bind) {
  const ProgramParameters trained = ProgramParameters::trainable(program);
  for (size_t i = 0; i < trained.indices.size(); ++i)
    if (const TrainedParameter *parameter = list.find(trained.list.parameters()[i].name))
      LONGC_TRY(bind(trained.indices[i], values.of(*parameter).data()));
  return {};
}

} // namespace longc
