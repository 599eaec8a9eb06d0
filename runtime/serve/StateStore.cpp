// Rings by slot over pages that stores may share.
#include "runtime/serve/StateStore.h"

#include "runtime/core/Format.h"

#include <algorithm>

namespace longc {
namespace {

constexpr int64_t systemPage = 4096;
constexpr int64_t largePage = int64_t{2} << 20;

int64_t rowBytesOf(const std::vector<StateLayout::Entry> &entries) {
  int64_t bytes = 0;
  for (const StateLayout::Entry &entry : entries)
    bytes += entry.rowBytes;
  return bytes;
}

} // namespace

StateLayout StateLayout::of(const abi::Program &program, const std::vector<const abi::Function *> &functions) {
  std::vector<bool> used(static_cast<size_t>(program.states_size()), false);
  for (const abi::Function *function : functions)
    for (const abi::Buffer &buffer : function->buffers())
      if (buffer.kind() == abi::Buffer::STATE)
        used[buffer.index()] = true;
  StateLayout layout;
  for (uint32_t index = 0; index < used.size(); ++index) {
    if (!used[index])
      continue;
    const abi::State &state = program.states(static_cast<int>(index));
    int64_t rowBytes = elementBytes(state.type());
    for (int64_t size : state.row_shape())
      rowBytes *= size;
    auto &list = state.layout() == abi::State::RINGS ? layout.rings : layout.pages;
    list.push_back({index, state.name(), state.layer(), state.type(), rowBytes});
  }
  return layout;
}

int64_t StateLayout::ringBytesPerToken() const { return rowBytesOf(rings); }
int64_t StateLayout::memoryBytesPerToken() const { return rowBytesOf(pages); }

int64_t StateStore::ringRowsFor(int64_t window, int64_t chunk) {
  return (window + chunk + ringAlignment - 1) / ringAlignment * ringAlignment;
}

Result<std::shared_ptr<StateStore>> StateStore::create(const StateLayout &layout, int64_t ringRows, int64_t slots) {
  std::shared_ptr<StateStore> store(new StateStore(layout, ringRows, slots));
  LONGC_TRY(store->allocateRings());
  std::vector<int64_t> rowBytes;
  for (const StateLayout::Entry &entry : layout.pages)
    rowBytes.push_back(entry.rowBytes);
  auto pages = PagePool::create(std::move(rowBytes), layout.device);
  if (!pages.ok())
    return pages.status();
  store->pages_ = std::move(*pages);
  return store;
}

Result<std::shared_ptr<StateStore>> StateStore::beside(int64_t slots) const {
  std::shared_ptr<StateStore> store(new StateStore(layout_, ringRows_, slots));
  LONGC_TRY(store->allocateRings());
  store->pages_ = pages_;
  return store;
}

Status StateStore::allocateRings() {
  for (const StateLayout::Entry &entry : layout_.rings) {
    const int64_t ofSlot = ringRows_ * entry.rowBytes;
    const auto bytes = static_cast<size_t>(slots() * ofSlot);
    auto rings = StateMemory::create(layout_.device, bytes, slots() == 1 ? StateMemory::Use::whole : StateMemory::Use::sparse,
                                     slots() == 1 ? "the local window" : "the local windows");
    if (!rings.ok())
      return rings.status();
    LONGC_TRY(rings->back(bytes));
    if (slots() > 1 && ofSlot >= largePage) // a smaller one would take its neighbours' memory along
      rings->preferLargePages(0);
    rings_.push_back(std::move(*rings));
  }
  return {};
}

Result<int32_t> StateStore::takeSlot() {
  auto free = std::find(taken_.begin(), taken_.end(), false);
  if (free == taken_.end())
    return Status::error(7106, formatText("all %lld places for sequences are taken", static_cast<long long>(slots())),
                         "wait until one ends, or make room for more");
  *free = true;
  return static_cast<int32_t>(free - taken_.begin());
}

void StateStore::releaseSlot(int32_t slot) {
  taken_[static_cast<size_t>(slot)] = false;
  for (size_t state = 0; state < rings_.size() && slots() > 1; ++state)
    if (int64_t bytes = ringRows_ * layout_.rings[state].rowBytes; bytes % systemPage == 0)
      rings_[state].discard(static_cast<size_t>(slot * bytes), static_cast<size_t>(bytes));
}

int64_t StateStore::freeSlots() const { return std::count(taken_.begin(), taken_.end(), false); }

size_t StateStore::ringOffset(size_t state, int32_t slot, int64_t row) const {
  return static_cast<size_t>((slot * ringRows_ + row) * layout_.rings[state].rowBytes);
}

void StateStore::bind(Executor &executor) const {
  for (size_t state = 0; state < rings_.size(); ++state)
    executor.bindState(layout_.rings[state].state, rings_[state].data(), slots() * ringRows_);
  for (size_t state = 0; state < layout_.pages.size(); ++state)
    executor.bindState(layout_.pages[state].state, pages_->data(state), pages_->rows());
}

} // namespace longc
