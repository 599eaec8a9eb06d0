// Drives a compilation from checkpoint to program file.
#include "frontends/tools/driver/Compile.h"

#include "dialects/lm/LmDialect.h"
#include "frontends/tools/driver/AssembleProgram.h"
#include "frontends/tools/driver/BuildGraph.h"
#include "frontends/tools/driver/CheckOptions.h"
#include "frontends/tools/driver/CheckpointWeights.h"
#include "frontends/tools/driver/CompileE2llm.h"
#include "frontends/tools/driver/CompileFunctions.h"
#include "frontends/tools/driver/CrashGuard.h"
#include "frontends/tools/driver/DescribeModule.h"
#include "frontends/tools/driver/ModelTraits.h"
#include "frontends/tools/driver/OverlayAdapter.h"
#include "frontends/tools/driver/PrepareTraining.h"
#include "frontends/tools/driver/ProbeLayers.h"
#include "frontends/tools/driver/Stages.h"
#include "runtime/core/OutputFile.h"

#include <filesystem>
#include <optional>

using namespace mlir;

namespace longc {
namespace {

// Layers with a window have a base of their own only if it differs.
void overrideTheta(DecoderConfig &config, double theta) {
  if (config.slidingRope.theta == config.rope.theta)
    config.slidingRope.theta = theta;
  config.rope.theta = theta;
}

Status compileCheckpoint(const CompileOptions &given, const WorkFolder &work, OutputFile &output) {
  Result<Checkpoint> model = openCheckpoint(given.model);
  if (!model.ok())
    return model.status();
  const bool encoder = model->config.encoder.has_value();
  if (encoder)
    LONGC_TRY(checkEncoderOptions(given));
  CompileOptions options = withDefaultsOf(*model, given);
  if (options.ropeTheta > 0)
    overrideTheta(model->config, options.ropeTheta);
  std::optional<Adapter> adapter;
  if (!options.adapter.empty())
    LONGC_TRY(openAdapter(options.adapter, options.adapterMode == "merge" ? AdapterUse::merge : AdapterUse::overlay, *model, adapter));
  options.overlays = !encoder && options.gatedMemory.empty() && (!adapter || adapter->modules.empty());
  if (!encoder && given.window == 0 && options.window == model->config.contextLength)
    model->notes.push_back("the default window is all that the model has, " + std::to_string(options.window) + " tokens");
  for (const std::string &note : model->notes)
    if (!options.quiet)
      std::fprintf(stderr, "note: %s\n", note.c_str());
  if (!encoder)
    LONGC_TRY(checkWindow(options, model->config));
  Result<std::vector<int64_t>> layers = memoryLayers(options, model->config);
  if (!layers.ok())
    return layers.status();

  Stages stages(options, work);
  MLIRContext &context = stages.context();
  abi::Program program;
  describeSource(options, program);
  abi::Module *module = program.add_modules();
  LONGC_TRY(describeModule(options, options.model, *model, *layers, *module));

  Result<OwningOpRef<ModuleOp>> graph = buildGraph(&context, *model);
  if (!graph.ok())
    return graph.status();
  if (adapter && !adapter->modules.empty())
    LONGC_TRY(insertAdapter(*adapter, **graph, *model, stages));
  if (options.train)
    LONGC_TRY(prepareTraining(options, **graph, stages, *module));
  llvm::SmallVector<llvm::StringRef> precisions = {"fast", "exact"};
  if (encoder)
    precisions.push_back("int8");
  describeTraits(**graph, *module);
  ProgramParts parts{program};
  LONGC_TRY(stages.compile(**graph, "model", precisions, parts));
  if (adapter)
    recordAdapter(*adapter, program);
  if (options.crashBefore == "link") // a kernel that no object file has
    parts.code.kernels.push_back({"missing", "avx2", "longc_missing_kernel", 0});
  LONGC_TRY(assembleProgram(std::move(parts.code), program, parts.parameters, CheckpointWeights(*model, options.embedWeights), work, output));
  stages.report(program);
  return {};
}

// Finds the memory layers first.
Status compileProbed(CompileOptions options) {
  Result<std::string> layers = probedLayers(options);
  if (!layers.ok())
    return layers.status();
  options.memoryLayers = *layers;
  if (!options.quiet)
    std::fprintf(stderr, "memory layers: %s\n", layers->c_str());
  return compileProgram(options);
}

} // namespace

Status compileProgram(const CompileOptions &options) {
  LONGC_TRY(checkOptions(options));
  LONGC_TRY(OutputFile::check(options.output));
  if (options.memoryLayers == "probe")
    return compileProbed(options);
  std::optional<HeldSignals> held(std::in_place);
  // This process outlives the one that compiles, so what that leaves unfinished goes with it.
  Result<OutputFile> output = OutputFile::create(options.output);
  if (!output.ok())
    return output.status();
  Result<WorkFolder> work = WorkFolder::create();
  if (!work.ok())
    return work.status();
  auto compile = [&] {
    if (options.method == "e2llm")
      return compileE2llm(options, *work, *output);
    return isFunctionFile(options) ? compileFunctions(options, *work, *output) : compileCheckpoint(options, *work, *output);
  };
  if (!options.reproOnCrash) {
    held.reset();
    return compile();
  }
  CrashGuard guard{work->file(Stages::reproducerName), (output->isFile() ? options.output : "longc") + ".crash.mlir"};
  return guardAgainstCrash(guard, compile);
}

} // namespace longc
