// What all training of a compiled program shares: its functions `loss` and `loss_gradient`, the device that runs them, and the trained
// parameters there. Which inputs the functions take is for those who derive from it.
#pragma once

#include "runtime/device/OpenDevice.h"
#include "runtime/serve/Engine.h"
#include "runtime/train/HeldParameters.h"
#include "runtime/train/ProgramParameters.h"
#include "runtime/train/Trainer.h"

#include <functional>
#include <memory>
#include <vector>

namespace longc {

/// Code of its error: a program without these functions.
inline constexpr int noTraining = 8033;

/// Whether the program trains; the error says how to make one that does.
Status checkTrains(const Program &program, bool exact);

class CompiledStep : public TrainStep {
public:
  const ParameterList &parameters() const override { return parameters_.list; }
  ThreadPool &pool() override { return *pool_; }

  /// Fills in the parameters that begin with what the program stores.
  void readStored(ParameterArray &values) const;
  /// What the arithmetic is done by, in a word or two: a variant of the processor's kernels, or a GPU's target.
  std::string arithmetic() const { return target_ == "cpu" ? device_->variant() : target_; }
  const Device &device() const { return *device_; }
  /// Tokens of a call where nothing else is asked for: so many that the device has work.
  int64_t usualCallTokens() const { return device_->hasOwnMemory() ? 16384 : TrainOptions().callTokens; }
  const std::string &precision() const { return gradient_->function().precision(); }
  /// Of what one call keeps besides parameters, as of the largest call so far.
  int64_t activationBytes() const { return gradient_->arenaBytes(); }
  Result<std::unique_ptr<HeldTraining>> hold() override;

protected:
  /// `engine`: one of the program that runs already, whose GPU, if it has one, trains too; it must outlive this.
  explicit CompiledStep(const Program &program, Engine *engine = nullptr) : program_(program), engine_(engine) {}
  /// Where `options.device` says, in float32 arithmetic with `options.exact`, else in that of the fast mode; where the program was
  /// compiled with one of the two, in that one. LC8033 as of checkTrains; LC4122 without the functions for the device.
  Status open(const longc_program_table &table, const EngineOptions &options);

  const Program &program() const { return program_; }
  Executor &lossFunction() const { return *loss_; }
  Executor &gradientFunction() const { return *gradient_; }
  /// The values of the following calls of either.
  Status bind(Executor &executor, const ParameterArray &values);
  Status bind(Executor &executor, const HeldTraining &training);
  /// One call: the loss.
  Result<double> call(Executor &executor, std::span<const InputTensor> inputs);
  /// Gradients of parameters that this says true of are zeros from now on.
  void freeze(const std::function<bool(const TrainedParameter &)> &isFrozen);
  /// Those of the last call of `gradientFunction`.
  Status addGradients(ParameterArray &gradients);
  Status addGradients(HeldTraining &training);

private:
  Status openOn(const DeviceChoice &choice, const longc_program_table &table, const EngineOptions &options);
  Status link(const longc_program_table &table, const EngineOptions &options, int ordinal, std::initializer_list<const abi::Function *> functions);
  Status findParameters(const abi::Function &gradient);
  std::vector<abi::ElementType> heldTypes() const;
  Status readGradients();
  void bindHeld(Executor &executor, const std::function<void *(size_t)> &addressOf);

  const Program &program_;
  Engine *engine_;
  std::string target_;
  ProgramParameters parameters_;
  std::vector<uint32_t> results_; // of each: which result is its gradient
  std::vector<bool> frozen_;      // of each
  std::unique_ptr<Device> ownDevice_;
  Device *device_ = nullptr;
  std::unique_ptr<ThreadPool> ownPool_; // beside a GPU
  ThreadPool *pool_ = nullptr;
  std::unique_ptr<HeldParameters> held_; // values of the host on a device with memory of its own, once there were some
  std::unique_ptr<Executor> loss_, gradient_;
  ParameterArray read_; // gradients of a call on a device with memory of its own, before they are added
};

} // namespace longc
