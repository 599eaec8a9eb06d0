// Rows of trained matrices to panels.
#include "runtime/train/ServedValues.h"

#include "runtime/io/Panels.h"
#include "runtime/serve/DecodeParameter.h"

namespace longc {
namespace {

constexpr size_t alignment = 64;

// The rows of its parts one below the other, two bytes a number.
std::vector<std::byte> roundedRows(const abi::Parameter &parameter, const ParameterList &list, const ParameterArray &values) {
  const auto rowBytes = static_cast<size_t>(2 * parameter.shape(1));
  std::vector<std::byte> rows(static_cast<size_t>(parameter.shape(0)) * rowBytes);
  size_t at = 0;
  for (const abi::OverlayPart &part : parameter.overlays()) {
    const TrainedParameter *trained = list.find(part.module());
    if (trained && trained->size == part.rows() * parameter.shape(1))
      roundToBf16(values.of(*trained), rows.data() + at);
    at += static_cast<size_t>(part.rows()) * rowBytes;
  }
  return rows;
}

} // namespace

bool isHeld(const abi::Parameter &parameter) {
  return parameter.overlays_size() > 0 && !parameter.trainable() && parameter.initializer() != abi::Parameter::BOUND;
}

Result<ServedValues> ServedValues::of(const abi::Program &program, const ParameterList &list, const ParameterArray &values) {
  ServedValues served;
  served.offsets_.push_back(0);
  for (int index = 0; index < program.parameters_size(); ++index)
    if (const abi::Parameter &parameter = program.parameters(index); isHeld(parameter)) {
      auto bytes = panelBytes(ElementFormat::BF16, parameter.shape(0), parameter.shape(1));
      if (!bytes.ok())
        return bytes.status();
      served.indices_.push_back(static_cast<uint32_t>(index));
      served.offsets_.push_back(served.offsets_.back() + (*bytes + alignment - 1) / alignment * alignment);
    }
  auto memory = Arena::allocate(served.offsets_.back(), "the adapter");
  if (!memory.ok())
    return memory.status();
  served.memory_ = std::move(*memory);
  for (size_t i = 0; i < served.indices_.size(); ++i) {
    const abi::Parameter &parameter = program.parameters(static_cast<int>(served.indices_[i]));
    const std::vector<std::byte> rows = roundedRows(parameter, list, values);
    const size_t bytes = *panelBytes(ElementFormat::BF16, parameter.shape(0), parameter.shape(1));
    LONGC_TRY(packPanels(ElementFormat::BF16, parameter.shape(0), parameter.shape(1), rows, {served.memory_.data() + served.offsets_[i], bytes}));
  }
  return served;
}

std::span<const std::byte> ServedValues::bytes(size_t i) const { return {memory_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]}; }

Status ServedValues::bind(const BindParameter &bind) const {
  for (size_t i = 0; i < indices_.size(); ++i)
    LONGC_TRY(bind(indices_[i], bytes(i).data()));
  return {};
}

} // namespace longc
