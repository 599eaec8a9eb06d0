// A function of the Program message in the form that the executor runs: flat sizes, live ranges closed.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/ArenaPlan.h"
#include "runtime/core/SizeExpr.h"
#include "runtime/serve/WorkList.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace longc {

struct BufferPlan {
  abi::Buffer::Kind kind;
  uint32_t index; // of the input, parameter or state
  abi::ElementType type;
  std::vector<SizeExpr> sizes;
  uint32_t firstStep, lastStep; // arena and input buffers
};

struct OperandPlan {
  bool isScalar;
  uint32_t buffer;
  SizeExpr scalar;
  abi::Operand::Access access = abi::Operand::READ;
  bool picked = false;
};

struct StepPlan {
  abi::Step::KindCase kind = abi::Step::kLaunch;
  bool isLaunch() const { return kind == abi::Step::kLaunch; }
  bool isWorkList() const { return kind == abi::Step::kWorkList; }
  // launch
  uint32_t kernel = 0;
  std::vector<SizeExpr> grid;
  std::vector<OperandPlan> operands;
  bool uneven = false; // its grid counts rows of a work list
  bool resultsAlone = false; // no state depends on it
  // copy, fill
  uint32_t source = 0, target = 0;
  uint64_t value = 0;
  // work list
  uint32_t segments = 0, result = 0, countSymbol = 0;
  std::optional<uint32_t> keyBoundaries; // then `segments` holds boundaries of queries
  int64_t rows = 0;
  WorkOrder order = WorkOrder::Cost;
};

struct FunctionPlan {
  /// `function` must have passed checkProgram.
  explicit FunctionPlan(const abi::Function &function, const abi::Program &program);

  /// Bytes of every arena and input buffer (0 for the others) and where they lie, for the given symbols.
  std::optional<ArenaLayout> layOut(std::span<const int64_t> symbols) const;

  std::string name;
  std::vector<std::string> symbolNames;
  std::vector<std::optional<SizeExpr>> symbolMaxima; // of those bound by a step
  std::vector<BufferPlan> buffers;
  std::vector<StepPlan> steps;
  std::vector<uint32_t> results;
  std::vector<uint32_t> inputBuffers; // by input; UINT32_MAX: the input is not used
};

} // namespace longc
