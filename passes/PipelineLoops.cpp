// Pipelining: which loads run ahead of their use, and how many tiles of each are in flight.
//
// A tile that a product reads as it lies in memory may be on its way while earlier passes of its loop still compute.
// Loops of a kernel follow each other, so they take turns on the same staging memory, one place a type and ordinal; a
// tile loaded outside loops keeps its place for the whole block. All loops get as many stages as fit.
#include "passes/Passes.h"
#include "passes/TargetFacts.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_PIPELINELOOPSPASS
#include "passes/Passes.h.inc"

namespace {

int64_t tileBytes(RankedTensorType type) { return type.getNumElements() * type.getElementTypeBitWidth() / 8; }

RankedTensorType tileType(tile::LoadOp load) { return cast<RankedTensorType>(load.getTile().getType()); }

// As it lies in memory, or turned round.
bool feedsProduct(Operation *load) {
  return llvm::any_of(load->getUsers(), [](Operation *user) {
    return isa<tile::MmaOp>(user) || (isa<tile::TransposeOp>(user) && feedsProduct(user));
  });
}

// Whether some operand of a load can be known only when the loop's earlier passes are over.
bool waitsForLoop(tile::LoadOp load, scf::ForOp loop) {
  SetVector<Value> needed(load->operand_begin(), load->operand_end());
  for (unsigned i = 0; i < needed.size(); ++i) {
    Value value = needed[i];
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (argument.getOwner() == loop.getBody() && value != loop.getInductionVar())
        return true;
    } else if (Operation *op = value.getDefiningOp(); loop->isAncestor(op)) {
      needed.insert(op->operand_begin(), op->operand_end());
    }
  }
  return false;
}

class KernelPipeliner {
public:
  KernelPipeliner(tile::KernelOp kernel, tile::TargetAttr facts) : kernel_(kernel), facts_(facts) {}

  // Number of loops that are fed ahead.
  unsigned run() {
    kernel_.walk([&](tile::LoadOp load) { collect(load); });
    kernel_.walk([&](scf::ForOp loop) {
      auto loads = loop.getOps<tile::LoadOp>();
      if (!loads.empty() && llvm::none_of(loads, [](tile::LoadOp load) { return feedsProduct(load); }))
        decline(loop, "no product reads a tile as the loop loads it");
    });
    if (loops_.empty())
      return 0;
    const int64_t perStage = stageBytes();
    const int64_t stages = std::min(facts_.getStages(), (facts_.getStagingBytes() - resident_) / perStage);
    for (auto &[loop, loads] : loops_) {
      if (facts_.getStages() < 2)
        decline(loop, "the target loads nothing ahead of its use");
      else if (stages < 2)
        decline(loop, "two stages need " + Twine(2 * perStage) + " bytes beside " + Twine(resident_) +
                          " that stay, the target has " + Twine(facts_.getStagingBytes()));
      else
        pipeline(loop, loads, stages);
    }
    return stages < 2 ? 0 : loops_.size();
  }

private:
  static void decline(Operation *op, const Twine &reason) {
    remark::missed(op->getLoc(), remark::RemarkOpts::name("longc-pipeline-loops").category("longc-pipelining"))
        << ("not pipelined: " + reason).str();
  }

  // Sorts an operand of a product to those that run ahead, or to those that keep one place.
  void collect(tile::LoadOp load) {
    if (!feedsProduct(load))
      return;
    auto loop = dyn_cast<scf::ForOp>(load->getParentOp());
    if (loop && !waitsForLoop(load, loop)) {
      loops_[loop].push_back(load);
      return;
    }
    resident_ += tileBytes(tileType(load));
    if (loop)
      decline(load, "its position depends on what earlier passes of the loop compute");
    else if (load->getParentOp() != kernel_)
      decline(load, "loaded under a condition");
  }

  // Of one stage of every place: for each type, as many places as the loop has loads that needs most.
  int64_t stageBytes() {
    llvm::MapVector<RankedTensorType, int64_t> places;
    for (auto &[loop, loads] : loops_) {
      llvm::MapVector<RankedTensorType, int64_t> own;
      for (tile::LoadOp load : loads)
        ++own[tileType(load)];
      for (auto [type, count] : own)
        places[type] = std::max(places[type], count);
    }
    int64_t bytes = 0;
    for (auto [type, count] : places)
      bytes += count * tileBytes(type);
    return bytes;
  }

  static void pipeline(scf::ForOp loop, ArrayRef<tile::LoadOp> loads, int64_t stages) {
    loop->setAttr(tile::TileDialect::stagesAttribute, Builder(loop.getContext()).getI64IntegerAttr(stages));
    for (tile::LoadOp load : loads)
      load.setAsynchronous(true);
  }

  tile::KernelOp kernel_;
  tile::TargetAttr facts_;
  llvm::MapVector<scf::ForOp, SmallVector<tile::LoadOp>> loops_;
  int64_t resident_ = 0; // bytes of operands that keep their place
};

struct PipelineLoopsPass : impl::PipelineLoopsPassBase<PipelineLoopsPass> {
  void runOnOperation() override {
    FailureOr<tile::TargetAttr> facts = targetFacts(getOperation());
    if (failed(facts))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      pipelined += KernelPipeliner(kernel, *facts).run();
  }
};

} // namespace
} // namespace longc
