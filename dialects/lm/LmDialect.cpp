// Registration of the lm dialect and the printed form of its types.
#include "dialects/lm/LmDialect.h"

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
}

Type QuantizedType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  StringRef keyword;
  SMLoc location;
  if (parser.parseLess() || parser.parseDimensionList(shape, /*allowDynamic=*/false, /*withTrailingX=*/false) ||
      parser.parseComma() || parser.getCurrentLocation(&location) || parser.parseKeyword(&keyword) ||
      parser.parseGreater())
    return {};
  std::optional<Format> format = symbolizeFormat(keyword);
  if (!format) {
    parser.emitError(location, "expected a quantisation format (q8_0, q4_0, q4_1), got ") << keyword;
    return {};
  }
  return QuantizedType::getChecked([&] { return parser.emitError(location); }, parser.getContext(), shape, *format);
}

void QuantizedType::print(AsmPrinter &printer) const {
  printer << '<';
  printer.printDimensionList(getShape());
  printer << ", " << stringifyFormat(getFormat()) << '>';
}

LogicalResult QuantizedType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape, Format) {
  if (shape.size() != 2)
    return emitError() << "expected a quantised matrix of rank 2, got rank " << shape.size();
  if (shape[1] % 32 != 0)
    return emitError() << "expected rows of a multiple of 32 values, got " << shape[1];
  return success();
}

// The common form of `!lm.cache<3x64xbf16>` and `!lm.memory<3x64xbf16>`.
static ParseResult parseState(AsmParser &parser, SmallVectorImpl<int64_t> &shape, Type &element) {
  return failure(parser.parseLess() || parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
                 parser.parseType(element) || parser.parseGreater());
}

static void printState(AsmPrinter &printer, ArrayRef<int64_t> shape, Type element) {
  printer << '<';
  printer.printDimensionList(shape);
  printer << 'x' << element << '>';
}

Type CacheType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type element;
  if (parseState(parser, shape, element))
    return {};
  return CacheType::get(parser.getContext(), shape, element);
}

void CacheType::print(AsmPrinter &printer) const { printState(printer, getRowShape(), getElementType()); }

Type MemoryType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type element;
  if (parseState(parser, shape, element))
    return {};
  return MemoryType::get(parser.getContext(), shape, element);
}

void MemoryType::print(AsmPrinter &printer) const { printState(printer, getRowShape(), getElementType()); }
