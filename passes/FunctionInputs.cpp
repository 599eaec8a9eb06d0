// What functions and their arguments say they are for.
#include "passes/FunctionInputs.h"

using namespace mlir;

namespace longc {

bool hasOneToken(Operation *op) {
  auto function = isa<FunctionOpInterface>(op) ? cast<FunctionOpInterface>(op) : op->getParentOfType<FunctionOpInterface>();
  return function && function->hasAttr(oneTokenAttribute);
}

Value appendInput(func::FuncOp function, Type type, StringRef role, std::optional<int64_t> layer) {
  Builder builder(function.getContext());
  NamedAttrList attributes;
  attributes.set(roleAttribute, builder.getStringAttr(role));
  if (layer)
    attributes.set(layerAttribute, builder.getI64IntegerAttr(*layer));
  const unsigned last = function.getNumArguments();
  [[maybe_unused]] LogicalResult added =
      function.insertArgument(last, type, attributes.getDictionary(function.getContext()), function.getLoc());
  assert(succeeded(added) && "a func.func takes any argument");
  return function.getArgument(last);
}

} // namespace longc
