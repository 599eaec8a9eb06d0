// Lists of layers as options write them.
#include "passes/MemoryLayers.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace longc {

FailureOr<MemoryLayers> MemoryLayers::parse(Operation *anchor, StringRef text) {
  MemoryLayers layers;
  layers.all_ = text == "all";
  SmallVector<StringRef> words;
  if (!layers.all_)
    text.split(words, ',');
  for (StringRef word : words) {
    int64_t layer;
    if (word.trim().getAsInteger(10, layer) || layer < 0) {
      anchor->emitError("expected mem-layers to be 'all' or layer numbers with commas, got '") << text << "'";
      return failure();
    }
    layers.listed_.insert(layer);
  }
  return layers;
}

llvm::SmallSet<int64_t, 8> MemoryLayers::choose(ArrayRef<Layer> layers) const {
  const bool anySeesAll = llvm::any_of(layers, [](const Layer &layer) { return layer.seesAll; });
  llvm::SmallSet<int64_t, 8> chosen;
  for (const Layer &layer : layers)
    if (all_ ? layer.seesAll || !anySeesAll : listed_.contains(layer.number))
      chosen.insert(layer.number);
  return chosen;
}

} // namespace longc
