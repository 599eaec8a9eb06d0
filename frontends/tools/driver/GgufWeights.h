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

  Result<uint64_t> bytes(const std::string &name) const override {
    Result<const ImportedParameter *> parameter = find(name);
    if (!parameter.ok())
      return parameter.status();
    Result<size_t> size = parameterBytes(**parameter);
    if (!size.ok())
      return size.status();
    return static_cast<uint64_t>(*size);
  }

  Status write(const std::string &name, std::span<std::byte> out) const override {
    Result<const ImportedParameter *> parameter = find(name);
    return parameter.ok() ? writeParameter(**parameter, out) : parameter.status();
  }

private:
  Result<const ImportedParameter *> find(const std::string &name) const {
    auto found = parameters_.find(name);
    if (found == parameters_.end())
      return Status::error(2103, "parameter '" + name + "' is not in the checkpoint");
    return found->second;
  }

  std::unordered_map<std::string, const ImportedParameter *> parameters_;
};

} // namespace longc
