// `serve`: answers over HTTP, in the interface that clients of other servers speak.
#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/core/SystemMemory.h"
#include "runtime/e2llm/Compressor.h"
#include "runtime/http/DocumentShelf.h"
#include "runtime/http/HttpServer.h"
#include "runtime/http/LiftDocuments.h"
#include "runtime/http/Service.h"
#include "runtime/http/SoftDocuments.h"
#include "runtime/serve/PagePool.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/tools/commands/LoadedEncoder.h"
#include "runtime/tools/commands/NamedAdapters.h"
#include "runtime/tools/commands/OpenedModel.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>
#include <unistd.h>

namespace longc {
namespace {

constexpr double drainSeconds = 10; // for answers under way after the first signal
constexpr double memoryShare = 0.8; // of the machine, for weights and state

struct ServeOptions {
  std::string host;
  int port = 0;
  int64_t parallel = 1, queue = 1;
  HttpLimits limits;
  ServiceOptions service;
  ShelfOptions shelf;
};

Result<ServeOptions> readOptions(const Arguments &arguments) {
  ServeOptions options;
  options.host = arguments.text("host");
  auto port = arguments.integer("port", 0, 65535);
  auto parallel = arguments.integer("parallel", 1, 4096);
  auto queue = arguments.integer("queue", 0, 1'000'000);
  auto body = arguments.bytes("max-body");
  auto quota = arguments.bytes("document-quota");
  for (const Status &status : {port.status(), parallel.status(), queue.status(), body.status(), quota.status()})
    LONGC_TRY(status);
  options.port = static_cast<int>(*port);
  options.parallel = *parallel;
  options.queue = *queue;
  options.limits.bodyBytes = *body;
  options.shelf.folder = arguments.text("documents");
  options.shelf.quotaBytes = static_cast<double>(*quota);
  options.service.corsOrigin = arguments.text("cors-origin");
  if (arguments.has("api-key-file")) {
    auto keys = ApiKeys::read(arguments.text("api-key-file"));
    if (!keys.ok())
      return keys.status();
    options.service.keys = std::move(*keys);
  }
  return options;
}

ServedModel describeModel(const OpenedModel &model, const std::string &name) {
  const abi::Module &module = model.loaded.program->module();
  ServedModel served;
  served.name = name.empty() ? module.name() : name;
  served.fingerprint = model.loaded.program->fingerprint();
  served.tokenizer = &model.tokenizer;
  served.session = model.options;
  served.contextLength = static_cast<int64_t>(module.context_length());
  served.vocabulary = model.engine().vocabulary();
  served.hasMemory = !model.engine().layout().pages.empty();
  served.topK = module.memory().topk();
  served.templateSource = module.tokenizer().chat_template();
  if (served.templateSource.empty())
    return served;
  auto chatTemplate = ChatTemplate::parse(served.templateSource);
  if (chatTemplate.ok())
    served.chatTemplate = std::move(*chatTemplate);
  else
    served.templateRefusal = chatTemplate.status().message();
  return served;
}

double memoryForState(const Engine &engine) {
  if (engine.device().hasOwnMemory())
    return static_cast<double>(PagePool::plannedBytes(engine.device()));
  return std::max(0.0, systemMemory() * memoryShare - static_cast<double>(engine.program().weightsBytes()));
}

// Chats go on from states that are kept: at most a quarter of the room for state is theirs.
void keepPrefixes(const Engine &engine, const SessionOptions &session, SchedulerOptions &scheduling) {
  constexpr int64_t most = 8;
  const double stateBytes = static_cast<double>(session.policy.window * engine.layout().ringBytesPerToken());
  if (engine.device().hasOwnMemory() || stateBytes <= 0) // there every state takes its room at once
    return;
  scheduling.prefixes = std::min({static_cast<int64_t>(scheduling.memoryBytes / 4 / stateBytes), most, scheduling.places});
  scheduling.memoryBytes -= static_cast<double>(scheduling.prefixes) * stateBytes;
}

/// From the first signal on: answers under way are finished, if they are soon.
class Drain {
public:
  Drain(HttpServer &server, Service &service, Scheduler *scheduler) : server_(server), service_(service), scheduler_(scheduler) {}
  ~Drain() {
    if (thread_.joinable())
      thread_.join();
  }

  void onSignal(int signal, int count) {
    if (count > 1) {
      if (signal == SIGINT)
        _exit(exitInterrupted);
      if (scheduler_)
        scheduler_->cancelAll();
      return;
    }
    signal_ = signal;
    service_.drain();
    server_.stopAccepting();
    thread_ = std::thread([this] { run(); });
  }
  int signal() const { return signal_; }

private:
  void run() {
    using namespace std::chrono_literals;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(drainSeconds);
    while (scheduler_ && !scheduler_->isIdle() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(10ms);
    if (scheduler_)
      scheduler_->cancelAll();
    for (int waits = 0; scheduler_ && !scheduler_->isIdle() && waits < 200; ++waits)
      std::this_thread::sleep_for(10ms);
    server_.stop();
  }

  HttpServer &server_;
  Service &service_;
  Scheduler *scheduler_; // null: answers are short
  int signal_ = 0;
  std::thread thread_;
};

/// What all kinds of programs serve with.
struct Serving {
  ServeOptions options;
  std::unique_ptr<RequestLog> log;
  Metrics metrics;
};

// Until a signal ends it.
Status listen(Serving &serving, Service &service, Scheduler *scheduler, const std::string &about) {
  auto server = HttpServer::listen(serving.options.host, serving.options.port, serving.options.limits,
                                   [&service](HttpRequest request, std::shared_ptr<HttpReply> reply) {
                                     service.handle(std::move(request), std::move(reply));
                                   },
                                   [&service](const HttpRequest &head) { return service.uploadPath(head); });
  if (!server.ok())
    return server.status();
  logNote(about);
  std::fprintf(stderr, "listening on %s\n", (*server)->address().c_str());
  Drain drain(**server, service, scheduler);
  (*server)->run([&drain](int signal, int count) { drain.onSignal(signal, count); });
  return drain.signal() == SIGINT ? Status::error(cancelledCode, "interrupted") : Status();
}

Status serveEncoder(Serving &serving, const Arguments &arguments) {
  for (const char *option : {"adapter", "documents"})
    if (arguments.has(option))
      return Status::error(1005, std::string("--") + option + " is for programs that generate text, and this one is an encoder", "leave it out");
  auto loaded = LoadedEncoder::load(arguments);
  if (!loaded.ok())
    return loaded.status();
  const abi::Module &module = loaded->program->module();
  auto tokenizer = createTokenizer(module.tokenizer());
  if (!tokenizer.ok())
    return tokenizer.status();
  ServedModel served;
  served.name = arguments.has("model-name") ? arguments.text("model-name") : module.name();
  served.tokenizer = &*tokenizer;
  served.session.policy.window = loaded->encoder->longest();
  Embedder embedder(*loaded->encoder, *tokenizer, served.name, serving.metrics);
  Service service(std::move(serving.options.service), std::move(served), ServiceParts{nullptr, nullptr, &embedder}, serving.metrics, *serving.log);
  const Status ended = listen(serving, service, nullptr, loaded->encoder->device().describe());
  LONGC_TRY(loaded->report());
  return ended;
}

Status serveDecoder(Serving &serving, const Arguments &arguments) {
  auto model = OpenedModel::open(arguments, {.takesAdapters = true, .trains = true});
  if (!model.ok())
    return model.status();
  auto adapters = NamedAdapters::read(model->loaded, arguments);
  if (!adapters.ok())
    return adapters.status();
  ServeOptions &options = serving.options;
  Engine &engine = model->engine();
  const int64_t fits = Session::mostThatFit(engine, model->options, model->options.policy.window);
  SchedulerOptions scheduling;
  scheduling.places = std::clamp<int64_t>(options.parallel, 1, std::max<int64_t>(fits, 1));
  scheduling.mostWaiting = static_cast<size_t>(options.queue);
  const bool hasMemory = !engine.layout().pages.empty() && model->options.policy.memory;
  std::unique_ptr<LiftDocuments> lift;
  if (auto engineOptions = engineOptionsOf(arguments); engineOptions.ok() && LiftDocuments::isDoneBy(engine.program(), engineOptions->exact)) {
    auto made = LiftDocuments::create(engine.program(), longc_program, *engineOptions, model->tokenizer);
    if (made.ok())
      lift = std::move(*made);
    else
      logWarning("there are no documents of method lift: " + made.status().message());
  }
  std::unique_ptr<SoftDocuments> soft;
  if (auto engineOptions = engineOptionsOf(arguments); engineOptions.ok() && compressingModule(engine.program().message())) {
    auto made = SoftDocuments::create(engine, longc_program, *engineOptions, model->tokenizer, arguments.has("adapter") ? &model->loaded.adapter : nullptr);
    if (!made.ok())
      return made.status();
    soft = std::move(*made);
  }
  const bool keepsDocuments = hasMemory || lift || soft;
  scheduling.memoryBytes = memoryForState(engine) / (keepsDocuments ? 2 : 1); // one half for what is answered, one for documents
  keepPrefixes(engine, model->options, scheduling);
  if (adapters->names().size() > 1 || lift)
    scheduling.useAdapter = [&](const ParameterArray *adapter) -> Status { // none: the first, or the model before any
      const bool isBase = !adapter && adapters->values().empty();
      LONGC_TRY(adapters->use(model->loaded, adapter ? adapter : !isBase ? adapters->values().front().get() : lift ? &lift->untrained() : nullptr));
      if (isBase)
        engine.setAdapter("none");
      return {};
    };
  auto scheduler = Scheduler::create(engine, model->options, scheduling, serving.metrics);
  if (!scheduler.ok())
    return scheduler.status();
  std::unique_ptr<DocumentShelf> shelf;
  if (keepsDocuments) {
    options.shelf.hasMemory = hasMemory;
    options.shelf.lift = lift.get();
    options.shelf.soft = soft.get();
    options.shelf.memoryBytes = scheduling.memoryBytes;
    options.shelf.session = model->options;
    options.shelf.fingerprint = model->loaded.program->fingerprint();
    auto opened = DocumentShelf::open(options.shelf, **scheduler, model->tokenizer, serving.metrics);
    if (!opened.ok())
      return opened.status();
    shelf = std::move(*opened);
  } else if (arguments.has("documents"))
    return Status::error(7119, "documents are memory, and this program has none or it is off", "compile with --method fot or with --train; leave --memory off out");
  ServedModel served = describeModel(*model, arguments.text("model-name"));
  served.adapters = adapters->names();
  served.adapterValues = adapters->values();
  for (size_t index = 0; index < served.adapters.size(); ++index) {
    auto session = model->loaded.sessionOptions(arguments, nullptr, adapters->useOf(served.adapterValues[index].get()));
    if (const Status &status = session.status(); !session.ok())
      return Status::error(status.code(), "with the adapter " + quoted(served.adapters[index]) + ": " + status.message(), status.hint());
    served.adapterSessions.push_back(*session);
  }
  Service service(std::move(options.service), std::move(served),
                  ServiceParts{&**scheduler, shelf.get(), nullptr, soft.get()}, serving.metrics, *serving.log);
  const Status ended = listen(serving, service, &**scheduler,
                              formatText("%s; %lld sequences at a time", engine.device().describe().c_str(), static_cast<long long>(scheduling.places)));
  LONGC_TRY(model->loaded.report());
  return ended;
}

// A reader of messages that is gone, and a limit on the size of files, are errors where they happen and no end.
void outliveSignals() {
  for (int signal : {SIGPIPE, SIGXFSZ})
    std::signal(signal, SIG_IGN);
}

Status runServe(const Arguments &arguments) {
  outliveSignals();
  Serving serving;
  auto options = readOptions(arguments);
  if (!options.ok())
    return options.status();
  serving.options = std::move(*options);
  auto log = RequestLog::open(arguments.text("log-jsonl"));
  if (!log.ok())
    return log.status();
  serving.log = std::move(*log);
  auto kind = openKind();
  if (!kind.ok())
    return kind.status();
  return (*kind)->module().has_encoder() ? serveEncoder(serving, arguments) : serveDecoder(serving, arguments);
}

std::vector<std::string_view> serveOptions() {
  std::vector<std::string_view> options = modelOptions({"api-key-file", "cors-origin", "document-quota", "documents", "host", "log-jsonl", "max-body", "model-name", "parallel",
                                                        "port", "queue"});
  std::erase(options, "truncate"); // no prompt is cut here
  return options;
}

} // namespace

const Command serveCommand = {
    "serve", "answers over HTTP in OpenAI's interface, many clients at a time", serveOptions(), runServe,
    "\nPOST /v1/chat/completions and /v1/completions, GET /v1/models, /health, /ready and /metrics. Prints the line\n"
    "`listening on http://HOST:PORT` on stderr when it is ready. SIGTERM finishes the answers under way, for at most ten\n"
    "seconds. A request may say \"memory\": \"on\" or \"off\"; a prompt over the window without memory is refused, never cut.\n"};

} // namespace longc
