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

constexpr int64_t window = 32, chunk = 16;

// One layer in f32, keys and values, rows of 8 bytes.
StateLayout layout() {
  StateLayout layout;
  layout.rings = {{0, "cache_keys", 0, abi::F32, 8}, {1, "cache_values", 0, abi::F32, 8}};
  layout.pages = {{2, "memory_keys", 0, abi::F32, 8}, {3, "memory_values", 0, abi::F32, 8}};
  return layout;
}

WindowPolicy policy() {
  WindowPolicy policy;
  policy.window = window;
  policy.lastContext = 8;
  return policy;
}

abi::SavedMemory aText() {
  abi::SavedMemory about;
  about.set_kind(MemoryFile::textKind);
  about.mutable_text()->set_text("a text");
  about.mutable_text()->set_read(5);
  return about;
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
    if (!done || !(*context)->save(std::string(argv[1]) + "/tokens-" + std::to_string(tokens), aText()).ok())
      return 1;
  }
  return 0;
}

#else
#include "test/fuzz/MemoryFile.h"

namespace {

// Places in the file, as runtime/serve/MemoryFile.cpp lays it out.
constexpr size_t fileSizeAt = 16, messageBytesAt = 24, hashAt = 32, prefixBytes = 40, alignment = 4096;

template <typename Value> Value get(const uint8_t *data) {
  Value value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

template <typename Value> void put(uint8_t *data, Value value) { std::memcpy(data, &value, sizeof value); }

// Gives the sections of a message their checksums, if it is still a message, and of the same size with them.
void mendSections(uint8_t *data, size_t size, size_t messageBytes) {
  abi::SavedMemory about;
  if (!about.ParseFromArray(data + prefixBytes, static_cast<int>(messageBytes)))
    return;
  auto aligned = [](size_t offset) { return (offset + alignment - 1) / alignment * alignment; };
  size_t offset = aligned(prefixBytes + messageBytes);
  for (abi::SavedSection &section : *about.mutable_sections()) {
    if (offset > size || section.bytes() > size - offset)
      return;
    section.set_hash(hashBytes(data + offset, section.bytes()));
    offset = aligned(offset + section.bytes());
  }
  if (std::string message = about.SerializeAsString(); message.size() == messageBytes)
    std::memcpy(data + prefixBytes, message.data(), messageBytes);
}

void mendChecksums(uint8_t *data, size_t size) {
  if (size < prefixBytes)
    return;
  put<uint64_t>(data + fileSizeAt, size);
  const size_t messageBytes = std::min<uint64_t>(get<uint64_t>(data + messageBytesAt), size - prefixBytes);
  mendSections(data, size, messageBytes);
  put<uint64_t>(data + hashAt, 0);
  StreamingHash hash;
  hash.add(data, prefixBytes);
  hash.add(data + prefixBytes, messageBytes);
  put<uint64_t>(data + hashAt, hash.value());
}

} // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t largest);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t largest, unsigned seed) {
  // Half of the mutations go into the prefix and the message: the rest of the file is numbers that nothing depends on.
  size_t head = std::min(size, alignment);
  if (seed % 2 && head > 0)
    LLVMFuzzerMutate(data, head, head);
  else
    size = LLVMFuzzerMutate(data, size, largest);
  if (seed % 16 > 1)
    mendChecksums(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::MemoryFile bytes(data, size);
  auto file = MemoryFile::open(bytes.path());
  if (!file.ok())
    return 0;
  auto context = Context::load(*file, layout(), policy(), chunk);
  if (!context.ok())
    return 0;
  auto fork = (*context)->fork();
  if (!fork.ok() || !(*fork)->admit(chunk).ok())
    return 0;
  (*context)->spill();
  (void)(*fork)->save("/dev/shm/longc-context-fuzz", aText()).ok();
  return 0;
}
#endif
