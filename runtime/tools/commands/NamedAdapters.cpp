// Reads adapters of either kind, trained by the program or bound beside its products.
#include "runtime/tools/commands/NamedAdapters.h"

#include "runtime/core/Format.h"
#include "runtime/e2llm/Compressor.h"
#include "runtime/train/TakenAdapter.h"

#include <algorithm>
#include <filesystem>

namespace longc {

Result<NamedAdapters> NamedAdapters::read(const LoadedProgram &loaded, const Arguments &arguments) {
  NamedAdapters adapters(ProgramParameters::trainable(loaded.program->message()));
  const std::vector<std::string> given = arguments.all("adapter");
  const bool compresses = compressingModule(loaded.program->message()) != nullptr;
  if (compresses && given.size() > 1)
    return Status::error(1005, "there are several --adapter, and this program joins two models by one", "give one of them");
  for (const std::string &text : given) {
    const NamedFolder named = NamedFolder::of(text);
    if (compresses || (loaded.engine->prefix() && given.size() == 1)) { // what it is of has it already
      adapters.names_.push_back(named.name);
      adapters.folders_.push_back(named.folder);
      adapters.values_.push_back(nullptr);
      adapters.uses_.push_back(loaded.adapterUse);
      return adapters;
    }
    if (std::find(adapters.names_.begin(), adapters.names_.end(), named.name) != adapters.names_.end())
      return Status::error(1005, "two adapters are called " + longc::quoted(named.name), "give them names: --adapter NAME=FOLDER");
    LONGC_TRY(adapters.add(loaded, named));
  }
  return adapters;
}

Status NamedAdapters::add(const LoadedProgram &loaded, const NamedFolder &named) {
  auto taken = TakenAdapter::read(named.folder, *loaded.program, trained_.list, loaded.engine->precision());
  if (!taken.ok())
    return taken.status();
  auto use = AdapterUse::of(named.folder);
  if (!use.ok())
    return use.status();
  if (taken->overlays) {
    values_.push_back(std::make_shared<const ParameterArray>());
    overlays_.emplace_back(values_.back().get(), std::move(taken->overlays));
  } else {
    values_.push_back(std::make_shared<const ParameterArray>(std::move(taken->values)));
  }
  uses_.push_back(*use);
  names_.push_back(named.name);
  folders_.push_back(named.folder);
  return {};
}

AdapterUse NamedAdapters::useOf(const ParameterArray *adapter) const {
  auto place = std::ranges::find(values_, adapter, [](const auto &values) { return values.get(); });
  return place == values_.end() ? AdapterUse() : uses_[static_cast<size_t>(place - values_.begin())];
}

Result<const ParameterArray *> NamedAdapters::find(const LoadedProgram &loaded, const std::string &name) {
  const auto isSameFolder = [&](const std::string &folder) {
    std::error_code none; // of a name that is no folder
    return std::filesystem::equivalent(folder, name, none);
  };
  if (auto known = std::ranges::find(names_, name); known != names_.end())
    return values_[static_cast<size_t>(known - names_.begin())].get();
  if (auto known = std::ranges::find_if(folders_, isSameFolder); known != folders_.end())
    return values_[static_cast<size_t>(known - folders_.begin())].get();
  LONGC_TRY(add(loaded, {name, name}));
  return values_.back().get();
}

Status NamedAdapters::use(LoadedProgram &loaded, const ParameterArray *adapter) const {
  for (const auto &[named, overlays] : overlays_)
    if (named == adapter)
      return loaded.bindOverlays(*overlays);
  return adapter ? loaded.bindAdapter(trained_.list, *adapter) : loaded.unbindAdapter();
}

} // namespace longc
