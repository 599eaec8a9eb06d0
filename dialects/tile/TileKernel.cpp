// Kernels and launches: their printed form and verification.
#include "dialects/tile/TileDialect.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace longc::tile;

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  if (parser.parseSymbolName(name, SymbolTable::getSymbolAttrName(), result.attributes))
    return failure();
  SmallVector<OpAsmParser::Argument> arguments, kernelArguments;
  if (parser.parseKeyword("grid") ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren, /*allowType=*/false))
    return failure();
  for (OpAsmParser::Argument &index : arguments)
    index.type = parser.getBuilder().getIndexType();
  if (parser.parseArgumentList(kernelArguments, OpAsmParser::Delimiter::Paren, /*allowType=*/true))
    return failure();
  result.addAttribute("grid_rank", parser.getBuilder().getI64IntegerAttr(arguments.size()));
  arguments.append(kernelArguments);
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  return parser.parseRegion(*result.addRegion(), arguments);
}

void KernelOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << " grid(";
  llvm::interleaveComma(getGridIndices(), printer, [&](BlockArgument index) { printer << index; });
  printer << ") (";
  llvm::interleaveComma(getKernelArguments(), printer,
                        [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ')';
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {getSymNameAttrName(), getGridRankAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult KernelOp::verify() {
  Block &entry = getBody().front();
  // kernel_c1
  if (entry.getNumArguments() < static_cast<uint64_t>(getGridRank()))
    return emitOpError("expected at least ") << getGridRank() << " block arguments for the grid";
  for (BlockArgument index : getGridIndices())
    if (!index.getType().isIndex())
      return emitOpError("expected grid indices of type index, got ") << index.getType();
  // kernel_c2
  for (BlockArgument argument : getKernelArguments())
    if (!isa<ViewType>(argument.getType()) && !argument.getType().isIntOrIndexOrFloat())
      return emitOpError("expected kernel arguments to be views or scalars, got ") << argument.getType();
  return success();
}

ParseResult LaunchOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::UnresolvedOperand> grid, inputs, outputs;
  SmallVector<Type> inputTypes, outputTypes;
  FlatSymbolRefAttr kernel;
  if (parser.parseAttribute(kernel, "kernel", result.attributes) || parser.parseKeyword("grid") ||
      parser.parseOperandList(grid, OpAsmParser::Delimiter::Paren))
    return failure();
  auto parseGroup = [&](StringRef keyword, SmallVector<OpAsmParser::UnresolvedOperand> &operands,
                        SmallVector<Type> &types) -> ParseResult {
    if (failed(parser.parseOptionalKeyword(keyword)))
      return success();
    if (parser.parseLParen() || parser.parseOperandList(operands) || parser.parseColonTypeList(types))
      return failure();
    return parser.parseRParen();
  };
  SMLoc location = parser.getCurrentLocation();
  if (parseGroup("ins", inputs, inputTypes) || parseGroup("outs", outputs, outputTypes) ||
      parser.parseOptionalAttrDict(result.attributes) ||
      parser.resolveOperands(grid, parser.getBuilder().getIndexType(), result.operands) ||
      parser.resolveOperands(inputs, inputTypes, location, result.operands) ||
      parser.resolveOperands(outputs, outputTypes, location, result.operands))
    return failure();
  result.addTypes(outputTypes);
  result.addAttribute(
      "operandSegmentSizes",
      parser.getBuilder().getDenseI32ArrayAttr({static_cast<int32_t>(grid.size()), static_cast<int32_t>(inputs.size()),
                                                static_cast<int32_t>(outputs.size())}));
  return success();
}

void LaunchOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getKernelAttr() << " grid(" << getGrid() << ')';
  if (!getInputs().empty())
    printer << " ins(" << getInputs() << " : " << getInputs().getTypes() << ')';
  if (!getOutputs().empty())
    printer << " outs(" << getOutputs() << " : " << getOutputs().getTypes() << ')';
  printer.printOptionalAttrDict((*this)->getAttrs(), {"kernel", "operandSegmentSizes"});
}

LogicalResult LaunchOp::verify() {
  // launch_c1
  if (getOutputs().getTypes() != getResults().getTypes())
    return emitOpError("expected one result of the type of each output");
  return success();
}

// Whether a launch operand can be bound to a kernel argument. Quantised matrices have a type of their own above this
// dialect, so any type that is no tensor and no scalar may stand for one.
static bool fitsArgument(Type operand, Type argument) {
  auto view = dyn_cast<ViewType>(argument);
  if (!view)
    return operand == argument;
  auto tensor = dyn_cast<RankedTensorType>(operand);
  if (!tensor)
    return isa<QuantizedType>(view.getElementType()) && !operand.isIntOrIndexOrFloat();
  return tensor.getElementType() == view.getElementType() &&
         succeeded(verifyCompatibleShape(tensor.getShape(), view.getShape()));
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  // launch_c2
  if (!kernel)
    return emitOpError("expected a tile.kernel named ") << getKernelAttr();
  // launch_c3
  if (getGrid().size() != static_cast<size_t>(kernel.getGridRank()))
    return emitOpError("expected a grid of rank ") << kernel.getGridRank() << ", got " << getGrid().size();
  // launch_c4
  size_t given = getInputs().size() + getOutputs().size();
  if (given != kernel.getKernelArguments().size())
    return emitOpError("expected ") << kernel.getKernelArguments().size() << " kernel arguments, got " << given;
  // launch_c5
  auto operands = llvm::concat<Value>(SmallVector<Value>(getInputs()), SmallVector<Value>(getOutputs()));
  for (auto [index, operand, argument] : llvm::enumerate(operands, kernel.getKernelArguments()))
    if (!fitsArgument(operand.getType(), argument.getType()))
      return emitOpError("expected kernel argument ")
             << index << " to fit " << argument.getType() << ", got " << operand.getType();
  return success();
}
