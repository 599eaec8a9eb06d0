// The weights of a checkpoint, as the packager asks for them.
#pragma once

#include "codegen/WeightSource.h"
#include "frontends/Checkpoint.h"

#include <optional>
#include <unordered_map>

namespace longc {

class CheckpointWeights : public WeightSource {
public:
  explicit CheckpointWeights(const Checkpoint &checkpoint, bool embedded = true) : embedded_(embedded) {
    for (const CheckpointParameter &parameter : checkpoint.parameters)
      parameters_.emplace(parameter.name, &parameter);
  }

  bool areEmbedded() const override { return embedded_; }

  Result<uint64_t> bytes(std::span<const std::string> parts, const abi::Parameter &as) const override {
    Result<Parameters> parameters = find(parts, as.type());
    if (!parameters.ok())
      return parameters.status();
    return isByRows(as) ? rowMajorBytes(parameters->front()) : packedBytes(pointers(*parameters));
  }

  Status write(std::span<const std::string> parts, const abi::Parameter &as, std::span<std::byte> out) const override {
    Result<Parameters> parameters = find(parts, as.type());
    if (!parameters.ok())
      return parameters.status();
    return isByRows(as) ? writeRowMajor(parameters->front(), out) : packParameter(pointers(*parameters), out);
  }

private:
  static bool isByRows(const abi::Parameter &as) { return as.trainable() || (as.shape_size() == 2 && as.layout() == abi::Parameter::ROWS); }

  using Parameters = std::vector<CheckpointParameter>;

  static std::vector<const CheckpointParameter *> pointers(const Parameters &parameters) {
    std::vector<const CheckpointParameter *> all;
    for (const CheckpointParameter &parameter : parameters)
      all.push_back(&parameter);
    return all;
  }

  Result<Parameters> find(std::span<const std::string> names, abi::ElementType type) const {
    Parameters parameters;
    for (const std::string &name : names) {
      auto found = parameters_.find(name);
      if (found == parameters_.end())
        return Status::error(2103, "parameter '" + name + "' is not in the checkpoint");
      const CheckpointParameter &stored = *found->second;
      const std::optional<ElementFormat> asked = type == abi::BF16   ? std::optional(ElementFormat::BF16)
                                                 : type == abi::Q8_0 ? std::optional(ElementFormat::Q8_0)
                                                                     : std::nullopt;
      const bool rounds = asked && *asked != stored.format && !isQuantized(stored.format) && stored.shape.size() == 2;
      parameters.push_back(rounds ? roundedTo(*asked, stored) : stored);
    }
    return parameters;
  }

  std::unordered_map<std::string, const CheckpointParameter *> parameters_;
  bool embedded_;
};

} // namespace longc
