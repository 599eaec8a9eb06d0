// Tiles to threads, the control half: roles become branches, rings become barriers, loops carry register arrays.
#include "codegen/cuda/CompileCuda.h"
#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/FastForm.h"
#include "codegen/cuda/TileLowering.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/SaveAndRestore.h"

namespace longc {
#define GEN_PASS_DEF_CUDALOWERTILESPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;
using namespace longc::cuda;
using arith::CmpIPredicate;

namespace {

constexpr int64_t kStagingBytes = 64 * 64 * 2, kRowBytes = 128, kBoxColumns = 64;

constexpr StringLiteral kProducerRegisters = "kProducerRegisters", kConsumerRegisters = "kConsumerRegisters";

/// "tile1" to "kTile1Stages".
std::string stagesName(StringRef ring) {
  return ("k" + ring.take_front().upper() + ring.drop_front() + "Stages").str();
}

} // namespace

/// Where in the ring the next tile goes, and the parity of how often that place was used.
std::pair<Value, Value> TileLowering::stageAndPhase(const RingPlace &ring, Value count) {
  if (ring.stages == 1)
    return {constant(0), rem(count, 2)};
  return {b.createOrFold<arith::RemSIOp>(loc, count, ring.stageCount),
          rem(b.createOrFold<arith::DivSIOp>(loc, count, ring.stageCount), 2)};
}

void TileLowering::lower(ProduceOp op) {
  const RingPlace &ring = rings[op.getRing()];
  auto tile = cast<RankedTensorType>(op.getRing().getType().getTile());
  Value count = get(ring.counter, constant(0));
  auto [stage, phase] = stageAndPhase(ring, count);
  Value full = add(base, add(mul(stage, 8), ring.full)), empty = add(base, add(mul(stage, 8), ring.empty));
  call("mbarrier_wait", {empty, sub(constant(1), phase)}); // the first pass finds every stage free
  call("mbarrier_arrive_expect_tx", {full, constant(ring.tileBytes)});
  Value target = add(base, add(mul(stage, ring.tileBytes), ring.tiles));
  SmallVector<Value> offsets;
  for (Value offset : op.getOffsets())
    offsets.push_back(scalars.lookup(offset));
  const std::string callee = "tma_load_" + std::to_string(offsets.size()) + "d";
  for (int64_t box = 0; box < tile.getDimSize(1) / kBoxColumns; ++box) {
    SmallVector<Value> arguments{add(target, box * tile.getDimSize(0) * kRowBytes), scalars.lookup(op.getMap()), full};
    for (size_t i = offsets.size(); i-- > 0;) // innermost first
      arguments.push_back(i + 1 == offsets.size() ? add(offsets[i], box * kBoxColumns) : offsets[i]);
    arguments.push_back(symbol(op.getCache()));
    call(callee, arguments);
  }
  set(add(count, 1), ring.counter, constant(0));
}

void TileLowering::lower(AcquireOp op) {
  const RingPlace &ring = rings[op.getRing()];
  auto tile = cast<RankedTensorType>(op.getTile().getType());
  Value count = get(ring.counter, constant(0));
  auto [stage, phase] = stageAndPhase(ring, count);
  Value full = add(base, add(mul(stage, 8), ring.full));
  Value address = add(base, add(mul(stage, ring.tileBytes), ring.tiles));
  call("mbarrier_wait", {full, phase});
  shared_[op.getTile()] = {address, add(base, add(mul(stage, 8), ring.empty))};
  set(add(count, 1), ring.counter, constant(0));
  if (!op.getRow())
    return;
  // The copy engine pads at the tensor's end only. Rows of a neighbour become zero, so that its NaN stays its own.
  // Each warpgroup clears the whole tile's foreign rows itself: the same zeros, and no barrier between warpgroups.
  Value first = scalars.lookup(op.getRow()), lo = scalars.lookup(op.getLo()), hi = scalars.lookup(op.getHi());
  const int64_t rows = tile.getDimSize(0), chunks = tile.getDimSize(1) / 8;
  Value foreign = arith::OrIOp::create(b, loc, compare(CmpIPredicate::slt, first, lo),
                                       compare(CmpIPredicate::sgt, add(first, rows), hi));
  guarded(foreign, [&] {
    // A real loop: unrolled, its addresses would be kept in registers over the loop around it.
    auto loop = scf::ForOp::create(b, loc, rem(threadIndex(), 128), constant(rows * chunks), constant(128));
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value chunk = loop.getInductionVar(); // 16 bytes; eight a row of a box
      Value position = add(first, rem(div(chunk, 8), rows));
      guarded(arith::OrIOp::create(b, loc, compare(CmpIPredicate::slt, position, lo),
                                   compare(CmpIPredicate::sge, position, hi)),
              [&] { call("st_shared_zero", add(address, mul(chunk, 16))); });
    }
    call("fence_proxy_async");
    call("bar_sync", {add(warpgroup, 1), constant(128)});
  });
}

void TileLowering::lower(ReleaseOp op) {
  Value lead = compare(CmpIPredicate::eq, rem(threadIndex(), 128), constant(0));
  guarded(lead, [&] { call("mbarrier_arrive", {shared_[op.getTile()].emptyBarrier}); });
}

LogicalResult TileLowering::lower(DrawOp op) {
  Value counters = scalars.lookup(op.getCounters()), limit = scalars.lookup(op.getLimit()), ring = add(base, drawRing);
  auto loop = producer ? DrawLoopOp::create(b, loc, "draw_block", ValueRange{counters, ring, limit}, limit)
                       : DrawLoopOp::create(b, loc, "drawn_block", ring, limit);
  Block &body = loop.getBody().emplaceBlock();
  scalars.map(op.getBody().getArgument(0), body.addArgument(b.getIndexType(), loc));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&body);
  return lowerBlock(op.getBody().front());
}

/// Whether a loop may carry a tile in the registers where it begins: nobody else reads them, in this pass or a later one.
bool TileLowering::mayCarryInPlace(scf::ForOp op, Value init) {
  return registers_.contains(init) && init.hasOneUse() && init.getParentBlock() == op->getBlock();
}

/// Vectors over columns begin to be read at the start of a pass, as soon as it is known where: products follow.
static void startColumnsEarly(Block &body) {
  if (body.walk([](tile::StoreOp) { return WalkResult::interrupt(); }).wasInterrupted())
    return;
  for (auto load : llvm::to_vector(body.getOps<tile::LoadOp>())) {
    if (layoutOf(load.getTile().getType()) != Layout::column)
      continue;
    Operation *after = nullptr;
    for (Value operand : load.getOperands())
      if (Operation *maker = operand.getDefiningOp(); maker && maker->getBlock() == &body && (!after || after->isBeforeInBlock(maker)))
        after = maker;
    after ? load->moveAfter(after) : load->moveBefore(&body.front());
  }
}

LogicalResult TileLowering::lower(scf::ForOp op) {
  startColumnsEarly(*op.getBody());
  SmallVector<Value> arrays(op.getNumRegionIterArgs());
  for (auto [i, init] : llvm::enumerate(op.getInits())) {
    if (!isTile(init))
      continue;
    if (mayCarryInPlace(op, init)) {
      arrays[i] = registers_[init];
    } else {
      arrays[i] = declare("carried", init);
      fill(arrays[i], init);
    }
    registers_[op.getRegionIterArg(i)] = registers_[op.getResult(i)] = arrays[i];
  }
  return loopLike(op, [&]() -> LogicalResult {
    if (failed(lowerBlock(*op.getBody())))
      return failure();
    // All values of the next pass first, then the copies: a yielded value may be made of what another one replaces.
    SmallVector<std::pair<Value, Value>> copies;
    for (auto [array, value] : llvm::zip(arrays, op.getBody()->getTerminator()->getOperands())) {
      if (!array)
        continue;
      Value source = registers_.contains(value) ? registers_[value] : materialise("next", value);
      if (source != array)
        copies.emplace_back(source, array);
    }
    for (auto [from, to] : copies)
      copy(from, to);
    return success();
  });
}

/// The tile whose registers a condition's result takes over: one branch yields it as it is and nobody reads it afterwards,
/// so that the other branch changes it where it lies. A copy would double the registers of a masked score.
Value TileLowering::takenOver(scf::IfOp op, unsigned result) {
  for (Region &region : op->getRegions()) {
    Value tile = region.empty() ? Value() : region.front().getTerminator()->getOperand(result);
    if (tile && registers_.contains(tile) && tile.getDefiningOp() && !op->isAncestor(tile.getDefiningOp()) &&
        llvm::all_of(tile.getUsers(), [&](Operation *user) { return op->isAncestor(user); }))
      return tile;
  }
  return {};
}

LogicalResult TileLowering::lower(scf::IfOp op) {
  SmallVector<Value> arrays(op.getNumResults()), kept(op.getNumResults());
  for (auto [i, result] : llvm::enumerate(op.getResults())) {
    if (!isTile(result))
      continue;
    kept[i] = takenOver(op, i);
    registers_[result] = arrays[i] = kept[i] ? registers_[kept[i]] : declare("chosen", result);
  }
  return branchLike(op, [&](Block &side) -> LogicalResult {
    if (failed(lowerBlock(side)))
      return failure();
    for (auto [array, old, value] : llvm::zip(arrays, kept, side.getTerminator()->getOperands()))
      if (array && value != old)
        fill(array, value);
    return success();
  });
}

LogicalResult TileLowering::lowerBlock(Block &source) {
  llvm::SaveAndRestore outer(loc); // what follows the block is not of its last op
  for (Operation &op : source) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      continue;
    loc = op.getLoc();
    LogicalResult result = success();
    if (auto produce = dyn_cast<ProduceOp>(op))
      lower(produce);
    else if (auto acquire = dyn_cast<AcquireOp>(op))
      lower(acquire);
    else if (auto release = dyn_cast<ReleaseOp>(op))
      lower(release);
    else if (auto draw = dyn_cast<DrawOp>(op))
      result = lower(draw);
    else if (auto loop = dyn_cast<scf::ForOp>(op))
      result = lower(loop);
    else if (auto branch = dyn_cast<scf::IfOp>(op))
      result = lower(branch);
    else if (auto product = dyn_cast<tile::MmaOp>(op))
      lower(product);
    else if (auto reduce = dyn_cast<tile::ReduceOp>(op))
      lower(reduce);
    else if (auto store = dyn_cast<tile::StoreOp>(op))
      result = lower(store);
    else if (auto scalar = dyn_cast<tile::ScalarOp>(op))
      lower(scalar);
    else if (auto turn = dyn_cast<tile::TransposeOp>(op))
      shared_[turn.getResult()] = shared_.lookup(turn.getSource());
    else if (op.getNumResults() == 1 && isa<RankedTensorType>(op.getResult(0).getType())) {
      if (isHeldByWarp(&op))
        holdByWarp(cast<tile::LoadOp>(op));
      else if (isLeftOperand(&op))
        pack(op.getResult(0));
      else if (!isInlined(&op))
        materialise("value", op.getResult(0));
    } else
      b.clone(op, scalars);
    if (failed(result))
      return failure();
  }
  return success();
}

namespace {

/// tanh(x) = 1 - 2 / (exp2(x 2 log2 e) + 1): one exp2 and one division, exact at both ends and to 1e-7 around zero,
/// where the library's function keeps a branch and a polynomial alive in every register-starved fragment.
struct ExpandTanh : OpRewritePattern<math::TanhOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::TanhOp op, PatternRewriter &rewriter) const override {
    if (!op.getType().isF32())
      return rewriter.notifyMatchFailure(op, "only f32 scalars are expanded");
    const Location loc = op.getLoc();
    auto number = [&](float value) -> Value {
      return arith::ConstantOp::create(rewriter, loc, rewriter.getF32FloatAttr(value));
    };
    Value scaled = arith::MulFOp::create(rewriter, loc, op.getOperand(), number(2.885390082f));
    Value sum = arith::AddFOp::create(rewriter, loc, math::Exp2Op::create(rewriter, loc, scaled), number(1.0f));
    Value part = CallOp::create(rewriter, loc, TypeRange(rewriter.getF32Type()), "rcp_approx", ValueRange(sum), true)
                     .getResult();
    rewriter.replaceOpWithNewOp<arith::SubFOp>(op, number(1.0f),
                                               arith::MulFOp::create(rewriter, loc, part, number(2.0f)));
    return success();
  }
};

/// Lowers one kernel in place.
LogicalResult lowerKernel(cuda::KernelOp kernel) {
  RolesOp roles = *kernel.getOps<RolesOp>().begin();
  SmallVector<RingOp> ringOps(kernel.getOps<RingOp>());
  OpBuilder builder(roles);
  const Location loc = kernel.getLoc();
  const int64_t consumers = kernel.getConsumers();
  TileLowering lowering(builder, loc);
  for (Value argument : kernel.getBody().getArguments())
    lowering.scalars.map(argument, argument);
  auto tunable = [&](const Twine &name, int64_t value) -> Value {
    return TunableOp::create(builder, loc, builder.getIndexType(), name.str(), value);
  };
  tunable(kProducerRegisters, kBudgets[consumers].producer);
  tunable(kConsumerRegisters, kBudgets[consumers].consumer);
  for (RingOp op : ringOps)
    if (const int64_t stages = op.getRing().getType().getStages(); stages > 1)
      lowering.rings[op.getRing()].stageCount = tunable(stagesName(op.getName()), stages);
  lowering.base = SharedBaseOp::create(builder, loc, builder.getIndexType());
  lowering.warpgroup = lowering.pureCall("warpgroup_index", builder.getIndexType());
  lowering.rowBase = lowering.mul(lowering.warpgroup, 64);

  // Shared memory: the rings' tiles (1024-byte aligned), the staging tiles, the barriers.
  int64_t offset = 0;
  for (RingOp op : ringOps) {
    auto tile = cast<RankedTensorType>(op.getRing().getType().getTile());
    const int64_t bytes = tile.getNumElements() * 2;
    const int64_t stages = op.getRing().getType().getStages();
    RingPlace &ring = lowering.rings[op.getRing()];
    ring.tiles = offset;
    ring.tileBytes = bytes;
    ring.stages = stages;
    offset += bytes * stages;
  }
  lowering.stagingOffset = offset;
  offset += consumers * kStagingBytes;
  Value thread = lowering.threadIndex(), zero = lowering.constant(0);
  lowering.guarded(lowering.compare(CmpIPredicate::eq, thread, zero), [&] {
    for (RingOp op : ringOps) {
      RingPlace &ring = lowering.rings[op.getRing()];
      ring.full = offset;
      ring.empty = offset + 8 * ring.stages;
      offset += 16 * ring.stages;
      lowering.unrolled(ring.stages, [&](Value stage) {
        Value full = lowering.add(lowering.base, lowering.add(lowering.mul(stage, 8), ring.full));
        Value empty = lowering.add(lowering.base, lowering.add(lowering.mul(stage, 8), ring.empty));
        lowering.call("mbarrier_init", {full, lowering.constant(1)});
        lowering.call("mbarrier_init", {empty, lowering.constant(consumers)});
      });
    }
    lowering.drawRing = offset;
    if (!roles.getProducer().front().getOps<DrawOp>().empty())
      lowering.unrolled(2, [&](Value place) {
        Value full = lowering.add(lowering.base, lowering.add(lowering.mul(place, 8), offset));
        lowering.call("mbarrier_init", {full, lowering.constant(1)});
        lowering.call("mbarrier_init", {lowering.add(full, 16), lowering.constant(4 * consumers)}); // their warps
      });
    lowering.call("fence_mbarrier_init");
    lowering.call("fence_proxy_async");
  });
  lowering.call("__syncthreads");

  Value isProducer = lowering.compare(CmpIPredicate::eq, lowering.warpgroup, lowering.constant(consumers));
  auto branch = scf::IfOp::create(builder, loc, isProducer, /*withElse=*/true);
  for (bool producer : {true, false}) {
    lowering.producer = producer;
    builder.setInsertionPointToStart(producer ? branch.thenBlock() : branch.elseBlock());
    lowering.call(producer ? ("setmaxnreg_dec<" + kProducerRegisters + ">").str()
                           : ("setmaxnreg_inc<" + kConsumerRegisters + ">").str());
    if (producer) { // one lane of the first warp starts all copies
      Value warp = lowering.div(lowering.threadIndex(), 32);
      Value first = lowering.compare(CmpIPredicate::eq, warp, lowering.constant(4 * consumers));
      auto outer = scf::IfOp::create(builder, loc, first, /*withElse=*/false);
      builder.setInsertionPointToStart(outer.thenBlock());
      Value elected = lowering.impureCall("elect_sync", builder.getI1Type());
      auto inner = scf::IfOp::create(builder, loc, elected, /*withElse=*/false);
      builder.setInsertionPointToStart(inner.thenBlock());
      for (Value argument : kernel.getBody().getArguments())
        if (isa<MapType>(argument.getType()))
          lowering.call("prefetch_tensormap", {argument});
    }
    Value counterZero = lowering.constant(0);
    for (RingOp op : ringOps) {
      auto type = RegistersType::get(builder.getContext(), 1, builder.getIndexType());
      Value counter = RegistersOp::create(builder, loc, type, (op.getName() + "_passed").str());
      SetOp::create(builder, loc, counterZero, counter, counterZero);
      lowering.rings[op.getRing()].counter = counter;
    }
    if (failed(lowering.lowerBlock(producer ? roles.getProducer().front() : roles.getConsumer().front())))
      return failure();
  }
  roles.erase();
  for (RingOp op : ringOps)
    op.erase();
  return success();
}

struct CudaLowerTiles : longc::impl::CudaLowerTilesPassBase<CudaLowerTiles> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<cuda::KernelOp>()) {
      if (failed(lowerKernel(kernel)))
        return signalPassFailure();
      RewritePatternSet patterns(&getContext()); // C++ has no division that rounds to minus infinity
      arith::populateCeilFloorDivExpandOpsPatterns(patterns);
      patterns.add<ExpandTanh>(&getContext());
      if (failed(applyPatternsGreedily(kernel, std::move(patterns))))
        return signalPassFailure();
    }
  }
};

} // namespace

void longc::buildCudaPipeline(OpPassManager &manager, ArrayRef<std::string> blockForm) {
  CudaChooseFormsPassOptions forms;
  forms.blockForm.assign(blockForm.begin(), blockForm.end());
  manager.addPass(createCudaChooseFormsPass(forms));
  manager.addPass(createCudaDeferScalePass());
  manager.addPass(createCudaDeferSumsPass());
  manager.addPass(createCudaAssignLayoutsPass());
  manager.addPass(createCudaSplitRolesPass());
  manager.addPass(createCudaLowerTilesPass());
  manager.addPass(createCudaLowerWarpsPass());
  manager.addPass(createCudaLowerBlocksPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

void longc::registerCudaPasses() {
  registerLongcCudaPasses();
  PassPipelineRegistration<>("longc-cuda", "tile kernels to printable cuda kernels",
                             [](OpPassManager &manager) { buildCudaPipeline(manager); });
}
