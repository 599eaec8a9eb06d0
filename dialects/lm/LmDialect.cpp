// Registration of the lm dialect and the printed form of its types.
#include "dialects/lm/gradients/Attach.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace longc::lm;

#include "dialects/lm/LmDialect.cpp.inc"
#include "dialects/lm/LmEnums.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/lm/LmTypes.cpp.inc"

void LmDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/lm/LmTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/lm/LmOps.cpp.inc"
      >();
  attachArithmeticGradients(getContext());
  attachAttentionGradients(getContext());
  attachGatedMemoryGradients(getContext());
  attachLayerGradients(getContext());
  attachLossGradients(getContext());
  attachRowGradients(getContext());
}

static LogicalResult verifyTwoSizes(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape) {
  if (shape.size() != 2 || llvm::any_of(shape, [](int64_t size) { return size <= 0; }))
    return emitError() << "expected two positive static sizes, got " << shape.size() << " sizes";
  return success();
}

LogicalResult QuantizedType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape, Format) {
  // quantized_c1
  if (failed(verifyTwoSizes(emitError, shape)))
    return failure();
  // quantized_c2
  if (shape[1] % 32 != 0)
    return emitError() << "expected columns to be a multiple of 32, got " << shape[1];
  return success();
}

Type QuantizedType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  StringRef keyword;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseDimensionList(shape, /*allowDynamic=*/false, /*withTrailingX=*/false) ||
      parser.parseComma() || parser.parseKeyword(&keyword))
    return {};
  std::optional<Format> format = symbolizeFormat(keyword);
  if (!format) {
    parser.emitError(location, "expected a format of q8_0, q4_0, q4_1, q4_1f or q6_2, got ") << keyword;
    return {};
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<QuantizedType>(location, parser.getContext(), shape, *format);
}

void QuantizedType::print(AsmPrinter &printer) const {
  printer << '<';
  printer.printDimensionList(getShape());
  printer << ", " << stringifyFormat(getFormat()) << '>';
}

// Cache and memory share their parameters, form and constraints.
static LogicalResult verifyState(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape, Type element) {
  // state_c1
  if (failed(verifyTwoSizes(emitError, shape)))
    return failure();
  // state_c2
  if (!element.isF32() && !element.isBF16())
    return emitError() << "expected element type bf16 or f32, got " << element;
  return success();
}

template <typename State> static Type parseState(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type element;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseDimensionList(shape, /*allowDynamic=*/false) || parser.parseType(element) ||
      parser.parseGreater())
    return {};
  return parser.getChecked<State>(location, parser.getContext(), shape, element);
}

static void printState(AsmPrinter &printer, ArrayRef<int64_t> shape, Type element) {
  printer << '<';
  printer.printDimensionList(shape);
  printer << 'x' << element << '>';
}

LogicalResult CacheType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape, Type element) {
  return verifyState(emitError, shape, element);
}
Type CacheType::parse(AsmParser &parser) { return parseState<CacheType>(parser); }
void CacheType::print(AsmPrinter &printer) const { printState(printer, getShape(), getElementType()); }

LogicalResult MemoryType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape, Type element) {
  return verifyState(emitError, shape, element);
}
Type MemoryType::parse(AsmParser &parser) { return parseState<MemoryType>(parser); }
void MemoryType::print(AsmPrinter &printer) const { printState(printer, getShape(), getElementType()); }
