// The longc command: compile, plan, inspect.
#include "frontends/tools/driver/Compile.h"
#include "frontends/tools/driver/Inspect.h"

#include <CLI/CLI.hpp>

#include <cstdio>

using namespace longc;

namespace {

// Prints what went wrong and gives the exit code of a user's error.
int finish(const Status &status) {
  if (status.ok())
    return 0;
  std::fprintf(stderr, "error: %s\n", status.text().c_str());
  return 1;
}

void addCompile(CLI::App &app, CompileOptions &options) {
  CLI::App *command = app.add_subcommand("compile", "Turn a checkpoint and a method into one program");
  command->add_option("MODEL", options.model, "checkpoint (.gguf)")->required();
  command->add_option("-o,--output", options.output, "program to write")->required();
  command->add_option("--method", options.method, "long-context method: none, fot")->capture_default_str();
  command->add_option("--mem-layers", options.memoryLayers, "layers that read memory: all or a list (7,8,18)")
      ->capture_default_str();
  command->add_option("--topk", options.topk, "memory entries each query and head attends to; 0: all")
      ->capture_default_str();
  command->add_option("--window", options.window, "default local window in tokens")->capture_default_str();
  command->add_option("--last-context", options.lastContext, "default size of a prompt's last window")
      ->capture_default_str();
  command->add_option("--target", options.targets, "targets, comma separated")->delimiter(',')->capture_default_str();
  command->add_option("--variants", options.variants, "CPU variants to build (default: all)")->delimiter(',');
  command->add_option("--dump-dir", options.dumpDir, "write the IR after every stage into this folder");
  command->add_flag("--time-passes", options.timePasses, "print where the time went");
  command->add_flag("--remarks", options.remarks, "print what was and was not fused, and why");
  command->add_flag("--quiet", options.quiet, "print errors only");
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("longc: compiles a language-model checkpoint plus a long-context method into one program");
  app.set_version_flag("--version", "longc " LONGC_VERSION " (LLVM " LONGC_LLVM_VERSION ")");
  app.require_subcommand(1);
  CompileOptions compile;
  addCompile(app, compile);
  PlanOptions plan;
  CLI::App *planCommand = app.add_subcommand("plan", "Say how much memory a program needs, from its static plan");
  planCommand->add_option("PROGRAM", plan.program, "compiled program")->required();
  planCommand->add_option("--ctx", plan.tokens, "tokens held in memory")->capture_default_str();
  planCommand->add_option("--chunk", plan.chunk, "tokens of one prefill call")->capture_default_str();
  std::string inspected;
  CLI::App *inspectCommand = app.add_subcommand("inspect", "Show what a checkpoint or a compiled program holds");
  inspectCommand->add_option("FILE", inspected, "checkpoint (.gguf) or compiled program")->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (app.got_subcommand("compile"))
    return finish(compileProgram(compile));
  if (app.got_subcommand(planCommand))
    return finish(planProgram(plan));
  return finish(inspectFile(inspected));
}
