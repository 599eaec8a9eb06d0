// What processors can do with vectors, for each variant: dots, exponentials, rounding, transposes; and plain builders.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace longc::cpu {

//===----------------------------------------------------------------------===//
// Scalars and pointers
//===----------------------------------------------------------------------===//

Value KernelEmitter::index(int64_t value) { return arith::ConstantIndexOp::create(b_, value); }

static std::optional<int64_t> knownIndex(Value value) {
  if (auto constant = value.getDefiningOp<arith::ConstantIndexOp>())
    return constant.value();
  return std::nullopt;
}

Value KernelEmitter::add(Value a, Value b) {
  if (!a || !b)
    return a ? a : b ? b : index(0);
  if (knownIndex(a) == 0)
    return b;
  if (knownIndex(b) == 0)
    return a;
  return arith::AddIOp::create(b_, a, b);
}
Value KernelEmitter::add(Value a, int64_t b) { return b == 0 && a ? a : add(a, index(b)); }
Value KernelEmitter::sub(Value a, Value b) { return arith::SubIOp::create(b_, a, b); }
Value KernelEmitter::mul(Value a, int64_t b) { return b == 1 ? a : mul(a, index(b)); }
Value KernelEmitter::mul(Value a, Value b) {
  if (knownIndex(a) == 0 || knownIndex(b) == 0)
    return index(0);
  return arith::MulIOp::create(b_, a, b);
}
Value KernelEmitter::divide(Value a, int64_t b) { return b == 1 ? a : arith::DivUIOp::create(b_, a, index(b)); }
Value KernelEmitter::remainder(Value a, int64_t b) { return arith::RemUIOp::create(b_, a, index(b)); }
Value KernelEmitter::minimum(Value a, Value b) { return arith::MinSIOp::create(b_, a, b); }
Value KernelEmitter::valueOf(Column column) {
  return column.base ? add(column.base, column.offset) : index(column.offset);
}

Value KernelEmitter::address(Value base, Type element, Value at) {
  Value offset = arith::IndexCastOp::create(b_, b_.getI64Type(), at);
  return LLVM::GEPOp::create(b_, base.getType(), element, base, ValueRange(offset));
}

Value KernelEmitter::address(Value base, int64_t bytes) {
  if (bytes == 0)
    return base;
  return LLVM::GEPOp::create(b_, base.getType(), b_.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
}

Value KernelEmitter::loadAt(Value pointer, Type type, unsigned alignment) {
  return LLVM::LoadOp::create(b_, type, pointer, alignment);
}

void KernelEmitter::storeAt(Value value, Value pointer, unsigned alignment) {
  LLVM::StoreOp::create(b_, value, pointer, alignment);
}

scf::ForOp KernelEmitter::loop(Value begin, Value end, int64_t step, ValueRange carried) {
  return scf::ForOp::create(b_, begin, end, index(step), carried);
}

void KernelEmitter::forEach(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> body) {
  scf::ForOp made = loop(begin, end, step);
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(made.getBody());
  body(made.getInductionVar());
}

SmallVector<Value> KernelEmitter::accumulated(Value begin, Value end, int64_t step, ValueRange first,
                                              llvm::function_ref<SmallVector<Value>(Value, ValueRange)> next) {
  scf::ForOp made = loop(begin, end, step, first);
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(made.getBody());
  scf::YieldOp::create(b_, next(made.getInductionVar(), made.getRegionIterArgs()));
  return SmallVector<Value>(made.getResults());
}

void KernelEmitter::either(Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(b_, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(branch.thenBlock());
  then();
  b_.setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

// [0, size) in steps, the last of which may be smaller.
void KernelEmitter::inSteps(int64_t size, int64_t step, Range body) {
  const int64_t whole = size / step * step;
  if (whole)
    forEach(index(0), index(whole), step, [&](Value first) { body(first, step); });
  if (whole < size)
    body(index(whole), size - whole);
}

// Rows in blocks of `most`, then one by one.
void KernelEmitter::inBlocks(Value begin, Value end, int64_t most, Range body) {
  Value whole = add(begin, mul(divide(sub(end, begin), most), most));
  forEach(begin, whole, most, [&](Value row) { body(row, most); });
  if (most > 1)
    forEach(whole, end, 1, [&](Value row) { body(row, 1); });
}

// Where something of the op's lies in scratch, by its number or last. Pointers are made where the function begins.
Value KernelEmitter::scratch(Operation *maker, int64_t number) {
  auto places = maker->getAttrOfType<DenseI64ArrayAttr>(scratchAttribute);
  if (!places || number >= places.size()) {
    refuse(maker, "expected its place in scratch: longc-cpu-plan-scratch comes first");
    return scratch_;
  }
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointAfterValue(scratch_);
  return address(scratch_, number < 0 ? places.asArrayRef().back() : places[number]);
}

Buffer KernelEmitter::bufferOf(Operation *maker, int64_t number, RankedTensorType tile) {
  return {scratch(maker, number), tile.getElementType(), paddedColumns(tile), {}};
}

// What rows outside a view read as.
Value KernelEmitter::zeroRow(int64_t bytes) {
  zeroBytes_ = std::max(zeroBytes_, bytes + 64);
  return zeroRow_;
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

Value KernelEmitter::broadcast(Value scalar, int64_t width) {
  if (!width)
    return scalar;
  return vector::BroadcastOp::create(b_, vectorOf(width, scalar.getType()), scalar);
}

Value KernelEmitter::constantOf(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr scalar = isa<FloatType>(element) ? TypedAttr(b_.getFloatAttr(element, value))
                                             : TypedAttr(b_.getIntegerAttr(element, static_cast<int64_t>(value)));
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(b_, DenseElementsAttr::get(vector, scalar));
  return arith::ConstantOp::create(b_, scalar);
}

Value KernelEmitter::constantOf(TypedAttr value, int64_t width) {
  if (auto number = dyn_cast<FloatAttr>(value); number && number.getType().isBF16())
    value = b_.getIntegerAttr(held(number.getType()), number.getValue().bitcastToAPInt());
  if (!width)
    return arith::ConstantOp::create(b_, value);
  return arith::ConstantOp::create(b_, DenseElementsAttr::get(vectorOf(width, value.getType()), value));
}

Value KernelEmitter::shuffle(Value a, Value b, ArrayRef<int64_t> mask) {
  return vector::ShuffleOp::create(b_, a, b, mask);
}

// A register of the values, zeros behind them.
Value KernelEmitter::padded(Value values, int64_t width) {
  const int64_t count = cast<VectorType>(values.getType()).getNumElements();
  if (count == width)
    return values;
  SmallVector<int64_t> mask;
  for (int64_t i = 0; i < width; ++i)
    mask.push_back(std::min(i, count));
  return shuffle(values, constantOf(values.getType(), 0), mask);
}

// Pairs of 16 values of each.
Value KernelEmitter::interleaved(Value a, Value b) {
  SmallVector<int64_t> mask;
  for (int64_t i = 0; i < lanes; ++i)
    mask.append({i, lanes + i});
  return shuffle(a, b, mask);
}

Value KernelEmitter::fma(Value a, Value b, Value c) {
  return isa<VectorType>(a.getType()) ? Value(vector::FMAOp::create(b_, a, b, c)) : Value(math::FmaOp::create(b_, a, b, c));
}

Value KernelEmitter::bitcast(Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (isa<VectorType>(type))
    return vector::BitCastOp::create(b_, type, value);
  return arith::BitcastOp::create(b_, type, value);
}

Value KernelEmitter::callIntrinsic(StringRef name, Type result, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b_, result, b_.getStringAttr(name), operands).getResult(0);
}

// acc + a * b over the 4-byte groups of 16 lanes: `a` is one group for all lanes, `b` one group a lane.
Value KernelEmitter::dot(Value acc, Value a, Value b, Type element) {
  VectorType floats = vectorOf(lanes, b_.getF32Type()), ints = vectorOf(lanes, b_.getI32Type());
  if (element.isF32())
    return vector::FMAOp::create(b_, bitcast(a, floats), bitcast(b, floats), acc);
  if (variant_.bf16Dot) {
    VectorType pairs = vectorOf(2 * lanes, b_.getBF16Type());
    return callIntrinsic("llvm.x86.avx512bf16.dpbf16ps.512", floats, {acc, bitcast(a, pairs), bitcast(b, pairs)});
  }
  // A bf16 value is the upper half of the float that it stands for.
  Value ai = bitcast(a, ints), bi = bitcast(b, ints), sixteen = constantOf(ints, 16), upper = constantOf(ints, -65536);
  auto low = [&](Value v) { return bitcast(arith::ShLIOp::create(b_, v, sixteen), floats); };
  auto high = [&](Value v) { return bitcast(arith::AndIOp::create(b_, v, upper), floats); };
  acc = vector::FMAOp::create(b_, low(ai), low(bi), acc);
  return vector::FMAOp::create(b_, high(ai), high(bi), acc);
}

// acc (16 x i32) + the dot of two words and two words a lane, exactly.
Value KernelEmitter::dotWords(Value acc, Value weights, Value activations) {
  VectorType ints = vectorOf(lanes, b_.getI32Type()), words = vectorOf(2 * lanes, b_.getI16Type());
  activations = bitcast(activations, words);
  if (variant_.int8Dot)
    return callIntrinsic("llvm.x86.avx512.vpdpwssd.512", ints, {acc, weights, activations});
  if (variant_.wide)
    return arith::AddIOp::create(b_, acc, callIntrinsic("llvm.x86.avx512.pmaddw.d.512", ints, {weights, activations}));
  Value halves[2];
  for (int64_t half = 0; half < 2; ++half) {
    SmallVector<int64_t> mask = llvm::to_vector(llvm::seq<int64_t>(half * lanes, (half + 1) * lanes));
    halves[half] = callIntrinsic("llvm.x86.avx2.pmadd.wd", vectorOf(lanes / 2, b_.getI32Type()),
                                 {shuffle(weights, weights, mask), shuffle(activations, activations, mask)});
  }
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, lanes));
  return arith::AddIOp::create(b_, acc, shuffle(halves[0], halves[1], all));
}

// acc (16 x i32) + the dot of four unsigned weights and four signed activations a lane, exactly.
Value KernelEmitter::dotBytes(Value acc, Value weights, Value activations, bool nibbles) {
  VectorType ints = vectorOf(lanes, b_.getI32Type()), bytes = vectorOf(4 * lanes, b_.getI8Type());
  activations = bitcast(activations, bytes);
  if (variant_.int8Dot)
    return callIntrinsic("llvm.x86.avx512.vpdpbusd.512", ints, {acc, weights, activations});
  if (!nibbles) {
    // Pairs of products of full bytes overflow the 16 bits of the multiply-add: two halves of the weights do not.
    Value low = arith::AndIOp::create(b_, weights, constantOf(bytes, 15));
    Value high = arith::ShRUIOp::create(b_, weights, constantOf(bytes, 4));
    Value upper = dotBytes(constantOf(ints, 0), high, activations, true);
    acc = arith::AddIOp::create(b_, acc, arith::ShLIOp::create(b_, upper, constantOf(ints, 4)));
    return dotBytes(acc, low, activations, true);
  }
  auto multiplyAdd = [&](Value w, Value a, int64_t width, StringRef bytesToWords, StringRef wordsToInts) {
    VectorType words = vectorOf(width / 2, b_.getI16Type());
    Value products = callIntrinsic(bytesToWords, words, {w, a});
    return callIntrinsic(wordsToInts, vectorOf(width / 4, b_.getI32Type()), {products, constantOf(words, 1)});
  };
  if (variant_.wide)
    return arith::AddIOp::create(
        b_, acc,
        multiplyAdd(weights, activations, 64, "llvm.x86.avx512.pmaddubs.w.512", "llvm.x86.avx512.pmaddw.d.512"));
  Value halves[2];
  for (int64_t half = 0; half < 2; ++half) {
    SmallVector<int64_t> mask = llvm::to_vector(llvm::seq<int64_t>(half * 32, half * 32 + 32));
    halves[half] = multiplyAdd(shuffle(weights, weights, mask), shuffle(activations, activations, mask), 32,
                               "llvm.x86.avx2.pmadd.ub.sw", "llvm.x86.avx2.pmadd.wd");
  }
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, lanes));
  return arith::AddIOp::create(b_, acc, shuffle(halves[0], halves[1], all));
}

// Rounds to nearest even; without the instruction, on the bits (a NaN stays one).
Value KernelEmitter::toBf16(Value x) {
  Type type = x.getType();
  auto vector = dyn_cast<VectorType>(type);
  Type ints = vector ? Type(vector.clone(b_.getI32Type())) : Type(b_.getI32Type());
  Type shorts = vector ? Type(vector.clone(b_.getI16Type())) : Type(b_.getI16Type());
  if (variant_.bf16Dot && vector && vector.getNumElements() == lanes)
    return bitcast(arith::TruncFOp::create(b_, vector.clone(b_.getBF16Type()), x), shorts);
  Value bits = bitcast(x, ints), sixteen = constantOf(ints, 16);
  Value odd = arith::AndIOp::create(b_, arith::ShRUIOp::create(b_, bits, sixteen), constantOf(ints, 1));
  Value rounded = arith::AddIOp::create(b_, bits, arith::AddIOp::create(b_, odd, constantOf(ints, 0x7fff)));
  Value nan = arith::CmpFOp::create(b_, arith::CmpFPredicate::UNO, x, x);
  rounded = arith::SelectOp::create(b_, nan, arith::OrIOp::create(b_, bits, constantOf(ints, 0x400000)), rounded);
  return arith::TruncIOp::create(b_, shorts, arith::ShRUIOp::create(b_, rounded, sixteen));
}

// A bf16 value is the upper half of the float that it stands for.
Value KernelEmitter::fromBf16(Value x) {
  auto vector = dyn_cast<VectorType>(x.getType());
  auto shaped = [&](Type element) { return vector ? Type(vector.clone(element)) : element; };
  Type ints = shaped(b_.getI32Type());
  Value upper = arith::ShLIOp::create(b_, arith::ExtUIOp::create(b_, ints, x), constantOf(ints, 16));
  return bitcast(upper, shaped(b_.getF32Type()));
}

// What arithmetic takes of a tile's values.
Value KernelEmitter::widened(Value x, Type element) { return element.isBF16() ? fromBf16(x) : x; }

// One step of a tree that sums 16 vectors across their lanes: two vectors of partial sums become one, of `results` sums
// with 16 / `results` lanes each. Steps of 2 and 4 stay within 128 bits; after all four, sum i is in lane i.
Value KernelEmitter::addAcross(Value a, Value b, int64_t results) {
  bool within = results <= 4;
  int64_t stride = results / 2, distance = (within ? 4 : 64) / results;
  SmallVector<int64_t> one, other;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    int64_t quarter = lane / 4, i = lane % 4;
    one.push_back(within ? quarter * 4 + i / 2 * lanes + i % 2 * stride
                         : quarter / 2 * lanes + quarter % 2 * stride + i);
    other.push_back(one.back() + distance);
  }
  return arith::AddFOp::create(b_, shuffle(a, b, one), shuffle(a, b, other));
}

// Transposes 16 vectors of 16 values: twice within 128 bits, where every processor shuffles in one step without a
// table, then twice by whole 128 bits.
void KernelEmitter::transpose16(SmallVectorImpl<Value> &rows) {
  // Values of `unit` side by side from the lower (0) or upper (1) half of each 128 bits, of a and b in turn.
  auto unpack = [&](Value a, Value b, int64_t unit, int64_t half) {
    SmallVector<int64_t> mask;
    for (int64_t quarter = 0; quarter < lanes; quarter += 4)
      for (int64_t i = 0; i < 4; ++i)
        mask.push_back(i / unit % 2 * lanes + quarter + half * 2 + i / (2 * unit) * unit + i % unit);
    return shuffle(a, b, mask);
  };
  // Even (0) or odd (1) quarters of a, then of b.
  auto quarters = [&](Value a, Value b, int64_t odd) {
    SmallVector<int64_t> mask;
    for (int64_t i = 0; i < lanes; ++i)
      mask.push_back(i / 8 * lanes + i / 4 % 2 * 8 + odd * 4 + i % 4);
    return shuffle(a, b, mask);
  };
  // After two rounds, quarter q of value 4 k + j is column 4 q + j of rows 4 k to 4 k + 3.
  for (int64_t unit : {1, 2}) {
    SmallVector<Value> next(lanes);
    for (int64_t row = 0; row < lanes; row += 4)
      for (int64_t i = 0; i < 4; ++i) {
        int64_t first = row + (unit == 1 ? i / 2 * 2 : i / 2);
        next[row + i] = unpack(rows[first], rows[first + unit], unit, i % 2);
      }
    rows.assign(next.begin(), next.end());
  }
  SmallVector<Value> columns(lanes);
  for (int64_t j = 0; j < 4; ++j)
    for (int64_t odd = 0; odd < 2; ++odd) {
      Value low = quarters(rows[j], rows[4 + j], odd), high = quarters(rows[8 + j], rows[12 + j], odd);
      for (int64_t upper = 0; upper < 2; ++upper)
        columns[4 * (odd + 2 * upper) + j] = quarters(low, high, upper);
    }
  rows.assign(columns.begin(), columns.end());
}

} // namespace longc::cpu
