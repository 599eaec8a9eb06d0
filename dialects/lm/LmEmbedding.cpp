// Rows picked and placed: verification and interpretation.
#include "dialects/lm/LmShapes.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

// Rows of `table` by index; decoded where the table is quantised.
static FailureOr<HostTensor> pickRows(Operation *op, StringRef what, const HostTensor &table,
                                      const HostTensor &indices) {
  int64_t columns = table.dim(1);
  HostTensor result({indices.size(), columns}, Type());
  double *out = result.mutableData();
  for (int64_t i = 0; i < indices.size(); ++i) {
    int64_t row = static_cast<int64_t>(indices[i]);
    if (row < 0 || row >= table.dim(0))
      return op->emitError("expected ") << what << " in [0, " << table.dim(0) << "), got " << row, failure();
    for (int64_t c = 0; c < columns; ++c)
      out[i * columns + c] = table.value(row * columns + c);
  }
  return result;
}

LogicalResult EmbeddingOp::verify() {
  SmallVector<int64_t> table;
  if (auto quantized = dyn_cast<QuantizedType>(getTable().getType()))
    table.assign(quantized.getShape().begin(), quantized.getShape().end());
  else
    table.assign(tensorType(getTable()).getShape().begin(), tensorType(getTable()).getShape().end());
  // embedding_c1
  if (table.size() != 2)
    return emitOpError("expected the table to be a matrix, got ") << getTable().getType();
  // embedding_c2
  return expectShape(*this, "a result", getResult(), {tensorType(getTokens()).getDimSize(0), table[1]});
}

LogicalResult EmbeddingOp::interpret(Interpreter &interpreter) {
  auto rows = pickRows(*this, "token ids", interpreter.getTensor(getTable()), interpreter.getTensor(getTokens()));
  if (failed(rows))
    return failure();
  interpreter.set(getResult(), std::move(*rows));
  return success();
}

LogicalResult GatherRowsOp::verify() {
  RankedTensorType x = tensorType(getX());
  // gather_rows_c1
  if (x.getElementType() != tensorType(getResult()).getElementType())
    return emitOpError("expected a result of ") << x.getElementType() << ", got " << getResult().getType();
  return expectShape(*this, "a result", getResult(), {tensorType(getRows()).getDimSize(0), x.getDimSize(1)});
}

LogicalResult GatherRowsOp::interpret(Interpreter &interpreter) {
  auto rows = pickRows(*this, "row indices", interpreter.getTensor(getX()), interpreter.getTensor(getRows()));
  if (failed(rows))
    return failure();
  interpreter.set(getResult(), std::move(*rows));
  return success();
}

LogicalResult ScatterRowsOp::verify() {
  RankedTensorType x = tensorType(getX()), soft = tensorType(getSoft());
  // scatter_rows_c1
  if (getResult().getType() != x)
    return emitOpError("expected a result of ") << x << ", got " << getResult().getType();
  // scatter_rows_c2
  if (x.getElementType() != soft.getElementType() || !sizesAgree(x.getDimSize(1), soft.getDimSize(1)))
    return emitOpError("expected soft tokens with the columns and element type of ") << x << ", got " << soft;
  // scatter_rows_c3
  return expectShape(*this, "destinations", getDestinations(), {soft.getDimSize(0)});
}

LogicalResult ScatterRowsOp::interpret(Interpreter &interpreter) {
  HostTensor result = interpreter.getTensor(getX());
  const HostTensor &soft = interpreter.getTensor(getSoft()), &rows = interpreter.getTensor(getDestinations());
  if (rows.size() != soft.dim(0))
    return emitError("expected one destination per soft token, got ") << rows.size() << " for " << soft.dim(0);
  if (failed(expectEqual(*this, "columns of soft tokens", soft.dim(1), result.dim(1))))
    return failure();
  std::vector<bool> taken(result.dim(0));
  int64_t columns = result.dim(1);
  double *out = result.mutableData();
  for (int64_t i = 0; i < rows.size(); ++i) {
    int64_t row = static_cast<int64_t>(rows[i]);
    if (row < 0 || row >= result.dim(0))
      return emitError("expected destinations in [0, ") << result.dim(0) << "), got " << row;
    if (taken[row])
      return emitError("expected destinations that differ, got ") << row << " twice";
    taken[row] = true;
    std::copy_n(soft.data() + i * columns, columns, out + row * columns);
  }
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult ScatterAddOp::verify() {
  RankedTensorType x = tensorType(getX()), rows = tensorType(getRows());
  // scatter_add_c1
  if (getResult().getType() != x)
    return emitOpError("expected a result of ") << x << ", got " << getResult().getType();
  // scatter_add_c2
  if (!sizesAgree(x.getDimSize(1), rows.getDimSize(1)))
    return emitOpError("expected rows with the columns of ") << x << ", got " << rows;
  // scatter_add_c3
  return expectShape(*this, "indices", getIndices(), {rows.getDimSize(0)});
}

LogicalResult ScatterAddOp::interpret(Interpreter &interpreter) {
  HostTensor result = interpreter.getTensor(getX());
  const HostTensor &rows = interpreter.getTensor(getRows()), &indices = interpreter.getTensor(getIndices());
  int64_t columns = result.dim(1);
  if (failed(expectEqual(*this, "indices", indices.size(), rows.dim(0))) ||
      failed(expectEqual(*this, "columns of the rows", rows.dim(1), columns)))
    return failure();
  double *out = result.mutableData();
  for (int64_t i = 0; i < indices.size(); ++i) {
    int64_t row = static_cast<int64_t>(indices[i]);
    if (row < 0 || row >= result.dim(0))
      return emitError("expected indices in [0, ") << result.dim(0) << "), got " << row;
    for (int64_t c = 0; c < columns; ++c)
      out[row * columns + c] += rows[i * columns + c];
  }
  interpreter.set(getResult(), std::move(result));
  return success();
}
