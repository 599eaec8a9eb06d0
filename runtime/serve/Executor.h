// Runs one function of a program: binds inputs and state, evaluates sizes, launches the steps in order.
//
// The arena is planned for the largest sizes seen so far and grows when a call asks for more. What a step needs (views,
// grid, scalars) is evaluated again only when a size or an address changed, so a decode call costs the launches alone.
#pragma once

#include "runtime/device/Device.h"
#include "runtime/serve/FunctionPlan.h"
#include "runtime/serve/HiddenMemory.h"
#include "runtime/serve/KernelProfile.h"
#include "runtime/serve/Program.h"
#include "runtime/serve/WorkList.h"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace longc {

struct TensorShape {
  std::array<int64_t, 4> sizes = {1, 1, 1, 1};
  int rank = 0;
};

/// Host data of an input, in the order of Function.inputs.
struct InputTensor {
  const void *data;
  TensorShape shape;
};

class Executor {
public:
  static Result<std::unique_ptr<Executor>> create(const Program &program, const abi::Function &function,
                                                  Device &device);
  ~Executor();
  Executor(const Executor &) = delete;
  Executor &operator=(const Executor &) = delete;

  const abi::Function &function() const { return function_; }

  /// Another value of a parameter: host memory of its shape and type that outlives the device.
  Status bindParameter(uint32_t parameter, const void *data);
  /// The value of a parameter that is bound at run time (abi::Parameter::BOUND), in its type and layout; it outlives its use. Until then it
  /// has no rows, or no columns.
  Status bindMatrix(uint32_t parameter, const void *data, int64_t rows, int64_t columns);
  /// Memory of a device of its own with a parameter's values, in the type that the function reads; and that type, nothing
  /// where the function has no use for the parameter.
  void bindHeldParameter(uint32_t parameter, void *held);
  std::optional<abi::ElementType> typeOf(uint32_t parameter) const;
  /// Device memory of a state: `rows` rows of its shape.
  void bindState(uint32_t state, void *data, int64_t rows);
  /// Host memory of the page table, copied at each run.
  void bindPageTable(const int32_t *table, int64_t slots, int64_t pagesPerSlot);

  Status run(std::span<const InputTensor> inputs);
  /// The same without waiting for a device of its own to be done, which reading a result does.
  /// With `tokensAreThere` those of the inputs are not the call's: as many were put at `tokensAddress` behind the call before.
  Status begin(std::span<const InputTensor> inputs, bool tokensAreThere = false);
  /// Where the last call's tokens lie in the device's memory.
  void *tokensAddress() const { return inputBlock_; }
  /// Waits for what was begun.
  Status finish() { return device_.finish(); }
  /// The steps of the last run once more, on the inputs that it left on the device (for measuring).
  Status repeat(std::span<const InputTensor> inputs);

  /// Result `index` of the last run.
  TensorShape resultShape(size_t index) const;
  Status readResult(size_t index, void *target, size_t bytes, size_t offset = 0);
  /// Bytes of it that follow each other from `offset` on, to several places.
  Status readParts(size_t index, std::span<const std::span<std::byte>> targets, size_t offset = 0);
  /// Where it lies in the device's memory, up to the next run.
  const void *resultAddress(size_t index) const { return dataOf(plan_.results[index]); }
  /// Several results whole, one place for each.
  Status readResults(std::span<const uint32_t> indices, std::span<const std::span<float>> targets);

  /// Sums up the time of each kernel from now on (null: stops).
  void setProfile(KernelProfile *profile) { profile_ = profile; }
  /// Runs as if the memory of these layers were empty (by layer; empty: ends it).
  void hideMemory(std::vector<bool> layers);
  int64_t arenaBytes() const { return layout_.bytes; }

private:
  struct Bound {
    void *data = nullptr;
    int64_t rows = 0;
  };
  // What a launch needs, as of `generation`.
  struct ReadyStep {
    uint64_t generation = 0;
    std::vector<longc_view> views;
    std::vector<int64_t> grid, scalars;
    int64_t blocks = 0;
  };

  Executor(const Program &program, const abi::Function &function, Device &device);
  Result<void *> share(const BufferPlan &buffer, const void *stored);
  Status shareParameters();
  Status bindSymbols(std::span<const InputTensor> inputs);
  Status bindBufferSizes(const BufferPlan &buffer, const TensorShape &shape);
  std::string nameOf(const BufferPlan &buffer) const;
  TensorShape stateShape(const BufferPlan &buffer) const;
  bool isBound(const BufferPlan &buffer) const;
  Status growArena();
  Status copyInputs(std::span<const InputTensor> inputs, bool tokensAreThere);
  Status growInputBlock(size_t bytes, size_t kept);
  Status runSteps(std::span<const InputTensor> inputs);
  Status runTogether();
  Status launchAnew();
  /// A list of this call; its symbol and the copy without hidden memory are settled with it.
  Result<std::vector<int32_t>> makeWorkList(const StepPlan &step, std::span<const InputTensor> inputs);
  Status runWorkList(const StepPlan &step, std::span<const InputTensor> inputs);
  LaunchCost costOf(const StepPlan &step, const ReadyStep &ready) const;
  Status runTransfer(const StepPlan &step);
  StateBounds stateBounds() const;
  Status runLaunch(size_t index);
  bool isLeftOut(const StepPlan &step) const { return asksForNothing_ && step.resultsAlone; }
  Status prepare(const StepPlan &step, ReadyStep &ready);
  Result<longc_view> viewOf(uint32_t buffer) const;
  void *dataOf(uint32_t buffer) const;
  Status sizeError(const std::string &what) const;
  Status shapeError(const BufferPlan &buffer, const TensorShape &shape) const;

  const Program &program_;
  const abi::Function &function_;
  Device &device_;
  FunctionPlan plan_;
  HiddenMemory hidden_;
  KernelProfile *profile_ = nullptr;
  std::map<uint32_t, ListCost> lists_; // of the work lists of a call, by buffer, while there is a profile

  std::vector<int64_t> symbols_, previousSymbols_, maxima_;
  std::vector<void *> parameters_;
  std::vector<TensorShape> matrices_; // of the parameters that are bound
  std::vector<Bound> states_;
  const int32_t *pageTable_ = nullptr;
  int64_t pageTableSlots_ = 0, pageTablePages_ = 0;
  // What a call is given, on the device: its tokens, the other inputs by number, the page table, lists of work where those come first.
  std::byte *inputBlock_ = nullptr;
  size_t inputBlockBytes_ = 0;
  std::vector<size_t> inputOffsets_;          // by number, then the page table's
  std::map<uint32_t, size_t> listOffsets_;    // by buffer
  std::vector<std::byte> packedInputs_;
  ArenaLayout layout_;
  std::byte *arena_ = nullptr;
  bool asksForNothing_ = false; // every result of this call but its states is empty
  uint64_t generation_ = 1;
  std::vector<ReadyStep> ready_;
  size_t tokensInput_;  // its number; past the inputs without one
  bool listsComeFirst_; // before all launches
  std::vector<KernelLaunch> launches_;
  uint64_t sequence_ = 0, sequenceOf_ = 0; // name of the launches as of a generation
};

} // namespace longc
