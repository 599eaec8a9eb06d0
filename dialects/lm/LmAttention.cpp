// Attention: interpretation by the references of reference/Attention.h.
#include "dialects/interpreter/RowStore.h"
#include "dialects/lm/LmShapes.h"
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

FailureOr<std::pair<SmallVector<int64_t>, SmallVector<int64_t>>> readBoundaries(PackedAttentionOp op,
                                                                                Interpreter &interpreter) {
  auto read = [&](Value value, int64_t rows) -> FailureOr<SmallVector<int64_t>> {
    const HostTensor &tensor = interpreter.getTensor(value);
    SmallVector<int64_t> result;
    for (int64_t i = 0; i < tensor.size(); ++i) {
      result.push_back(static_cast<int64_t>(tensor[i]));
      if (result.back() < (i ? result[i - 1] : 0) || result.back() > rows)
        return op.emitError("expected rising boundaries in [0, ") << rows << "], got " << result.back(), failure();
    }
    return result;
  };
  auto q = read(op.getCuQ(), interpreter.getTensor(op.getQ()).dim(0));
  auto k = read(op.getCuK(), interpreter.getTensor(op.getK()).dim(0));
  if (failed(q) || failed(k))
    return failure();
  if (q->size() != k->size())
    return op.emitError("expected as many query sequences as key sequences"), failure();
  return std::pair(*q, *k);
}

} // namespace

LogicalResult PackedAttentionOp::interpret(Interpreter &interpreter) {
  const HostTensor &q = interpreter.getTensor(getQ()), &k = interpreter.getTensor(getK());
  const HostTensor &v = interpreter.getTensor(getV());
  if (failed(expectEqual(*this, "values", v.shape(), k.shape())))
    return failure();
  auto boundaries = readBoundaries(*this, interpreter);
  if (failed(boundaries))
    return failure();
  auto &[cuQ, cuK] = *boundaries;
  int64_t kvHeads = k.dim(1), size = q.dim(2), sequences = static_cast<int64_t>(cuQ.size()) - 1;
  int64_t window = getWindow();
  Outputs outputs(q);
  int64_t group = outputs.heads / kvHeads;

  for (int64_t i = 0; i < sequences; ++i)
    for (int64_t t = cuQ[i]; t < cuQ[i + 1]; ++t)
      for (int64_t h = 0; h < outputs.heads; ++h) {
        int64_t position = t - cuQ[i] + (cuK[i + 1] - cuK[i]) - (cuQ[i + 1] - cuQ[i]);
        std::vector<Entry> entries;
        auto see = [&](int64_t row) {
          int64_t at = (row * kvHeads + h / group) * size;
          entries.push_back({k.data() + at, v.data() + at, row});
        };
        for (int64_t s = cuK[i]; s < cuK[i + 1]; ++s) {
          int64_t key = s - cuK[i];
          if ((!getCausal() || key <= position) && (window == 0 || key > position - window))
            see(s);
        }
        if (getSources()) {
          const HostTensor &sources = interpreter.getTensor(getSources());
          for (int64_t row = 0; row < sources.dim(0); ++row) {
            int64_t source = static_cast<int64_t>(sources[2 * row + 1]);
            if (sources[2 * row] != i)
              continue;
            if (source < 0 || source >= sequences)
              return emitError("expected source sequences in [0, ") << sequences << "), got " << source;
            for (int64_t s = cuK[source]; s < cuK[source + 1]; ++s)
              see(s);
          }
        }
        const double *query = q.data() + (t * outputs.heads + h) * size;
        outputs.put(
            t, h,
            reference::attend(entries, reference::dotScores(query, entries, size, getScale(), getSoftCap()), size));
      }
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
  double factor = getScale() * (getTemperature() ? interpreter.getTensor(getTemperature())[0] : 1);
  int64_t topk = getTopk(), block = getGranularity() == Granularity::block ? getBlockSize() : 1;
  Outputs outputs(q);
  int64_t group = outputs.heads / getMemory().getType().getHeads();
  HostTensor indices({outputs.heads, outputs.rows, topk}, Type(),
                     std::vector<double>(outputs.heads * outputs.rows * topk, -1));
  for (const Segment &segment : *segments)
    for (int64_t t = segment.queryBegin; t < segment.queryEnd; ++t)
      for (int64_t h = 0; h < outputs.heads; ++h) {
        auto entries =
            stateEntries(*this, *store, segment.slot, segment.memoryBegin, segment.memoryEnd, h / group, outputs.size);
        if (failed(entries))
          return failure();
        const double *query = q.data() + (t * outputs.heads + h) * outputs.size;
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
