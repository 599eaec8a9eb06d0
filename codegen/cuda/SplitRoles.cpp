// Role splitting: a tile kernel becomes a producer that feeds rings of shared tiles and consumers that compute.
#include "codegen/cuda/CudaDialect.h"
#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/FastForm.h"
#include "passes/KernelBuilder.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace longc {
#define GEN_PASS_DEF_CUDASPLITROLESPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;
using cuda::Layout;

namespace {

constexpr int64_t kBarrierBytes = 8, kStagingBytesPerConsumer = 64 * 64 * 2, kPanelRows = 16;

bool isShared(Operation *op) {
  auto load = dyn_cast<tile::LoadOp>(op);
  return load && cuda::layoutOf(load.getTile().getType()) == Layout::shared;
}

bool holdsShared(Operation *op) {
  return op->walk([](tile::LoadOp load) { return isShared(load) ? WalkResult::interrupt() : WalkResult::advance(); })
      .wasInterrupted();
}

int64_t tileBytes(RankedTensorType type) { return type.getNumElements() * type.getElementTypeBitWidth() / 8; }

/// Index arithmetic at a builder.
struct IndexMath {
  OpBuilder &builder;
  Location loc;
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }
  Value add(Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b); }
  Value sub(Value a, Value b) { return arith::SubIOp::create(builder, loc, a, b); }
  Value mul(Value a, Value b) { return arith::MulIOp::create(builder, loc, a, b); }
  Value div(Value a, Value b) { return arith::DivSIOp::create(builder, loc, a, b); }
  Value rem(Value a, Value b) { return arith::RemSIOp::create(builder, loc, a, b); }
};

/// One load's place: its ring, its tensor map.
struct SharedLoad {
  unsigned ring, map;
  bool inLoop;
};

class RoleSplitter {
public:
  RoleSplitter(tile::KernelOp kernel, int64_t sharedBytes) : kernel_(kernel), sharedLimit_(sharedBytes) {}

  LogicalResult run() {
    if (failed(planRings()))
      return failure();
    build();
    kernel_.erase();
    return failure(failed_);
  }

private:
  struct Ring {
    RankedTensorType tile;
    std::string name;
    unsigned ordinal; // among a loop's loads of the type
    bool inLoop;
    int64_t stages;
  };

  /// Tiles of a load that may be in flight: what its loop says when it runs ahead, one otherwise.
  static int64_t stagesOf(tile::LoadOp load) {
    auto stages = load->getParentOp()->getAttrOfType<IntegerAttr>(tile::TileDialect::stagesAttribute);
    return load.getAsynchronous() && stages ? stages.getInt() : 1;
  }

  /// Rings in program order. Loads of one type in loops that follow each other take turns on one ring.
  LogicalResult planRings() {
    kernel_.walk([&](tile::MmaOp op) { consumers_ = cast<RankedTensorType>(op.getType()).getDimSize(0) / 64; });
    DenseMap<std::pair<Operation *, Type>, unsigned> turn; // how many loads of a type a loop has had
    WalkResult result = kernel_.walk<WalkOrder::PreOrder>([&](tile::LoadOp load) {
      if (!isShared(load))
        return WalkResult::advance();
      Operation *parent = load->getParentOp();
      if (!isa<tile::KernelOp, scf::ForOp>(parent)) {
        load.emitOpError("cannot be compiled for CUDA yet: a product's operand is loaded under a condition");
        return WalkResult::interrupt();
      }
      auto type = cast<RankedTensorType>(load.getTile().getType());
      const bool inLoop = parent != kernel_;
      const unsigned ordinal = inLoop ? turn[{parent, type}]++ : 0;
      const int64_t stages = stagesOf(load);
      auto ring = llvm::find_if(rings_, [&](const Ring &other) {
        return inLoop && other.inLoop && other.tile == type && other.ordinal == ordinal && other.stages == stages;
      });
      if (ring == rings_.end()) {
        auto argument = cast<BlockArgument>(load.getView());
        std::string name = "tile" + std::to_string(argument.getArgNumber() - kernel_.getGridRank());
        if (llvm::any_of(rings_, [&](const Ring &other) { return other.name == name; }))
          name += "_" + std::to_string(rings_.size());
        ring = rings_.insert(ring, {type, name, ordinal, inLoop, stages});
      }
      loads_[load] = {unsigned(ring - rings_.begin()), planMap(load), inLoop};
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();

    sharedBytes_ = consumers_ * kStagingBytesPerConsumer + (readsWorkList() ? cuda::kDrawRingBytes : 0);
    for (const Ring &ring : rings_)
      sharedBytes_ += ring.stages * (tileBytes(ring.tile) + 2 * kBarrierBytes);
    if (sharedBytes_ > sharedLimit_)
      return kernel_.emitOpError("needs ")
             << sharedBytes_ << " bytes of shared memory, the target has " << sharedLimit_;
    return success();
  }

  unsigned planMap(tile::LoadOp load) {
    auto view = load.getView().getType();
    auto type = cast<RankedTensorType>(load.getTile().getType());
    SmallVector<int64_t> box(view.getRank(), 1);
    box.back() = 64; // bf16 elements of one 128-byte row; a wider tile takes several boxes
    for (int64_t dim = 0; dim < view.getRank() - 1; ++dim)
      if (!llvm::is_contained(load.getDropped(), dim))
        box[dim] = type.getDimSize(0);
    const unsigned argument = cast<BlockArgument>(load.getView()).getArgNumber();
    const int64_t operand = llvm::count_if(kernel_.getBody().getArguments().take_front(argument),
                                           [](Value other) { return isa<tile::ViewType>(other.getType()); });
    auto map = cuda::TensorMapAttr::get(kernel_.getContext(), operand, box);
    auto found = llvm::find(maps_, map);
    if (found == maps_.end()) {
      maps_.push_back(map);
      return maps_.size() - 1;
    }
    return found - maps_.begin();
  }

  void build() {
    OpBuilder builder(kernel_);
    const Location loc = kernel_.getLoc();
    auto result = cuda::KernelOp::create(builder, loc, kernel_.getSymName(), 128 * (consumers_ + 1), sharedBytes_,
                                         consumers_, builder.getArrayAttr(maps_),
                                         kernel_.getGridRank());
    if (Attribute columns = kernel_->getAttr(openColumnsAttribute))
      result->setAttr(openColumnsAttribute, columns);
    Block &body = result.getBody().emplaceBlock();
    IRMapping mapping;
    for (size_t i = 0; i < maps_.size(); ++i)
      mapValues_.push_back(body.addArgument(cuda::MapType::get(builder.getContext()), loc));
    for (bool views : {true, false}) // the runtime passes all views, then all scalars
      for (Value argument : kernel_.getKernelArguments())
        if (isa<tile::ViewType>(argument.getType()) == views)
          mapping.map(argument, body.addArgument(argument.getType(), argument.getLoc()));
    if (readsWorkList())
      counters_ = body.addArgument(cuda::PointerType::get(builder.getContext(), builder.getI32Type()), loc);
    SmallVector<Value> gridSizes;
    for (int64_t i = 0; i < int64_t(kernel_.getGridRank()); ++i)
      gridSizes.push_back(body.addArgument(builder.getIndexType(), loc));

    builder.setInsertionPointToStart(&body);
    for (Ring &ring : rings_)
      ringValues_.push_back(cuda::RingOp::create(
          builder, loc, cuda::RingType::get(builder.getContext(), ring.stages, ring.tile), ring.name));
    auto roles = cuda::RolesOp::create(builder, loc);
    for (bool producer : {true, false}) {
      Region &region = producer ? roles.getProducer() : roles.getConsumer();
      builder.setInsertionPointToStart(&region.emplaceBlock());
      IRMapping roleMapping = mapping;
      buildBlockLoop(builder, gridSizes, roleMapping);
      Block &source = kernel_.getBody().front();
      if (producer) {
        cloneProducer(source, builder, roleMapping);
        eraseUnused(*builder.getInsertionBlock());
      } else {
        cloneConsumer(source, builder, roleMapping);
      }
    }
  }

  /// The persistent loop over blocks of the grid; leaves the builder inside and maps the grid's indices.
  void buildBlockLoop(OpBuilder &builder, ArrayRef<Value> sizes, IRMapping &mapping) {
    IndexMath math{builder, kernel_.getLoc()};
    Value total = math.constant(1);
    for (Value size : sizes)
      total = math.mul(total, size);
    Value id = counters_ ? drawBlocks(math, total) : countBlocks(math, total);
    auto indices = kernel_.getGridIndices();
    if (sizes.size() == 2 && !counters_) { // panels of rows: blocks in flight share their operands in the cache
      Value panel = math.constant(kPanelRows), perPanel = math.mul(panel, sizes[1]);
      Value first = math.mul(math.div(id, perPanel), panel), within = math.rem(id, perPanel);
      Value rows = arith::MinSIOp::create(builder, math.loc, panel, math.sub(sizes[0], first));
      mapping.map(indices[0], math.add(first, math.rem(within, rows)));
      mapping.map(indices[1], math.div(within, rows));
      return;
    }
    for (int64_t i = sizes.size() - 1; i >= 0; --i) { // last index fastest
      mapping.map(indices[i], i == 0 ? id : math.rem(id, sizes[i]));
      if (i != 0)
        id = math.div(id, sizes[i]);
    }
  }

  /// Work of unequal cost: whoever is free draws the next block. The list's order keeps neighbours in the cache.
  Value drawBlocks(IndexMath &math, Value total) {
    auto draw = cuda::DrawOp::create(math.builder, math.loc, counters_, total);
    Block &body = draw.getBody().emplaceBlock();
    math.builder.setInsertionPointToStart(&body);
    return body.addArgument(math.builder.getIndexType(), math.loc);
  }

  /// Work of equal cost: every thread block takes its turns.
  Value countBlocks(IndexMath &math, Value total) {
    auto call = [&](StringRef callee) -> Value {
      return cuda::CallOp::create(math.builder, math.loc, math.builder.getIndexType(), callee, ValueRange(), true)
          .getResult();
    };
    Value zero = math.constant(0), one = math.constant(1), blocks = call("grid_size"), block = call("block_index");
    Value rounds = math.div(math.sub(math.add(total, blocks), one), blocks);
    auto loop = scf::ForOp::create(math.builder, math.loc, zero, rounds, one);
    math.builder.setInsertionPointToStart(loop.getBody());
    Value id = math.add(math.mul(loop.getInductionVar(), blocks), block);
    Value inside = arith::CmpIOp::create(math.builder, math.loc, arith::CmpIPredicate::slt, id, total);
    auto guard = scf::IfOp::create(math.builder, math.loc, inside, /*withElse=*/false);
    math.builder.setInsertionPointToStart(guard.thenBlock());
    return id;
  }

  /// Whether a block reads its bounds from a list: then blocks differ in cost.
  bool readsWorkList() {
    return llvm::any_of(kernel_.getGridIndices().front().getUsers(), [](Operation *op) { return isa<tile::ScalarOp>(op); });
  }

  /// What the L2 cache should do with a tile: ragged kernels re-read their loops' tiles from other blocks.
  StringRef cachePolicy(const SharedLoad &place) {
    if (!readsWorkList())
      return "evict_normal";
    return place.inLoop ? "evict_last" : "evict_first";
  }

  static bool isScalar(Type type) { return type.isIntOrIndexOrFloat(); }

  /// Whether an op makes scalars of scalars that the producer has; a loop over nothing else is such an op, too.
  static bool makesScalars(Operation &op, const IRMapping &mapping) {
    const bool onlyScalars = !op.walk([](Operation *inner) {
                                  const bool fits = llvm::all_of(inner->getResultTypes(), isScalar) &&
                                                    !isa<tile::StoreOp, tile::ScatterOp>(inner);
                                  return fits ? WalkResult::advance() : WalkResult::interrupt();
                                }).wasInterrupted();
    if (op.getNumResults() == 0 || !onlyScalars)
      return false;
    auto isKnown = [&](Value value) {
      return mapping.contains(value) || isa<tile::ViewType>(value.getType()) || op.isAncestor(value.getParentBlock()->getParentOp());
    };
    return !op.walk([&](Operation *inner) {
                return llvm::all_of(inner->getOperands(), isKnown) ? WalkResult::advance() : WalkResult::interrupt();
              }).wasInterrupted();
  }

  /// A loop that loads operands, with the scalars that it carries.
  void cloneLoop(scf::ForOp loop, OpBuilder &builder, IRMapping &mapping) {
    SmallVector<unsigned> carried;
    SmallVector<Value> inits, next;
    for (auto [number, init] : llvm::enumerate(loop.getInits()))
      if (isScalar(init.getType())) {
        carried.push_back(number);
        inits.push_back(mapping.lookup(init));
      }
    auto copy = scf::ForOp::create(builder, loop.getLoc(), mapping.lookup(loop.getLowerBound()), mapping.lookup(loop.getUpperBound()),
                                   mapping.lookup(loop.getStep()), inits);
    mapping.map(loop.getInductionVar(), copy.getInductionVar());
    for (auto [place, number] : llvm::enumerate(carried)) {
      mapping.map(loop.getRegionIterArg(number), copy.getRegionIterArg(place));
      mapping.map(loop.getResult(number), copy.getResult(place));
    }
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(copy.getBody());
    cloneProducer(*loop.getBody(), builder, mapping);
    for (unsigned number : carried)
      next.push_back(mapping.lookupOrNull(loop.getBody()->getTerminator()->getOperand(number)));
    if (llvm::is_contained(next, Value())) {
      loop.emitOpError("cannot be compiled for CUDA yet: a loop that loads operands carries a scalar that its tiles decide");
      failed_ = true;
      next = inits;
    }
    if (!carried.empty())
      scf::YieldOp::create(builder, loop.getLoc(), next);
    eraseUnused(*copy.getBody());
  }

  /// What only the consumers need was copied too.
  static void eraseUnused(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

  void cloneProducer(Block &source, OpBuilder &builder, IRMapping &mapping) {
    for (Operation &op : source.without_terminator()) {
      if (isShared(&op)) {
        auto load = cast<tile::LoadOp>(op);
        const SharedLoad &place = loads_[load];
        SmallVector<Value> offsets;
        for (Value offset : load.getOffsets())
          offsets.push_back(mapping.lookup(offset));
        cuda::ProduceOp::create(builder, op.getLoc(), ringValues_[place.ring], mapValues_[place.map], offsets,
                                builder.getStringAttr(cachePolicy(place)));
      } else if (auto loop = dyn_cast<scf::ForOp>(op); loop && holdsShared(loop)) {
        cloneLoop(loop, builder, mapping);
      } else if (makesScalars(op, mapping)) {
        builder.clone(op, mapping);
      }
    }
  }

  void acquire(tile::LoadOp load, OpBuilder &builder, IRMapping &mapping) {
    Value row, lo, hi;
    if (load.getLo() && !load.getMasked()) {
      row = mapping.lookup(load.getOffsets().front());
      lo = mapping.lookup(load.getLo());
      hi = mapping.lookup(load.getHi());
    }
    mapping.map(load.getTile(), cuda::AcquireOp::create(builder, load.getLoc(), load.getTile().getType(),
                                                        ringValues_[loads_[load].ring], row, lo, hi));
  }

  void cloneConsumer(Block &source, OpBuilder &builder, IRMapping &mapping) {
    // Before which op of this block a tile is waited for, and after which it is free: its first and last user's.
    DenseMap<Operation *, SmallVector<tile::LoadOp>> acquires, releases;
    for (auto load : source.getOps<tile::LoadOp>()) {
      if (!isShared(load))
        continue;
      Operation *first = nullptr, *last = nullptr;
      SmallVector<Operation *> users(load->getUsers());
      for (size_t i = 0; i < users.size(); ++i)
        if (isa<tile::TransposeOp>(users[i])) // whose products read the tile
          llvm::append_range(users, users[i]->getUsers());
      for (Operation *user : users) {
        Operation *ancestor = source.findAncestorOpInBlock(*user);
        if (!first || ancestor->isBeforeInBlock(first))
          first = ancestor;
        if (!last || last->isBeforeInBlock(ancestor))
          last = ancestor;
      }
      acquires[first].push_back(load);
      releases[last].push_back(load);
    }
    for (Operation &op : source.without_terminator()) {
      for (tile::LoadOp load : acquires.lookup(&op))
        acquire(load, builder, mapping);
      if (isShared(&op)) {
        continue;
      } else if (op.getNumRegions() == 0) {
        builder.clone(op, mapping);
      } else {
        Operation *copy = op.cloneWithoutRegions(mapping);
        builder.insert(copy);
        for (auto [from, to] : llvm::zip(op.getRegions(), copy->getRegions())) {
          if (from.empty())
            continue;
          Block &block = to.emplaceBlock();
          for (Value argument : from.getArguments())
            mapping.map(argument, block.addArgument(argument.getType(), argument.getLoc()));
          OpBuilder::InsertionGuard guard(builder);
          builder.setInsertionPointToEnd(&block);
          cloneConsumer(from.front(), builder, mapping);
          builder.clone(*from.front().getTerminator(), mapping);
        }
      }
      for (tile::LoadOp load : releases.lookup(&op))
        cuda::ReleaseOp::create(builder, op.getLoc(), ringValues_[loads_[load].ring], mapping.lookup(load.getTile()));
    }
  }

  tile::KernelOp kernel_;
  int64_t sharedLimit_;
  int64_t consumers_ = 0, sharedBytes_ = 0;
  Value counters_; // of a kernel that draws its blocks
  bool failed_ = false;
  SmallVector<Ring> rings_;
  SmallVector<Attribute> maps_;
  DenseMap<Operation *, SharedLoad> loads_;
  SmallVector<Value> ringValues_, mapValues_;
};

struct CudaSplitRoles : longc::impl::CudaSplitRolesPassBase<CudaSplitRoles> {
  using CudaSplitRolesPassBase::CudaSplitRolesPassBase;

  void runOnOperation() override {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>()))
      if (cuda::hasFastForm(kernel) && failed(cuda::splitRoles(kernel, sharedBytes)))
        return signalPassFailure();
  }
};

} // namespace

LogicalResult longc::cuda::splitRoles(tile::KernelOp kernel, int64_t sharedBytes) {
  return RoleSplitter(kernel, sharedBytes).run();
}
