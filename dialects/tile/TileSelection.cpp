// Running exact selection of the best scores: verification and interpretation.
#include "dialects/interpreter/Interpreter.h"
#include "dialects/tile/TileDialect.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace longc;
using namespace longc::tile;

namespace {

// The best entries of each row, best first.
struct TopkState : StateObject {
  struct Entry {
    double score;
    int64_t index;
  };
  std::vector<std::vector<Entry>> rows;
};

bool isBetter(const TopkState::Entry &a, const TopkState::Entry &b) {
  return a.score > b.score || (a.score == b.score && a.index < b.index);
}

} // namespace

LogicalResult TopkInitOp::verify() {
  // topk_init_c1
  if (getState().getType().getRows() < 1 || getState().getType().getK() < 1)
    return emitOpError("expected positive rows and k, got ") << getState().getType();
  return success();
}

LogicalResult TopkInitOp::interpret(Interpreter &interpreter) {
  auto state = std::make_shared<TopkState>();
  state->rows.resize(getState().getType().getRows());
  interpreter.set(getState(), std::shared_ptr<const StateObject>(std::move(state)));
  return success();
}

LogicalResult TopkUpdateOp::verify() {
  auto scores = cast<RankedTensorType>(getScores().getType());
  // topk_update_c1
  if (!scores.hasStaticShape() || scores.getDimSize(0) != getState().getType().getRows())
    return emitOpError("expected a static tile of ") << getState().getType().getRows() << " rows, got " << scores;
  return success();
}

LogicalResult TopkUpdateOp::interpret(Interpreter &interpreter) {
  auto state = std::make_shared<TopkState>(*interpreter.getState<TopkState>(getState()));
  const HostTensor &scores = interpreter.getTensor(getScores());
  int64_t first = interpreter.getInteger(getFirst()), columns = scores.dim(1);
  size_t k = getState().getType().getK();
  for (auto [row, best] : llvm::enumerate(state->rows)) {
    for (int64_t column = 0; column < columns; ++column) {
      double score = scores[row * columns + column];
      if (score == -INFINITY || std::isnan(score))
        continue;
      TopkState::Entry entry{score, first + column};
      best.insert(std::upper_bound(best.begin(), best.end(), entry, isBetter), entry);
      if (best.size() > k)
        best.pop_back();
    }
  }
  interpreter.set(getResult(), std::shared_ptr<const StateObject>(std::move(state)));
  return success();
}

LogicalResult TopkThresholdOp::verify() {
  int64_t rows = getState().getType().getRows();
  // topk_threshold_c1
  if (cast<RankedTensorType>(getScores().getType()).getDimSize(0) != rows ||
      cast<RankedTensorType>(getIndices().getType()).getDimSize(0) != rows)
    return emitOpError("expected a score and an index for each of ") << rows << " rows";
  return success();
}

LogicalResult TopkThresholdOp::interpret(Interpreter &interpreter) {
  auto state = interpreter.getState<TopkState>(getState());
  int64_t rows = state->rows.size(), k = getState().getType().getK();
  HostTensor scores({rows}, Type()), indices({rows}, Type());
  double *score = scores.mutableData(), *index = indices.mutableData();
  for (auto [row, best] : llvm::enumerate(state->rows)) {
    bool full = static_cast<int64_t>(best.size()) == k;
    score[row] = full ? best.back().score : -INFINITY;
    index[row] = full ? static_cast<double>(best.back().index) : 2147483647.0;
  }
  interpreter.set(getScores(), std::move(scores));
  interpreter.set(getIndices(), std::move(indices));
  return success();
}
