// Speed of compiled kernels: products, attention and streaming of one decoder layer, by variant and thread count.
//
//   longc-bench-cpu bench/kernels/cpu_layer.mlir --variants avx512_bf16 --cores 2 --tokens 512 --benchmark_filter=linear
//
// Operands are constant data of plausible size; correctness is longc-compare-cpu's business. On one core time is the thread's own, so that
// other programs do not count. Takes all options of Google Benchmark, after ours.
#include "codegen/cpu/CompileCpu.h"
#include "frontends/tools/RegisterAll.h"
#include "passes/AttentionKernel.h"
#include "runtime/abi/Layout.h"
#include "runtime/abi/longc_abi.h"
#include "runtime/core/ThreadPool.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <functional>
#include <list>

using namespace llvm;
using namespace mlir;

namespace {

cl::opt<std::string> file(cl::Positional, cl::desc("FILE"), cl::Required);
cl::opt<std::string> pipeline("pass-pipeline", cl::init("longc-lower{method=fot precision=fast}"));
cl::list<std::string> variants("variants", cl::CommaSeparated);
cl::opt<int64_t> tokens("tokens", cl::init(512)), window("window", cl::init(1024)), memory("memory", cl::init(8192));
cl::opt<int> threads("cores", cl::init(2));
cl::opt<std::string> only("only", cl::desc("compile kernels whose name holds this alone"));
cl::opt<std::string> dumpDir("dump-dir");
cl::opt<int64_t> attentionRows("attention-rows", cl::init(0)), attentionCols("attention-cols", cl::init(0)),
    mmaRows("mma-rows", cl::init(0)), mmaCols("mma-cols", cl::init(0));
cl::opt<bool> separateHeads("separate-heads");

constexpr int64_t ringRows = 2048, pageRows = 256;

struct Arguments {
  std::vector<std::vector<char>> memories;
  std::vector<longc_view> views;
  std::vector<int64_t> scalars;
  int64_t blocks = 1;
  double operations = 0, bytes = 0;
};

int64_t elementBytes(Type element) {
  return isa<longc::tile::QuantizedType>(element) ? 1 : element.getIntOrFloatBitWidth() / 8;
}

Arguments makeArguments(longc::tile::KernelOp kernel, int64_t count) {
  Arguments result;
  int64_t perSlot = (memory + pageRows - 1) / pageRows + 1, blocksOfQueries = 1;
  bool attention = kernel.getSymName().contains("attention"), append = kernel.getSymName().contains("append");
  bool splits = attention && kernel.getGridRank() == 3; // decoding: every split reads its part of keys and values
  int64_t rowsOfItem = append ? 8 : attentionRows ? attentionRows : 64;
  if (attention || append)
    blocksOfQueries = (count + rowsOfItem - 1) / rowsOfItem;
  for (Value argument : kernel.getKernelArguments()) {
    auto type = dyn_cast<longc::tile::ViewType>(argument.getType());
    if (!type) {
      result.scalars.push_back(ringRows);
      continue;
    }
    SmallVector<int64_t> shape(type.getShape());
    bool list = shape.size() == 2 && shape[1] == 8 && ShapedType::isDynamic(shape[0]);
    bool table = shape.size() == 2 && ShapedType::isDynamic(shape[1]);
    bool state = shape.size() == 3 && ShapedType::isDynamic(shape[0]) && shape[1] == 3;
    if (list)
      shape[0] = blocksOfQueries;
    else if (table)
      shape = {1, perSlot};
    else if (state)
      shape[0] = std::max(ringRows, perSlot * pageRows);
    else if (ShapedType::isDynamic(shape[0]))
      shape[0] = count;
    int64_t elements = 1;
    for (int64_t size : shape)
      elements *= size;
    auto &bytes = result.memories.emplace_back(elements * elementBytes(type.getElementType()) + 1024 * 1024, 0);
    longc_view view{};
    view.data = reinterpret_cast<void *>((reinterpret_cast<uintptr_t>(bytes.data()) + 63) / 64 * 64);
    int64_t stride = 1;
    for (int64_t dim = 3; dim >= 0; --dim) {
      bool used = dim < static_cast<int64_t>(shape.size());
      view.size[dim] = used ? shape[dim] : 1;
      view.stride[dim] = used ? stride : 0;
      stride *= used ? shape[dim] : 1;
    }
    auto *ints = static_cast<int32_t *>(view.data);
    if (list)
      for (int64_t i = 0; i < blocksOfQueries; ++i) {
        int64_t begin = i * rowsOfItem, end = std::min(begin + rowsOfItem, count);
        int64_t row[] = {begin, end, memory, memory + window + count, memory + window + begin, 0, memory, 0};
        for (int64_t c = 0; c < 8; ++c)
          ints[i * 8 + c] = static_cast<int32_t>(row[c]);
        if (attention)
          result.operations +=
              9.0 * 64 * 4 *
              (static_cast<double>(end - begin) * (memory + window + begin) + (end - begin) * (end - begin + 1) / 2.0);
        if (splits)
          result.bytes += 2.0 * 3 * 64 * 2 * static_cast<double>(memory + window + count);
      }
    else if (table)
      for (int64_t i = 0; i < perSlot; ++i)
        ints[i] = static_cast<int32_t>(i);
    else if (type.getElementType().isF32())
      for (int64_t i = 0; i < elements; ++i)
        static_cast<float *>(view.data)[i] = 0.01f * static_cast<float>(i % 100);
    else if (type.getElementType().isBF16())
      for (int64_t i = 0; i < elements; ++i)
        static_cast<uint16_t *>(view.data)[i] = 0x3c00 + i % 128;
    if (shape.size() == 2 && !ShapedType::isDynamic(type.getShape()[0]) && shape[0] >= 64 &&
        type.getElementType().isBF16()) { // dense weights
      result.operations += 2.0 * count * elements;
      result.bytes += 2.0 * elements;
    }
    if (auto quantized = dyn_cast<longc::tile::QuantizedType>(type.getElementType())) {
      result.operations += 2.0 * count * elements;
      result.bytes += elements * longc::findBlockFormat(longc::tile::stringifyFormat(quantized.getFormat()))->rowBytes() / longc::blockColumns;
    }
    result.views.push_back(view);
  }
  // The grid: blocks of queries and heads, or of rows and columns, as the tiling passes make it.
  std::vector<int64_t> grid;
  if (attention)
    grid = {blocksOfQueries, separateHeads ? 9 : 3};
  if (splits)
    grid.push_back(longc::AttentionSizes().splits);
  if (append)
    grid = {blocksOfQueries};
  else if (!attention && kernel.getGridRank() == 2) {
    auto mma = *kernel.getOps<longc::tile::StoreOp>().begin();
    ArrayRef<int64_t> tile = cast<RankedTensorType>(mma.getTile().getType()).getShape();
    int64_t columns = cast<longc::tile::ViewType>(mma.getView().getType()).getShape()[1];
    grid = {(count + tile[0] - 1) / tile[0], (columns + tile[1] - 1) / tile[1]};
  } else if (!attention)
    grid = {(count + 7) / 8};
  for (int64_t size : grid)
    result.blocks *= size;
  result.scalars.insert(result.scalars.begin(), grid.begin(), grid.end());
  return result;
}

/// One launch after the other, its blocks handed out to the threads.
void launch(benchmark::State &state, longc_kernel_fn run, const Arguments &arguments, longc::ThreadPool &pool, size_t scratchBytes) {
  std::vector<std::vector<char>> scratch(pool.threads(), std::vector<char>(scratchBytes + 64));
  auto aligned = [&](int thread) { return reinterpret_cast<void *>((reinterpret_cast<uintptr_t>(scratch[thread].data()) + 63) / 64 * 64); };
  for (auto _ : state)
    pool.forEach(arguments.blocks, [&](int thread, int64_t block) {
      run(arguments.views.data(), arguments.scalars.data(), block, block + 1, aligned(thread));
    });
  auto rate = [&](const char *name, double each) {
    if (each > 0)
      state.counters[name] = benchmark::Counter(each, benchmark::Counter::kIsIterationInvariantRate);
  };
  rate("op", arguments.operations);
  rate("byte", arguments.bytes);
  state.counters["scratch"] = benchmark::Counter(static_cast<double>(scratchBytes), benchmark::Counter::kDefaults, benchmark::Counter::kIs1024);
}

} // namespace

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  benchmark::Initialize(&argc, argv);
  longc::registerAllPasses();
  cl::ParseCommandLineOptions(argc, argv, "speed of compiled kernels\n");
  DialectRegistry registry;
  longc::registerAllDialects(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(file, &context);
  if (!module)
    return 1;
  auto target = longc::cpuTarget().tilings(&context).front();
  (*module)->setAttr("tile.target",
                     longc::tile::TargetAttr::get(
                         &context, mmaRows ? mmaRows : target.getMmaRows(), mmaCols ? mmaCols : target.getMmaCols(),
                         target.getMmaDepth(), attentionRows ? attentionRows : target.getAttentionRows(),
                         attentionCols ? attentionCols : target.getAttentionCols(), target.getStreamRows(),
                         separateHeads ? false : target.getFoldHeads(),
                         target.getStages(), target.getStagingBytes(), target.getListsBySequence(), target.getFewRows(),
                         target.getJointCols(), target.getDecodedWeights(), target.getKeySplits(), target.getSumCols(), target.getCopiedCols(),
                         target.getBusyBlocks()));
  if (!attentionRows)
    attentionRows = target.getAttentionRows();
  PassManager passes(&context);
  if (failed(parsePassPipeline(pipeline, passes)) || failed(passes.run(*module)))
    return 1;
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(module->getLoc());
  for (auto kernel : make_early_inc_range((*module).getOps<longc::tile::KernelOp>()))
    if (only.empty() || kernel.getSymName().contains(only))
      kernel->moveBefore(kernels->getBody(), kernels->getBody()->end());
  longc::CodeOptions options;
  longc::DumpFolder dumps(dumpDir);
  options.dumps = &dumps;
  options.variants.assign(variants.begin(), variants.end());
  longc::KernelCode code;
  if (!longc::cpuTarget().compile(*kernels, options, code).ok())
    return 1;
  SmallString<128> folder;
  if (sys::fs::createUniqueDirectory("longc-bench", folder))
    return 1;
  // Beside the dumps the library stays, so that `perf annotate` finds it.
  std::string shared = ((dumpDir.empty() ? StringRef(folder) : StringRef(dumpDir)) + "/k.so").str();
  std::string command = "/usr/lib/llvm-22/bin/ld.lld -shared -o " + shared;
  for (auto [i, object] : enumerate(code.objects)) {
    std::string path = (folder + "/" + Twine(i) + ".o").str();
    std::error_code error;
    raw_fd_ostream(path, error) << object;
    command += " " + path;
  }
  void *library = std::system(command.c_str()) == 0 ? dlopen(shared.c_str(), RTLD_NOW) : nullptr;
  if (!library)
    return 1;
  auto pool = longc::ThreadPool::create(threads);
  if (!pool.ok())
    return 1;
  std::list<Arguments> operands;
  for (const longc::CompiledKernel &compiled : code.kernels) {
    auto kernel = (*kernels).lookupSymbol<longc::tile::KernelOp>(compiled.name);
    const Arguments &arguments = operands.emplace_back(makeArguments(kernel, StringRef(compiled.name).contains("rows1") ? 1 : static_cast<int64_t>(tokens)));
    auto run = reinterpret_cast<longc_kernel_fn>(dlsym(library, compiled.symbol.c_str()));
    if (!run)
      return 1;
    auto *bench = benchmark::RegisterBenchmark(compiled.symbol.c_str(), launch, run, std::cref(arguments), std::ref(**pool), compiled.scratchBytes);
    bench->Unit(benchmark::kMicrosecond);
    if (threads > 1)
      bench->UseRealTime();
  }
  const size_t measured = benchmark::RunSpecifiedBenchmarks();
  sys::fs::remove_directories(folder);
  return measured == 0;
}
