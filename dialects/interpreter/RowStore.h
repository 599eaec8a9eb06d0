// State of a cache or a memory in the interpreter: keys and values by the slot of a sequence and the token index.
#pragma once

#include "dialects/interpreter/HostTensor.h"

#include <map>

namespace longc {

struct RowStore : StateObject {
  // Key and value of one token, all kv heads side by side.
  struct Row {
    std::vector<double> key, value;
  };
  using Slot = std::map<int64_t, std::shared_ptr<const Row>>;

  std::map<int64_t, Slot> slots;

  // Null if nothing was stored there.
  const Row *find(int64_t slot, int64_t index) const {
    auto foundSlot = slots.find(slot);
    if (foundSlot == slots.end())
      return nullptr;
    auto foundRow = foundSlot->second.find(index);
    return foundRow == foundSlot->second.end() ? nullptr : foundRow->second.get();
  }
};

} // namespace longc
