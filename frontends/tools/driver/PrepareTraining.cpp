// Trained parameters of a graph.
#include "frontends/tools/driver/PrepareTraining.h"

#include "dialects/lm/LmDialect.h"
#include "passes/GateCost.h"
#include "passes/Passes.h"
#include "runtime/core/Format.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

#include <cmath>
#include <cstdio>
#include <set>

using namespace mlir;

namespace longc {
namespace {

constexpr llvm::StringLiteral everyProduct = "all-linear";

Status wrong(const std::string &what) {
  return Status::error(1141, "--lora: " + what, "for example --lora rank=16,alpha=32,targets=q_proj,v_proj, or targets=all, or layers=memory");
}

// Modules with an adapter, by the names of their parameters.
std::vector<std::string> adaptedModules(ModuleOp graph) {
  std::vector<std::string> names;
  for (auto parameter : graph.getOps<lm::ParameterOp>())
    if (llvm::StringRef name = parameter.getSymName(); parameter.getTrainable() && name.consume_back(".lora_A"))
      names.push_back(name.str());
  return names;
}

} // namespace

Status insertTrainedLora(const LoraOptions &lora, ModuleOp graph, Stages &stages, abi::Module &module) {
  InsertLoraPassOptions pass;
  pass.rank = lora.rank;
  pass.alpha = lora.alpha > 0 ? lora.alpha : 2.0 * static_cast<double>(lora.rank);
  pass.trained = lora.targets.empty() ? everyProduct.str() : llvm::join(lora.targets, ",");
  std::vector<int64_t> layers = lora.layers;
  if (lora.memoryLayers)
    layers.assign(module.memory().layers().begin(), module.memory().layers().end());
  if (lora.memoryLayers && layers.empty())
    return wrong("no layer has a memory: compile with --method fot");
  for (int64_t layer : layers)
    if (layer >= module.layers())
      return wrong("there is no layer " + std::to_string(layer) + " of " + std::to_string(module.layers()));
    else
      pass.layers += (pass.layers.empty() ? "" : ",") + std::to_string(layer);
  PassManager manager(&stages.context());
  manager.addPass(createInsertLoraPass(pass));
  LONGC_TRY(stages.run(manager, graph, "inserting the adapter"));
  std::vector<std::string> modules = adaptedModules(graph);
  std::set<std::string> words;
  for (llvm::StringRef name : modules)
    words.insert(name.rsplit('.').second.empty() ? name.str() : name.rsplit('.').second.str());
  for (const std::string &target : lora.targets)
    if (llvm::none_of(modules, [&](llvm::StringRef name) { return name == target || name.ends_with("." + target); }))
      return wrong("no product of the model is named '" + target + "'");
  abi::Lora *message = module.mutable_lora();
  message->set_rank(static_cast<uint32_t>(lora.rank));
  message->set_alpha(pass.alpha);
  for (const std::string &word : words)
    message->add_target_modules(word);
  return {};
}

Result<LoraOptions> parseLora(const std::string &text) {
  LoraOptions lora;
  llvm::SmallVector<llvm::StringRef> items;
  llvm::StringRef(text).split(items, ',');
  bool inLayers = false;
  for (llvm::StringRef item : items) {
    auto [key, value] = item.split('=');
    bool understood = false;
    int64_t layer = 0;
    if (!item.contains('=') && inLayers && !item.getAsInteger(10, layer) && layer >= 0) {
      lora.layers.push_back(layer); // layers=7,8
      continue;
    }
    if (!inLayers && !lora.targets.empty() && !item.empty() && !item.contains('=')) {
      lora.targets.push_back(item.str()); // targets=q_proj,v_proj
      continue;
    }
    inLayers = key == "layers";
    if (key == "rank")
      understood = !value.getAsInteger(10, lora.rank) && lora.rank >= 1 && lora.rank <= 4096;
    else if (key == "alpha")
      understood = !value.getAsDouble(lora.alpha) && std::isfinite(lora.alpha) && lora.alpha > 0;
    else if (key == "targets")
      understood = !value.empty();
    else if (key == "layers" && value == "memory")
      understood = lora.memoryLayers = true;
    else if (key == "layers")
      understood = !value.getAsInteger(10, layer) && layer >= 0;
    else
      return wrong("'" + item.str() + "' is none of rank=, alpha=, targets= and layers=");
    if (!understood)
      return wrong("expected " + std::string(key == "rank"    ? "a rank of 1 to 4096"
                                             : key == "alpha" ? "a positive alpha"
                   : key == "layers"                          ? "numbers of layers or memory"
                                                              : "names of modules") +
                   ", got '" + item.str() + "'");
    if (key == "layers" && !lora.memoryLayers)
      lora.layers.push_back(layer);
    if (key != "targets" || value == "all" || value == everyProduct)
      continue;
    lora.targets.push_back(value.str());
  }
  return lora;
}

Status prepareTraining(const CompileOptions &options, ModuleOp graph, Stages &stages, abi::Module &module) {
  if (!options.gatedMemory.empty()) {
    module.mutable_gated_memory()->set_identity(options.gatedMemory == "identity");
    if (options.gateCost > 0)
      graph->setAttr(gateCostAttribute, Builder(&stages.context()).getF64FloatAttr(options.gateCost));
    PassManager manager(&stages.context());
    manager.addPass(createInsertGatedMemoryPass({.identity = options.gatedMemory == "identity"}));
    return stages.run(manager, graph, "inserting the gated memory");
  }
  if (!options.lora.empty()) {
    Result<LoraOptions> lora = parseLora(options.lora);
    return lora.ok() ? insertTrainedLora(*lora, graph, stages, module) : lora.status();
  }
  auto quantized = llvm::count_if(graph.getOps<lm::ParameterOp>(), [](lm::ParameterOp parameter) {
    return isa<lm::QuantizedType>(parameter.getType());
  });
  if (quantized > 0 && !options.quiet)
    std::fprintf(stderr, "note: %lld parameters are quantised and not trained: --lora trains an adapter beside them, longc convert writes them as floats\n",
                 static_cast<long long>(quantized));
  PassManager manager(&stages.context());
  manager.addPass(createTrainParametersPass());
  return stages.run(manager, graph, "declaring what is trained");
}

} // namespace longc
