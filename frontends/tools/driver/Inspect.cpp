// Prints what checkpoints and programs hold, and what a program needs.
#include "frontends/tools/driver/Inspect.h"

#include "codegen/BuildSteps.h"
#include "codegen/PrintSteps.h"
#include "frontends/Checkpoint.h"
#include "frontends/tools/RegisterAll.h"
#include "runtime/abi/Messages.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/SystemMemory.h"
#include "runtime/serve/CallMemory.h"
#include "runtime/serve/Program.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/serve/StateStore.h"
#include "runtime/train/TrainingNeeds.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/SourceMgr.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <map>

namespace longc {
namespace {

bool isCheckpoint(const std::string &path) {
  if (std::filesystem::is_directory(path))
    return true;
  char magic[4] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::memcmp(magic, "GGUF", sizeof magic) == 0;
}

template <typename Sizes> std::string shapeText(const Sizes &sizes) {
  std::string text;
  for (auto size : sizes)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

double megabytes(double bytes) { return bytes / 1e6; }

Status inspectCheckpoint(const std::string &path) {
  Result<Checkpoint> model = openCheckpoint(path);
  if (!model.ok())
    return model.status();
  const DecoderConfig &config = model->config;
  for (const std::string &note : model->notes)
    std::fprintf(stderr, "note: %s\n", note.c_str());
  std::printf("checkpoint    %s\n", model->title.c_str());
  std::printf("family        %s\n", config.family.c_str());
  if (model->fileCount > 1)
    std::printf("parts         %zu files\n", model->fileCount);
  std::printf("layers        %lld, hidden %lld, MLP %lld\n", (long long)config.layers, (long long)config.hidden,
              (long long)config.feedForward);
  std::printf("heads         %lld, key heads %lld, head size %lld\n", (long long)config.heads,
              (long long)config.kvHeads, (long long)config.headSize);
  std::printf("vocabulary    %lld%s\n", (long long)config.vocabSize, config.tiedHead ? ", head tied" : "");
  if (config.encoder)
    std::printf("positions     %lld, token types %lld\n", (long long)config.contextLength, (long long)config.encoder->tokenTypes);
  else
    std::printf("window        %lld, rope base %g\n", (long long)config.contextLength, config.rope.theta);
  for (const std::string &note : model->tokenizer.notes)
    std::printf("note          %s\n", note.c_str());
  for (const CheckpointParameter &parameter : model->parameters)
    std::printf("  %-52s %-14s %s\n", parameter.name.c_str(), shapeText(parameter.shape).c_str(),
                parameter.sourceName.c_str());
  return {};
}

// The step lists of a file of functions after `longc-lower`, or of several modules of one program.
Status inspectFunctions(const std::string &path) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  llvm::SourceMgr sources;
  mlir::SourceMgrDiagnosticHandler handler(sources, &context); // prints what is wrong, with its place
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(path, sources, &context);
  if (!module)
    return Status::error(3004, "'" + path + "' is no valid IR", "the messages above name the place");
  abi::Program program;
  ProgramIndex index(program);
  std::string unbuilt;
  module->walk([&](mlir::func::FuncOp function) {
    abi::Function built;
    built.set_name(function.getSymName().str());
    built.set_precision("fast");
    built.set_target("any target");
    if (failed(buildSteps(function, index, built))) {
      unbuilt = built.name();
      return mlir::WalkResult::interrupt();
    }
    printSteps(program, built, llvm::outs());
    return mlir::WalkResult::advance();
  });
  if (!unbuilt.empty())
    return Status::error(3006, "@" + unbuilt + " has no step list", "lower it first: longc-opt --longc-lower");
  for (const abi::Kernel &kernel : program.kernels())
    printKernel(kernel, llvm::outs());
  return {};
}

Status inspectProgram(const std::string &path, bool steps) {
  Result<std::unique_ptr<Program>> program = Program::open(path, /*verifyWeights=*/false);
  if (!program.ok())
    return program.status();
  const abi::Program &message = (*program)->message();
  std::printf("program       %s, made by %s from %s\n", path.c_str(), message.compiler().c_str(),
              message.source().c_str());
  std::printf("weights       %.1f MB, fingerprint %s\n", megabytes((*program)->weightsBytes()),
              message.fingerprint().c_str());
  for (const abi::Module &module : message.modules())
    for (const abi::Function &function : module.functions())
      std::printf("function      %s.%s for %s: %d steps, %d buffers\n", function.name().c_str(),
                  function.precision().c_str(), function.target().c_str(), function.steps_size(),
                  function.buffers_size());
  if (steps) {
    std::fflush(stdout);
    for (const abi::Module &module : message.modules())
      for (const abi::Function &function : module.functions())
        printSteps(message, function, llvm::outs());
    llvm::outs().flush();
  }
  std::fflush(stdout);
  for (const abi::Kernel &kernel : message.kernels())
    printKernel(kernel, llvm::outs());
  llvm::outs().flush();
  for (const abi::Parameter &parameter : message.parameters())
    std::printf("parameter     %-52s %-14s %s\n", parameter.name().c_str(), shapeText(parameter.shape()).c_str(),
                abi::ElementType_Name(parameter.type()).c_str());
  return {};
}

void writeShape(JsonWriter &json, const google::protobuf::RepeatedField<int64_t> &shape) {
  json.key("shape").beginArray();
  for (int64_t size : shape)
    json.integer(size);
  json.endArray();
}

void writeFunction(JsonWriter &json, const abi::Function &function) {
  json.beginObject().key("name").text(function.name()).key("precision").text(function.precision());
  json.key("target").text(function.target()).key("inputs").beginArray();
  for (const abi::Input &input : function.inputs())
    json.text(inputName(input));
  json.endArray().key("steps").integer(function.steps_size()).key("buffers").integer(function.buffers_size());
  json.key("results").integer(function.results_size()).key("gradients").integer(function.gradients_size()).endObject();
}

// One object of what a program holds, on stdout.
Status inspectAsJson(const std::string &path) {
  Result<std::unique_ptr<Program>> program = Program::open(path, /*verifyWeights=*/false);
  if (!program.ok())
    return program.status();
  const abi::Program &message = (*program)->message();
  JsonWriter json;
  json.beginObject().key("program").text(path).key("compiler").text(message.compiler()).key("source").text(message.source());
  json.key("weights_bytes").integer(static_cast<int64_t>((*program)->weightsBytes())).key("fingerprint").text(message.fingerprint());
  json.key("targets").beginArray();
  for (const std::string &target : message.targets())
    json.text(target);
  json.endArray().key("modules").beginArray();
  for (const abi::Module &module : message.modules()) {
    json.beginObject().key("name").text(module.name()).key("layers").integer(module.layers()).key("hidden").integer(module.hidden());
    json.key("vocabulary").integer(module.vocabulary()).key("context_length").integer(static_cast<int64_t>(module.context_length()));
    json.key("method").text(module.memory().method()).key("functions").beginArray();
    for (const abi::Function &function : module.functions())
      writeFunction(json, function);
    json.endArray().endObject();
  }
  json.endArray().key("kernels").beginArray();
  for (const abi::Kernel &kernel : message.kernels())
    json.text(kernel.name());
  json.endArray().key("states").beginArray();
  for (const abi::State &state : message.states()) {
    json.beginObject().key("name").text(state.name()).key("layout").text(layoutName(state.layout())).key("layer").integer(state.layer());
    json.key("type").text(abi::ElementType_Name(state.type()));
    writeShape(json, state.row_shape());
    json.endObject();
  }
  json.endArray().key("parameters").beginArray();
  for (const abi::Parameter &parameter : message.parameters()) {
    json.beginObject().key("name").text(parameter.name()).key("type").text(abi::ElementType_Name(parameter.type()));
    writeShape(json, parameter.shape());
    json.key("bytes").integer(static_cast<int64_t>(parameter.bytes())).key("panels").boolean(isInPanels(parameter));
    json.key("trainable").boolean(parameter.trainable()).endObject();
  }
  std::puts(json.endArray().endObject().str().c_str());
  return {};
}

// Decoding has one token.
Result<int64_t> arenaBytes(const abi::Function &function, const abi::Program &program, const PlanOptions &options) {
  const std::optional<int64_t> bytes = callBytes(function, program, function.name() == "decode" ? 1 : options.chunk);
  return bytes ? Result<int64_t>(*bytes) : Status::error(3007, "the plan of '" + function.name() + "' does not fit into 63 bits");
}

// Adds the rings of a precision to the text; refuses when all that it needs exceeds this machine.
Status planPrecision(const Program &program, const std::string &precision, double arenas, const PlanOptions &options,
                     std::string &text) {
  std::vector<const abi::Function *> functions;
  for (const abi::Function &function : program.module().functions())
    if (function.precision() == precision)
      functions.push_back(&function);
  StateLayout layout = StateLayout::of(program.message(), functions);
  const abi::Module &module = program.module();
  auto window = static_cast<int64_t>(module.memory().default_window() ? module.memory().default_window() : module.context_length());
  int64_t chunk = std::min(options.chunk, window), rings = 0;
  double tokens = 0;
  for (const StateLayout::Entry &ring : layout.rings)
    rings += ring.rowBytes * StateStore::ringRowsFor(window, chunk);
  for (const StateLayout::Entry &page : layout.pages)
    tokens += static_cast<double>(page.rowBytes) * static_cast<double>(options.tokens);
  if (rings > 0)
    text += formatText("%-28s %10.1f MB for %lld tokens\n", ("local window, " + precision).c_str(), megabytes(rings),
                       static_cast<long long>(window));
  double all = static_cast<double>(program.weightsBytes()) + arenas + static_cast<double>(rings) + tokens;
  if (!functions.empty() && all > systemMemory())
    return Status::error(7105, "'" + precision + "' with " + std::to_string(options.tokens) + " tokens in memory needs " +
                                   formatBytes(all) + "; this machine has " + formatBytes(systemMemory()),
                         "plan fewer tokens with --ctx, or a smaller --chunk");
  if (double each = static_cast<double>(rings) + tokens; each > 0)
    text += formatText("%-28s %10.0f of %lld tokens each fit into this machine's memory\n", ("sequences, " + precision).c_str(),
                       std::floor((systemMemory() - all + each) / each), static_cast<long long>(options.tokens));
  return {};
}

double heapBytes() {
  const struct mallinfo2 heap = mallinfo2();
  return static_cast<double>(heap.uordblks) + static_cast<double>(heap.hblkhd);
}

// The peak of training by precision; `process` is what it takes to have opened the program. LIFT keeps the last good values too.
Status planTraining(const Program &program, double process, const PlanOptions &options) {
  std::string text;
  bool trains = false, fits = false;
  for (const abi::Function &function : program.module().functions()) {
    if (function.gradients_size() == 0)
      continue;
    const std::optional<TrainingNeeds> needs = trainingNeeds(program, function, options.chunk);
    if (!needs)
      return Status::error(3007, "the plan of '" + function.name() + "' does not fit into 63 bits");
    if (!trains) {
      text += formatText("%-28s %10.1f MB\n", "weights (mapped)", needs->weights / 1e6);
      text += formatText("%-28s %10.1f MB: values, gradients and moments of %.0f numbers\n", "trained parameters", needs->state / 1e6, needs->trained);
      text += formatText("%-28s %10.1f MB: code, steps, tokenizer\n", "the process", process / 1e6);
    }
    const double peak = needs->bytes() + process;
    text += formatText("%-28s %10.1f MB for %lld tokens a call; %.1f MB in all, %.1f MB of LIFT with the last good values\n", ("training, " + function.precision()).c_str(),
                       needs->call / 1e6, static_cast<long long>(options.chunk), peak / 1e6, (peak + sizeof(float) * needs->trained) / 1e6);
    trains = true;
    fits |= peak <= systemMemory();
  }
  if (!trains)
    return Status::error(3008, "this program does not train", "compile the model with --train");
  if (!fits)
    return Status::error(7105, "training with " + std::to_string(options.chunk) + " tokens a call needs more memory than this machine's " + formatBytes(systemMemory()),
                         "plan for fewer tokens with --chunk, and train with --call-tokens or a smaller --batch");
  std::fputs(text.c_str(), stdout);
  return {};
}

} // namespace

Status inspectFile(const std::string &path, bool steps, bool json) {
  const bool isFunctions = llvm::StringRef(path).ends_with(".mlir");
  if (json && (isFunctions || isCheckpoint(path)))
    return Status::error(3009, "'" + path + "' is no program", "--json shows what a compiled program holds");
  if (isFunctions)
    return inspectFunctions(path);
  if (isCheckpoint(path))
    return inspectCheckpoint(path);
  return json ? inspectAsJson(path) : inspectProgram(path, steps);
}

Status planProgram(const PlanOptions &options) {
  const double before = heapBytes();
  Result<std::unique_ptr<Program>> program = Program::open(options.program, /*verifyWeights=*/false);
  if (!program.ok())
    return program.status();
  if (options.train) {
    const auto tokenizer = createTokenizer((*program)->module().tokenizer());
    const double code = static_cast<double>(std::filesystem::file_size(options.program)) - static_cast<double>((*program)->weightsBytes());
    return planTraining(**program, code + heapBytes() - before, options);
  }
  const abi::Program &message = (*program)->message();
  std::string text; // printed as a whole or not at all
  text += formatText("%-28s %10.1f MB\n", "weights (mapped)", megabytes((*program)->weightsBytes()));
  std::map<std::string, double> arenas; // bytes by precision
  for (const abi::Module &module : message.modules())
    for (const abi::Function &function : module.functions()) {
      Result<int64_t> bytes = arenaBytes(function, message, options);
      if (!bytes.ok())
        return bytes.status();
      text += formatText("%-28s %10.1f MB\n", ("arena of " + function.name() + "." + function.precision()).c_str(), megabytes(*bytes));
      arenas[function.precision()] += static_cast<double>(*bytes);
    }
  for (const char *precision : {"fast", "exact"})
    LONGC_TRY(planPrecision(**program, precision, arenas[precision], options, text));
  for (auto type : {abi::BF16, abi::F32}) {
    double row = 0;
    for (const abi::State &state : message.states()) {
      if (state.type() != type || state.layout() != abi::State::PAGES)
        continue;
      double elements = 1;
      for (int64_t size : state.row_shape())
        elements *= size;
      row += elements * elementBytes(type);
    }
    if (row > 0)
      text += formatText("%-28s %10.1f MB for %lld tokens (%.0f bytes a token)\n",
                  (std::string("memory, ") + elementName(type)).c_str(), megabytes(row * options.tokens),
                  (long long)options.tokens, row);
  }
  std::fputs(text.c_str(), stdout);
  return {};
}

} // namespace longc
