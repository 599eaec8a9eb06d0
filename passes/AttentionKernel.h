// The attention-like skeleton: one joint online softmax over any number of sources of keys and values
// (Milakov and Gimelshein 2018; FlashAttention, 2205.14135).
//
// A block owns the query tokens of one row of the work list and one head (or, folded, the query heads that share a key
// head: they are further rows of its tiles). It walks the tiles of every source in turn, carrying the weighted sum, the
// running maximum and the running sum of all of them together; so window and memory are one softmax without a merge.
//
// Where a block has one query token, blocks are few and keys may be many: a further dimension of the grid splits the
// keys, partial results go to a workspace, and a second kernel merges them by index. Which keys a split takes follows
// from its row of the work list alone: results depend neither on threads nor on what else is in the call.
#pragma once

#include "passes/KernelBuilder.h"
#include "runtime/abi/Layout.h"

namespace longc {

struct AttentionSource {
  enum Layout {
    Packed, // keys of a sequence lie one after the other, at the indices of the work list
    Others, // all keys of the sequences that `pairs` has for the block's, packed too
    Ring,   // token index modulo `ring`, in the slot's ring
    Pages,  // token index through the slot's row of `pageTable`
  };
  Layout layout = Packed;
  mlir::Value query, keys, values; // host tensors [T, H, D], [rows, K, D], [rows, K, D]; packed ones [T, C] too
  int64_t queryColumn = 0, keyColumn = 0, valueColumn = 0; // of a [T, C]: where its heads begin
  mlir::Value pairs, boundaries;   // host tensors: the op's sources, and where key sequences begin (Others)
  mlir::Value ring;                // host index: rows of one slot (Ring)
  mlir::Value pageTable;           // host tensor [slots, pages] (Pages)
  mlir::Value temperature;         // host tensor [1] or [T], optional: a factor of the scores
  double scale = 1.0, softCap = 0.0;
  int64_t window = 0; // newest keys that are seen, 0 for all
  int64_t topk = 0;   // best entries that take part, 0 for all
  bool causal = false, cosine = false;

  bool isPacked() const { return layout == Packed || layout == Others; }
};

// What the gradients of an attention need beside its operands, on the host's side.
struct AttentionGradient {
  mlir::Value gradient;   // of the result, [T, H, D]
  mlir::Value lse, delta; // [H, T] f32, as in lm.attention_query_gradient
};

struct AttentionSizes {
  int64_t heads, keyHeads, headSize;
  int64_t queries; // query tokens of a block
  int64_t keys;    // keys of a tile
  bool fold;       // the query heads of a key head are rows of one block
  int64_t together = 0; // of a token's splits are merged in one step; 0: one after the other
  int64_t columns = 0; // of a head that a block has in its result, by the third dimension of the grid; 0 for all
  int64_t splits = 0;  // ranges that a token's keys are in at most
  mlir::Value splitsOfCall = {}; // host index: how many of them a call has, if not all
};

// What the splits of each token leave behind, on the host's side. Splits without keys write nothing.
struct AttentionParts {
  mlir::Value sums;             // [T, splits, H, D] f32, weighted sums of values
  mlir::Value maxima, weights;  // [T, splits, H] f32
};

class AttentionKernel {
public:
  // Grid: (rows of the work list, blocks of heads), and splits for `runSplit`.
  AttentionKernel(KernelBuilder &kernel, const AttentionSizes &sizes, mlir::Value workList);

  // Blocks along the second grid dimension.
  static int64_t headBlocks(const AttentionSizes &sizes) { return sizes.fold ? sizes.keyHeads : sizes.heads; }

  // Emits the loops over all sources; afterwards `out` and `lse` may be asked for.
  void run(llvm::ArrayRef<AttentionSource> sources);
  // Emits the loops over packed sources that add up the gradient of the queries; afterwards `out` is it.
  void runQueryGradient(llvm::ArrayRef<AttentionSource> sources, const AttentionGradient &known);
  // Emits the loops over one split of all sources and stores its part. Blocks of one query token only.
  void runSplit(llvm::ArrayRef<AttentionSource> sources, const AttentionParts &parts);
  // Joins the parts that the splits of `sources` left, in the order of their index; afterwards `out` and `lse` may be asked for. Keys of a tile
  // and splits are those of the splits.
  void merge(llvm::ArrayRef<AttentionSource> sources, const AttentionParts &parts);

  // Normalised result [queries * headsOfBlock, columns] f32, rows of one token together; the first of its columns in a head.
  mlir::Value out() const { return out_; }
  int64_t columns() const { return sizes_.columns ? sizes_.columns : sizes_.headSize; }
  mlir::Value firstColumn() { return sizes_.columns ? kernel_.mul(kernel_.gridIndex(2), sizes_.columns) : kernel_.index(0); }
  // Natural logarithm of the sum of exponentials, [queries * headsOfBlock].
  mlir::Value lse();

  int64_t headsOfBlock() const { return sizes_.fold ? sizes_.heads / sizes_.keyHeads : 1; }
  mlir::Value firstHead() const { return firstHead_; }
  mlir::Value queryBegin() const { return queryBegin_; }
  mlir::Value queryEnd() const { return queryEnd_; }

private:
  struct Carried {
    mlir::Value sum, maximum, weight; // sum of p v, running maximum of s, running sum of p
  };
  struct Share {
    mlir::Value keys, splits; // of each split; how many have some
  };
  struct Walk; // one source with what its loops need
  mlir::Value workItem(int64_t column);
  mlir::Value loadQueries(mlir::Value hostQuery, int64_t column = 0);
  mlir::Value loadHead(mlir::Value view, int64_t column, int64_t rows, mlir::Value row, mlir::Value head, mlir::Value lo, mlir::Value hi);
  Walk visible(const AttentionSource &source);
  mlir::Value firstTile(const Walk &walk);
  Share shareOf(const Walk &walk);
  mlir::Value narrow(Walk &walk);
  mlir::Value splitsOf(llvm::ArrayRef<AttentionSource> sources);
  void prepare(Walk &walk);
  Carried nothing();
  Carried walkAll(llvm::MutableArrayRef<Walk> walks);
  Carried walk(Walk &walk, Carried carried);
  using TileStep = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value key, mlir::ValueRange carried)>;
  llvm::SmallVector<mlir::Value> overTiles(Walk &walk, mlir::ValueRange carried, TileStep step);
  mlir::Value selected(Walk &walk, mlir::Value scores, mlir::Value key);
  void mergeTogether(mlir::Value count, const AttentionParts &parts);
  void finish(Carried carried);
  void selectBest(Walk &walk);
  mlir::Value placeTile(Walk &walk, mlir::Value key);
  mlir::Value scores(Walk &walk, mlir::Value key);
  mlir::Value hideUnseen(Walk &walk, mlir::Value scores, mlir::Value key);
  mlir::Value queryTokens();
  mlir::Value ofQueries(mlir::Value hostRows);
  mlir::Value widened(mlir::Value tile, mlir::Value beside);
  mlir::Value inverseNorms(mlir::Value tile);
  Carried accumulate(Walk &walk, mlir::Value scores, Carried carried);

  KernelBuilder &kernel_;
  AttentionSizes sizes_;
  int64_t rows_;
  mlir::Value workList_, head_, firstHead_, keyHead_, queryBegin_, queryEnd_, queryTokens_, slot_;
  mlir::Value out_, maximum_, weight_;
};

} // namespace longc
