// A program ready to run on this machine in one precision: the device, its linked kernels, prefill, decode and ingest.
#pragma once

#include "runtime/abi/longc_abi.h"
#include "runtime/device/CpuDevice.h"
#include "runtime/device/CpuFeatures.h"
#include "runtime/serve/Batch.h"
#include "runtime/serve/Context.h"
#include "runtime/serve/DeviceSampler.h"
#include "runtime/serve/Executor.h"
#include "runtime/serve/Program.h"

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace longc {

struct EngineOptions {
  bool exact = false;
  std::string variant; // "" chooses by table
  int threads = 0;     // 0: one a core
  bool integers = false; // of encoders: products of int8
  std::string device = "cpu"; // a word of chooseDevice
};

/// The processor with the kernels of these functions, in the variant that the options ask for or this machine has.
Result<std::unique_ptr<CpuDevice>> openProcessor(const Program &program, const longc_program_table &table,
                                                 const EngineOptions &options,
                                                 std::initializer_list<const abi::Function *> functions);

class Engine {
public:
  /// `program` must outlive the engine.
  static Result<std::unique_ptr<Engine>> create(const Program &program, const longc_program_table &table,
                                                const EngineOptions &options);

  const Program &program() const { return program_; }
  Device &device() { return *device_; }
  const Device &device() const { return *device_; }
  /// What the kernels are for: "cpu", or a GPU's target.
  const std::string &target() const { return target_; }
  /// Runs tokens of several sequences of one store. Windows run in ingest, a part of one word in decode, a longer one or a soft token in
  /// prefill, whatever else is in the call: so its numbers are what it gets alone.
  Status run(std::span<const BatchPart> parts);
  /// Queues a step of parts of one word each: logits, a row a part, stay in decode's first result. With
  /// `tokensAreThere` the words are those at decode's tokensAddress, not theirs.
  Status beginStep(std::span<const BatchPart> parts, bool tokensAreThere = false);
  /// Chooses tokens where the logits lie; null where the host does.
  DeviceSampler *sampler() { return sampler_.get(); }
  /// The same where it chooses as `options` say.
  const DeviceSampler *samplerFor(const SamplerOptions &options) const { return sampler_ && sampler_->covers(options) ? sampler_.get() : nullptr; }
  /// Another one from now on; its device reads this one's memory.
  void setSampler(std::unique_ptr<DeviceSampler> sampler) { sampler_ = std::move(sampler); }
  Executor &prefill() { return *inUse().prefill; }
  Executor &decode() { return *inUse().decode; }
  /// Whether there is a function that reads windows into memory alone.
  bool hasIngest() const { return plain_.ingest != nullptr; }
  const StateLayout &layout() const { return layout_; }
  int64_t vocabulary() const { return program_.module().vocabulary(); }
  const char *precision() const { return exact_ ? "exact" : "fast"; }
  /// Tokens of one call: enough to keep the kernels busy, few enough for steady progress, short rings and a small arena.
  int64_t callTokens() const { return device_->hasOwnMemory() ? int64_t{4} << 10 : int64_t{1} << 10; }
  /// The same of windows that are read alone, which lie in no ring.
  int64_t windowTokens() const { return device_->hasOwnMemory() ? int64_t{64} << 10 : int64_t{1} << 10; }
  /// Bytes that one token of memory takes.
  int64_t memoryBytesPerToken() const { return layout_.memoryBytesPerToken(); }

  /// Another value of a parameter, as Executor::bindParameter; `adapter` tells apart what such values make of the model.
  Status bindParameter(uint32_t parameter, const void *data);
  /// Whether an adapter of any rank can be bound beside the products of the program.
  bool takesOverlays() const { return adaptedPrefill_ != nullptr; }
  /// Runs with what is bound by bindMatrix from now on, or without it.
  Status useOverlays(bool on);
  /// As Executor::bindMatrix, behind useOverlays(true).
  Status bindMatrix(uint32_t parameter, const void *data, int64_t rows, int64_t columns);
  /// What every session begins with from now on; null: nothing.
  void setPrefix(std::shared_ptr<const CachePrefix> prefix) { prefix_ = std::move(prefix); }
  const CachePrefix *prefix() const { return prefix_.get(); }
  void setAdapter(std::string adapter) { adapter_ = std::move(adapter); }
  /// "none" in programs that take adapters and have none, "" in all others.
  const std::string &adapter() const { return adapter_; }

  /// Runs as if the memory of these layers were empty (by layer; empty: ends it).
  void hideMemory(const std::vector<bool> &layers);
  void startProfile(bool events);
  /// For what runs beside it and belongs into the same table; null without one.
  KernelProfile *profile() { return profiling_ ? &profile_ : nullptr; }
  /// The table of everything since startProfile.
  std::string profileTable();
  std::string profileTrace() const;

private:
  struct Executors {
    std::unique_ptr<Executor> prefill, decode, ingest; // the last one null without memory
    std::vector<Executor *> all() const;
  };

  explicit Engine(const Program &program) : program_(program), adapter_(program.module().has_lora() || program.module().has_gated_memory() ? "none" : "") {}
  Status open(const longc_program_table &table, const EngineOptions &options, int ordinal);
  Status link(const longc_program_table &table, const EngineOptions &options, int ordinal, const abi::Function &prefill,
              const abi::Function &decode, const abi::Function *ingest);
  Status create(Executors &executors, const abi::Function &prefill, const abi::Function &decode, const abi::Function *ingest);
  std::vector<Executor *> executors() const;
  const Executors &inUse() const { return isAdapted_ ? adapted_ : plain_; }

  const Program &program_;
  std::string adapter_;
  std::shared_ptr<const CachePrefix> prefix_;
  bool exact_ = false;
  std::string target_ = "cpu";
  std::unique_ptr<Device> device_;
  std::unique_ptr<DeviceSampler> sampler_;
  Executors plain_, adapted_; // those with adapters are made when one is first asked for
  bool isAdapted_ = false;
  const abi::Function *adaptedPrefill_ = nullptr, *adaptedDecode_ = nullptr, *adaptedIngest_ = nullptr; // null: the program has none
  StateLayout layout_;
  bool profiling_ = false;
  KernelProfile profile_;
};

} // namespace longc
