// The weights of an imported GGUF checkpoint, as the packager asks for them.
#pragma once

#include "codegen/WeightSource.h"
#include "frontends/gguf/ImportGguf.h"

#include <unordered_map>

namespace longc {

class GgufWeights : public WeightSource {
public:
  explicit GgufWeights(const ImportedModel &model) {
    for (const ImportedParameter &parameter : model.parameters)
      parameters_.emplace(parameter.name, &parameter);
  }

  Result<uint64_t> bytes(std::span<const std::string> parts) const override {
    Result<Parameters> parameters = find(parts);
    if (!parameters.ok())
      return parameters.status();
    Result<size_t> size = parameterBytes(*parameters);
    if (!size.ok())
      return size.status();
    return static_cast<uint64_t>(*size);
  }

  Status write(std::span<const std::string> parts, std::span<std::byte> out) const override {
    Result<Parameters> parameters = find(parts);
    return parameters.ok() ? writeParameter(*parameters, out) : parameters.status();
  }

private:
  using Parameters = std::vector<const ImportedParameter *>;

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

  std::unordered_map<std::string, const ImportedParameter *> parameters_;
};

} // namespace longc
