// Tensors by module, then matrices by product: those of joined products stand one behind the other.
#include "runtime/train/Overlays.h"

#include "runtime/abi/Messages.h"
#include "runtime/core/Format.h"
#include "runtime/io/AdapterConfig.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/Panels.h"
#include "runtime/io/SafetensorsFolder.h"
#include "runtime/serve/CheckProgram.h"
#include "runtime/train/AdapterFiles.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace longc {
namespace {

constexpr std::string_view endA = ".lora_A", endB = ".lora_B", headCopy = "lm_head.base_layer.weight";

class OverlayReader {
public:
  OverlayReader(const std::string &folder, const Program &program, const AdapterConfig &config)
      : folder_(folder), source_(program), program_(program.message()), config_(config) {}

  Result<Overlays> read(const SafetensorsFolder &files) {
    for (const abi::Parameter &parameter : program_.parameters())
      if (parameter.initializer() == abi::Parameter::BOUND && parameter.name().ends_with(endA))
        for (const abi::OverlayPart &part : parameter.overlays())
          modules_[part.module()] = {parameter.shape(1), part.rows()};
    for (const SafetensorsTensor *tensor : files.tensors())
      LONGC_TRY(place(*tensor));
    LONGC_TRY(checkComplete());
    return fill();
  }

private:
  // The sizes of a module's product, and its tensors.
  struct Module {
    int64_t inputs, outputs;
    const SafetensorsTensor *a = nullptr, *b = nullptr;
  };

  Status refused(const std::string &what, const std::string &hint) const {
    return Status::error(adapterOfOtherShape, quoted(folder_) + ": " + what, hint);
  }

  Status place(const SafetensorsTensor &tensor) {
    std::string name = baseName(tensor.name);
    if (name == headCopy)
      return checkHead(tensor);
    const bool isB = name.ends_with(std::string(endB) + ".weight");
    if (!isB && !name.ends_with(std::string(endA) + ".weight"))
      return refused("its tensor " + quoted(tensor.name) + " is of no product, and products alone take an adapter when the program runs",
                     "compile the model with --adapter");
    name.resize(name.rfind(".lora_"));
    auto found = modules_.find(name);
    if (found == modules_.end() || !isWeightType(tensor.type))
      return refused("its tensor " + quoted(tensor.name) + " is of no product of the program", "give an adapter of this model");
    Module &module = found->second;
    const int64_t rank = config_.rankOf(name);
    const std::vector<int64_t> expected = isB ? std::vector{module.outputs, rank} : std::vector{rank, module.inputs};
    if (tensor.shape != expected)
      return refused("tensor " + quoted(tensor.name) + ": expected shape " + shapeText(expected) + " by program and configuration, the file has " +
                         shapeText(tensor.shape),
                     "give an adapter of this model");
    const SafetensorsTensor *&place = isB ? module.b : module.a;
    if (place)
      return refused("tensor " + quoted(tensor.name) + " stands twice under different names", "the adapter is damaged");
    place = &tensor;
    return {};
  }

  // PEFT saves a copy of a head that it adapts. The program goes on with its own, which must be the same head, in the tensor's type;
  // of one in blocks it is not known.
  Status checkHead(const SafetensorsTensor &tensor) const {
    const auto head = modules_.find("lm_head");
    if (head == modules_.end() || !isWeightType(tensor.type) || tensor.shape != std::vector{head->second.outputs, head->second.inputs})
      return refused("its tensor " + quoted(tensor.name) + " is no head of the program", "give an adapter of this model");
    int index = indexOf("lm_head.weight");
    if (index < 0)
      index = indexOf("model.embed_tokens.weight");
    if (index < 0 || !std::ranges::equal(program_.parameters(index).shape(), tensor.shape) || isQuantized(*storedFormat(program_.parameters(index).type())))
      return {};
    const auto width = static_cast<size_t>(tensor.shape[1]);
    const size_t stride = width * safetensorsTypeBits(tensor.type) / 8;
    std::vector<float> own(width), copied(width);
    for (int64_t row = 0; row < tensor.shape[0]; ++row) {
      LONGC_TRY(readRow(index, row, own));
      for (float &number : own)
        number = tensor.type == SafetensorsType::BF16  ? bfloat16ToFloat(floatToBfloat16(number))
                 : tensor.type == SafetensorsType::F16 ? halfToFloat(floatToHalf(number))
                                                       : number;
      decodeSafetensors(tensor.type, tensor.data.subspan(static_cast<size_t>(row) * stride, stride), copied);
      if (own != copied)
        return refused("its tensor " + quoted(tensor.name) + " is another head than the program's", "give an adapter of this model, or compile the model with --adapter");
    }
    return {};
  }

  int indexOf(std::string_view name) const {
    for (int index = 0; index < program_.parameters_size(); ++index)
      if (program_.parameters(index).name() == name)
        return index;
    return -1;
  }

  Status readRow(int index, int64_t row, std::span<float> out) const {
    const abi::Parameter &parameter = program_.parameters(index);
    const auto number = static_cast<uint32_t>(index);
    const std::byte *data = source_.parameterData(number);
    if (isInPanels(parameter))
      return decodePanelRow(*storedFormat(parameter.type()), parameter.shape(0), parameter.shape(1), {data, source_.parameterBytes(number)}, row, out.data());
    std::memcpy(out.data(), data + static_cast<size_t>(row) * out.size_bytes(), out.size_bytes()); // what is trained, and tables, are in rows of float32
    return {};
  }

  Status checkComplete() const {
    bool any = false;
    for (const auto &[name, module] : modules_) {
      any |= module.a != nullptr;
      if (!module.a != !module.b || (!module.a && config_.targets(name)))
        return refused("module " + quoted(name) + (module.a || module.b ? " has one of its two tensors only" : " has no tensors, though 'target_modules' names it"),
                       "the adapter is incomplete");
    }
    return any ? Status() : refused("adapter_model.safetensors holds no tensor of an adapter", "the adapter is incomplete");
  }

  int64_t rankOf(const std::string &module) const { return modules_.at(module).a ? config_.rankOf(module) : 0; }

  Result<Overlays> fill() {
    Overlays overlays;
    for (int index = 0; index < program_.parameters_size(); ++index) {
      const abi::Parameter &parameter = program_.parameters(index);
      if (parameter.initializer() != abi::Parameter::BOUND)
        continue;
      int64_t rank = 0;
      for (const abi::OverlayPart &part : parameter.overlays())
        rank += rankOf(part.module());
      const bool isB = parameter.name().ends_with(endB);
      overlays.list.add(parameter.name(), isB ? std::vector{parameter.shape(0), rank} : std::vector{rank, parameter.shape(1)}, Beginning::given);
      overlays.indices.push_back(static_cast<uint32_t>(index));
    }
    auto values = ParameterArray::create(overlays.list, "the adapter");
    if (!values.ok())
      return values.status();
    overlays.values = std::move(*values);
    for (size_t i = 0; i < overlays.indices.size(); ++i)
      copy(program_.parameters(static_cast<int>(overlays.indices[i])), overlays.list.parameters()[i], overlays.values.of(overlays.list.parameters()[i]));
    overlays.fingerprint = fingerprintOf(overlays.values);
    return overlays;
  }

  // A of the modules one below the other; of B each module's rows have the columns of its own ranks, and zeros in the others'.
  void copy(const abi::Parameter &parameter, const TrainedParameter &as, std::span<float> to) const {
    const bool isB = parameter.name().ends_with(endB);
    size_t firstRow = 0, firstColumn = 0, columns = static_cast<size_t>(as.shape[1]);
    for (const abi::OverlayPart &part : parameter.overlays()) {
      const Module &module = modules_.at(part.module());
      const auto rank = static_cast<size_t>(rankOf(part.module()));
      if (rank > 0) {
        const SafetensorsTensor &tensor = isB ? *module.b : *module.a;
        const auto width = static_cast<size_t>(tensor.shape[1]), rows = static_cast<size_t>(tensor.shape[0]);
        std::vector<float> numbers(rows * width);
        decodeSafetensors(tensor.type, tensor.data, numbers);
        const double factor = isB ? config_.scaleOf(part.module()) : 1.0;
        for (size_t row = 0; row < rows; ++row)
          for (size_t column = 0; column < width; ++column)
            to[(firstRow + row) * columns + firstColumn + column] = static_cast<float>(numbers[row * width + column] * factor);
      }
      firstRow += isB ? static_cast<size_t>(part.rows()) : rank;
      firstColumn += isB ? rank : 0;
    }
  }

  const std::string &folder_;
  const Program &source_;
  const abi::Program &program_;
  const AdapterConfig &config_;
  std::map<std::string, Module> modules_;
};

} // namespace

bool Overlays::areTakenBy(const abi::Program &program) {
  return std::ranges::any_of(program.parameters(), [](const abi::Parameter &parameter) { return parameter.initializer() == abi::Parameter::BOUND; });
}

Result<Overlays> Overlays::read(const std::string &folder, const Program &program) {
  auto json = readJsonFile(folder + "/adapter_config.json");
  if (!json.ok())
    return json.status();
  Result<AdapterConfig> config = AdapterConfig::read(*json);
  if (!config.ok())
    return Status::error(config.status().code(), quoted(folder + "/adapter_config.json") + ": " + config.status().message(), config.status().hint());
  auto files = SafetensorsFolder::open(folder, "adapter_model");
  if (!files.ok())
    return files.status();
  return OverlayReader(folder, program, *config).read(*files);
}

} // namespace longc
