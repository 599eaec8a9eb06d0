// Fuzz target of saved memories. A mutated file gets its checksums right again: what they would have caught is not the
// question, what the checks behind them let through is. A context that was restored is used, forked and saved.
//
// Built with LONGC_WRITE_SEEDS it writes its seeds instead: `context_seeds FOLDER`.
#include "runtime/core/Hash.h"
#include "runtime/serve/Context.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace longc;

namespace {

const char *const fingerprint = "m";
constexpr int64_t window = 32, chunk = 16;

// One layer in f32, keys and values, rows of 8 bytes.
StateLayout layout() {
  StateLayout layout;
  layout.rings = {{0, abi::State::CACHE_KEYS, 0, abi::F32, 8}, {1, abi::State::CACHE_VALUES, 0, abi::F32, 8}};
  layout.pages = {{2, abi::State::MEMORY_KEYS, 0, abi::F32, 8}, {3, abi::State::MEMORY_VALUES, 0, abi::F32, 8}};
  return layout;
}

WindowPolicy policy() {
  WindowPolicy policy;
  policy.window = window;
  policy.lastContext = 8;
  return policy;
}

} // namespace

#ifdef LONGC_WRITE_SEEDS

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: context_seeds FOLDER\n");
    return 2;
  }
  for (int64_t tokens : {0, 7, 300}) {
    auto context = Context::create(layout(), policy(), chunk);
    bool done = context.ok();
    for (int64_t left = tokens; done && left > 0; left -= chunk)
      done = (*context)->admit(std::min(left, chunk)).ok();
    if (!done || !(*context)->save(std::string(argv[1]) + "/tokens-" + std::to_string(tokens), fingerprint).ok())
      return 1;
  }
  return 0;
}

#else
#include "test/fuzz/MemoryFile.h"

namespace {

// Places in the file, as runtime/serve/ContextFile.cpp lays it out.
constexpr size_t sectionCountAt = 12, fileSizeAt = 16, hashAt = 24, headerBytes = 112, sectionBytes = 48;
constexpr size_t offsetAt = 24, bytesAt = 32, sectionHashAt = 40; // within a section

template <typename Value> Value get(const uint8_t *data) {
  Value value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

template <typename Value> void put(uint8_t *data, Value value) { std::memcpy(data, &value, sizeof value); }

void mendChecksums(uint8_t *data, size_t size) {
  if (size < headerBytes)
    return;
  put<uint64_t>(data + fileSizeAt, size);
  size_t sections = std::min<size_t>(get<uint32_t>(data + sectionCountAt), (size - headerBytes) / sectionBytes);
  for (size_t index = 0; index < sections; ++index) {
    uint8_t *section = data + headerBytes + index * sectionBytes;
    auto offset = get<uint64_t>(section + offsetAt), bytes = get<uint64_t>(section + bytesAt);
    if (offset <= size && bytes <= size - offset)
      put<uint64_t>(section + sectionHashAt, hashBytes(data + offset, bytes));
  }
  put<uint64_t>(data + hashAt, 0);
  StreamingHash hash;
  hash.add(data, headerBytes);
  hash.add(data + headerBytes, sections * sectionBytes);
  put<uint64_t>(data + hashAt, hash.value());
}

} // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t largest);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t largest, unsigned seed) {
  // Half of the mutations go into header and sections: the rest of the file is numbers that nothing depends on.
  size_t head = std::min(size, headerBytes + 4 * sectionBytes);
  if (seed % 2 && head > 0)
    LLVMFuzzerMutate(data, head, head);
  else
    size = LLVMFuzzerMutate(data, size, largest);
  if (seed % 16 > 1)
    mendChecksums(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::MemoryFile file(data, size);
  auto context = Context::load(file.path(), fingerprint, layout(), policy(), chunk);
  if (!context.ok())
    return 0;
  auto fork = (*context)->fork();
  if (!fork.ok() || !(*fork)->admit(chunk).ok())
    return 0;
  (*context)->spill();
  (void)(*fork)->save("/dev/shm/longc-context-fuzz", fingerprint).ok();
  return 0;
}
#endif
