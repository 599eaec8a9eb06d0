// The kernels of test/codegen/cuda/kernels compile to cubins within their recorded budget. Needs NVRTC or nvcc, no GPU.
#include "codegen/cuda/CompileCuda.h"
#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/Emit.h"

#include "dialects/lm/LmDialect.h"
#include "passes/Passes.h"
#include "passes/Pipelines.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include "gtest/gtest.h"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using namespace longc;

namespace {

const std::string kFolder = LONGC_CUDA_TEST_FOLDER;

mlir::OwningOpRef<mlir::ModuleOp> parse(mlir::MLIRContext &context, const std::string &file) {
  context.loadDialect<tile::TileDialect, mlir::arith::ArithDialect, mlir::math::MathDialect, mlir::scf::SCFDialect>();
  return mlir::parseSourceFile<mlir::ModuleOp>(kFolder + "/kernels/" + file + ".mlir", &context);
}

/// "file kernel registers spills shared wgmma tma ex2", as a line of budget.txt.
std::string measure(const std::string &file, const CudaKernel &kernel) {
  auto count = [&](const char *pattern) {
    // The kernel's own text, after the prelude.
    const std::string text = kernel.source.substr(kernel.source.find("// ---- "));
    std::regex regex(pattern);
    return std::distance(std::sregex_iterator(text.begin(), text.end(), regex), std::sregex_iterator());
  };
  std::ostringstream line;
  line << file << " " << kernel.name << " " << kernel.resources.registers << " "
       << kernel.resources.spillStoreBytes + kernel.resources.spillLoadBytes << " " << kernel.resources.sharedBytes
       << " " << count("wgmma_m64n") << " " << count("tma_load_") << " " << count("ex2_approx");
  return line.str();
}

TEST(CompileCuda, KernelsKeepTheirRecordedBudget) {
  Result<std::string> compiler = findCudaCompiler();
  if (!compiler.ok())
    GTEST_SKIP() << compiler.status().text();
  std::ifstream budget(kFolder + "/budget.txt");
  ASSERT_TRUE(budget) << "no " << kFolder << "/budget.txt";
  std::string line;
  int kernels = 0;
  while (std::getline(budget, line)) {
    if (line.empty() || line[0] == '#')
      continue;
    const std::string file = line.substr(0, line.find(' '));
    mlir::MLIRContext context;
    auto module = parse(context, file);
    ASSERT_TRUE(module) << file;
    (*module)->setAttr("tile.target", cudaSizes(&context)); // as the driver does, with today's facts
    mlir::PassManager pipelining(&context);
    pipelining.addPass(createPipelineLoopsPass());
    ASSERT_TRUE(succeeded(pipelining.run(*module))) << file;
    auto compiled = compileCuda(*module);
    ASSERT_TRUE(compiled.ok()) << file << " with " << *compiler;
    ASSERT_EQ(compiled->size(), 1u) << file;
    const CudaKernel &kernel = compiled->front();
    EXPECT_EQ(measure(file, kernel), line) << "with " << *compiler;
    EXPECT_EQ(kernel.launch.entry(), kernel.name);
    const std::string cubin(kernel.cubin.begin(), kernel.cubin.end());
    EXPECT_EQ(cubin.substr(0, 4), "\177ELF");
    EXPECT_NE(cubin.find(file + ".mlir"), std::string::npos) << "the line table names the kernel's file";
    ++kernels;
  }
  EXPECT_GE(kernels, 3);
}

/// The kernels of a model of test/passes/inputs, lowered for the GPU: of all its functions, or those that one launches.
mlir::OwningOpRef<mlir::ModuleOp> kernelsOf(mlir::MLIRContext &context, const std::string &model, llvm::StringRef function,
                                            int64_t attentionRows, void (*choose)(LoweringOptions &), bool gatedMemory = false) {
  context.loadDialect<lm::LmDialect, tile::TileDialect, mlir::arith::ArithDialect, mlir::math::MathDialect,
                      mlir::scf::SCFDialect, mlir::func::FuncDialect>();
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(kFolder + "/../../passes/inputs/" + model, &context);
  if (!module)
    return module;
  (*module)->setAttr("tile.target", cudaSizes(&context, attentionRows));
  LoweringOptions options;
  options.precision = "fast";
  choose(options);
  mlir::PassManager lowering(&context);
  if (gatedMemory)
    lowering.addPass(createInsertGatedMemoryPass({.identity = true}));
  buildLoweringPipeline(lowering, options);
  if (failed(lowering.run(*module)))
    return {};
  std::set<std::string> launched;
  for (auto one : module->getOps<mlir::func::FuncOp>())
    if (function.empty() || one.getSymName() == function)
      one.walk([&](tile::LaunchOp launch) { launched.insert(launch.getKernel().str()); });
  for (mlir::Operation &op : llvm::make_early_inc_range(*module->getBody()))
    if (auto kernel = mlir::dyn_cast<tile::KernelOp>(op); !kernel || !launched.contains(kernel.getSymName().str()))
      op.erase();
  return module;
}

size_t countKernels(mlir::ModuleOp module) {
  const auto kernels = module.getOps<tile::KernelOp>();
  return size_t(std::distance(kernels.begin(), kernels.end()));
}

// A whole decoder with memory: tokens in, logits out, reading and decoding.
TEST(CompileCuda, EveryKernelOfADecoderCompiles) {
  Result<std::string> compiler = findCudaCompiler();
  if (!compiler.ok())
    GTEST_SKIP() << compiler.status().text();
  mlir::MLIRContext context;
  auto module = kernelsOf(context, "decoder.mlir.in", "", 64, [](LoweringOptions &options) { options.method = "fot"; });
  ASSERT_TRUE(module);
  const size_t count = countKernels(*module);
  auto compiled = compileCuda(*module);
  ASSERT_TRUE(compiled.ok()) << "with " << *compiler;
  EXPECT_EQ(compiled->size(), count);
  EXPECT_GE(count, 20u);
  size_t blocks = 0;
  for (const CudaKernel &kernel : *compiled) {
    EXPECT_EQ(kernel.resources.spillStoreBytes + kernel.resources.spillLoadBytes, 0) << kernel.name;
    blocks += !kernel.launch.persistent();
  }
  EXPECT_GT(blocks, 0u);
  EXPECT_LT(blocks, count) << "products of many rows take the fast form";
}

// Memory of which each query takes the best entries alone: kernels that select take the block form, with room for 64 rows.
TEST(CompileCuda, EveryKernelOfASelectionCompiles) {
  Result<std::string> compiler = findCudaCompiler();
  if (!compiler.ok())
    GTEST_SKIP() << compiler.status().text();
  mlir::MLIRContext context;
  auto module = kernelsOf(context, "decoder.mlir.in", "", 64, [](LoweringOptions &options) {
    options.method = "fot";
    options.topk = 128;
  });
  ASSERT_TRUE(module);
  for (tile::KernelOp kernel : llvm::make_early_inc_range(module->getOps<tile::KernelOp>())) {
    bool selects = false;
    kernel.walk([&](tile::TopkUpdateOp) { selects = true; });
    if (!selects)
      kernel.erase(); // the test before this tells of those
  }
  ASSERT_EQ(countKernels(*module), 2u) << "reading and decoding";
  auto compiled = compileCuda(*module);
  ASSERT_TRUE(compiled.ok()) << "with " << *compiler;
  for (const CudaKernel &kernel : *compiled) {
    EXPECT_FALSE(kernel.launch.persistent()) << kernel.name;
    EXPECT_NE(kernel.source.find("select_offer<", kernel.source.find("// ---- ")), std::string::npos) << kernel.name;
  }
}

// What an adapter that is bound when a program runs adds to its products, of whatever rank.
TEST(CompileCuda, EveryKernelOfABoundAdapterCompiles) {
  Result<std::string> compiler = findCudaCompiler();
  if (!compiler.ok())
    GTEST_SKIP() << compiler.status().text();
  mlir::MLIRContext context;
  for (const char *function : {"prefill_adapted", "decode_adapted"}) {
    auto module = kernelsOf(context, "decoder.mlir.in", function, 64, [](LoweringOptions &options) {
      options.method = "fot";
      options.overlays = true;
    });
    ASSERT_TRUE(module);
    for (tile::KernelOp kernel : llvm::make_early_inc_range(module->getOps<tile::KernelOp>()))
      if (!kernel.getSymName().contains("any"))
        kernel.erase(); // sizes that are known: of those the tests before this tell
    const size_t count = countKernels(*module);
    EXPECT_GE(count, 2u) << function << ": x A^T, and what adds that times B^T";
    auto compiled = compileCuda(*module);
    ASSERT_TRUE(compiled.ok()) << function << " with " << *compiler;
    ASSERT_EQ(compiled->size(), count);
    for (const CudaKernel &kernel : *compiled) // its rank is known to be whole panels: the fast form and the warp's
      EXPECT_TRUE(llvm::StringRef(function).starts_with("prefill") ? kernel.launch.persistent() : kernel.launch.points() > 0) << kernel.name;
  }
}

// Gradients of adapters and of whole matrices, of rows that read others among them, without a kernel that spills: all products
// take the fast form.
TEST(CompileCuda, EveryKernelOfGradientsCompiles) {
  Result<std::string> compiler = findCudaCompiler();
  if (!compiler.ok())
    GTEST_SKIP() << compiler.status().text();
  mlir::MLIRContext context;
  auto module = kernelsOf(context, "trained.mlir.in", "loss_gradient", 192, [](LoweringOptions &options) {
    options.train = true;
    options.method = "fot";
  });
  ASSERT_TRUE(module);
  const size_t count = countKernels(*module);
  auto compiled = compileCuda(*module);
  ASSERT_TRUE(compiled.ok()) << "with " << *compiler;
  EXPECT_EQ(compiled->size(), count);
  int products = 0;
  for (const CudaKernel &kernel : *compiled) {
    const bool multiplies = std::regex_search(kernel.name, std::regex("^(linear|adapter|product|row_product|cross_entropy|packed|attention)")) &&
                            !std::regex_search(kernel.name, std::regex("_(sum|join)"));
    products += multiplies;
    EXPECT_EQ(kernel.launch.persistent(), multiplies) << kernel.name;
  }
  EXPECT_GT(products, 20);
}

// What LIFT's memory of each head adds to that.
TEST(CompileCuda, EveryKernelOfAGatedMemoryCompiles) {
  Result<std::string> compiler = findCudaCompiler();
  if (!compiler.ok())
    GTEST_SKIP() << compiler.status().text();
  mlir::MLIRContext context;
  auto module = kernelsOf(context, "trained.mlir.in", "loss_gradient", 192, [](LoweringOptions &options) { options.train = true; }, /*gatedMemory=*/true);
  ASSERT_TRUE(module);
  const auto isGated = [](llvm::StringRef name) { return name.contains("gated_memory"); };
  for (tile::KernelOp kernel : llvm::make_early_inc_range(module->getOps<tile::KernelOp>()))
    if (!isGated(kernel.getSymName()) && !kernel.getSymName().starts_with("product_2x"))
      kernel.erase(); // of those without it the tests before this tell
  const size_t count = countKernels(*module);
  EXPECT_GE(count, 4u);
  auto compiled = compileCuda(*module);
  ASSERT_TRUE(compiled.ok()) << "with " << *compiler;
  EXPECT_EQ(compiled->size(), count);
  for (const CudaKernel &kernel : *compiled)
    EXPECT_EQ(kernel.resources.spillStoreBytes + kernel.resources.spillLoadBytes, 0) << kernel.name;
}

// A loop adds to what it carries, however many names there are before it.
TEST(EmitCuda, ALoopReadsWhatItCarries) {
  for (int numbers = 0; numbers < 100; ++numbers) {
    mlir::MLIRContext context;
    context.loadDialect<tile::TileDialect, cuda::CudaDialect, mlir::arith::ArithDialect, mlir::math::MathDialect, mlir::scf::SCFDialect>();
    std::string text = "tile.kernel @sum grid(%i) (%x: !tile.view<?xf32>, %y: !tile.view<?xf32>) {\n"
                       "  %c0 = arith.constant 0 : index\n  %c1 = arith.constant 1 : index\n  %c9 = arith.constant 9 : index\n";
    std::string start = "%zero";
    text += "  %zero = arith.constant 0.0 : f32\n";
    for (int i = 0; i < numbers; ++i) { // each read twice, so that it has a name
      const std::string n = std::to_string(i);
      text += "  %a" + n + " = tile.scalar %x[%i] : !tile.view<?xf32> -> f32\n  %b" + n + " = arith.addf " + start + ", %a" + n + " : f32\n";
      start = "%b" + n;
    }
    text += "  %s = scf.for %j = %c0 to %c9 step %c1 iter_args(%c = " + start + ") -> (f32) {\n"
            "    %v = tile.scalar %x[%j] : !tile.view<?xf32> -> f32\n    %n = arith.addf %c, %v : f32\n    scf.yield %n : f32\n  }\n"
            "  %t = tile.splat %s : f32 -> tensor<1xf32>\n  tile.store %t, %y[%i] : tensor<1xf32>, !tile.view<?xf32>\n  tile.return\n}\n";
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module) << text;
    mlir::PassManager manager(&context);
    buildCudaPipeline(manager);
    ASSERT_TRUE(succeeded(manager.run(*module)));
    std::string emitted;
    llvm::raw_string_ostream stream(emitted);
    ASSERT_TRUE(succeeded(emitCuda(*module->getOps<cuda::KernelOp>().begin(), stream)));
    EXPECT_TRUE(std::regex_search(emitted, std::regex("c0 = c0 \\+ v"))) << numbers << "\n" << emitted;
  }
}

TEST(CompileCuda, TheOptimizerCompiles) {
  if (Result<std::string> compiler = findCudaCompiler(); !compiler.ok())
    GTEST_SKIP() << compiler.status().text();
  auto kernels = compileOptimizer();
  ASSERT_TRUE(kernels.ok()) << kernels.status().text();
  ASSERT_EQ(kernels->size(), 3u);
  for (const CudaKernel &kernel : *kernels) {
    EXPECT_EQ(kernel.launch.entry(), kernel.name);
    EXPECT_NE(std::string(kernel.cubin.begin(), kernel.cubin.end()).find(".text." + kernel.name), std::string::npos) << kernel.name;
  }
}

TEST(CompileCuda, TheSamplerCompiles) {
  if (Result<std::string> compiler = findCudaCompiler(); !compiler.ok())
    GTEST_SKIP() << compiler.status().text();
  auto kernel = compileSampler();
  ASSERT_TRUE(kernel.ok()) << kernel.status().text(); // spills are an error of it
  EXPECT_EQ(kernel->launch.entry(), kernel->name);
  EXPECT_NE(std::string(kernel->cubin.begin(), kernel->cubin.end()).find(".text." + kernel->name), std::string::npos);
}

TEST(CompileCuda, SpillsAreRefused) {
  if (!findCudaCompiler().ok())
    GTEST_SKIP() << findCudaCompiler().status().text();
  // 300 live floats in 512 threads of 128 registers.
  const std::string text = R"(extern "C" __global__ void __launch_bounds__(512, 1) crowded(float *p) {
  float v[300];
#pragma unroll
  for (int i = 0; i < 300; ++i) v[i] = p[i * 512 + threadIdx.x];
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 300; ++i) p[(299 - i) * 512 + threadIdx.x] = v[i] * v[(i * 7) % 300];
})";
  std::vector<char> cubin;
  CudaResources resources;
  Status status = compileCudaText("crowded", text, cubin, resources);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.code(), 3206) << status.text();
}

TEST(CompileCuda, TextThatDoesNotCompileIsNamed) {
  if (!findCudaCompiler().ok())
    GTEST_SKIP() << findCudaCompiler().status().text();
  std::vector<char> cubin;
  CudaResources resources;
  Status status = compileCudaText("broken", "extern \"C\" __global__ void broken() { undefined(); }", cubin, resources);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.code(), 3203);
  EXPECT_NE(status.message().find("'broken'"), std::string::npos);
  EXPECT_NE(status.message().find("undefined"), std::string::npos);
}

} // namespace
