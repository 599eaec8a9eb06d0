// Which of the two forms.
#include "runtime/train/TakenAdapter.h"

#include "runtime/core/Format.h"
#include "runtime/io/JsonFile.h"
#include "runtime/train/AdapterFiles.h"

namespace longc {

Result<TakenAdapter> TakenAdapter::read(const std::string &folder, const Program &program, const ParameterList &trained, std::string_view precision) {
  if (fileExists(folder + "/model.safetensors") && !fileExists(folder + "/adapter_config.json"))
    return Status::error(adapterOfOtherShape, quoted(folder) + " holds weights of a whole training and no adapter",
                         "they are compiled in: longc compile MODEL --adapter FOLDER");
  TakenAdapter adapter;
  const bool isBound = Overlays::areTakenBy(program.message());
  if (isAdapter(trained) || !isBound) {
    auto values = ParameterArray::create(trained, "the adapter");
    if (!values.ok())
      return values.status();
    adapter.values = std::move(*values);
    Status status = readTrained(folder, program.message(), trained, adapter.values);
    if (status.ok())
      return adapter;
    if (!isBound || status.code() != adapterOfOtherShape)
      return status;
    adapter.values = ParameterArray();
  }
  auto overlays = Overlays::read(folder, program, precision);
  if (!overlays.ok())
    return overlays.status();
  adapter.overlays = std::make_shared<const Overlays>(std::move(*overlays));
  return adapter;
}

} // namespace longc
