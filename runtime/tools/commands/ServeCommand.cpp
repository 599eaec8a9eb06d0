// `serve`: answers over HTTP, in the interface that clients of other servers speak.
#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/core/SystemMemory.h"
#include "runtime/http/HttpServer.h"
#include "runtime/http/Service.h"
#include "runtime/tools/commands/OpenedModel.h"

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
};

Result<ServeOptions> readOptions(const Arguments &arguments) {
  ServeOptions options;
  options.host = arguments.text("host");
  auto port = arguments.integer("port", 0, 65535);
  auto parallel = arguments.integer("parallel", 1, 4096);
  auto queue = arguments.integer("queue", 0, 1'000'000);
  auto body = arguments.bytes("max-body");
  for (const Status &status : {port.status(), parallel.status(), queue.status(), body.status()})
    LONGC_TRY(status);
  options.port = static_cast<int>(*port);
  options.parallel = *parallel;
  options.queue = *queue;
  options.limits.bodyBytes = *body;
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
    return static_cast<double>(engine.device().memoryBytes()) / 2;
  return std::max(0.0, systemMemory() * memoryShare - static_cast<double>(engine.program().weightsBytes()));
}

/// From the first signal on: answers under way are finished, if they are soon.
class Drain {
public:
  Drain(HttpServer &server, Service &service, Scheduler &scheduler) : server_(server), service_(service), scheduler_(scheduler) {}
  ~Drain() {
    if (thread_.joinable())
      thread_.join();
  }

  void onSignal(int signal, int count) {
    if (count > 1) {
      if (signal == SIGINT)
        _exit(exitInterrupted);
      scheduler_.cancelAll();
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
    while (!scheduler_.isIdle() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(10ms);
    scheduler_.cancelAll();
    for (int waits = 0; !scheduler_.isIdle() && waits < 200; ++waits)
      std::this_thread::sleep_for(10ms);
    server_.stop();
  }

  HttpServer &server_;
  Service &service_;
  Scheduler &scheduler_;
  int signal_ = 0;
  std::thread thread_;
};

Status runServe(const Arguments &arguments) {
  auto options = readOptions(arguments);
  if (!options.ok())
    return options.status();
  auto log = RequestLog::open(arguments.text("log-jsonl"));
  if (!log.ok())
    return log.status();
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  Engine &engine = model->engine();
  const int64_t fits = Session::mostThatFit(engine, model->options, model->options.policy.window);
  Metrics metrics;
  SchedulerOptions scheduling;
  scheduling.places = std::clamp<int64_t>(options->parallel, 1, std::max<int64_t>(fits, 1));
  scheduling.mostWaiting = static_cast<size_t>(options->queue);
  scheduling.memoryBytes = memoryForState(engine);
  auto scheduler = Scheduler::create(engine, model->options, scheduling, metrics);
  if (!scheduler.ok())
    return scheduler.status();
  Service service(std::move(options->service), describeModel(*model, arguments.text("model-name")), **scheduler, metrics, **log);
  auto server = HttpServer::listen(options->host, options->port, options->limits,
                                   [&service](HttpRequest request, std::shared_ptr<HttpReply> reply) {
                                     service.handle(std::move(request), std::move(reply));
                                   });
  if (!server.ok())
    return server.status();
  logNote(formatText("%s; %lld sequences at a time", engine.device().describe().c_str(), static_cast<long long>(scheduling.places)));
  std::fprintf(stderr, "listening on %s\n", (*server)->address().c_str());
  Drain drain(**server, service, **scheduler);
  (*server)->run([&drain](int signal, int count) { drain.onSignal(signal, count); });
  model->loaded.report();
  return drain.signal() == SIGINT ? Status::error(cancelledCode, "interrupted") : Status();
}

std::vector<std::string_view> serveOptions() {
  std::vector<std::string_view> options = modelOptions({"api-key-file", "cors-origin", "host", "log-jsonl", "max-body", "model-name", "parallel",
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
