// Tile kernels to cubins with their launch facts.
#include "codegen/cuda/CompileCuda.h"

#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/Emit.h"
#include "codegen/cuda/FastForm.h"
#include "codegen/cuda/WarpPlan.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Parallel.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace longc {
namespace {

void describeLaunch(cuda::KernelOp kernel, abi::DeviceLaunch &launch) {
  launch.set_entry(kernel.getSymName().str());
  launch.set_threads(kernel.getThreads());
  launch.set_shared_bytes(kernel.getSharedBytes());
  launch.set_persistent(kernel.getConsumers() > 0); // a thread block or warp of the other forms owns one point of the grid
  launch.set_waits_itself(kernel.getConsumers() == 0);
  if (auto points = kernel->getAttrOfType<IntegerAttr>(cuda::kPointsAttribute))
    launch.set_points(uint32_t(points.getInt()));
  launch.set_draws_blocks(llvm::any_of(kernel.getBody().getArgumentTypes(), llvm::IsaPred<cuda::PointerType>));
  for (Attribute attribute : kernel.getTensorMaps()) {
    auto map = cast<cuda::TensorMapAttr>(attribute);
    abi::TensorMap *described = launch.add_tensor_maps();
    described->set_operand(map.getOperand());
    described->set_swizzle_bytes(128);
    for (int64_t size : map.getBox())
      described->add_box(size);
  }
}

} // namespace

tile::TargetAttr cudaSizes(MLIRContext *context, int64_t attentionRows) {
  // A block's 227 KB less what is not for operands: three warpgroups' tiles on their way out, barriers.
  constexpr int64_t kStagingBytes = cuda::kSharedBytes - 3 * 64 * 64 * 2 - 1024;
  // Where blocks of 128 query rows are too large, so may be products: in float32 two of 128 x 256 do not fit.
  const int64_t productCols = std::min<int64_t>(256, 2 * attentionRows);
  auto fewRows = tile::FewRowsAttr::get(context, /*cols=*/2, /*numbers=*/4096, /*keys=*/16, /*heads=*/8, /*head_cols=*/16, /*splits=*/64,
                                        /*part_cols=*/512, /*shortest_row=*/128, /*longest_row=*/2560, /*row_numbers=*/11000);
  return tile::TargetAttr::get(context, /*mma_rows=*/128, productCols, /*mma_depth=*/64, attentionRows,
                               /*attention_cols=*/128, /*stream_rows=*/8, /*fold_heads=*/false, /*stages=*/4,
                               kStagingBytes, /*lists_by_sequence=*/true, fewRows, /*joint_cols=*/true,
                               /*decoded_weights=*/true, /*key_splits=*/512, // there is room for thousands of blocks
                               /*sum_cols=*/192, /*copied_cols=*/64, /*busy_blocks=*/132); // its multiprocessors
}

namespace {

/// The kernels of a module, in their order.
class KernelCompiler {
public:
  explicit KernelCompiler(DumpFolder *dumps) : dumps_(dumps) {}

  Result<std::vector<CudaKernel>> run(ModuleOp kernels) {
    OwningOpRef<ModuleOp> again = kernels.clone();
    LONGC_TRY(lower(kernels, {}));
    LONGC_TRY(compileAll(kernels));
    if (!spilled_.empty()) {
      for (auto kernel : llvm::make_early_inc_range(again->getOps<tile::KernelOp>()))
        if (!llvm::is_contained(spilled_, kernel.getSymName()))
          kernel.erase();
      LONGC_TRY(lower(*again, spilled_));
      LONGC_TRY(compileAll(*again));
    }
    return std::move(compiled_);
  }

private:
  Status lower(ModuleOp kernels, ArrayRef<std::string> blockForm) {
    PassManager manager(kernels.getContext());
    buildCudaPipeline(manager, blockForm);
    return diagnosed(manager.run(kernels));
  }

  static Status diagnosed(LogicalResult result) { return succeeded(result) ? Status() : Status::error(9003, "kernels have no CUDA form"); }

  struct Compilation {
    cuda::KernelOp kernel;
    CudaKernel result;
    Status status;
  };

  /// Texts first, then their code: the compiler takes long, and as many as there are cores run at a time.
  Status compileAll(ModuleOp kernels) {
    std::vector<Compilation> all;
    for (auto kernel : kernels.getOps<cuda::KernelOp>()) {
      CudaKernel result;
      result.name = kernel.getSymName().str();
      llvm::raw_string_ostream stream(result.source);
      stream << cudaPrelude();
      LONGC_TRY(diagnosed(emitCuda(kernel, stream)));
      if (dumps_)
        dumps_->keep(result.name + ".cu", [&](llvm::raw_ostream &out) { out << result.source; });
      all.push_back({kernel, std::move(result), Status()});
    }
    llvm::parallelFor(0, all.size(), [&](size_t i) {
      CudaKernel &result = all[i].result;
      all[i].status = compileCudaText(result.name, result.source, result.cubin, result.resources);
    });
    for (Compilation &one : all)
      LONGC_TRY(take(one));
    return {};
  }

  Status take(Compilation &one) {
    auto &[kernel, result, status] = one;
    // The block form has no other, and so a warp's, unless it is made of points.
    if (status.code() == kSpills && (kernel.getConsumers() > 0 || kernel->hasAttr(cuda::kPointsAttribute))) {
      spilled_.push_back(result.name);
      remark::missed(kernel.getLoc(), remark::RemarkOpts::name("longc-cuda-choose-forms").category("longc-cuda-forms"))
          << ("@" + result.name + " takes the block form: the other one " + status.message());
      return {};
    }
    LONGC_TRY(status);
    result.resources.sharedBytes = kernel.getSharedBytes();
    describeLaunch(kernel, result.launch);
    result.launch.set_registers(result.resources.registers);
    compiled_.push_back(std::move(result));
    return {};
  }

  static constexpr int kSpills = 3206; // of compileCudaText

  DumpFolder *dumps_;
  std::vector<CudaKernel> compiled_;
  std::vector<std::string> spilled_;
};

} // namespace

Result<std::vector<CudaKernel>> compileCuda(ModuleOp kernels, DumpFolder *dumps) {
  kernels.getContext()->loadDialect<cuda::CudaDialect>();
  return KernelCompiler(dumps).run(kernels);
}

namespace {

class CudaTarget final : public Target {
public:
  StringRef name() const override { return "cuda:sm_90a"; }
  std::string description() const override {
    Result<std::string> compiler = findCudaCompiler();
    return compiler.ok() ? *compiler : "no CUDA compiler found";
  }
  SmallVector<StringRef> precisions() const override { return {"fast"}; }
  bool servesWhileTraining() const override { return false; }
  SmallVector<tile::TargetAttr> tilings(MLIRContext *context) const override {
    const int64_t rows[] = {192, 128, 64, 32, 16};
    return llvm::map_to_vector(rows, [&](int64_t each) { return cudaSizes(context, each); });
  }
  std::string crowded(ModuleOp tiled) const override { return cuda::crowdedKernel(tiled); }
  void addDialects(DialectRegistry &registry) const override { registry.insert<cuda::CudaDialect>(); }
  void addLaunchPasses(OpPassManager &manager) const override { manager.addPass(createCudaMarkParametersPass()); }
  void addKernelPasses(OpPassManager &manager, const CodeOptions &) const override { buildCudaPipeline(manager); }
  SmallVector<std::string> kernelFlags(const CodeOptions &) const override { return {"--longc-cuda --longc-cuda-emit"}; }
  Status canCompile() const override {
    Result<std::string> compiler = findCudaCompiler();
    return compiler.ok() ? Status() : compiler.status();
  }

  Status compile(ModuleOp kernels, const CodeOptions &options, KernelCode &code) const override {
    Result<std::vector<CudaKernel>> compiled = compileCuda(kernels, options.dumps);
    if (!compiled.ok())
      return compiled.status();
    if (options.trains) {
      Result<std::vector<CudaKernel>> optimizer = compileOptimizer();
      if (!optimizer.ok())
        return optimizer.status();
      llvm::append_range(*compiled, *optimizer);
    }
    if (options.decodes) {
      Result<CudaKernel> sampler = compileSampler();
      if (!sampler.ok())
        return sampler.status();
      compiled->push_back(std::move(*sampler));
    }
    for (CudaKernel &kernel : *compiled) {
      if (!options.quiet)
        llvm::errs() << kernel.name << ": " << kernel.resources.registers << " registers, " << kernel.resources.spillStoreBytes
                     << " bytes of spills, " << kernel.resources.sharedBytes << " bytes of shared memory\n";
      code.images.push_back({kernel.name, name().str(), std::move(kernel.cubin), std::move(kernel.launch)});
    }
    return {};
  }
};

} // namespace

const Target &cudaTarget() {
  static const CudaTarget target;
  return target;
}

} // namespace longc
