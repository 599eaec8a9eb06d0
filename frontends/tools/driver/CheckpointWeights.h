// The weights of a checkpoint, as the packager asks for them.
#pragma once

#include "codegen/WeightSource.h"
#include "frontends/Checkpoint.h"

#include <unordered_map>

namespace longc {

class CheckpointWeights : public WeightSource {
public:
  explicit CheckpointWeights(const Checkpoint &checkpoint) {
    for (const CheckpointParameter &parameter : checkpoint.parameters)
      parameters_.emplace(parameter.name, &parameter);
  }

  Result<uint64_t> bytes(std::span<const std::string> parts) const override {
    Result<Parameters> parameters = find(parts);
    return parameters.ok() ? packedBytes(*parameters) : parameters.status();
  }

  Status write(std::span<const std::string> parts, std::span<std::byte> out) const override {
    Result<Parameters> parameters = find(parts);
    return parameters.ok() ? packParameter(*parameters, out) : parameters.status();
  }

private:
  using Parameters = std::vector<const CheckpointParameter *>;

  Result<Parameters> find(std::span<const std::string> names) const {
    Parameters parameters;
    for (const std::string &name : names) {
      auto found = parameters_.find(name);
      if (found == parameters_.end())
        return Status::error(2103, "parameter '" + name + "' is not in the checkpoint");
      parameters.push_back(found->second);
    }
    return parameters;
  }

  std::unordered_map<std::string, const CheckpointParameter *> parameters_;
};

} // namespace longc
