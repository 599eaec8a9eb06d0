// Visible rows of a packed batch.
#include "dialects/lm/LmPackedRows.h"

using namespace mlir;

namespace longc::lm {

static FailureOr<SmallVector<int64_t>> readBoundaries(Operation *op, const HostTensor &tensor, int64_t rows) {
  SmallVector<int64_t> result;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    result.push_back(static_cast<int64_t>(tensor[i]));
    if (result.back() < (i ? result[i - 1] : 0) || result.back() > rows)
      return op->emitError("expected rising boundaries in [0, ") << rows << "], got " << result.back(), failure();
  }
  return result;
}

LogicalResult PackedRows::fill(Operation *op, const HostTensor &queryBounds, int64_t queries,
                               const HostTensor &keyBounds, int64_t keys, const HostTensor *sourceTable) {
  auto q = readBoundaries(op, queryBounds, queries), k = readBoundaries(op, keyBounds, keys);
  if (failed(q) || failed(k))
    return failure();
  if (q->size() != k->size())
    return op->emitError("expected as many query sequences as key sequences");
  cuQ = *q;
  cuK = *k;
  auto sequences = static_cast<int64_t>(cuQ.size()) - 1;
  for (int64_t row = 0; sourceTable && row < sourceTable->dim(0); ++row) {
    auto reader = static_cast<int64_t>((*sourceTable)[2 * row]), source = static_cast<int64_t>((*sourceTable)[2 * row + 1]);
    if (source < 0 || source >= sequences)
      return op->emitError("expected source sequences in [0, ") << sequences << "), got " << source;
    sources.push_back({reader, source});
  }
  return success();
}

void PackedRows::forEachQuery(function_ref<void(int64_t, ArrayRef<int64_t>, size_t)> callback) const {
  for (int64_t i = 0; i + 1 < static_cast<int64_t>(cuQ.size()); ++i)
    for (int64_t t = cuQ[i]; t < cuQ[i + 1]; ++t) {
      int64_t position = t - cuQ[i] + (cuK[i + 1] - cuK[i]) - (cuQ[i + 1] - cuQ[i]);
      SmallVector<int64_t> visible;
      for (int64_t s = cuK[i]; s < cuK[i + 1]; ++s) {
        int64_t key = s - cuK[i];
        if ((!causal || key <= position) && (window == 0 || key > position - window))
          visible.push_back(s);
      }
      const size_t own = visible.size();
      for (auto [reader, source] : sources)
        for (int64_t s = cuK[source]; reader == i && s < cuK[source + 1]; ++s)
          visible.push_back(s);
      callback(t, visible, own);
    }
}

} // namespace longc::lm
