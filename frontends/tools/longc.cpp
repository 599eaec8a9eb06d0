// The longc command: compile, convert, plan, inspect, run, probe-layers.
#include "frontends/tools/RegisterAll.h"
#include "frontends/tools/driver/CheckOptions.h"
#include "frontends/tools/driver/Compile.h"
#include "frontends/tools/driver/Convert.h"
#include "frontends/tools/driver/Inspect.h"
#include "frontends/tools/driver/Pools.h"
#include "frontends/tools/driver/ProbeLayers.h"
#include "frontends/tools/driver/Run.h"
#include "runtime/core/ExitCode.h"
#include "runtime/core/Log.h"
#include "runtime/core/Uncaught.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>

using namespace longc;

namespace {

// What was printed must have arrived: a full disk is no success.
Status checkPrinted() {
  bool printed = std::fflush(stdout) == 0 && !std::ferror(stdout);
  llvm::outs().flush();
  printed = printed && !llvm::outs().has_error();
  llvm::outs().clear_error();
  return printed ? Status()
                 : Status::error(5402, "cannot write to standard output", "is the disk full or the reader gone?");
}

std::string version() {
  std::string known;
  for (const Target *target : targets())
    known += (known.empty() ? "" : ", ") + target->name().str() + " (" + target->description() + ")";
  return "longc " LONGC_VERSION " (LLVM " LONGC_LLVM_VERSION ")\ntargets: " + known;
}

int finish(Status status) {
  if (status.ok())
    status = checkPrinted();
  if (!status.ok())
    logError(status);
  return exitCodeOf(status);
}

bool knows(CLI::App &app, const std::string &command) {
  std::vector<CLI::App *> commands = app.get_subcommands(nullptr);
  return std::any_of(commands.begin(), commands.end(), [&](CLI::App *each) { return each->get_name() == command; });
}

// Help and version are asked for; everything else is a mistake in the command line.
int finishParsing(CLI::App &app, const CLI::ParseError &error) {
  if (error.get_exit_code() == 0) {
    app.exit(error);
    return finish({});
  }
  std::string command = "longc";
  for (const CLI::App *chosen : app.get_subcommands())
    command += " " + chosen->get_name();
  return finish(Status::error(1001, error.what(), "see `" + command + " --help`"));
}

void addCompile(CLI::App &app, CompileOptions &options) {
  CLI::App *command = app.add_subcommand("compile", "Turn a checkpoint and a method into one program");
  command->add_option("MODEL", options.model, "checkpoint (a Hugging Face folder or .gguf), or functions without weights (.mlir)");
  command->add_option("-o,--output", options.output, "program to write")->required();
  command->add_option("--method", options.method, "long-context method: none, fot, e2llm")->capture_default_str();
  command->add_option("--module", options.modules, "e2llm, instead of MODEL: encoder=PATH and decoder=PATH");
  command->add_option("--pool", options.pool, "e2llm: what of a chunk's hidden states is compressed: " + poolNames() + " (attention of learned queries); default: the adapter's, or " + pools[0].name);
  command->add_option("--chunk", options.chunkBytes, "e2llm: most bytes of a chunk (default: the adapter's, or 512)");
  command->add_option("--mem-layers", options.memoryLayers, "layers that read memory: all, a list (7,8,18), or probe to find them (default: the model's own, or all)");
  command->add_option("--topk", options.topk, "memory entries each query and head attends to; 0: all")
      ->capture_default_str();
  command->add_option("--window", options.window, "default local window in tokens (default: 1024, or the model's if that is less)");
  command->add_option("--last-context", options.lastContext,
                      "default size of a prompt's last window (default: the model's own, or 512; at most the window)");
  command->add_option("--rope-theta", options.ropeTheta, "base of rotary positions instead of the checkpoint's");
  command->add_option("--adapter", options.adapter, "folder of a PEFT adapter (LoRA) of this model; e2llm: what `train` wrote");
  command->add_option("--adapter-mode", options.adapterMode,
                      "overlay: kept beside the weights; merge: added to them, where they are not quantised")
      ->capture_default_str();
  command->add_option("--embed-weights", options.embedWeights, "no: a program without weights, for `bench --random-weights` alone (default: yes)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{{"yes", true}, {"no", false}}))
      ->type_name("yes|no");
  CLI::Option *train = command->add_flag("--train", options.train, "the program also trains: all parameters that are stored as floats, or an adapter");
  command->add_option("--lora", options.lora,
                      "train an adapter alone: rank=16,alpha=32,targets=all, or names of modules; layers=memory, or numbers; e2llm: of both models, or none")
      ->needs(train);
  command->add_option("--gated-memory", options.gatedMemory, "train LIFT's memory of each head alone: identity (zeros change nothing) or paper")->needs(train);
  command->add_option("--gate-cost", options.gateCost, "what a gate that is all open adds to the loss where `lift` predicts what stands before it (default: 0)")->needs(train);
  command->add_flag("--share-context", options.shareContext, "train: what rows of `lift` stand behind is computed once a step, and all training's attention costs a little more")->needs(train);
  command->add_option("--memory-budget", options.memoryBudget,
                      "train: most memory that a call of 2,048 tokens keeps for its gradients, e.g. 600MB; products over it are computed again, as norms and gated units are without it")
      ->needs(train);
  command->add_flag("--detach-memory", options.detachMemory, "fot: train without the gradients of what is read in memory")->needs(train);
  command->add_option("--target", options.targets, "targets, comma separated")->delimiter(',')->capture_default_str();
  command->add_option("--variants", options.variants, "CPU variants to build (default: all)")->delimiter(',');
  CLI::Option *dumps = command->add_option("--dump-dir", options.dumpDir, "write the IR after every stage into this folder");
  command->add_flag("--dump-after-each", options.dumpAfterEach, "dump after every pass too")->needs(dumps);
  command->add_option("--only-kernel", options.onlyKernel, "dump the kernels with this in their names, nothing else")
      ->needs(dumps);
  command->add_flag("--repro-on-crash,!--no-repro-on-crash", options.reproOnCrash,
                    "should the compiler crash, leave OUTPUT.crash.mlir that repeats it (default; no: one process)");
  command->add_option("--crash-before", options.crashBefore)->group(""); // tests of the above
  command->add_flag("--time-passes", options.timePasses, "print where the time went");
  command->add_flag("--remarks", options.remarks, "print what passes did not do, and why");
  command->add_flag("--quiet", options.quiet, "print errors only");
}

void addConvert(CLI::App &app, ConvertOptions &options) {
  CLI::App *command = app.add_subcommand("convert", "Write a checkpoint as a Hugging Face folder, or an adapter as PEFT's");
  command->add_option("PATH", options.source, "checkpoint (a Hugging Face folder or .gguf), or a program compiled with an adapter")->required();
  command->add_option("--to", options.format, "format: hf, peft")->required();
  command->add_option("-o,--output", options.output, "folder to write; it must be new or empty")->required();
  command->add_option("--adapter", options.adapter, "folder of a PEFT adapter: merged into the weights (hf), or written (peft)");
  command->add_option("--dtype", options.type, "f32, f16 or bf16 for all tensors (default: as stored, quantised blocks as f32)");
  command->add_option("--max-shard-size", options.shardSize, "size of a file of tensors, e.g. 500MB")->capture_default_str();
  command->add_flag("--quiet", options.quiet, "print errors only");
}

void addRun(CLI::App &app, RunOptions &options) {
  CLI::App *command = app.add_subcommand("run", "Run a function of an IR file on random inputs and print its results");
  command->add_option("FILE", options.file, "lm or tile functions (.mlir); -: standard input")->required();
  command->add_option("--function", options.function, "function to run")->capture_default_str();
  command->add_flag("--interpret", options.interpret, "in the reference interpreter, in float64");
  command->add_option("--seed", options.seed, "seed of inputs and parameters")->capture_default_str();
  command->add_option("--tokens", options.tokens, "query rows where the function leaves them open")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--sequences", options.sequences, "sequences where the function leaves them open")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--show", options.shown, "elements printed of each result")->capture_default_str();
  command->add_flag("--round", options.round, "round every float to its type");
}

void addProbeLayers(CLI::App &app, ProbeLayersOptions &options) {
  CLI::App *command = app.add_subcommand("probe-layers", "Find the layers that need memory, for --mem-layers");
  command->add_option("MODEL", options.model, "checkpoint (a Hugging Face folder or .gguf)")->required();
  command->add_option("--prompts", options.prompts, "pass-key prompts to choose by; twice as many confirm")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--length", options.length, "tokens of a prompt; 0: four windows, 1,024 at least")->capture_default_str();
  command->add_option("--window", options.window, "local window in tokens")->capture_default_str();
  command->add_option("--last-context", options.lastContext, "size of a prompt's last window")->capture_default_str();
  command->add_option("--tolerance", options.tolerance, "log-probability of the answer that fewer layers may cost")
      ->capture_default_str();
  command->add_option("--memory-temperature", options.temperature, "factor on memory scores: fixed:x or log:c:m0")
      ->capture_default_str();
  command->add_option("--seconds", options.seconds, "choose among what was found by then; 0: no limit")
      ->capture_default_str();
  command->add_option("--topk", options.topk, "memory entries each query and head attends to; 0: all")
      ->capture_default_str();
  command->add_option("--text", options.text, "real text as filler instead of the standard sentences");
  command->add_option("--seed", options.seed, "seed of keys and places")->capture_default_str();
  command->add_option("--threads", options.threads, "threads; 0: one a core")->capture_default_str();
  command->add_option("--keep", options.program, "keep the compiled program in this file");
  command->add_flag("--json", options.json, "one JSON object on stdout");
  command->add_flag("--quiet", options.quiet, "no notes on stderr");
}

} // namespace

int main(int argc, char **argv) {
  registerTargets();
  nameUncaughtExceptions();
  llvm::install_bad_alloc_error_handler([](void *, const char *, bool) { exitOutOfMemory(); });
  CLI::App app("longc: compiles a language-model checkpoint plus a long-context method into one program");
  app.set_version_flag("--version", version);
  app.require_subcommand(1);
  CompileOptions compile;
  addCompile(app, compile);
  PlanOptions plan;
  CLI::App *planCommand = app.add_subcommand("plan", "Say how much memory a program needs, from its static plan");
  planCommand->add_option("PROGRAM", plan.program, "compiled program")->required();
  planCommand->add_option("--ctx", plan.tokens, "tokens held in memory")
      ->check(CLI::Range(int64_t(0), int64_t(1) << 40))
      ->capture_default_str();
  planCommand->add_option("--chunk", plan.chunk, "tokens of one prefill call")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  planCommand->add_flag("--train", plan.train, "what training needs at its peak, with --chunk tokens a call (--call-tokens; all rows of a step with --facts)");
  std::string inspected;
  CLI::App *inspectCommand = app.add_subcommand("inspect", "Show what a checkpoint or a compiled program holds");
  inspectCommand->add_option("FILE", inspected, "checkpoint, compiled program, or lowered functions (.mlir)")
      ->required();
  bool steps = false;
  CLI::Option *ofSteps = inspectCommand->add_flag("--steps", steps, "a program's step lists too");
  bool json = false;
  inspectCommand->add_flag("--json", json, "what a program holds, as one JSON object on stdout")->excludes(ofSteps);

  ConvertOptions converted;
  addConvert(app, converted);
  RunOptions run;
  addRun(app, run);
  ProbeLayersOptions probe;
  addProbeLayers(app, probe);

  if (argc > 1 && argv[1][0] != '-' && !knows(app, argv[1]))
    return finish(
        Status::error(1000, "unknown command '" + std::string(argv[1]) + "'", "`longc --help` lists the commands"));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return finishParsing(app, error);
  }
  if (app.got_subcommand("compile"))
    return finish(compileProgram(compile));
  if (app.got_subcommand("convert"))
    return finish(convert(converted));
  if (app.got_subcommand(planCommand))
    return finish(planProgram(plan));
  if (app.got_subcommand("run"))
    return finish(runFile(run));
  if (app.got_subcommand("probe-layers"))
    return finish(probeLayers(probe));
  return finish(inspectFile(inspected, steps, json));
}
