// Attention: verification.
#include "dialects/lm/LmShapes.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

// Query heads are a multiple of the key heads, and the head size is one; out and lse follow q.
static LogicalResult verifyAttention(Operation *op, Value q, int64_t kvHeads, int64_t headSize, Value out, Value lse) {
  RankedTensorType type = tensorType(q);
  int64_t heads = type.getDimSize(1);
  // packed_attention_c1, window_attention_c1, knn_attention_c1
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(kvHeads) || kvHeads == 0 || heads % kvHeads != 0)
    return op->emitOpError("expected query heads to be a multiple of ") << kvHeads << " key heads, got " << type;
  if (type.getDimSize(2) != headSize || ShapedType::isDynamic(headSize))
    return op->emitOpError("expected a head size of ") << headSize << ", got " << type;
  // packed_attention_c3, window_attention_c2, knn_attention_c2
  if (failed(expectShape(op, "out", out, type.getShape())))
    return failure();
  // packed_attention_c4, window_attention_c3, knn_attention_c3
  return expectShape(op, "lse", lse, {heads, type.getDimSize(0)});
}

LogicalResult PackedAttentionOp::verify() {
  RankedTensorType k = tensorType(getK());
  if (failed(verifyAttention(*this, getQ(), k.getDimSize(1), k.getDimSize(2), getOut(), getLse())))
    return failure();
  // packed_attention_c2
  if (failed(expectShape(*this, "v", getV(), k.getShape())))
    return failure();
  if (failed(verifyBoundary(*this, "cu_q", getCuQ())) || failed(verifyBoundary(*this, "cu_k", getCuK())))
    return failure();
  // packed_attention_c5
  if (getSources() && (failed(verifyBoundary(*this, "sources", getSources())) ||
                       failed(expectShape(*this, "sources", getSources(), {ShapedType::kDynamic, 2}))))
    return failure();
  if (getSourceKeys() && !getSources())
    return emitOpError("expected sources that are seen as the source keys");
  if (getDetachedSources() && !getSources())
    return emitOpError("expected sources that are detached");
  if (getSourceKeys() && failed(expectShape(*this, "source keys", getSourceKeys(), k.getShape())))
    return failure();
  // packed_attention_c6
  if (static_cast<int64_t>(getWindow()) < 0 || !(getSoftCap() >= 0))
    return emitOpError("expected window and soft_cap not to be negative");
  return success();
}

LogicalResult WindowAttentionOp::verify() {
  CacheType cache = getCache().getType();
  if (failed(verifyAttention(*this, getQ(), cache.getHeads(), cache.getHeadSize(), getOut(), getLse())))
    return failure();
  // window_attention_c4
  if (static_cast<int64_t>(getWindow()) < 0 || !(getSoftCap() >= 0))
    return emitOpError("expected window and soft_cap not to be negative");
  return verifySegments(*this, getSegments());
}

LogicalResult KnnAttentionOp::verify() {
  MemoryType memory = getMemory().getType();
  if (failed(verifyAttention(*this, getQ(), memory.getHeads(), memory.getHeadSize(), getOut(), getLse())))
    return failure();
  int64_t topk = getTopk(), block = getBlockSize();
  // knn_attention_c4
  if (topk < 0 || block < 1)
    return emitOpError("expected topk >= 0 and block_size >= 1, got ") << topk << " and " << block;
  // knn_attention_c5
  RankedTensorType q = tensorType(getQ());
  if (getIndices() && topk == 0)
    return emitOpError("expected topk > 0 where indices are asked for");
  if (getIndices() && failed(expectShape(*this, "indices", getIndices(), {q.getDimSize(1), q.getDimSize(0), topk})))
    return failure();
  // knn_attention_c6
  if (getTemperature() && tensorType(getTemperature()).getDimSize(0) != q.getDimSize(0) && failed(expectShape(*this, "a temperature", getTemperature(), {1})))
    return failure();
  return verifySegments(*this, getSegments());
}

LogicalResult MergeAttentionOp::verify() {
  // merge_attention_c1
  if (getOuts().empty())
    return emitOpError("expected at least one part");
  RankedTensorType result = tensorType(getOut());
  // merge_attention_c2
  for (Value out : getOuts())
    if (failed(expectShape(*this, "a part", out, result.getShape())))
      return failure();
  // merge_attention_c3
  for (Value lse : llvm::concat<Value>(SmallVector<Value>(getLses()), SmallVector<Value>{getLse()}))
    if (failed(expectShape(*this, "lse", lse, {result.getDimSize(1), result.getDimSize(0)})))
      return failure();
  return success();
}
