// Numbered files of IR.
#include "frontends/tools/driver/Dumps.h"

#include "dialects/tile/TileDialect.h"

#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Transforms/LocationSnapshot.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace longc {
namespace {

std::string textOf(Pass &pass) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  pass.printAsTextualPipeline(stream);
  return text;
}

// "longc-fuse-norm" and "tile.kernel(cse)" as parts of file names.
std::string fileWord(Pass &pass) {
  StringRef text = pass.getArgument();
  std::string word, nested;
  if (text.empty())
    text = nested = textOf(pass);
  text.consume_front("longc-");
  for (char c : text)
    word += llvm::isAlnum(c) ? c : '-';
  return StringRef(word).rtrim('-').str();
}

template <typename Passes> std::string pipelineFlag(Passes &&passes) {
  std::string text;
  for (Pass &pass : passes)
    text += (text.empty() ? "" : ",") + textOf(pass);
  return text.empty() ? "" : "--pass-pipeline='builtin.module(" + text + ")'";
}

} // namespace

// Writes after each pass over the whole module; those over single kernels and functions are parts of one such.
class Dumps::AfterEachPass : public PassInstrumentation {
public:
  AfterEachPass(Dumps &dumps, PassManager &manager) : dumps_(dumps), manager_(manager) {}

  void runAfterPass(Pass *pass, Operation *op) override {
    auto module = dyn_cast<ModuleOp>(op);
    auto passes = manager_.getPasses();
    auto at = llvm::find_if(passes, [&](Pass &each) { return &each == pass; });
    if (!module || at == passes.end() || !dumps_.status().ok())
      return;
    std::string rest = pipelineFlag(llvm::make_range(std::next(at), passes.end()));
    if (!rest.empty()) // what the last pass leaves is the stage's dump
      (void)dumps_.write(module, fileWord(*pass), rest); // its failure is in the status
  }

private:
  Dumps &dumps_;
  PassManager &manager_;
};

void Dumps::follow(PassManager &manager) {
  if (!folder_.isOff() && options_.dumpAfterEach)
    manager.addInstrumentation(std::make_unique<AfterEachPass>(*this, manager));
}

OwningOpRef<ModuleOp> Dumps::chosenKernels(ModuleOp module) const {
  if (options_.onlyKernel.empty())
    return nullptr;
  OwningOpRef<ModuleOp> chosen = module.clone();
  for (Operation &op : llvm::make_early_inc_range(*chosen->getBody()))
    if (auto kernel = dyn_cast<tile::KernelOp>(op); !kernel || !kernel.getSymName().contains(options_.onlyKernel))
      op.erase();
  return chosen;
}

Status Dumps::write(ModuleOp module, const std::string &name, ArrayRef<std::string> goOn) {
  if (folder_.isOff())
    return {};
  OwningOpRef<ModuleOp> chosen = chosenKernels(module);
  if (!chosen || !chosen->getBody()->empty())
    print(name, goOn, chosen ? *chosen : module);
  return status();
}

void Dumps::print(const std::string &name, ArrayRef<std::string> goOn, ModuleOp module) {
  std::string file = llvm::formatv("{0,0+2}-{1}.mlir", ++number_, name), path = folder_.fileName(file);
  folder_.keep(file, [&](llvm::raw_ostream &out) {
    // What comes of the ops later (line information of a kernel, for one) names their lines in the dump.
    generateLocationsFromIR(out, path, "dump", module, OpPrintingFlags());
    if (!goOn.empty())
      out << "\n// To go on from here:\n";
    for (const std::string &flags : goOn)
      out << "//   longc-opt " << path << " " << flags << "\n";
  });
}

} // namespace longc
