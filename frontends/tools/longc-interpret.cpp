// longc-interpret: runs a function of an IR file on random inputs, alone or before and after a pass pipeline, or checks its
// gradients.
#include "dialects/interpreter/compare/CheckGradients.h"
#include "frontends/tools/RegisterAll.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace llvm;

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  longc::CompareOptions options;
  cl::opt<std::string> file(cl::Positional, cl::desc("FILE"), cl::init("-"));
  cl::opt<std::string> function("function", cl::desc("function to run"), cl::init("main"));
  cl::opt<std::string> afterFunction("after-function", cl::desc("its name after the pipeline (default: the same)"));
  cl::opt<std::string> pipeline("pass-pipeline", cl::desc("passes to run before interpreting"));
  cl::opt<std::string> compare("compare-after", cl::desc("passes to compare before and after"));
  cl::opt<uint64_t> seed("seed", cl::desc("seed of inputs and parameters"), cl::init(options.inputs.seed));
  cl::opt<int64_t> tokens("tokens", cl::desc("query rows where open"), cl::init(options.inputs.tokens));
  cl::opt<int64_t> sequences("sequences", cl::desc("sequences where open"), cl::init(options.inputs.sequences));
  cl::opt<int64_t> shown("show", cl::desc("elements printed of each result"), cl::init(options.shown));
  cl::opt<bool> round("round", cl::desc("round every float to its type"));
  cl::opt<double> tolerance("tolerance", cl::desc("largest error relative to a result's largest magnitude"),
                            cl::init(options.tolerance));
  cl::opt<double> roundingTolerance("rounding-tolerance",
                                    cl::desc("largest difference of results rounded to their types, as a part of what "
                                             "rounding changes; 0: not compared"),
                                    cl::init(options.roundingTolerance));
  cl::opt<bool> gradients("check-gradients", cl::desc("compare the function's gradients with finite differences"));
  cl::opt<int64_t> samples("samples", cl::desc("elements of each gradient to check"), cl::init(options.samples));
  longc::registerAllPasses();
  cl::ParseCommandLineOptions(argc, argv, "longc reference interpreter\n");

  mlir::DialectRegistry registry;
  longc::registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  std::string error;
  std::unique_ptr<MemoryBuffer> buffer = mlir::openInputFile(file, &error);
  if (!buffer) {
    errs() << "error: " << error << "\n";
    return 1;
  }
  SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), SMLoc());
  mlir::SourceMgrDiagnosticHandler handler(sources, &context);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
  if (!module)
    return 1;
  options.function = function;
  options.afterFunction = afterFunction;
  options.pipeline = compare.empty() ? pipeline : compare;
  options.inputs = {seed, tokens, sequences};
  options.roundToTypes = round;
  options.tolerance = tolerance;
  options.roundingTolerance = roundingTolerance;
  options.shown = shown;
  options.samples = samples;
  if (gradients)
    return mlir::failed(longc::checkGradients(*module, options, outs()));
  mlir::LogicalResult done = compare.getNumOccurrences() ? longc::compareAfter(*module, options, outs())
                                                         : longc::printRun(*module, options, outs());
  return mlir::failed(done);
}
