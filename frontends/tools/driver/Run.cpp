// Parses an IR file and hands its function to the interpreter.
#include "frontends/tools/driver/Run.h"

#include "dialects/interpreter/compare/CompareRuns.h"
#include "frontends/tools/RegisterAll.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

namespace longc {
namespace {

std::string functionNames(ModuleOp module) {
  std::string names;
  for (auto function : module.getOps<FunctionOpInterface>())
    names += (names.empty() ? "@" : ", @") + function.getName().str();
  return names.empty() ? "none" : names;
}

} // namespace

Status runFile(const RunOptions &options) {
  if (!options.interpret)
    return Status::error(1110, "run needs --interpret: functions of an IR file run in the reference interpreter",
                         "compile a checkpoint with `longc compile` to run it fast");
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  std::string problem;
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(options.file, &problem);
  if (!buffer)
    return Status::error(3003, problem, "give an .mlir file, or - for standard input");
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), SMLoc());
  SourceMgrDiagnosticHandler handler(sources, &context); // prints what is wrong, with its place
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return Status::error(3004, "'" + options.file + "' is no valid IR", "the messages above name the place");
  if (!SymbolTable::lookupSymbolIn(*module, options.function))
    return Status::error(1113, "'" + options.file + "' has no function @" + options.function,
                         "--function NAME with one of " + functionNames(*module));
  CompareOptions run;
  run.function = options.function;
  run.inputs = {options.seed, options.tokens, options.sequences};
  run.roundToTypes = options.round;
  run.shown = options.shown;
  if (failed(printRun(*module, run, llvm::outs())))
    return Status::error(3005, "interpreting @" + options.function + " failed", "the messages above name the op");
  return {};
}

} // namespace longc
