// Refusals of the options of `longc compile`.
#include "frontends/tools/driver/CheckOptions.h"

#include "frontends/tools/driver/Pools.h"
#include "frontends/tools/driver/PrepareTraining.h"
#include "frontends/tools/driver/ReadSize.h"

#include "passes/Target.h"
#include "runtime/abi/longc_abi.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace longc {
namespace {

// Each entry kept takes a score and an index of scratch, for each row of a tile; a kernel may turn out to have less room.
constexpr int64_t largestTopk = LONGC_MAX_SCRATCH_BYTES / 8;

Status checkTargets(const CompileOptions &options) {
  for (const std::string &target : options.targets)
    if (!findTarget(target))
      return Status::error(1105, "target '" + target + "' is not known",
                           "targets: " + llvm::join(llvm::map_range(targets(), [](const Target *each) { return each->name(); }), ", "));
  if (std::set<std::string>(options.targets.begin(), options.targets.end()).size() < options.targets.size())
    return Status::error(1105, "--target names a target twice", "name each once");
  const std::string first = targets().front()->name().str(); // whose precisions all models have
  if (!isFunctionFile(options) && !llvm::is_contained(options.targets, first))
    return Status::error(1105, "a whole model is compiled for the " + first + " too, and --target leaves it out",
                         "use --target " + first + "," + options.targets.front());
  return {};
}

Status checkVariants(const CompileOptions &options) {
  llvm::SmallVector<llvm::StringRef> known;
  for (const Target *target : targets())
    known.append(target->variants());
  for (const std::string &variant : options.variants)
    if (!llvm::is_contained(known, variant))
      return Status::error(1107, "CPU variant '" + variant + "' is not known", "variants: " + llvm::join(known, ", "));
  return {};
}

constexpr const char *joinHint = "--method e2llm --module encoder=MINILM_FOLDER --module decoder=SMOLLM2.gguf";

// Two models under their names, and nothing that only one model has.
Status checkModules(const CompileOptions &options) {
  if (options.method != "e2llm")
    return options.modules.empty() ? Status()
                                   : Status::error(1151, "--module is for methods that join models, and --method is " + options.method, joinHint);
  if (!options.model.empty())
    return Status::error(1151, "--method e2llm joins two models, and '" + options.model + "' is given without a name", joinHint);
  std::set<std::string> names;
  for (const std::string &module : options.modules) {
    auto [name, path] = llvm::StringRef(module).split('=');
    if (path.empty() || (name != "encoder" && name != "decoder"))
      return Status::error(1151, "--module '" + module + "': expected encoder=PATH or decoder=PATH", joinHint);
    if (!names.insert(name.str()).second)
      return Status::error(1152, "two modules have the name '" + name.str() + "'", joinHint);
  }
  for (const char *name : {"encoder", "decoder"})
    if (!names.contains(name))
      return Status::error(1151, std::string("--method e2llm joins two models, and the ") + name + " is missing", joinHint);
  if (!options.pool.empty() && !findPool(options.pool))
    return Status::error(1153, "--pool '" + options.pool + "' is not known", "pools: " + poolNames());
  if (options.chunkBytes != 0 && (options.chunkBytes < 16 || options.chunkBytes > 65536))
    return Status::error(1153, "--chunk " + std::to_string(options.chunkBytes) + " is outside 16..65536 bytes", "leave it out for 512");
  const std::pair<const char *, bool> ofOne[] = {{"--mem-layers", !options.memoryLayers.empty()},
                                                 {"--topk", options.topk != 0},
                                                 {"--rope-theta", options.ropeTheta != 0},
                                                 {"--adapter-mode merge", options.adapterMode == "merge"}};
  for (auto [name, given] : ofOne)
    if (given)
      return Status::error(1154, std::string(name) + " does not go with --method e2llm", "leave it out");
  return {};
}

} // namespace

bool isFunctionFile(const CompileOptions &options) { return llvm::StringRef(options.model).ends_with(".mlir"); }

Status checkOptions(const CompileOptions &options) {
  if (options.method != "none" && options.method != "fot" && options.method != "e2llm")
    return Status::error(1102, "method '" + options.method + "' is not known", "methods: none, fot, e2llm");
  LONGC_TRY(checkModules(options));
  if (options.model.empty() && options.modules.empty())
    return Status::error(1158, "MODEL is required", "see `longc compile --help`");
  if (options.method != "none" && isFunctionFile(options))
    return Status::error(1108,
                         "--method " + options.method + " applies to whole models, and '" + options.model +
                             "' is a file of functions",
                         "longc-opt --longc-apply-fot shows what the method does to a function");
  if (options.detachMemory && options.method != "fot")
    return Status::error(1161, "--detach-memory: there is no memory to detach", "add --method fot");
  if (options.shareContext && options.method != "none")
    return Status::error(1163, "--share-context: with --method " + options.method + " no row of `lift` shares its context", "leave one of them out");
  if (options.ropeTheta < 0 || !std::isfinite(options.ropeTheta))
    return Status::error(1124, "--rope-theta " + std::to_string(options.ropeTheta) + " is no positive number",
                         "leave it out to take the checkpoint's");
  if (options.adapterMode != "overlay" && options.adapterMode != "merge")
    return Status::error(1129, "--adapter-mode '" + options.adapterMode + "' is not known", "modes: overlay, merge");
  if (!options.adapter.empty() && isFunctionFile(options))
    return Status::error(1108, "--adapter applies to whole models, and '" + options.model + "' is a file of functions",
                         "longc-opt --longc-insert-lora shows what an adapter does to a function");
  if (options.train && isFunctionFile(options))
    return Status::error(1108, "--train applies to whole models, and '" + options.model + "' is a file of functions",
                         "longc-opt --longc-differentiate shows the gradients of a function");
  if (options.train && !options.adapter.empty() && options.method != "e2llm")
    return Status::error(1142, "--train with --adapter: what a program trains begins where it is told to when it runs",
                         "leave --adapter out here");
  if (!options.gatedMemory.empty() && options.gatedMemory != "identity" && options.gatedMemory != "paper")
    return Status::error(1160, "--gated-memory '" + options.gatedMemory + "': expected identity or paper", "see `longc compile --help`");
  if (!std::isfinite(options.gateCost) || options.gateCost < 0 || (options.gateCost > 0 && options.gatedMemory.empty()))
    return Status::error(1160, "--gate-cost: expected a number from 0 on, and --gated-memory", "see `longc compile --help`");
  if (!options.gatedMemory.empty() && (!options.lora.empty() || options.method == "e2llm"))
    return Status::error(1160, "--gated-memory is trained alone: it excludes --lora and --method e2llm", "give one of them");
  if (!options.memoryBudget.empty() && !readSize(options.memoryBudget))
    return Status::error(1162, "--memory-budget '" + options.memoryBudget + "' is no size", sizeWords);
  if (!options.lora.empty())
    if (Result<LoraOptions> lora = parseLora(options.lora); !lora.ok())
      return lora.status();
  if (options.topk < 0)
    return Status::error(1109, "--topk " + std::to_string(options.topk) + " is negative", "0 attends to all entries");
  if (options.topk > largestTopk)
    return Status::error(1109, "--topk " + std::to_string(options.topk) + " is above " + std::to_string(largestTopk),
                         "0 attends to all entries");
  LONGC_TRY(checkTargets(options));
  return checkVariants(options);
}

Status checkEncoderOptions(const CompileOptions &options) {
  const std::pair<const char *, bool> ofDecoders[] = {{"--method", options.method != "none"},
                                                      {"--mem-layers", !options.memoryLayers.empty()},
                                                      {"--topk", options.topk != 0},
                                                      {"--train", options.train},
                                                      {"--window", options.window != 0},
                                                      {"--last-context", options.lastContext != 0},
                                                      {"--rope-theta", options.ropeTheta != 0}};
  for (auto [name, given] : ofDecoders)
    if (given)
      return Status::error(1130, std::string(name) + " is for decoders, and '" + options.model + "' is an encoder", "leave it out");
  return {};
}

CompileOptions withDefaultsOf(const Checkpoint &checkpoint, CompileOptions options) {
  if (checkpoint.config.encoder) {
    options.narrowWeights = true;
    return options;
  }
  constexpr int64_t usualWindow = 1024, usualLastContext = 512;
  const std::optional<MemoryDefaults> &memory = checkpoint.memory;
  if (options.memoryLayers.empty() && memory && !memory->layers.empty())
    for (int64_t layer : memory->layers)
      options.memoryLayers += (options.memoryLayers.empty() ? "" : ",") + std::to_string(layer);
  if (options.memoryLayers.empty())
    options.memoryLayers = "all";
  if (options.window == 0)
    options.window = std::min(usualWindow, checkpoint.config.contextLength);
  if (options.lastContext == 0)
    options.lastContext = std::min(memory ? memory->lastContext : usualLastContext, options.window);
  return options;
}

Status checkWindow(const CompileOptions &options, const DecoderConfig &config) {
  if (options.window < 16 || options.window > config.contextLength)
    return Status::error(1103,
                         "window " + std::to_string(options.window) + " is outside 16.." +
                             std::to_string(config.contextLength) + ", the model's own window",
                         "give --window within it; what does not fit goes to memory");
  if (options.lastContext < 1 || options.lastContext > options.window)
    return Status::error(1104,
                         "last context " + std::to_string(options.lastContext) + " is outside 1.." +
                             std::to_string(options.window) + ", the window",
                         "give --last-context within it");
  return {};
}

Result<std::vector<int64_t>> memoryLayers(const CompileOptions &options, const DecoderConfig &config) {
  std::vector<int64_t> layers;
  if (options.method == "none")
    return layers;
  if (options.memoryLayers == "all") { // as longc-apply-fot: layers that see everything, if there are any
    bool anySeesAll = false;
    for (int64_t layer = 0; layer < config.layers; ++layer)
      anySeesAll |= !config.slides(layer);
    for (int64_t layer = 0; layer < config.layers; ++layer)
      if (!anySeesAll || !config.slides(layer))
        layers.push_back(layer);
    return layers;
  }
  llvm::SmallVector<llvm::StringRef> items;
  llvm::StringRef(options.memoryLayers).split(items, ',');
  for (llvm::StringRef item : items) {
    int64_t layer = 0;
    if (item.trim().getAsInteger(10, layer) || layer < 0 || layer >= config.layers)
      return Status::error(1106,
                           "memory layer '" + item.str() + "' is not one of the model's layers 0.." +
                               std::to_string(config.layers - 1),
                           "--mem-layers all, a list such as 7,8,18,20, or probe");
    layers.push_back(layer);
  }
  return layers;
}

} // namespace longc
