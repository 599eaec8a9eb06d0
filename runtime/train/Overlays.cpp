// Tensors by module, then matrices by product: those of joined products stand one behind the other.
#include "runtime/train/Overlays.h"

#include "runtime/abi/Messages.h"
#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/io/AdapterConfig.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/Panels.h"
#include "runtime/io/SafetensorsFolder.h"
#include "runtime/serve/CheckProgram.h"
#include "runtime/serve/DecodeParameter.h"
#include "runtime/train/AdapterFiles.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace longc {
namespace {

constexpr size_t alignment = 64;
constexpr std::string_view endA = ".lora_A", endB = ".lora_B", headCopy = "lm_head.base_layer.weight";

class OverlayReader {
public:
  OverlayReader(const std::string &folder, const Program &program, std::string_view precision, const AdapterConfig &config)
      : folder_(folder), source_(program), program_(program.message()), precision_(precision), config_(config) {}

  Result<Overlays> read(const SafetensorsFolder &files) {
    for (const abi::Parameter &parameter : program_.parameters())
      if (parameter.initializer() == abi::Parameter::BOUND && !isSecond(parameter))
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
    std::vector<float> numbersA, numbersB; // B's with the adapter's factor
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

  static bool isSecond(const abi::Parameter &parameter) { return parameter.shape(1) == 0; }

  // Parameters that a function of the precision reads.
  std::vector<bool> readOnes() const {
    std::vector<bool> read(static_cast<size_t>(program_.parameters_size()));
    for (const abi::Module &module : program_.modules())
      for (const abi::Function &function : module.functions())
        if (function.precision() == precision_)
          for (const abi::Buffer &buffer : function.buffers())
            if (buffer.kind() == abi::Buffer::PARAMETER)
              read[buffer.index()] = true;
    return read;
  }

  Result<Overlays> fill() {
    decode();
    Overlays overlays;
    const std::vector<bool> read = readOnes();
    size_t bytes = 0;
    for (int index = 0; index < program_.parameters_size(); ++index) {
      const abi::Parameter &parameter = program_.parameters(index);
      if (parameter.initializer() != abi::Parameter::BOUND || !read[static_cast<size_t>(index)])
        continue;
      int64_t rank = 0;
      for (const abi::OverlayPart &part : parameter.overlays())
        rank += rankOf(part.module());
      if (isInPanels(parameter)) // at least one panel, so that no kernel meets an empty matrix
        rank = std::max<int64_t>((rank + panelRows - 1) / panelRows, 1) * panelRows;
      Overlays::Matrix matrix = isSecond(parameter) ? Overlays::Matrix{static_cast<uint32_t>(index), parameter.shape(0), rank, bytes}
                                                    : Overlays::Matrix{static_cast<uint32_t>(index), rank, parameter.shape(1), bytes};
      auto size = bytesOf(parameter, matrix);
      if (!size.ok())
        return size.status();
      bytes += (*size + alignment - 1) / alignment * alignment;
      overlays.matrices.push_back(matrix);
    }
    auto memory = Arena::allocate(bytes, "the adapter");
    if (!memory.ok())
      return memory.status();
    overlays.memory = std::move(*memory);
    for (const Overlays::Matrix &matrix : overlays.matrices)
      LONGC_TRY(write(matrix, overlays.memory.data() + matrix.offset));
    overlays.fingerprint = fingerprint();
    return overlays;
  }

  static Result<size_t> bytesOf(const abi::Parameter &parameter, const Overlays::Matrix &matrix) {
    return isInPanels(parameter) ? panelBytes(ElementFormat::BF16, matrix.rows, matrix.columns) : Result<size_t>(static_cast<size_t>(matrix.rows * matrix.columns) * sizeof(float));
  }

  void decode() {
    for (auto &[name, module] : modules_)
      if (module.a) {
        for (auto [tensor, numbers] : {std::pair(module.a, &module.numbersA), std::pair(module.b, &module.numbersB)}) {
          numbers->resize(static_cast<size_t>(tensor->shape[0] * tensor->shape[1]));
          decodeSafetensors(tensor->type, tensor->data, *numbers);
        }
        const double factor = config_.scaleOf(name);
        for (float &number : module.numbersB)
          number = static_cast<float>(number * factor);
      }
  }

  std::string fingerprint() const {
    StreamingHash hash;
    for (const auto &[name, module] : modules_) {
      hash.add(name.data(), name.size());
      for (const std::vector<float> *numbers : {&module.numbersA, &module.numbersB})
        hash.add(numbers->data(), numbers->size() * sizeof(float));
    }
    return hashText(hash.value());
  }

  Status write(const Overlays::Matrix &matrix, std::byte *to) const {
    const abi::Parameter &parameter = program_.parameters(static_cast<int>(matrix.parameter));
    const auto size = static_cast<size_t>(matrix.rows * matrix.columns);
    if (!isInPanels(parameter)) {
      copy(parameter, static_cast<size_t>(matrix.columns), {reinterpret_cast<float *>(to), size});
      return {};
    }
    std::vector<float> numbers(size);
    copy(parameter, static_cast<size_t>(matrix.columns), numbers);
    std::vector<std::byte> rows(2 * size);
    roundToBf16(numbers, rows.data());
    return packPanels(ElementFormat::BF16, matrix.rows, matrix.columns, rows, {to, *bytesOf(parameter, matrix)});
  }

  // A of the modules one below the other; of B each module's rows have the columns of its own ranks. All else is zeros, as `to` is.
  void copy(const abi::Parameter &parameter, size_t columns, std::span<float> to) const {
    const bool isB = isSecond(parameter);
    size_t firstRow = 0, firstColumn = 0;
    for (const abi::OverlayPart &part : parameter.overlays()) {
      const Module &module = modules_.at(part.module());
      const auto rank = static_cast<size_t>(rankOf(part.module())), width = isB ? rank : static_cast<size_t>(module.inputs);
      const size_t rows = isB ? static_cast<size_t>(part.rows()) : rank;
      const std::vector<float> &numbers = isB ? module.numbersB : module.numbersA;
      for (size_t row = 0; row < rows && rank > 0; ++row)
        std::copy_n(numbers.begin() + static_cast<ptrdiff_t>(row * width), width, to.begin() + static_cast<ptrdiff_t>((firstRow + row) * columns + firstColumn));
      firstRow += rows;
      firstColumn += isB ? rank : 0;
    }
  }

  const std::string &folder_;
  const Program &source_;
  const abi::Program &program_;
  const std::string_view precision_;
  const AdapterConfig &config_;
  std::map<std::string, Module> modules_;
};

} // namespace

bool Overlays::areTakenBy(const abi::Program &program) {
  return std::ranges::any_of(program.parameters(), [](const abi::Parameter &parameter) { return parameter.initializer() == abi::Parameter::BOUND; });
}

Result<Overlays> Overlays::read(const std::string &folder, const Program &program, std::string_view precision) {
  auto json = readJsonFile(folder + "/adapter_config.json");
  if (!json.ok())
    return json.status();
  Result<AdapterConfig> config = AdapterConfig::read(*json);
  if (!config.ok())
    return Status::error(config.status().code(), quoted(folder + "/adapter_config.json") + ": " + config.status().message(), config.status().hint());
  auto files = SafetensorsFolder::open(folder, "adapter_model");
  if (!files.ok())
    return files.status();
  return OverlayReader(folder, program, precision, *config).read(*files);
}

} // namespace longc
