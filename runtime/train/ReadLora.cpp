// Every tensor of the file is put somewhere, and every module that the configuration names gets its two.
#include "runtime/train/ReadLora.h"

#include "runtime/core/Format.h"
#include "runtime/io/AdapterConfig.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/SafetensorsFolder.h"
#include "runtime/train/AdapterFiles.h"

#include <algorithm>
#include <set>

namespace longc {
namespace {

constexpr std::string_view endA = ".lora_A", endB = ".lora_B", peftEnd = ".weight";

class LoraReader {
public:
  LoraReader(const std::string &folder, const AdapterConfig &config, const ParameterList &list, double scale, ParameterArray &values)
      : folder_(folder), config_(config), list_(list), scale_(scale), values_(values) {}

  Status read(const SafetensorsFolder &files) {
    for (const TrainedParameter &parameter : list_.parameters())
      if (parameter.name.ends_with(endB))
        std::ranges::fill(values_.of(parameter), 0.0f);
    for (const SafetensorsTensor *tensor : files.tensors())
      LONGC_TRY(place(*tensor));
    return checkComplete();
  }

private:
  Status refused(const std::string &what, const std::string &hint) const {
    return Status::error(adapterOfOtherShape, quoted(folder_) + ": " + what, hint);
  }

  Status place(const SafetensorsTensor &tensor) {
    std::string name = baseName(tensor.name);
    const TrainedParameter *parameter = name.ends_with(peftEnd) ? list_.find(name.substr(0, name.size() - peftEnd.size())) : nullptr;
    if (!parameter || !isWeightType(tensor.type))
      return refused("its tensor " + quoted(tensor.name) + " is of no adapter of the program",
                     "compile the program with --lora and targets that hold the adapter's modules, such as all-linear");
    const bool isB = parameter->name.ends_with(endB);
    const std::string module = parameter->name.substr(0, parameter->name.size() - endB.size());
    const int64_t rank = config_.rankOf(module), most = isB ? parameter->shape[1] : parameter->shape[0];
    if (rank > most)
      return refused(formatText("the rank of module '%s' is %lld, the program's products have %lld", module.c_str(),
                                static_cast<long long>(rank), static_cast<long long>(most)),
                     formatText("compile the program with --lora rank=%lld", static_cast<long long>(rank)));
    const std::vector<int64_t> expected = isB ? std::vector{parameter->shape[0], rank} : std::vector{rank, parameter->shape[1]};
    if (tensor.shape != expected)
      return refused("tensor " + quoted(tensor.name) + ": expected shape " + shapeText(expected) + " by program and configuration, the file has " +
                         shapeText(tensor.shape),
                     "give the adapter of this model");
    if (!placed_.insert(parameter).second)
      return refused("tensor " + quoted(tensor.name) + " stands twice under different names", "the adapter is damaged");
    copy(tensor, *parameter, isB ? config_.scaleOf(module) / scale_ : 1.0);
    return {};
  }

  // Rows of the file to the beginnings of rows.
  void copy(const SafetensorsTensor &tensor, const TrainedParameter &parameter, double factor) {
    std::vector<float> numbers(static_cast<size_t>(tensor.shape[0] * tensor.shape[1]));
    decodeSafetensors(tensor.type, tensor.data, numbers);
    if (factor != 1.0)
      for (float &number : numbers)
        number = static_cast<float>(number * factor);
    const auto width = static_cast<size_t>(tensor.shape[1]), stride = static_cast<size_t>(parameter.shape[1]);
    std::span<float> to = values_.of(parameter);
    for (size_t row = 0; row < static_cast<size_t>(tensor.shape[0]); ++row)
      std::copy_n(numbers.begin() + static_cast<ptrdiff_t>(row * width), width, to.begin() + static_cast<ptrdiff_t>(row * stride));
  }

  Status checkComplete() const {
    for (const TrainedParameter &parameter : list_.parameters()) {
      const std::string module = parameter.name.substr(0, parameter.name.size() - endA.size());
      const size_t count = placed_.count(list_.find(module + std::string(endA))) + placed_.count(list_.find(module + std::string(endB)));
      if (count == 1 || (count == 0 && config_.targets(module)))
        return refused("module " + quoted(module) + (count ? " has one of its two tensors only" : " has no tensors, though 'target_modules' names it"),
                       "the adapter is incomplete");
    }
    return placed_.empty() ? refused("adapter_model.safetensors holds no tensor of an adapter", "the adapter is incomplete") : Status();
  }

  const std::string &folder_;
  const AdapterConfig &config_;
  const ParameterList &list_;
  double scale_;
  ParameterArray &values_;
  std::set<const TrainedParameter *> placed_; // those that have a tensor
};

} // namespace

Status readLora(const std::string &folder, const JsonValue &json, const ParameterList &list, double scale, ParameterArray &values) {
  Result<AdapterConfig> config = AdapterConfig::read(json);
  if (!config.ok())
    return Status::error(config.status().code(), quoted(folder + "/adapter_config.json") + ": " + config.status().message(), config.status().hint());
  auto files = SafetensorsFolder::open(folder, "adapter_model");
  if (!files.ok())
    return files.status();
  return LoraReader(folder, *config, list, scale, values).read(*files);
}

} // namespace longc
