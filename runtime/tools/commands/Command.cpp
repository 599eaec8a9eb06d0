// Loading and small services for the subcommands.
#include "runtime/tools/commands/Command.h"

#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/e2llm/Compressor.h"
#include "runtime/e2llm/SoftFiles.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/serve/RandomWeights.h"
#include "runtime/serve/SamplingDefaults.h"
#include "runtime/train/AdapterFiles.h"
#include "runtime/train/ProgramParameters.h"
#include "runtime/train/TakenAdapter.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <future>
#include <unistd.h>

namespace longc {
namespace {

// What the program was compiled with.
WindowPolicy defaultPolicy(const abi::Module &module) {
  WindowPolicy policy;
  const abi::Memory &memory = module.memory();
  policy.window = memory.default_window() ? memory.default_window() : static_cast<int64_t>(module.context_length());
  policy.lastContext = memory.default_last_context() ? memory.default_last_context() : policy.window / 2;
  return policy;
}

Status readWindow(const Arguments &arguments, int64_t contextLength, WindowPolicy &policy) {
  if (arguments.has("window")) {
    auto window = arguments.integer("window", 1, contextLength);
    if (!window.ok())
      return window.status();
    policy.window = *window;
  }
  policy.lastContext = std::max<int64_t>(1, std::min(policy.lastContext, policy.window));
  if (arguments.has("last-context")) {
    auto given = arguments.integer("last-context", 1, policy.window);
    if (!given.ok())
      return given.status();
    policy.lastContext = *given;
  }
  return {};
}

// A saved text stays divided between window and memory, and read, as it was.
Status checkAsSaved(const Arguments &arguments, const SessionOptions &options, const SessionOptions &saved) {
  auto differs = [&](const char *name, const std::string &now) {
    return Status::error(1005, std::string("--") + name + " " + arguments.text(name) + " beside --load-memory: its text was read with " + now,
                         "leave it out, or read the text again");
  };
  if (options.policy.lastContext != saved.policy.lastContext && arguments.has("last-context"))
    return differs("last-context", std::to_string(saved.policy.lastContext));
  if (options.ingest != saved.ingest)
    return differs("ingest", ingestName(saved.ingest));
  if (options.overlap != saved.overlap)
    return differs("overlap", std::to_string(saved.overlap));
  return {};
}

Status readBudget(const Arguments &arguments, int64_t bytesPerToken, WindowPolicy &policy) {
  auto budget = arguments.bytes("memory-budget");
  if (!budget.ok())
    return budget.status();
  policy.memoryRows = bytesPerToken > 0 ? *budget / bytesPerToken : 0;
  if (*budget > 0 && bytesPerToken > 0 && policy.memoryRows < 1)
    return Status::error(1003, formatText("--memory-budget %s: one token takes %lld bytes",
                                          arguments.text("memory-budget").c_str(), static_cast<long long>(bytesPerToken)),
                         "give more, or --memory off");
  return {};
}

// Whether a function that serves reads what is trained as it is, not held beside the weights.
bool readsTrained(const abi::Program &program, const std::string &precision) {
  auto isTrained = [&](const abi::Buffer &buffer) {
    return buffer.kind() == abi::Buffer::PARAMETER && program.parameters(static_cast<int>(buffer.index())).trainable();
  };
  return std::ranges::any_of(program.modules(0).functions(), [&](const abi::Function &function) {
    return function.precision() == precision && !trains(function) && std::ranges::any_of(function.buffers(), isTrained);
  });
}

} // namespace

std::vector<std::string_view> modelOptions(std::vector<std::string_view> own) {
  for (std::string_view name : {"adapter", "device", "eviction", "exact", "ingest", "last-context", "memory", "memory-budget", "memory-temperature",
                                "overlap", "profile", "progress", "quiet", "threads", "trace", "truncate", "variant", "verify", "window"})
    own.push_back(name);
  std::sort(own.begin(), own.end());
  return own;
}

Result<MemoryTemperature> memoryTemperatureOf(const Arguments &arguments) {
  const std::string &text = arguments.text("memory-temperature");
  auto temperature = MemoryTemperature::parse(text);
  return temperature ? Result<MemoryTemperature>(*temperature)
                     : Status::error(1003, "--memory-temperature " + quoted(text) + ": expected fixed:x or log:c:m0 with positive numbers",
                                     "for example fixed:1.15 or log:0.1:2048");
}

Result<EngineOptions> engineOptionsOf(const Arguments &arguments) {
  auto threads = arguments.integer("threads", 0, ThreadPool::maxThreads);
  if (!threads.ok())
    return threads.status();
  const std::string device = arguments.has("device") ? arguments.text("device") : "cpu";
  return EngineOptions{arguments.flag("exact"), arguments.text("variant"), static_cast<int>(*threads), arguments.flag("int8"), device};
}

const char *programPath() {
  // The name is for messages; a program that was replaced while it runs is still there under its link.
  static const std::string path = [] {
    std::string name(4096, '\0');
    ssize_t length = readlink("/proc/self/exe", name.data(), name.size());
    name.resize(length > 0 ? static_cast<size_t>(length) : 0);
    return access(name.c_str(), R_OK) == 0 ? name : std::string("/proc/self/exe");
  }();
  return path.c_str();
}

Result<std::unique_ptr<Program>> openKind() {
  return Program::open(programPath(), /*verifyWeights=*/false, [](const abi::Function &) { return false; });
}

Result<std::unique_ptr<Program>> openProgram(const Arguments &arguments, const FunctionChoice &keeps) {
  watchInterrupts();
  setQuiet(arguments.flag("quiet"));
  if (!arguments.has("random-weights"))
    return Program::open(programPath(), arguments.flag("verify"), keeps);
  auto seed = arguments.integer("random-weights", 0, INT64_MAX);
  if (!seed.ok())
    return seed.status();
  auto path = withRandomWeights(programPath(), static_cast<uint64_t>(*seed));
  if (!path.ok())
    return path.status();
  return Program::open(*path, /*verifyWeights=*/false, keeps);
}

NamedFolder NamedFolder::of(const std::string &text) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos && equals > 0 && access(text.c_str(), F_OK) != 0)
    return {text.substr(0, equals), text.substr(equals + 1)};
  const std::string path = text.substr(0, text.find_last_not_of('/') + 1);
  return {path.substr(path.rfind('/') + 1), text};
}

Result<LoadedProgram> LoadedProgram::load(const Arguments &arguments, const LoadOptions &wanted) {
  auto start = std::chrono::steady_clock::now();
  LoadedProgram loaded;
  auto profile = AskedProfile::of(arguments);
  if (!profile.ok())
    return profile.status();
  auto program = openProgram(arguments, [&wanted, precision = arguments.flag("exact") ? "exact" : "fast"](const abi::Function &function) {
    return trains(function) ? wanted.trains : function.precision() == precision;
  });
  if (!program.ok())
    return program.status();
  loaded.program = std::move(*program);
  std::future<Status> besides; // over before the program is gone
  if (wanted.beside)
    besides = std::async(std::launch::async, wanted.beside, std::cref(*loaded.program));
  auto options = engineOptionsOf(arguments);
  if (!options.ok())
    return options.status();
  auto engine = Engine::create(*loaded.program, longc_program, *options);
  if (!engine.ok())
    return engine.status();
  loaded.engine = std::move(*engine);
  if (besides.valid())
    LONGC_TRY(besides.get());
  const std::vector<std::string> adapters = arguments.all("adapter");
  if (adapters.size() > 1 && !wanted.takesAdapters)
    return Status::error(1005, "there are several --adapter, and this command runs one model", "give one of them; `serve` and `generate --prompts` take several");
  if (!adapters.empty())
    LONGC_TRY(loaded.useAdapter(NamedFolder::of(adapters.front()).folder));
  loaded.profile = std::move(*profile);
  loaded.profile.start(*loaded.engine);
  loaded.loadSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return loaded;
}

Result<AdapterUse> AdapterUse::of(const std::string &folder) {
  auto recorded = recordedMemoryUse(folder);
  if (!recorded.ok())
    return recorded.status();
  AdapterUse use;
  auto wrong = [&](const char *key, const std::string &value, const char *expected) {
    return Status::error(notAnAdapter, quoted(folder + "/adapter_config.json") + ": " + key + " is " + quoted(value) + ": expected " + expected,
                         "give --adapter a folder that `train` wrote");
  };
  if (!recorded->ingest.empty() && !(use.ingest = parseIngest(recorded->ingest)))
    return wrong(ingestKey, recorded->ingest, "memory or window");
  if (!recorded->temperature.empty() && !(use.temperature = MemoryTemperature::parse(recorded->temperature)))
    return wrong(temperatureKey, recorded->temperature, "fixed:x or log:c:m0");
  return use;
}

Status LoadedProgram::useAdapter(const std::string &folder) {
  LONGC_TRY(useValues(folder));
  if (compressingModule(program->message()))
    return {};
  auto use = AdapterUse::of(folder);
  if (!use.ok())
    return use.status();
  adapterUse = *use;
  return {};
}

Status LoadedProgram::useValues(const std::string &folder) {
  if (auto isPrefix = CachePrefix::isIn(folder); isPrefix.ok() && *isPrefix) {
    auto prefix = CachePrefix::read(folder, engine->layout());
    if (!prefix.ok())
      return prefix.status();
    engine->setAdapter(prefix->fingerprint);
    engine->setPrefix(std::make_shared<const CachePrefix>(std::move(*prefix)));
    return {};
  }
  const ProgramParameters trained = ProgramParameters::trainable(program->message());
  if (compressingModule(program->message())) {
    auto values = ParameterArray::create(trained.list, "the adapter");
    if (!values.ok())
      return values.status();
    adapter = std::move(*values);
    LONGC_TRY(readSoftTrained(folder, program->message(), trained.list, adapter));
    return bindAdapter(trained.list, adapter);
  }
  auto taken = TakenAdapter::read(folder, *program, trained.list, engine->precision());
  if (!taken.ok())
    return taken.status();
  overlays = std::move(taken->overlays);
  if (overlays)
    return bindOverlays(*overlays);
  adapter = std::move(taken->values);
  LONGC_TRY(bindAdapter(trained.list, adapter));
  if (!readsTrained(program->message(), engine->precision()))
    adapter = ParameterArray();
  return {};
}

Status LoadedProgram::bindOverlays(const Overlays &overlays) {
  LONGC_TRY(engine->useOverlays(true));
  const ProgramParameters trained = ProgramParameters::trainable(program->message());
  if (isAdapter(trained.list)) {
    if (noAdapter_.all().empty()) {
      auto zeros = ParameterArray::create(trained.list, "no adapter");
      if (!zeros.ok())
        return zeros.status();
      noAdapter_ = std::move(*zeros);
    }
    LONGC_TRY(bindValues(trained.list, noAdapter_));
  }
  for (const Overlays::Matrix &matrix : overlays.matrices)
    LONGC_TRY(engine->bindMatrix(matrix.parameter, overlays.data(matrix), matrix.rows, matrix.columns));
  engine->setAdapter(overlays.fingerprint);
  return {};
}

Status LoadedProgram::bindAdapter(const ParameterList &list, const ParameterArray &values) {
  LONGC_TRY(engine->useOverlays(false));
  return bindValues(list, values);
}

Status LoadedProgram::bindValues(const ParameterList &list, const ParameterArray &values) {
  const auto bind = [this](uint32_t parameter, const void *data) { return engine->bindParameter(parameter, data); };
  LONGC_TRY(bindTrained(program->message(), list, values, bind));
  const std::string fingerprint = fingerprintOf(values);
  engine->setAdapter(fingerprint);
  auto found = std::ranges::find(served_, fingerprint, [](const auto &one) { return one.first; });
  if (found != served_.end()) {
    served_.splice(served_.begin(), served_, found);
  } else {
    auto made = ServedValues::of(program->message(), list, values);
    if (!made.ok())
      return made.status();
    served_.emplace_front(fingerprint, std::move(*made));
  }
  LONGC_TRY(served_.front().second.bind(bind));
  if (served_.size() > mostServed)
    served_.pop_back();
  return {};
}

Status LoadedProgram::unbindAdapter() {
  for (uint32_t index : ProgramParameters::trainable(program->message()).indices)
    LONGC_TRY(engine->bindParameter(index, program->parameterData(index)));
  for (int index = 0; index < program->message().parameters_size(); ++index)
    if (isHeld(program->message().parameters(index)))
      LONGC_TRY(engine->bindParameter(static_cast<uint32_t>(index), program->parameterData(static_cast<uint32_t>(index))));
  LONGC_TRY(engine->useOverlays(false));
  engine->setAdapter("none");
  return {};
}

Result<Tokenizer> LoadedProgram::tokenizer() const { return createTokenizer(program->module().tokenizer()); }

Result<SessionOptions> LoadedProgram::sessionOptions(const Arguments &arguments, const SessionOptions *saved, const AdapterUse &use) const {
  SessionOptions options;
  if (saved)
    options = *saved;
  else
    options.policy = defaultPolicy(program->module());
  auto counts = [&](const char *name) { return !saved || arguments.isGiven(name); };
  LONGC_TRY(readWindow(arguments, static_cast<int64_t>(program->module().context_length()), options.policy));
  if (counts("eviction")) {
    const std::string &eviction = arguments.text("eviction");
    if (eviction != "slide" && eviction != "flush")
      return Status::error(1003, "--eviction '" + eviction + "': expected slide or flush", "see --help");
    options.policy.eviction = eviction == "flush" ? Eviction::flush : Eviction::slide;
  }
  if (counts("memory")) {
    auto memory = arguments.onOff("memory");
    if (!memory.ok())
      return memory.status();
    options.policy.memory = *memory;
  }
  if (!saved) {
    options.ingest = use.ingest.value_or(IngestMode::memory);
    options.temperature = use.temperature.value_or(MemoryTemperature());
  }
  if (arguments.has("ingest")) {
    auto ingest = parseIngest(arguments.text("ingest"));
    if (!ingest)
      return Status::error(1003, "--ingest '" + arguments.text("ingest") + "': expected memory or window", "see --help");
    options.ingest = *ingest;
  }
  if (arguments.isGiven("overlap")) {
    auto overlap = arguments.integer("overlap", 0, INT32_MAX);
    if (!overlap.ok())
      return overlap.status();
    if (*overlap > 0 && options.ingest != IngestMode::window)
      return Status::error(1005, "--overlap is of windows that are read alone", "give --ingest window, or leave it out");
    options.overlap = *overlap;
  }
  if (saved)
    LONGC_TRY(checkAsSaved(arguments, options, *saved));
  if (counts("memory-budget"))
    LONGC_TRY(readBudget(arguments, engine->memoryBytesPerToken(), options.policy));
  if (arguments.has("memory-temperature")) {
    auto temperature = memoryTemperatureOf(arguments);
    if (!temperature.ok())
      return temperature.status();
    options.temperature = *temperature;
  }
  options.truncate = arguments.flag("truncate");
  return options;
}

Status LoadedProgram::report() const { return profile.report(*engine); }

Result<std::string> readTextFile(const std::string &path) {
  std::FILE *file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (!file)
    return Status::error(5401, "cannot read '" + path + "': " + std::strerror(errno), "check the path and its permissions");
  std::string text;
  char piece[65536];
  for (size_t count; (count = std::fread(piece, 1, sizeof piece, file)) > 0;)
    text.append(piece, count);
  bool failed = std::ferror(file) != 0;
  int error = errno;
  if (file != stdin)
    std::fclose(file);
  if (failed)
    return Status::error(5401, "cannot read '" + path + "': " + std::strerror(error), "is it a regular file?");
  return text;
}

Result<std::string> promptOf(const Arguments &arguments) {
  if (arguments.has("prompt") && arguments.has("prompt-file"))
    return Status::error(1005, "--prompt and --prompt-file exclude each other", "give one of them");
  if (arguments.has("prompt-file"))
    return readTextFile(arguments.text("prompt-file"));
  if (!arguments.has("prompt"))
    return Status::error(1006, "there is no prompt", "give --prompt TEXT or --prompt-file FILE");
  return arguments.text("prompt");
}

Result<ProgressMode> progressOf(const Arguments &arguments) {
  auto mode = parseProgressMode(arguments.text("progress"));
  if (!mode)
    return Status::error(1003, "--progress '" + arguments.text("progress") + "': expected auto, plain, json or none",
                         "see --help");
  return *mode;
}

Result<Trials> trialsOf(const Arguments &arguments) {
  auto count = arguments.integer("count", 1, 100000);
  if (!count.ok())
    return count.status();
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  return Trials{*count, *seed};
}

Result<uint64_t> seedOf(const Arguments &arguments) {
  if (!arguments.has("seed"))
    return static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1000000000u;
  auto seed = arguments.integer("seed", 0, INT64_MAX);
  if (!seed.ok())
    return seed.status();
  return static_cast<uint64_t>(*seed);
}

Result<SamplerOptions> samplerOf(const Arguments &arguments) {
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  auto temperature = arguments.number("temperature", 0, 100);
  if (!temperature.ok())
    return temperature.status();
  auto topK = arguments.integer("top-k", 0, INT32_MAX);
  if (!topK.ok())
    return topK.status();
  auto topP = arguments.number("top-p", 0, 1);
  if (!topP.ok())
    return topP.status();
  auto minP = arguments.has("min-p") ? arguments.number("min-p", 0, 1) : Result<double>(0.0);
  if (!minP.ok())
    return minP.status();
  SamplerOptions options;
  options.temperature = static_cast<float>(*temperature);
  options.topK = static_cast<int>(*topK);
  options.topP = static_cast<float>(*topP);
  options.minP = static_cast<float>(*minP);
  if (arguments.has("repetition-penalty")) {
    auto penalty = arguments.number("repetition-penalty", 0.01, 100);
    if (!penalty.ok())
      return penalty.status();
    options.repetitionPenalty = static_cast<float>(*penalty);
  }
  options.seed = *seed;
  LONGC_TRY(options.validate());
  return options;
}

SamplerOptions drawnAs(const abi::Module &module, const Arguments &arguments, SamplerOptions asked) {
  const SamplerOptions usual = samplingOf(module);
  if (!arguments.isGiven("temperature"))
    asked.temperature = usual.temperature;
  if (!arguments.isGiven("top-k"))
    asked.topK = usual.topK;
  if (!arguments.isGiven("top-p"))
    asked.topP = usual.topP;
  if (!arguments.isGiven("min-p"))
    asked.minP = usual.minP;
  if (!arguments.isGiven("repetition-penalty"))
    asked.repetitionPenalty = usual.repetitionPenalty;
  return asked;
}

Status readTokens(Session &session, std::span<const int32_t> tokens, ProgressMode mode, const char *title,
                  IngestOptions options) {
  Progress progress(mode, title, static_cast<int64_t>(tokens.size()), "tokens");
  progress.update(0);
  options.onProgress = [&](int64_t done, int64_t) {
    progress.update(done, formatCount(session.marks().memoryTokens()) + " in memory");
    return !interrupted();
  };
  int64_t dropped = session.droppedTokens(), seen = session.marks().localTokens();
  LONGC_TRY(session.ingest(tokens, options));
  progress.finish();
  if (!session.marks().policy().memory && session.droppedTokens() > dropped)
    logWarning(formatText("the first %s of %s tokens were dropped: the window has %s (--truncate)",
                          formatCount(session.droppedTokens() - dropped).c_str(),
                          formatCount(seen + static_cast<int64_t>(tokens.size())).c_str(),
                          formatCount(session.marks().policy().window).c_str()));
  return {};
}

std::string describeSession(const Session &session) {
  const WindowMarks &marks = session.marks();
  return formatText("%s window%s, %s local tokens, %s in memory (%s)", formatCount(session.windowsRun()).c_str(),
                    session.windowsRun() == 1 ? "" : "s", formatCount(marks.localTokens()).c_str(),
                    formatCount(marks.memoryTokens()).c_str(),
                    formatBytes(static_cast<double>(session.context().memoryBytes())).c_str());
}

Status printText(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return {};
  return Status::error(5402, std::string("cannot write to standard output: ") + std::strerror(errno),
                       "is the disk full or the reader gone?");
}

} // namespace longc
