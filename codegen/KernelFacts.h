// What a program says of a kernel besides its code: what it does to its operands, and how much its products are.
#pragma once

#include "dialects/tile/TileDialect.h"
#include "runtime/abi/program.pb.h"

#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace longc {

struct OperandFacts {
  abi::Operand::Access access = abi::Operand::READ;
  bool picked = false; // rows by index alone
};

/// Of each of the kernel's arguments. One that it reads and writes is accumulated in.
llvm::SmallVector<OperandFacts> operandFacts(tile::KernelOp kernel);

/// Multiplications and additions of its products; nothing where it has none, or some in a loop over what no call tells: a rank, blocks of rows.
std::optional<abi::Work> workOf(tile::KernelOp kernel);

} // namespace longc
