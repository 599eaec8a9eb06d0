// Counters by which libFuzzer sees what is new.
#include "test/fuzz/Features.h"

#include <cctype>

__attribute__((section("__libfuzzer_extra_counters"))) uint8_t seenFeatures[1 << 14];

namespace longc::fuzz {

void noteFeature(llvm::StringRef text, unsigned kind) {
  unsigned hash = 2166136261u + kind;
  for (char c : text)
    if (!std::isdigit(static_cast<unsigned char>(c)))
      hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  seenFeatures[hash % sizeof seenFeatures] = 1;
}

void noteOps(mlir::ModuleOp module, unsigned kind) {
  module.walk([&](mlir::Operation *op) { noteFeature(op->getName().getStringRef(), kind); });
}

} // namespace longc::fuzz
