// Two models' graphs in one module: names of each begin with that of its model, so that equal ones do not meet.
#include "frontends/tools/driver/CompileE2llm.h"

#include "dialects/lm/LmDialect.h"
#include "frontends/tools/driver/AssembleProgram.h"
#include "frontends/tools/driver/BuildGraph.h"
#include "frontends/tools/driver/CheckOptions.h"
#include "frontends/tools/driver/CheckpointWeights.h"
#include "frontends/tools/driver/DescribeModule.h"
#include "frontends/tools/driver/ModelTraits.h"
#include "frontends/tools/driver/OverlayAdapter.h"
#include "frontends/tools/driver/Pools.h"
#include "frontends/tools/driver/PrepareTraining.h"
#include "frontends/tools/driver/SoftAdapter.h"
#include "frontends/tools/driver/Stages.h"
#include "passes/FunctionInputs.h"

#include "llvm/ADT/StringExtras.h"

#include <filesystem>
#include <set>

using namespace mlir;

namespace longc {
namespace {

constexpr int64_t usualChunkBytes = 512; // about 100 tokens (2409.06679)

// Weights of several checkpoints by names that begin with the model's: "encoder/embeddings.LayerNorm.weight".
class ScopedWeights : public WeightSource {
public:
  void add(const std::string &scope, const Checkpoint &checkpoint) { scopes_.emplace(scope, CheckpointWeights(checkpoint)); }

  Result<uint64_t> bytes(std::span<const std::string> parts, const abi::Parameter &as) const override {
    const auto [source, names] = within(parts);
    return source->bytes(names, as);
  }
  Status write(std::span<const std::string> parts, const abi::Parameter &as, std::span<std::byte> out) const override {
    const auto [source, names] = within(parts);
    return source->write(names, as, out);
  }

private:
  // Parts of one parameter are of one model.
  std::pair<const CheckpointWeights *, std::vector<std::string>> within(std::span<const std::string> parts) const {
    std::vector<std::string> names;
    for (const std::string &part : parts)
      names.push_back(part.substr(part.find('/') + 1));
    return {&scopes_.at(parts.front().substr(0, parts.front().find('/'))), std::move(names)};
  }

  std::map<std::string, CheckpointWeights> scopes_;
};

struct Half {
  std::string name, path; // "encoder", its checkpoint
  Checkpoint model;
  OwningOpRef<ModuleOp> graph;
};

Result<Half> openHalf(const CompileOptions &options, StringRef name) {
  for (StringRef module : options.modules) {
    if (!module.consume_front((name + "=").str()))
      continue;
    Result<Checkpoint> model = openCheckpoint(module.str());
    if (!model.ok())
      return model.status();
    const bool encodes = model->config.encoder.has_value();
    if (encodes != (name == "encoder"))
      return Status::error(1156, "module '" + name.str() + "': '" + module.str() + "' is " + (encodes ? "an encoder" : "a decoder"),
                           encodes ? "it gives no next tokens: name it encoder, and a decoder beside it"
                                   : "it sees no later tokens: name it decoder, and an encoder such as a BERT folder beside it");
    for (const std::string &note : model->notes)
      if (!options.quiet)
        std::fprintf(stderr, "note: %s: %s\n", name.str().c_str(), note.c_str());
    return Half{name.str(), module.str(), std::move(*model), {}};
  }
  return Status::error(1151, "module '" + name.str() + "' is missing", "give --module " + name.str() + "=PATH");
}

// Names of products in a graph that a LoRA may stand beside.
std::vector<std::string> targetsIn(const std::vector<std::string> &wanted, ModuleOp graph) {
  std::vector<std::string> found;
  for (const std::string &target : wanted)
    for (auto parameter : graph.getOps<lm::ParameterOp>())
      if (parameter.getSymName().ends_with("." + target + ".weight")) {
        found.push_back(target);
        break;
      }
  return found;
}

// The values of an adapter as trained parameters, which begin with them.
Status insertStored(const Adapter &adapter, Half &half, Stages &stages, abi::Module &module) {
  LONGC_TRY(insertAdapter(adapter, *half.graph, half.model, stages));
  std::set<std::string> words;
  for (const AdaptedModule &each : adapter.modules) {
    const int64_t rank = each.a.shape.front();
    if (each.embedding || rank != adapter.modules.front().a.shape.front() || each.scale != adapter.modules.front().scale)
      return Status::error(1157, adapter.folder + ": module '" + each.module + "' has a rank or factor of its own", "give the folder that `train` wrote");
    module.mutable_lora()->set_rank(static_cast<uint32_t>(rank));
    module.mutable_lora()->set_alpha(each.scale * static_cast<double>(rank));
    words.insert(each.module.substr(each.module.rfind('.') + 1));
    for (const CheckpointParameter *part : {&each.a, &each.b})
      half.graph->lookupSymbol<lm::ParameterOp>(part->name).setTrainable(true);
  }
  for (const std::string &word : words)
    module.mutable_lora()->add_target_modules(word);
  return {};
}

// New adapters: of queries and values, unless others are named.
Status insertFresh(const CompileOptions &options, Half &half, Stages &stages, abi::Module &module) {
  if (!options.train || options.lora == "none")
    return {};
  Result<LoraOptions> lora = options.lora.empty() ? LoraOptions() : parseLora(options.lora);
  if (!lora.ok())
    return lora.status();
  if (lora->targets.empty())
    lora->targets = {"query", "value", "q_proj", "v_proj"};
  lora->targets = targetsIn(lora->targets, *half.graph);
  return lora->targets.empty() ? Status() : insertTrainedLora(*lora, *half.graph, stages, module);
}

// Parameters and functions of `half` go to the end of `module`; `forward` gets another name.
void moveInto(ModuleOp module, Half &half, StringRef forward) {
  const std::string scope = half.name + "/";
  half.graph->walk([&](lm::ParameterRefOp reference) { reference.setName(scope + reference.getName().str()); });
  for (auto parameter : half.graph->getOps<lm::ParameterOp>())
    parameter.setSymName(scope + parameter.getSymName().str());
  half.graph->lookupSymbol<func::FuncOp>("forward").setName(forward);
  for (Operation &op : llvm::make_early_inc_range(*half.graph->getBody()))
    op.moveBefore(module.getBody(), module.getBody()->end());
  half.graph = {}; // empty now, and of a context that ends before the checkpoints
}

class E2llmCompiler {
public:
  E2llmCompiler(const CompileOptions &options, const WorkFolder &work, OutputFile &output)
      : options_(options), work_(work), output_(output) {}

  Status run() {
    for (StringRef name : {"decoder", "encoder"}) { // the first module is the one that talks
      Result<Half> half = openHalf(options_, name);
      if (!half.ok())
        return half.status();
      halves_.push_back(std::move(*half));
    }
    LONGC_TRY(chooseOptions());
    Stages stages(options_, work_);
    LONGC_TRY(describe());
    Result<OwningOpRef<ModuleOp>> graph = join(stages);
    return graph.ok() ? lowerAndWrite(**graph, stages) : graph.status();
  }

private:
  Half &decoder() { return halves_[0]; }
  Half &encoder() { return halves_[1]; }

  Status chooseOptions() {
    options_.narrowWeights = true;
    options_.softWidth = decoder().model.config.hidden;
    if (options_.window == 0)
      options_.window = decoder().model.config.contextLength;
    options_ = withDefaultsOf(decoder().model, options_);
    LONGC_TRY(checkWindow(options_, decoder().model.config));
    if (!options_.adapter.empty()) {
      Result<SoftAdapter> read = readSoftAdapter(options_.adapter, encoder().model, decoder().model, options_.pool);
      if (!read.ok())
        return read.status();
      adapter_ = std::move(*read);
      options_.storedAdapter = true;
      options_.adapterHidden = adapter_->hidden;
    }
    if (options_.pool.empty())
      options_.pool = adapter_ ? adapter_->pool : pools[0].name;
    if (options_.chunkBytes == 0)
      options_.chunkBytes = adapter_ && adapter_->chunkBytes > 0 ? adapter_->chunkBytes : usualChunkBytes;
    return {};
  }

  Status describe() {
    describeSource(options_, program_);
    auto fileName = [](const Half &half) { return std::filesystem::path(half.path + "/").parent_path().filename().string(); };
    program_.set_source(fileName(encoder()) + " + " + fileName(decoder()));
    CompileOptions plain = options_;
    plain.method = "none"; // of the decoder's memory
    for (const Half &half : halves_) {
      abi::Module *module = program_.add_modules();
      LONGC_TRY(describeModule(plain, half.path, half.model, {}, *module));
      module->set_name(half.name);
    }
    abi::Compression *compression = program_.mutable_modules(1)->mutable_compression();
    compression->set_pooling(findPool(options_.pool)->served);
    compression->set_chunk_bytes(static_cast<uint32_t>(options_.chunkBytes));
    return {};
  }

  Result<OwningOpRef<ModuleOp>> join(Stages &stages) {
    OwningOpRef<ModuleOp> joined = ModuleOp::create(UnknownLoc::get(&stages.context()));
    for (auto [number, half] : llvm::enumerate(halves_)) {
      Result<OwningOpRef<ModuleOp>> graph = buildGraph(&stages.context(), half.model);
      if (!graph.ok())
        return graph.status();
      half.graph = std::move(*graph);
      abi::Module &module = *program_.mutable_modules(static_cast<int>(number));
      const std::optional<Adapter> &stored = number == 0 ? adapter_ ? adapter_->decoder : none_ : adapter_ ? adapter_->encoder : none_;
      LONGC_TRY(stored ? insertStored(*stored, half, stages, module) : adapter_ ? Status() : insertFresh(options_, half, stages, module));
      describeTraits(*half.graph, module);
      moveInto(*joined, half, number == 0 ? "forward" : "encoder");
    }
    return joined;
  }

  Status lowerAndWrite(ModuleOp graph, Stages &stages) {
    const StringRef precisions[] = {"fast", "exact"};
    ProgramParts parts{program_};
    LONGC_TRY(stages.compile(graph, "models", precisions, parts));
    giveEncoderItsFunctions();
    Checkpoint products;
    if (adapter_)
      for (CheckpointParameter product : adapter_->products) {
        product.name = product.name.substr(product.name.find('/') + 1);
        products.parameters.push_back(std::move(product));
      }
    ScopedWeights weights;
    for (const Half &half : halves_)
      weights.add(half.name, half.model);
    weights.add("adapter", products);
    LONGC_TRY(assembleProgram(std::move(parts.code), program_, parts.parameters, weights, work_, output_));
    stages.report(program_);
    return {};
  }

  // All were collected in the first module.
  void giveEncoderItsFunctions() {
    auto *functions = program_.mutable_modules(0)->mutable_functions();
    for (int number = 0; number < functions->size();) {
      if (const std::string &name = functions->Get(number).name(); name != "compress" && name != "adapt") {
        ++number;
        continue;
      }
      *program_.mutable_modules(1)->add_functions() = functions->Get(number);
      functions->DeleteSubrange(number, 1);
    }
  }

  CompileOptions options_;
  const WorkFolder &work_;
  OutputFile &output_;
  abi::Program program_;
  std::vector<Half> halves_;
  std::optional<SoftAdapter> adapter_;
  const std::optional<Adapter> none_;
};

} // namespace

Status compileE2llm(const CompileOptions &options, const WorkFolder &work, OutputFile &output) {
  return E2llmCompiler(options, work, output).run();
}

} // namespace longc
