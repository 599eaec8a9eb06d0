// Takes the memory of some layers out of the sight of the kernels that read it, to find out what those layers carry.
//
// A kernel sees the memory that its work list says. Launches that read the memory of a hidden layer get a copy of the
// list whose memory ranges are empty; everything else, appending to that memory included, goes on as before.
#pragma once

#include "runtime/device/Device.h"
#include "runtime/serve/FunctionPlan.h"

#include <map>
#include <vector>

namespace longc {

class HiddenMemory {
public:
  HiddenMemory(const abi::Program &program, Device &device) : program_(program), device_(device) {}
  ~HiddenMemory();
  HiddenMemory(const HiddenMemory &) = delete;
  HiddenMemory &operator=(const HiddenMemory &) = delete;

  /// By layer; empty: none.
  void hide(std::vector<bool> layers) { layers_ = std::move(layers); }
  bool isOff() const { return layers_.empty(); }

  /// Whether a launch reads memory of a hidden layer.
  bool concerns(const StepPlan &step, const FunctionPlan &plan) const;

  /// Keeps the copy of the list in buffer `buffer`, which never has more than `capacity` rows. True in `moved` when the
  /// copy has another address than before.
  Status keep(uint32_t buffer, std::vector<int32_t> list, int64_t capacity, bool &moved);
  /// The copy; null if the buffer holds no work list.
  void *copyOf(uint32_t buffer) const;

private:
  struct Copy {
    void *data = nullptr;
    int64_t capacity = 0;
  };
  const abi::Program &program_;
  Device &device_;
  std::vector<bool> layers_;
  std::map<uint32_t, Copy> copies_; // by buffer
};

} // namespace longc
