// From message to plan.
#include "runtime/serve/FunctionPlan.h"

#include "runtime/serve/Program.h"
#include "runtime/serve/SizeExprs.h"

#include <algorithm>
#include <bit>

namespace longc {
namespace {

std::vector<SizeExpr> readSizes(const google::protobuf::RepeatedPtrField<abi::Expr> &messages, int symbols) {
  std::vector<SizeExpr> sizes;
  for (const abi::Expr &message : messages)
    sizes.push_back(readSizeExpr(message, symbols).value_or(SizeExpr(0)));
  return sizes;
}

BufferPlan readBuffer(const abi::Buffer &buffer, const abi::Program &program, int symbols) {
  BufferPlan plan{buffer.kind(), buffer.index(), buffer.type(), {}, buffer.first_step(), buffer.last_step()};
  const bool isStored = buffer.kind() == abi::Buffer::PARAMETER &&
                        program.parameters(static_cast<int>(buffer.index())).initializer() != abi::Parameter::BOUND;
  if (isStored)
    for (int64_t size : program.parameters(static_cast<int>(buffer.index())).shape())
      plan.sizes.emplace_back(size);
  else
    plan.sizes = readSizes(buffer.sizes(), symbols);
  return plan;
}

StepPlan readLaunch(const abi::Launch &launch, int symbols) {
  StepPlan plan;
  plan.kernel = launch.kernel();
  plan.grid = readSizes(launch.grid(), symbols);
  for (const abi::Operand &operand : launch.operands())
    plan.operands.push_back({!operand.has_buffer(), operand.buffer(),
                             operand.has_scalar()   ? *readSizeExpr(operand.scalar(), symbols)
                             : operand.has_number() ? SizeExpr(std::bit_cast<uint32_t>(operand.number())) // as a kernel takes it
                                                    : SizeExpr(0),
                             operand.access(), operand.picked()});
  return plan;
}

StepPlan readWorkList(const abi::WorkList &list) {
  StepPlan plan;
  plan.kind = abi::Step::kWorkList;
  plan.segments = list.segments();
  if (list.has_key_boundaries())
    plan.keyBoundaries = list.key_boundaries();
  plan.result = list.result();
  plan.rows = list.rows();
  plan.order = list.by_sequence() ? WorkOrder::Sequence : WorkOrder::Cost;
  plan.countSymbol = list.count_symbol();
  return plan;
}

StepPlan readStep(const abi::Step &step, int symbols) {
  StepPlan plan;
  switch (step.kind_case()) {
  case abi::Step::kLaunch: plan = readLaunch(step.launch(), symbols); break;
  case abi::Step::kWorkList: plan = readWorkList(step.work_list()); break;
  case abi::Step::kCopy:
    plan.source = step.copy().source();
    plan.target = step.copy().target();
    break;
  default: // checkProgram has refused the kinds that no device runs
    plan.target = step.fill().target();
    plan.value = step.fill().value();
  }
  plan.kind = step.kind_case();
  plan.resultsAlone = step.results_alone();
  return plan;
}

} // namespace

FunctionPlan::FunctionPlan(const abi::Function &function, const abi::Program &program) : name(function.name()) {
  int symbols = function.symbols_size();
  for (const abi::Symbol &symbol : function.symbols()) {
    symbolNames.push_back(symbol.name());
    symbolMaxima.push_back(symbol.bound_by_step() ? readSizeExpr(symbol.maximum(), symbols) : std::nullopt);
  }
  for (const abi::Buffer &buffer : function.buffers())
    buffers.push_back(readBuffer(buffer, program, symbols));
  for (const abi::Step &step : function.steps())
    steps.push_back(readStep(step, symbols));
  for (StepPlan &step : steps)
    for (const SizeExpr &size : step.grid)
      for (size_t symbol = 0; symbol < symbolMaxima.size(); ++symbol)
        step.uneven |= symbolMaxima[symbol] && size.usesSymbol(static_cast<int64_t>(symbol));

  // Inputs are written before the first step; results are read after the last.
  uint32_t last = steps.empty() ? 0 : static_cast<uint32_t>(steps.size() - 1);
  inputBuffers.assign(static_cast<size_t>(function.inputs_size()), UINT32_MAX);
  for (uint32_t index = 0; index < buffers.size(); ++index)
    if (buffers[index].kind == abi::Buffer::INPUT) {
      buffers[index].firstStep = 0;
      buffers[index].lastStep = last;
      inputBuffers[buffers[index].index] = index;
    }
  for (uint32_t result : function.results()) {
    results.push_back(result);
    buffers[result].lastStep = last;
  }
}

std::optional<ArenaLayout> FunctionPlan::layOut(std::span<const int64_t> symbols) const {
  std::vector<ArenaBuffer> lives;
  for (const BufferPlan &buffer : buffers) {
    ArenaBuffer life{0, buffer.firstStep, buffer.lastStep};
    if (buffer.kind == abi::Buffer::ARENA) {
      std::vector<int64_t> sizes;
      for (const SizeExpr &size : buffer.sizes)
        sizes.push_back(size.evaluate(symbols).value_or(-1));
      auto bytes = arenaBufferBytes(sizes, elementBytes(buffer.type));
      if (!bytes)
        return std::nullopt;
      life.bytes = *bytes;
    }
    lives.push_back(life);
  }
  return planArena(lives);
}

} // namespace longc
