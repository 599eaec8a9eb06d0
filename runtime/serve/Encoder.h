// An encoder's program ready to run on this machine in one precision: sequences of tokens to vectors.
//
// Sequences of a call lie one behind the other, without padding: a call costs what its tokens cost.
#pragma once

#include "runtime/serve/EncoderInputs.h"
#include "runtime/serve/Engine.h"

#include <memory>
#include <span>
#include <vector>

namespace longc {

class Encoder {
public:
  /// `program` must outlive the encoder. A decoder's program is an error.
  static Result<std::unique_ptr<Encoder>> create(const Program &program, const longc_program_table &table,
                                                 const EngineOptions &options);

  const Program &program() const { return program_; }
  Device &device() { return *device_; }
  /// What the kernels are for: "cpu", or a GPU's target.
  const std::string &target() const { return target_; }
  const char *precision() const { return precision_; }
  /// Numbers of an embedding.
  int64_t width() const { return program_.module().hidden(); }
  /// Tokens of one call that keep the device busy.
  int64_t callTokens() const { return device_->hasOwnMemory() ? int64_t{64} << 10 : int64_t{1} << 10; }
  /// Tokens of the longest sequence.
  int64_t longest() const { return static_cast<int64_t>(program_.module().context_length()); }

  /// An error for an id outside the vocabulary.
  Status checkToken(int32_t token) const;
  /// One vector a sequence, each of 1 to longest() known tokens, in one call: `out` is [sequences, width].
  Status encode(std::span<const std::span<const int32_t>> sequences, abi::Encoder::Pooling pooling, std::span<float> out);

  /// `events`: each launch, for a trace.
  void startProfile(bool events) {
    executor_->setProfile(&profile_);
    if (events)
      profile_.keepEvents();
  }
  std::string profileTable();
  std::string profileTrace() const;

private:
  explicit Encoder(const Program &program) : program_(program) {}
  Status open(const longc_program_table &table, const EngineOptions &options, int ordinal);

  const Program &program_;
  const char *precision_ = "fast";
  std::string target_ = "cpu";
  std::unique_ptr<Device> device_;
  std::unique_ptr<Executor> executor_;
  KernelProfile profile_;
  EncoderInputs inputs_; // of a call
};

} // namespace longc
