// Chooses the variant, links the kernels, makes the executors.
#include "runtime/serve/Engine.h"

#include "runtime/abi/Messages.h"
#include "runtime/device/OpenDevice.h"

#include <algorithm>

namespace longc {
namespace {

constexpr const char *ingestName = "ingest";

// Names of the kernels that the functions launch, by index in Program.kernels; the others stay empty.
std::vector<std::string> kernelsOf(const abi::Program &program, std::span<const abi::Function *const> functions) {
  std::vector<std::string> names(static_cast<size_t>(program.kernels_size()));
  for (const abi::Function *function : functions)
    for (const abi::Step &step : function->steps())
      if (step.has_launch())
        names[step.launch().kernel()] = program.kernels(static_cast<int>(step.launch().kernel())).name();
  return names;
}

Status checkInterface(const abi::Function &function) {
  using Input = abi::Input;
  static constexpr Input::Role known[] = {Input::TOKENS,     Input::POSITIONS,   Input::MEMORY_POSITIONS, Input::ROWS,        Input::SEGMENTS,
                                          Input::BOUNDARIES, Input::TEMPERATURE, Input::SOFT_TOKENS,      Input::DESTINATIONS};
  for (const abi::Input &input : function.inputs())
    if (std::ranges::find(known, input.role()) == std::end(known))
      return Status::error(4120, "function '" + function.name() + "' has an input '" + inputName(input) + "', which this runtime does not fill",
                           "compile the program again");
  if (function.name().starts_with(ingestName))
    return {};
  if (function.results_size() < 1 ||
      function.buffers(static_cast<int>(function.results(0))).type() != abi::F32)
    return Status::error(4121, "function '" + function.name() + "' gives no f32 logits", "compile the program again");
  return {};
}

} // namespace

Result<std::unique_ptr<Engine>> Engine::create(const Program &program, const longc_program_table &table,
                                               const EngineOptions &options) {
  if (program.module().has_encoder())
    return Status::error(4131, "this program is an encoder: it has no next tokens",
                         "it offers embed, tokenize, info and bench; compile a decoder for the others");
  std::unique_ptr<Engine> engine;
  LONGC_TRY(openOnChosen(options.device, program.message(), options.exact, "running", [&](const DeviceChoice &choice) {
    engine.reset(new Engine(program));
    engine->exact_ = options.exact;
    engine->target_ = choice.target;
    return engine->open(table, options, choice.ordinal);
  }));
  return engine;
}

Status Engine::open(const longc_program_table &table, const EngineOptions &options, int ordinal) {
  const abi::Function *prefill = program_.findFunction("prefill", precision(), target_);
  const abi::Function *decode = program_.findFunction("decode", precision(), target_);
  if (!prefill || !decode)
    return Status::error(4122, std::string("this program has no functions 'prefill' and 'decode' in ") + precision() +
                                   " precision for " + (target_ == "cpu" ? "the processor" : "the GPU"),
                         options.exact        ? "run it without --exact"
                         : target_ == "cpu"   ? "compile a model with `longc compile`"
                                              : "compile it with the GPU among --target, or use --device cpu");
  LONGC_TRY(checkInterface(*prefill));
  LONGC_TRY(checkInterface(*decode));
  const abi::Function *ingest = program_.findFunction(ingestName, precision(), target_);
  if (ingest)
    LONGC_TRY(checkInterface(*ingest));
  const auto adapted = [&](std::string name) { return program_.findFunction(name + "_adapted", precision(), target_); };
  adaptedPrefill_ = adapted("prefill");
  adaptedDecode_ = adapted("decode");
  adaptedIngest_ = adapted(ingestName);
  for (const abi::Function *function : {adaptedPrefill_, adaptedDecode_, adaptedIngest_})
    if (function)
      LONGC_TRY(checkInterface(*function));
  if (!adaptedPrefill_ != !adaptedDecode_ || (adaptedPrefill_ && !adaptedIngest_ != !ingest))
    return Status::error(4122, "this program takes adapters in some of its functions and not in others", "compile the program again");
  if (takesOverlays())
    adapter_ = "none";
  return link(table, options, ordinal, *prefill, *decode, ingest);
}

Result<std::unique_ptr<CpuDevice>> openProcessor(const Program &program, const longc_program_table &table,
                                                 const EngineOptions &options,
                                                 std::initializer_list<const abi::Function *> functions) {
  if (table.abi_version != LONGC_ABI_VERSION)
    return Status::error(4123, "the kernels of this program were built for another runtime", "compile the program again");
  auto variant = chooseVariant(CpuFeatures::detect(), variantsOf(table), options.variant);
  if (!variant.ok())
    return variant.status();
  return CpuDevice::create(table, *variant, kernelsOf(program.message(), {functions.begin(), functions.end()}), options.threads);
}

Status Engine::link(const longc_program_table &table, const EngineOptions &options, int ordinal,
                    const abi::Function &prefill, const abi::Function &decode, const abi::Function *ingest) {
  if (table.abi_version != LONGC_ABI_VERSION)
    return Status::error(4123, "the kernels of this program were built for another runtime", "compile the program again");
  std::vector<const abi::Function *> functions = {&prefill, &decode};
  if (ingest)
    functions.push_back(ingest);
  std::vector<const abi::Function *> all = functions;
  for (const abi::Function *function : {adaptedPrefill_, adaptedDecode_, adaptedIngest_})
    if (function)
      all.push_back(function);
  auto device = openDevice(table, program_.message(), target_, kernelsOf(program_.message(), all),
                           {options.variant, options.threads, ordinal});
  if (!device.ok())
    return device.status();
  device_ = std::move(*device);
  sampler_ = DeviceSampler::of(*device_, program_.message());
  LONGC_TRY(create(plain_, prefill, decode, ingest));
  layout_ = StateLayout::of(program_.message(), functions);
  layout_.device = device_.get();
  return {};
}

Status Engine::create(Executors &executors, const abi::Function &prefill, const abi::Function &decode, const abi::Function *ingest) {
  for (auto [place, function] : {std::pair(&executors.prefill, &prefill), std::pair(&executors.decode, &decode), std::pair(&executors.ingest, ingest)}) {
    if (!function)
      continue;
    auto executor = Executor::create(program_, *function, *device_);
    if (!executor.ok())
      return executor.status();
    *place = std::move(*executor);
  }
  return {};
}

std::vector<Executor *> Engine::Executors::all() const {
  std::vector<Executor *> all;
  for (const auto *executor : {&prefill, &decode, &ingest})
    if (*executor)
      all.push_back(executor->get());
  return all;
}

std::vector<Executor *> Engine::executors() const {
  std::vector<Executor *> all = plain_.all(), adapted = adapted_.all();
  all.insert(all.end(), adapted.begin(), adapted.end());
  return all;
}

Status Engine::useOverlays(bool on) {
  if (on && !adapted_.prefill) {
    if (!takesOverlays())
      return Status::error(4122, "this program has no functions that take an adapter here", "compile it without --adapter and --gated-memory, or run it with --device cpu");
    LONGC_TRY(create(adapted_, *adaptedPrefill_, *adaptedDecode_, adaptedIngest_));
    if (profiling_)
      startProfile(/*events=*/false);
  }
  isAdapted_ = on;
  return {};
}

Status Engine::bindMatrix(uint32_t parameter, const void *data, int64_t rows, int64_t columns) {
  for (Executor *executor : adapted_.all())
    LONGC_TRY(executor->bindMatrix(parameter, data, rows, columns));
  return {};
}

Status Engine::run(std::span<const BatchPart> parts) {
  LONGC_TRY(checkParts(parts));
  auto executorOf = [&](const BatchPart &part) {
    if (part.window > 0)
      return inUse().ingest.get();
    return part.tokens.size() == 1 && part.tokens[0] >= 0 ? inUse().decode.get() : inUse().prefill.get();
  };
  for (Executor *executor : {inUse().ingest.get(), inUse().decode.get(), inUse().prefill.get()}) {
    Batch batch;
    for (const BatchPart &part : parts)
      if (executorOf(part) == executor)
        batch.add(part);
    if (!batch.isEmpty())
      LONGC_TRY(batch.run(*executor, sampler_.get()));
  }
  return {};
}

Status Engine::beginStep(std::span<const BatchPart> parts, bool tokensAreThere) {
  LONGC_TRY(checkParts(parts));
  Batch batch;
  for (const BatchPart &part : parts)
    batch.add(part);
  return batch.begin(decode(), tokensAreThere);
}

Status Engine::bindParameter(uint32_t parameter, const void *data) {
  for (Executor *executor : executors())
    LONGC_TRY(executor->bindParameter(parameter, data));
  return {};
}

void Engine::hideMemory(const std::vector<bool> &layers) {
  for (Executor *executor : executors())
    executor->hideMemory(layers);
}

void Engine::startProfile(bool events) {
  profiling_ = true;
  if (events)
    profile_.keepEvents();
  for (Executor *executor : executors())
    executor->setProfile(&profile_);
}

std::string Engine::profileTable() { return profile_.table(kernelNames(program_.message()), device_->measureRoof()); }

std::string Engine::profileTrace() const { return profile_.trace(kernelNames(program_.message())); }

} // namespace longc
