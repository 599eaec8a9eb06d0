// XXH3-64 by the header-only library: nothing to link.
#include "runtime/core/Hash.h"

#include "runtime/core/Format.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace longc {

struct StreamingHash::State {
  XXH3_state_t hash;
};

// XXH3_state_t asks for 64-byte alignment, which `new` honours for over-aligned types.
StreamingHash::StreamingHash() : state_(new State) { XXH3_64bits_reset(&state_->hash); }
StreamingHash::~StreamingHash() = default;

void StreamingHash::add(const void *data, size_t size) { XXH3_64bits_update(&state_->hash, data, size); }
uint64_t StreamingHash::value() const { return XXH3_64bits_digest(&state_->hash); }

uint64_t hashBytes(const void *data, size_t size) { return XXH3_64bits(data, size); }

std::string hashText(uint64_t hash) { return formatText("%016llx", static_cast<unsigned long long>(hash)); }

} // namespace longc
