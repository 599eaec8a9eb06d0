// A training in the memory of the device that runs the model: values, moments and gradients, and the kernels that make steps of them
// there. The host has the state when it asks for it.
//
// A step is bit for bit the one that AdamW.h makes of the same gradients.
#pragma once

#include "runtime/abi/longc_abi.h"
#include "runtime/train/AdamW.h"
#include "runtime/train/HeldParameters.h"

#include <memory>
#include <vector>

namespace longc {

/// Code of its error: a program whose device has no optimizer.
inline constexpr int noOptimizer = 8034;

class HeldTraining {
public:
  /// `types`: what the model's kernels read, of each parameter of the list: F32 or BF16. `device`, `list` and `pool` must outlive this;
  /// `program` is the device's. LC8034 if it has no optimizer.
  static Result<std::unique_ptr<HeldTraining>> create(Device &device, const abi::Program &program, const ParameterList &list,
                                                      std::vector<abi::ElementType> types, ThreadPool &pool);
  ~HeldTraining();
  HeldTraining(const HeldTraining &) = delete;
  HeldTraining &operator=(const HeldTraining &) = delete;

  /// Where the model's kernels read a parameter.
  void *of(size_t index) const { return read_->of(index); }

  /// State of the host, to the device and back.
  Status load(const ParameterArray &values, const Moments &moments);
  Status store(ParameterArray &values, Moments &moments) const;

  /// A step begins: the gradients that come next are its first.
  void begin() { isFirst_ = true; }
  /// Adds gradients, one device address of f32 numbers for each parameter (null: none).
  Status add(std::span<const void *const> sources);
  /// The Euclidean norm over all gradients.
  Result<double> norm();
  Status gradients(ParameterArray &target) const;
  /// One update with the gradients, as updateAdamW.
  Status update(const AdamWOptions &options, double rate, int64_t update, double gradientScale);

  /// Keeps a copy of the values as they are.
  Status keep();
  Status kept(ParameterArray &values) const;

private:
  enum Array { valuesOf, firstOf, secondOf, gradientsOf, keptOf, arrays };

  HeldTraining(Device &device, const ParameterList &list) : device_(device), list_(list) {}
  Status findKernels(const abi::Program &program);
  Status allocate();
  Status makePieces(std::span<const void *const> sources);
  Status launch(uint32_t kernel, size_t blocks, std::span<const longc_view> views, std::span<const int64_t> scalars);
  longc_view viewOf(Array array) const { return viewOf(memory_[array], list_.floats()); }
  static longc_view viewOf(void *data, int64_t size) { return {data, {size, 1, 1, 1}, {1, 0, 0, 0}}; }
  Status copyIn(Array array, const ParameterArray &source);
  Status copyOut(ParameterArray &target, Array array) const;

  Device &device_;
  const ParameterList &list_;
  ThreadPool *pool_ = nullptr;
  std::unique_ptr<HeldParameters> read_;
  std::vector<abi::ElementType> types_;
  void *memory_[arrays] = {}; // of each array
  uint32_t addKernel_ = 0, squaresKernel_ = 0, updateKernel_ = 0;
  std::vector<longc_piece> pieces_;
  std::vector<const void *> sources_; // that the pieces stand for
  void *devicePieces_ = nullptr, *deviceSums_ = nullptr;
  std::vector<double> sums_;
  bool isFirst_ = true;
};

} // namespace longc
