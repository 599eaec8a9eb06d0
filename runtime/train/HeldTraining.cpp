// Launches of the optimizer's kernels.
#include "runtime/train/HeldTraining.h"

#include "runtime/serve/Program.h"

#include <algorithm>
#include <bit>

namespace longc {

Result<std::unique_ptr<HeldTraining>> HeldTraining::create(Device &device, const abi::Program &program, const ParameterList &list,
                                                           std::vector<abi::ElementType> types, ThreadPool &pool) {
  std::unique_ptr<HeldTraining> held(new HeldTraining(device, list));
  held->pool_ = &pool;
  held->types_ = types;
  LONGC_TRY(held->findKernels(program));
  auto read = HeldParameters::create(device, list, std::move(types));
  if (!read.ok())
    return read.status();
  held->read_ = std::move(*read);
  LONGC_TRY(held->allocate());
  LONGC_TRY(held->makePieces(std::vector<const void *>(list.parameters().size())));
  return held;
}

HeldTraining::~HeldTraining() {
  for (void *memory : memory_)
    if (memory)
      device_.release(memory);
  for (void *memory : {devicePieces_, deviceSums_})
    if (memory)
      device_.release(memory);
}

Status HeldTraining::findKernels(const abi::Program &program) {
  for (auto [name, place] : {std::pair(LONGC_OPTIMIZER_ADD, &addKernel_), {LONGC_OPTIMIZER_SQUARES, &squaresKernel_}, {LONGC_OPTIMIZER_UPDATE, &updateKernel_}}) {
    const auto &kernels = program.kernels();
    const auto found = std::ranges::find_if(kernels, [&](const abi::Kernel &kernel) { return kernel.name() == name; });
    if (found == kernels.end())
      return Status::error(noOptimizer, std::string("this program has no kernel '") + name + "' for the GPU", "compile the program again");
    *place = static_cast<uint32_t>(found - kernels.begin());
  }
  return {};
}

Status HeldTraining::allocate() {
  auto make = [&](void *&memory, size_t bytes) {
    auto made = device_.allocate(bytes, "the training's state");
    if (made.ok())
      memory = *made;
    return made.status();
  };
  for (void *&memory : memory_)
    LONGC_TRY(make(memory, static_cast<size_t>(list_.floats()) * sizeof(float)));
  sums_.resize(static_cast<size_t>((list_.floats() + LONGC_NORM_FLOATS - 1) / LONGC_NORM_FLOATS));
  LONGC_TRY(make(deviceSums_, sums_.size() * sizeof(double)));
  size_t pieces = 0;
  for (const TrainedParameter &parameter : list_.parameters())
    pieces += static_cast<size_t>((parameter.size + LONGC_PIECE_FLOATS - 1) / LONGC_PIECE_FLOATS);
  return make(devicePieces_, pieces * sizeof(longc_piece));
}

// The device's list of pieces, with the gradients at `sources`.
Status HeldTraining::makePieces(std::span<const void *const> sources) {
  if (std::ranges::equal(sources, sources_))
    return {};
  sources_.assign(sources.begin(), sources.end());
  pieces_.clear();
  for (size_t i = 0; i < sources.size(); ++i) {
    const TrainedParameter &parameter = list_.parameters()[i];
    const bool isNarrow = types_[i] == abi::BF16;
    for (int64_t begin = 0; begin < parameter.size; begin += LONGC_PIECE_FLOATS)
      pieces_.push_back({.gradient = sources[i] ? static_cast<const float *>(sources[i]) + begin : nullptr,
                         .read = static_cast<std::byte *>(of(i)) + begin * elementBytes(types_[i]),
                         .first = parameter.first + begin,
                         .count = static_cast<int32_t>(std::min<int64_t>(LONGC_PIECE_FLOATS, parameter.size - begin)),
                         .decays = parameter.shape.size() > 1,
                         .is_bf16 = isNarrow});
  }
  return device_.copyIn(devicePieces_, pieces_.data(), pieces_.size() * sizeof(longc_piece));
}

Status HeldTraining::launch(uint32_t kernel, size_t blocks, std::span<const longc_view> views, std::span<const int64_t> scalars) {
  const int64_t grid[] = {static_cast<int64_t>(blocks)};
  return device_.launch({kernel, grid, views, scalars, false});
}

Status HeldTraining::copyIn(Array array, const ParameterArray &source) {
  return device_.copyIn(memory_[array], source.all().data(), source.all().size_bytes());
}

Status HeldTraining::copyOut(ParameterArray &target, Array array) const {
  return device_.copyOut(target.all().data(), memory_[array], target.all().size_bytes());
}

Status HeldTraining::load(const ParameterArray &values, const Moments &moments) {
  LONGC_TRY(copyIn(valuesOf, values));
  LONGC_TRY(copyIn(firstOf, moments.first));
  LONGC_TRY(copyIn(secondOf, moments.second));
  return read_->set(values, *pool_);
}

Status HeldTraining::store(ParameterArray &values, Moments &moments) const {
  LONGC_TRY(copyOut(values, valuesOf));
  LONGC_TRY(copyOut(moments.first, firstOf));
  return copyOut(moments.second, secondOf);
}

Status HeldTraining::add(std::span<const void *const> sources) {
  LONGC_TRY(makePieces(sources));
  const longc_view views[] = {viewOf(devicePieces_, static_cast<int64_t>(pieces_.size())), viewOf(gradientsOf)};
  const int64_t scalars[] = {isFirst_};
  isFirst_ = false;
  return launch(addKernel_, pieces_.size(), views, scalars);
}

Result<double> HeldTraining::norm() {
  const longc_view views[] = {viewOf(gradientsOf), viewOf(deviceSums_, static_cast<int64_t>(sums_.size()))};
  LONGC_TRY(launch(squaresKernel_, sums_.size(), views, {}));
  LONGC_TRY(device_.copyOut(sums_.data(), deviceSums_, sums_.size() * sizeof(double)));
  return normOfParts(sums_);
}

Status HeldTraining::gradients(ParameterArray &target) const { return copyOut(target, gradientsOf); }

Status HeldTraining::update(const AdamWOptions &options, double rate, int64_t update, double gradientScale) {
  const auto by = AdamWFactors::of(options, rate, update, gradientScale);
  const longc_view views[] = {viewOf(devicePieces_, static_cast<int64_t>(pieces_.size())), viewOf(valuesOf), viewOf(firstOf),
                              viewOf(secondOf), viewOf(gradientsOf)};
  std::vector<int64_t> scalars; // floats as their bits
  for (float factor : {by.scale, by.add1, by.keep2, by.add2, by.step, by.root2, by.epsilon, by.kept})
    scalars.push_back(std::bit_cast<uint32_t>(factor));
  return launch(updateKernel_, pieces_.size(), views, scalars);
}

Status HeldTraining::keep() {
  return device_.copyWithin(memory_[keptOf], memory_[valuesOf], static_cast<size_t>(list_.floats()) * sizeof(float));
}

Status HeldTraining::kept(ParameterArray &values) const { return copyOut(values, keptOf); }

} // namespace longc
