// What a subcommand of a compiled program is, and what all of them share.
#pragma once

#include "runtime/core/Progress.h"
#include "runtime/core/Status.h"
#include "runtime/serve/Session.h"
#include "runtime/text/Sampler.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/tools/commands/AskedProfile.h"
#include "runtime/tools/commands/Interruption.h"
#include "runtime/tools/commands/Options.h"
#include "runtime/train/Overlays.h"
#include "runtime/train/ParameterList.h"
#include "runtime/train/ServedValues.h"

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct Command {
  std::string_view name, summary; // a word or two; without a summary it is not listed: another program runs it
  std::vector<std::string_view> options; // besides --help
  Status (*run)(const Arguments &);
  std::string_view notes = {}; // what --help says behind the options
  std::string_view subject = {}; // the option whose value may stand without its name: `lift fit FILE`
};

/// The commands, alphabetical. Each lies in a file of its name.
extern const Command askCommand, benchCommand, chatCommand, compressCommand, dumpBatchCommand, embedCommand,
    evalContextCommand, evalDictionaryCommand, evalDistractionCommand, evalFactsCommand, evalNeedleCommand, evalPasskeyCommand, evalRestateCommand, evalTwoHopCommand, generateCommand, infoCommand, liftAskCommand,
    liftEvalCommand, liftFitCommand, liftInfoCommand, liftMergeCommand, logitsCommand, lossCommand, makeFactsCommand, packDataCommand,
    passkeyCommand, perplexityCommand, probeCommand, readCommand, runFunctionCommand, serveCommand, tokenizeCommand,
    trainCommand;

/// --memory-temperature, which was given.
Result<MemoryTemperature> memoryTemperatureOf(const Arguments &arguments);

/// Precision, variant and threads.
Result<EngineOptions> engineOptionsOf(const Arguments &arguments);

/// Options that every command that runs the model has; `own` are added.
std::vector<std::string_view> modelOptions(std::vector<std::string_view> own);

/// The running program as --quiet and --verify ask; from now on ^C is watched for.
Result<std::unique_ptr<Program>> openProgram(const Arguments &arguments, const FunctionChoice &keeps = nullptr);

struct LoadOptions {
  bool takesAdapters = false; // several --adapter; else they are an error, where only one makes sense
  bool trains = false;        // its functions that train are needed too
  std::function<Status(const Program &)> beside = nullptr; // runs in a thread of its own while the device is opened
};

/// How an adapter's memory is to be read and asked; what it does not say is empty.
struct AdapterUse {
  std::optional<IngestMode> ingest;
  std::optional<MemoryTemperature> temperature;

  /// What its configuration says.
  static Result<AdapterUse> of(const std::string &folder);
};

/// The running program, loaded as its options ask.
struct LoadedProgram {
  std::unique_ptr<Program> program;
  ParameterArray adapter; // the values of --adapter, where the program trains them
  std::shared_ptr<const Overlays> overlays; // the adapter of --adapter, where it is bound beside the products
  std::unique_ptr<Engine> engine;
  AdapterUse adapterUse; // of --adapter, the first of several
  double loadSeconds = 0;
  AskedProfile profile;

  /// Of several adapters the first is used.
  static Result<LoadedProgram> load(const Arguments &arguments, const LoadOptions &wanted = {});
  Result<Tokenizer> tokenizer() const;
  /// Window, memory and temperature as the options ask; otherwise as a memory was saved with, or as the adapter says, or as the
  /// program was compiled for.
  Result<SessionOptions> sessionOptions(const Arguments &arguments, const SessionOptions *saved = nullptr) const { return sessionOptions(arguments, saved, adapterUse); }
  /// The same with another adapter.
  Result<SessionOptions> sessionOptions(const Arguments &arguments, const SessionOptions *saved, const AdapterUse &use) const;
  /// The model with these values of its adapter, which must outlive the engine.
  Status bindAdapter(const ParameterList &list, const ParameterArray &values);
  /// The same with an adapter that is bound beside its products.
  Status bindOverlays(const Overlays &overlays);
  /// The model as it was compiled.
  Status unbindAdapter();
  /// Prints the profile and writes the trace, if they were asked for.
  Status report() const;

private:
  Status useAdapter(const std::string &folder);
  Status useValues(const std::string &folder);
  Status bindValues(const ParameterList &list, const ParameterArray &values);

  // What the program holds of trained values, by their fingerprint, the last used first. Answers of several adapters take turns: those
  // of the last few are kept as they are read.
  static constexpr size_t mostServed = 4;
  std::list<std::pair<std::string, ServedValues>> served_;
  ParameterArray noAdapter_; // zeros of what the program trains, where another adapter is bound beside its products
};

/// "NAME=FOLDER" of --adapter; a folder without a name is called after itself.
struct NamedFolder {
  std::string name, folder;
  static NamedFolder of(const std::string &text);
};

/// The executable whose tail holds the program.
const char *programPath();
/// The program without its functions: to see which kind it is before it is opened to run.
Result<std::unique_ptr<Program>> openKind();

Result<std::string> readTextFile(const std::string &path);
/// --prompt or --prompt-file; an error names both when neither was given.
Result<std::string> promptOf(const Arguments &arguments);
Result<ProgressMode> progressOf(const Arguments &arguments);
/// --seed, else one from the clock.
Result<uint64_t> seedOf(const Arguments &arguments);
/// How often something is tried (--count), and the seed of what is drawn for it.
struct Trials {
  int64_t count;
  uint64_t seed;
};
Result<Trials> trialsOf(const Arguments &arguments);
/// How to draw tokens, with the seed of seedOf.
Result<SamplerOptions> samplerOf(const Arguments &arguments);
/// The same as the model has it where the user does not say.
SamplerOptions drawnAs(const abi::Module &module, const Arguments &arguments, SamplerOptions asked);

/// Reads tokens with a progress bar; ^C cancels.
Status readTokens(Session &session, std::span<const int32_t> tokens, ProgressMode mode, const char *title,
                  IngestOptions options = {});

/// "3 windows, 512 local tokens, 3,488 in memory (76.6 MiB)".
std::string describeSession(const Session &session);

/// Writes to stdout; an error when it cannot be written.
Status printText(std::string_view text);

} // namespace longc
