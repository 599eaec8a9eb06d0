// Attention: interpretation by the references of reference/Attention.h.
#include "dialects/interpreter/RowStore.h"
#include "dialects/lm/LmPackedRows.h"
#include "dialects/lm/reference/Attention.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;
using reference::Attended;
using reference::Entry;

namespace {

// Out [T, H, D] and log-sum-exp [H, T], filled row by row; rows of no sequence stay empty.
struct Outputs {
  HostTensor out, lse;
  int64_t rows, heads, size;

  explicit Outputs(const HostTensor &q)
      : out(q.shape(), Type()), lse({q.dim(1), q.dim(0)}, Type(), std::vector<double>(q.dim(0) * q.dim(1), -INFINITY)),
        rows(q.dim(0)), heads(q.dim(1)), size(q.dim(2)) {}

  void put(int64_t t, int64_t h, const Attended &attended) {
    std::copy(attended.out.begin(), attended.out.end(), out.mutableData() + (t * heads + h) * size);
    lse.mutableData()[h * rows + t] = attended.lse;
  }
};

// The rows [begin, end) of a kv head in a state; failure if one was never stored.
FailureOr<std::vector<Entry>> stateEntries(Operation *op, const RowStore &store, int64_t slot, int64_t begin,
                                           int64_t end, int64_t kvHead, int64_t size) {
  std::vector<Entry> entries;
  for (int64_t index = begin; index < end; ++index) {
    const RowStore::Row *row = store.find(slot, index);
    if (!row)
      return op->emitError("nothing is stored in slot ") << slot << " at token index " << index, failure();
    entries.push_back({row->key.data() + kvHead * size, row->value.data() + kvHead * size, index});
  }
  return entries;
}

} // namespace

LogicalResult PackedAttentionOp::interpret(Interpreter &interpreter) {
  const HostTensor &q = interpreter.getTensor(getQ()), &k = interpreter.getTensor(getK());
  const HostTensor &v = interpreter.getTensor(getV());
  if (failed(expectEqual(*this, "values", v.shape(), k.shape())))
    return failure();
  auto rows = PackedRows::read(*this, interpreter);
  if (failed(rows))
    return failure();
  Outputs outputs(q);
  int64_t kvHeads = k.dim(1), size = q.dim(2), group = outputs.heads / kvHeads;
  const HostTensor &sourceKeys = getSourceKeys() ? interpreter.getTensor(getSourceKeys()) : k;
  if (failed(expectEqual(*this, "source keys", sourceKeys.shape(), k.shape())))
    return failure();
  rows->forEachQuery([&](int64_t t, ArrayRef<int64_t> keys, size_t own) {
    for (int64_t h = 0; h < outputs.heads; ++h) {
      std::vector<Entry> entries;
      for (auto [number, row] : llvm::enumerate(keys)) {
        int64_t at = (row * kvHeads + h / group) * size;
        entries.push_back({(number < own ? k : sourceKeys).data() + at, v.data() + at, row});
      }
      const double *query = q.data() + (t * outputs.heads + h) * size;
      auto scores = reference::dotScores(query, entries, size, getScale(), getSoftCap());
      outputs.put(t, h, reference::attend(entries, scores, size));
    }
  });
  interpreter.set(getOut(), std::move(outputs.out));
  interpreter.set(getLse(), std::move(outputs.lse));
  return success();
}

LogicalResult WindowAttentionOp::interpret(Interpreter &interpreter) {
  const HostTensor &q = interpreter.getTensor(getQ());
  auto store = interpreter.getState<RowStore>(getCache());
  auto segments = readSegments(*this, interpreter.getTensor(getSegments()), q.dim(0));
  if (failed(segments))
    return failure();
  Outputs outputs(q);
  int64_t group = outputs.heads / getCache().getType().getHeads();
  for (const Segment &segment : *segments)
    for (int64_t t = segment.queryBegin; t < segment.queryEnd; ++t)
      for (int64_t h = 0; h < outputs.heads; ++h) {
        int64_t index = segment.windowEnd - (segment.queryEnd - t), window = getWindow();
        int64_t oldest = window > 0 ? std::max(segment.windowBegin, index + 1 - window) : segment.windowBegin;
        auto entries = stateEntries(*this, *store, segment.slot, oldest, index + 1, h / group, outputs.size);
        if (failed(entries))
          return failure();
        const double *query = q.data() + (t * outputs.heads + h) * outputs.size;
        auto scores = reference::dotScores(query, *entries, outputs.size, getScale(), getSoftCap());
        outputs.put(t, h, reference::attend(*entries, scores, outputs.size));
      }
  interpreter.set(getOut(), std::move(outputs.out));
  interpreter.set(getLse(), std::move(outputs.lse));
  return success();
}

LogicalResult KnnAttentionOp::interpret(Interpreter &interpreter) {
  const HostTensor &q = interpreter.getTensor(getQ());
  auto store = interpreter.getState<RowStore>(getMemory());
  auto segments = readSegments(*this, interpreter.getTensor(getSegments()), q.dim(0));
  if (failed(segments))
    return failure();
  int64_t topk = getTopk(), block = getGranularity() == Granularity::block ? getBlockSize() : 1;
  Outputs outputs(q);
  int64_t group = outputs.heads / getMemory().getType().getHeads();
  HostTensor indices({outputs.heads, outputs.rows, topk}, Type(),
                     std::vector<double>(outputs.heads * outputs.rows * topk, -1));
  const HostTensor *temperature = getTemperature() ? &interpreter.getTensor(getTemperature()) : nullptr;
  for (const Segment &segment : *segments)
    for (int64_t t = segment.queryBegin; t < segment.queryEnd; ++t)
      for (int64_t h = 0; h < outputs.heads; ++h) {
        auto entries =
            stateEntries(*this, *store, segment.slot, segment.memoryBegin, segment.memoryEnd, h / group, outputs.size);
        if (failed(entries))
          return failure();
        const double *query = q.data() + (t * outputs.heads + h) * outputs.size;
        double factor = getScale() * (temperature ? (*temperature)[temperature->size() == 1 ? 0 : t] : 1);
        reference::Numbers scores;
        for (const Entry &entry : *entries)
          scores.push_back(factor * (getSimilarity() == Similarity::cosine
                                         ? reference::cosine(query, entry.key, outputs.size)
                                         : reference::dot(query, entry.key, outputs.size)));
        if (topk > 0) {
          reference::Selection selection = reference::selectBest(scores, topk, block);
          for (auto [rank, position] : llvm::enumerate(selection.chosen))
            indices.mutableData()[(h * outputs.rows + t) * topk + rank] = (*entries)[position].index;
          std::vector<Entry> kept;
          reference::Numbers keptScores;
          for (int64_t position : selection.entries) {
            kept.push_back((*entries)[position]);
            keptScores.push_back(scores[position]);
          }
          outputs.put(t, h, reference::attend(kept, keptScores, outputs.size));
        } else {
          outputs.put(t, h, reference::attend(*entries, scores, outputs.size));
        }
      }
  interpreter.set(getOut(), std::move(outputs.out));
  interpreter.set(getLse(), std::move(outputs.lse));
  if (getIndices())
    interpreter.set(getIndices(), std::move(indices));
  return success();
}

LogicalResult MergeAttentionOp::interpret(Interpreter &interpreter) {
  Outputs outputs(interpreter.getTensor(getOuts().front()));
  for (auto [outValue, lseValue] : llvm::zip(getOuts(), getLses()))
    if (failed(expectEqual(*this, "parts", interpreter.getTensor(outValue).shape(), outputs.out.shape())) ||
        failed(expectEqual(*this, "lse", interpreter.getTensor(lseValue).shape(), outputs.lse.shape())))
      return failure();
  for (int64_t t = 0; t < outputs.rows; ++t)
    for (int64_t h = 0; h < outputs.heads; ++h) {
      std::vector<Attended> parts;
      for (auto [outValue, lseValue] : llvm::zip(getOuts(), getLses())) {
        const double *out = interpreter.getTensor(outValue).data() + (t * outputs.heads + h) * outputs.size;
        parts.push_back(
            {reference::Numbers(out, out + outputs.size), interpreter.getTensor(lseValue)[h * outputs.rows + t]});
      }
      outputs.put(t, h, reference::merge(parts, outputs.size));
    }
  interpreter.set(getOut(), std::move(outputs.out));
  interpreter.set(getLse(), std::move(outputs.lse));
  return success();
}
