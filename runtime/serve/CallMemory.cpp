// Symbols filled in, then the plan that an executor makes too.
#include "runtime/serve/CallMemory.h"

#include "runtime/serve/FunctionPlan.h"

namespace longc {

std::optional<int64_t> callBytes(const abi::Function &function, const abi::Program &program, int64_t tokens) {
  FunctionPlan plan(function, program);
  std::vector<int64_t> symbols(plan.symbolNames.size(), 1);
  for (size_t i = 0; i < symbols.size(); ++i)
    if (plan.symbolNames[i] == "tokens")
      symbols[i] = tokens;
  for (size_t i = 0; i < symbols.size(); ++i)
    if (plan.symbolMaxima[i])
      symbols[i] = plan.symbolMaxima[i]->evaluate(symbols).value_or(0);
  const std::optional<ArenaLayout> layout = plan.layOut(symbols);
  return layout ? std::optional<int64_t>(layout->bytes) : std::nullopt;
}

} // namespace longc
