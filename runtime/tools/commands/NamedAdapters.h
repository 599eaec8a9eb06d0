// The adapters of one program by name, of which each call takes one.
#pragma once

#include "runtime/tools/commands/Command.h"
#include "runtime/train/ProgramParameters.h"

#include <memory>
#include <string>
#include <vector>

namespace longc {

class NamedAdapters {
public:
  /// Those of --adapter, in their order.
  static Result<NamedAdapters> read(const LoadedProgram &loaded, const Arguments &arguments);

  const std::vector<std::string> &names() const { return names_; }
  /// Null for one of two models that are joined, or in the cache of the engine, which have it already.
  const std::vector<std::shared_ptr<const ParameterArray>> &values() const { return values_; }
  /// How memory is read and asked with an adapter of ours, or with none (null), where --ingest and --memory-temperature do not say.
  AdapterUse useOf(const ParameterArray *adapter) const;
  /// The adapter of this name, or in the folder of this name.
  Result<const ParameterArray *> find(const LoadedProgram &loaded, const std::string &name);
  /// The program with this adapter of ours or with other values of what it trains; null: as it was compiled.
  Status use(LoadedProgram &loaded, const ParameterArray *adapter) const;

private:
  explicit NamedAdapters(ProgramParameters trained) : trained_(std::move(trained)) {}
  Status add(const LoadedProgram &loaded, const NamedFolder &named);

  ProgramParameters trained_;
  std::vector<std::string> names_, folders_;
  std::vector<std::shared_ptr<const ParameterArray>> values_;
  std::vector<AdapterUse> uses_; // of each
  std::vector<std::pair<const ParameterArray *, std::shared_ptr<const Overlays>>> overlays_; // where the program binds them; empty values stand for them
};

} // namespace longc
