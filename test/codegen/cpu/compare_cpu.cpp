// longc-compare-cpu: every launch of a function, compiled for each CPU variant, against the interpreter.
//
// The function is lowered by a pipeline, then interpreted on random inputs with every value rounded to its type. Each
// launch is run again by the compiled kernel on the operands that the interpreter gave it, in two ranges of blocks, and
// its outputs are compared. Prints a line a launch and variant; fails when one differs. For a processor that is not
// here, --bundle writes code, operands and expected outputs for run_bundle.cpp.
#include "codegen/cpu/CompileCpu.h"
#include "dialects/interpreter/compare/RandomInputs.h"
#include "frontends/tools/RegisterAll.h"
#include "passes/FunctionInputs.h"
#include "test/codegen/cpu/WriteCases.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace llvm;
using namespace mlir;
using longc::CaseWriter;
using longc::HostMemory;
using longc::HostTensor;
using longc::isRough;
using longc::LaunchCase;

namespace {

cl::opt<std::string> file(cl::Positional, cl::desc("FILE"), cl::init("-"));
cl::opt<std::string> function("function", cl::desc("function to run"), cl::init("main"));
cl::opt<bool> adapted("adapted", cl::desc("the copy of it that takes an adapter, once it is lowered"));
cl::opt<std::string> pipeline("pass-pipeline", cl::desc("passes to run first"));
cl::list<std::string> variants("variants", cl::CommaSeparated, cl::desc("CPU variants (default: all); those that this processor lacks are skipped"));
cl::opt<uint64_t> seed("seed", cl::desc("seed of inputs and parameters"), cl::init(1));
cl::opt<int64_t> tokens("tokens", cl::desc("query rows where open"), cl::init(37));
cl::opt<int64_t> sequences("sequences", cl::desc("sequences where open"), cl::init(3));
cl::opt<double> tolerance("tolerance", cl::desc("largest error relative to an output's largest magnitude"),
                          cl::init(1e-5));
cl::opt<double> roughTolerance("rough-tolerance", cl::desc("the same for outputs behind bf16 or int8"), cl::init(1e-2));
cl::opt<std::string> dumpDir("dump-dir", cl::desc("folder for the LLVM IR of each variant"));
cl::opt<std::string> bundle("bundle", cl::desc("folder for kernels.so and cases.bin instead of running"));
cl::opt<bool> rowsAlone("rows-alone", cl::desc("also run kernels on each row alone: it must come out the same, bit for bit"));
cl::opt<int> repeat("time", cl::desc("also time each launch, best of this many runs"), cl::init(0));

bool isAvailable(StringRef variant) {
  if (variant == "avx2")
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool wide =
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (variant == "avx512")
    return wide;
  bool dots = wide && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
  if (variant == "avx512_bf16")
    return dots;
  constexpr long requestPermission = 0x1023, tileData = 18; // tile registers are handed out on request (ARCH_REQ_XCOMP_PERM)
  return dots && __builtin_cpu_supports("amx-bf16") && syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}

// Links object files into a library and opens it.
void *openObjects(const std::vector<std::string> &objects) {
  SmallString<128> folder;
  if (sys::fs::createUniqueDirectory("longc-compare", folder))
    return nullptr;
  std::string output = bundle.empty() ? (folder + "/k.so").str() : bundle + "/kernels.so";
  std::string command = "/usr/lib/llvm-22/bin/ld.lld -shared -o " + output;
  for (auto [i, object] : enumerate(objects)) {
    std::string path = (folder + "/" + Twine(i) + ".o").str();
    std::error_code code;
    raw_fd_ostream(path, code) << object;
    command += " " + path;
  }
  void *library = std::system(command.c_str()) == 0 ? dlopen(output.c_str(), RTLD_NOW) : nullptr;
  if (!library)
    errs() << "error: " << dlerror() << "\n";
  sys::fs::remove_directories(folder);
  return library;
}

struct Difference {
  double error = 0, magnitude = 0;
  int64_t at = -1;
};

Difference compare(const HostTensor &expected, const HostTensor &got) {
  Difference worst;
  for (int64_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(expected[i])) { // a NaN or never written: outputs begin as NaN
      if (!std::isnan(got[i]))
        return {INFINITY, worst.magnitude, i};
      continue;
    }
    if (std::isfinite(expected[i]))
      worst.magnitude = std::max(worst.magnitude, std::abs(expected[i]));
    double error = expected[i] == got[i] ? 0 : std::abs(expected[i] - got[i]);
    if (!(error <= worst.error)) {
      worst.error = error;
      worst.at = i;
    }
    if (std::isnan(error))
      break;
  }
  return worst;
}

// Operands that have a row for each row of the launch's results; none where rows see each other, as those of sequences do.
SmallVector<size_t> rowOperands(longc::tile::LaunchOp launch, longc::tile::KernelOp kernel, ArrayRef<longc_view> views) {
  SmallVector<size_t> found;
  SmallVector<Value> operands(launch.getInputs());
  operands.append(launch.getOutputs().begin(), launch.getOutputs().end());
  for (auto [position, operand, argument] : enumerate(operands, kernel.getKernelArguments())) {
    auto view = dyn_cast<longc::tile::ViewType>(argument.getType());
    if (operand.getDefiningOp<longc::tile::WorkListOp>())
      return {};
    if (view && view.getRank() > 0 && view.isDynamicDim(0))
      found.push_back(position);
  }
  for (size_t position : found)
    if (views[position].size[0] != views[found.front()].size[0])
      return {};
  return found;
}

// Whether each row of the results that are in `memories` comes out the same when the kernel has that row alone.
bool sameAlone(longc_kernel_fn run, longc::tile::LaunchOp launch, std::vector<HostMemory> &memories,
               ArrayRef<longc_view> all, ArrayRef<size_t> rowWise, std::vector<int64_t> scalars, void *scratch) {
  scalars[0] = 1; // the grid's first dimension counts blocks of rows
  int64_t blocks = 1;
  for (size_t dim = 0; dim < launch.getGrid().size(); ++dim)
    blocks *= scalars[dim];
  for (int64_t row = 0; row < all[rowWise.front()].size[0]; ++row) {
    std::vector<longc_view> views(all);
    std::vector<std::pair<char *, std::vector<char>>> expected;
    for (size_t position : rowWise) {
      longc_view &view = views[position];
      size_t bytes = static_cast<size_t>(view.stride[0]) * memories[position].element().getIntOrFloatBitWidth() / 8;
      char *data = static_cast<char *>(view.data) + static_cast<size_t>(row) * bytes;
      view.data = data;
      view.size[0] = 1;
      if (position < launch.getInputs().size())
        continue;
      expected.push_back({data, {data, data + bytes}});
      memset(data, 0xff, bytes);
    }
    run(views.data(), scalars.data(), 0, blocks, scratch);
    for (auto &[data, bytes] : expected)
      if (memcmp(data, bytes.data(), bytes.size()) != 0) {
        outs() << "WRONG row " << row << " is another when it is alone\n";
        return false;
      }
  }
  return true;
}

// Runs one launch; true when its outputs agree.
bool check(longc::tile::LaunchOp launch, longc::tile::KernelOp kernel, longc::Interpreter &interpreter,
           const longc::CompiledKernel &compiled, void *library, CaseWriter *writer) {
  LaunchCase launched(launch, kernel, interpreter, /*panels=*/true, isRough(kernel) ? roughTolerance : tolerance);
  if (writer) {
    writer->write(launched, compiled.symbol, compiled.scratchBytes);
    return true;
  }
  std::vector<HostMemory> &memories = launched.memories;
  const int64_t blocks = launched.blocks;
  std::vector<longc_view> views;
  for (HostMemory &memory : memories)
    views.push_back(memory.view());
  auto run = reinterpret_cast<longc_kernel_fn>(dlsym(library, compiled.symbol.c_str()));
  if (!run) {
    outs() << "missing symbol " << compiled.symbol << "\n";
    return false;
  }
  void *scratch = std::aligned_alloc(64, static_cast<size_t>((compiled.scratchBytes + 127) / 64 * 64));
  memset(scratch, 0xff, static_cast<size_t>(compiled.scratchBytes));
  run(views.data(), launched.scalars.data(), 0, blocks / 2, scratch);
  run(views.data(), launched.scalars.data(), blocks / 2, blocks, scratch);
  bool good = true;
  const double limit = launched.limit;
  size_t first = memories.size() - launch.getOutputs().size();
  for (auto [i, result] : enumerate(launch.getResults())) {
    HostTensor got = memories[first + i].tensor();
    const HostTensor &expected = interpreter.getTensor(result);
    Difference worst = compare(expected, got);
    // Values of an encoding may round the other way.
    Type element = cast<RankedTensorType>(result.getType()).getElementType();
    double slack = element.isInteger(8) || element.isInteger(16) ? 1 : 0;
    bool same = worst.error <= std::max(slack, limit * worst.magnitude);
    good &= same;
    outs() << (same ? "ok   " : "WRONG") << " " << compiled.symbol << " output " << i << ": max error "
           << format("%.3g", worst.error) << " of " << format("%.3g", worst.magnitude);
    if (!same)
      outs() << " at " << worst.at << ": expected " << format("%.6g", expected[worst.at]) << " got "
             << format("%.6g", got[worst.at]);
    outs() << "\n";
  }
  if (auto rows = rowOperands(launch, kernel, views); rowsAlone && !rows.empty())
    good &= sameAlone(run, launch, memories, views, rows, launched.scalars, scratch);
  if (repeat) {
    double best = 1e30;
    for (int i = 0; i < repeat; ++i) {
      auto start = std::chrono::steady_clock::now();
      run(views.data(), launched.scalars.data(), 0, blocks, scratch);
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    outs() << format("     %10.2f us  ", best * 1e6) << compiled.symbol << "\n";
  }
  std::free(scratch);
  return good;
}

} // namespace

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  longc::registerAllPasses();
  cl::ParseCommandLineOptions(argc, argv, "compiled kernels against the interpreter\n");
  DialectRegistry registry;
  longc::registerAllDialects(registry);
  MLIRContext context(registry);
  std::string error;
  std::unique_ptr<MemoryBuffer> buffer = openInputFile(file, &error);
  if (!buffer) {
    errs() << "error: " << error << "\n";
    return 1;
  }
  SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), SMLoc());
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return 1;
  if (!(*module)->hasAttr("tile.target"))
    (*module)->setAttr("tile.target", longc::cpuTarget().tilings(&context).front());
  auto original = (*module).lookupSymbol<FunctionOpInterface>(function);
  if (!original) {
    errs() << "error: no function @" << function << "\n";
    return 1;
  }
  OwningOpRef<ModuleOp> before = (*module).clone();
  longc::RandomInputs inputs(*before, (*before).lookupSymbol<FunctionOpInterface>(function), {seed, tokens, sequences});
  PassManager passes(&context);
  if (!pipeline.empty() && (failed(parsePassPipeline(pipeline, passes)) || failed(passes.run(*module))))
    return 1;
  const std::string name = adapted ? function + longc::adaptedEnd.str() : function.getValue();
  auto lowered = (*module).lookupSymbol<FunctionOpInterface>(name);
  if (!lowered)
    return errs() << "error: no function @" << name << " behind the passes\n", 1;
  auto arguments = inputs.arguments(lowered);
  if (failed(arguments))
    return 1;
  longc::Interpreter interpreter(*module, {/*roundToTypes=*/true});
  interpreter.setParameterSource(inputs.parameters());
  if (failed(interpreter.call(name, *arguments)))
    return 1;

  SmallVector<StringRef> names = longc::cpuTarget().variants();
  if (!variants.empty())
    names.assign(variants.begin(), variants.end());
  const size_t wanted = names.size();
  if (bundle.empty() && dumpDir.empty())
    erase_if(names, [](StringRef name) { return !isAvailable(name); });
  longc::CodeOptions options;
  std::vector<std::pair<std::string, double>> times;
  options.times = &times;
  longc::DumpFolder dumps(dumpDir);
  options.dumps = &dumps;
  options.variants = names;
  longc::KernelCode code;
  if (!longc::cpuTarget().compile(*module, options, code).ok())
    return 1;
  for (const auto &[stage, seconds] : times)
    outs() << format("%.2f s of all threads: %s\n", seconds, stage.c_str());
  outs().flush();
  void *library = openObjects(code.objects);
  if (!library)
    return 1;
  int passed = 0, wrong = 0, skipped = 0;
  std::optional<CaseWriter> writer;
  if (!bundle.empty() && !writer.emplace(bundle + "/cases.bin").good()) {
    errs() << "error: cannot write " << bundle << "/cases.bin\n";
    return 1;
  }
  lowered->walk([&](longc::tile::LaunchOp launch) {
    auto kernel = SymbolTable::lookupNearestSymbolFrom<longc::tile::KernelOp>(launch, launch.getKernelAttr());
    skipped += static_cast<int>(wanted - names.size());
    for (const longc::CompiledKernel &compiled : code.kernels) {
      if (compiled.name != kernel.getSymName())
        continue;
      if (!writer && !isAvailable(compiled.variant))
        ++skipped;
      else if (check(launch, kernel, interpreter, compiled, library, writer ? &*writer : nullptr))
        ++passed;
      else
        ++wrong;
      outs().flush();
    }
  });
  outs() << passed << " passed, " << wrong << " failed, " << skipped << " skipped\n";
  return wrong != 0;
}
