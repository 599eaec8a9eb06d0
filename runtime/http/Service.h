// What the server answers: paths, keys, origins, and who does the work.
#pragma once

#include "runtime/http/ApiKeys.h"
#include "runtime/http/DocumentShelf.h"
#include "runtime/http/Embedder.h"
#include "runtime/http/HttpMessage.h"
#include "runtime/http/RequestLog.h"
#include "runtime/http/TextRequest.h"
#include "runtime/http/WorkQueue.h"

#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace longc {

struct ServiceOptions {
  ApiKeys keys;
  std::string corsOrigin;      // that may ask besides pages of this machine; "*": any
  double silentSeconds = 60;   // of the engine, after which the server is not ready
};

/// Who does the work; null what the program cannot do. They outlive the service.
struct ServiceParts {
  Scheduler *scheduler = nullptr;  // of decoders
  DocumentShelf *shelf = nullptr;  // of decoders with memory
  Embedder *embedder = nullptr;    // of encoders
  const SoftDocuments *soft = nullptr; // of programs that join an encoder and a decoder
};

class Service {
public:
  Service(ServiceOptions options, ServedModel model, ServiceParts parts, Metrics &metrics, RequestLog &log)
      : options_(std::move(options)), model_(std::move(model)), scheduler_(parts.scheduler), shelf_(parts.shelf),
        embedder_(parts.embedder), soft_(parts.soft), metrics_(metrics), log_(log) {}

  /// On the network's thread.
  void handle(HttpRequest request, std::shared_ptr<HttpReply> reply);
  /// Of documents that come as files: where they go.
  std::string uploadPath(const HttpRequest &head) const;
  /// From now on nothing new is taken.
  void drain() { draining_ = true; }

private:
  struct Call {
    HttpRequest request;
    std::shared_ptr<HttpReply> reply;
    std::string owner, part; // who asks; what stands for the * of the route
    std::vector<std::pair<std::string, std::string>> headers;
    LoggedRequest about;
  };
  struct Route {
    const char *method, *path; // * stands for one part of it
    void (Service::*run)(Call &);
    bool isOpen, isQuick; // asks for no key; is done on the network's thread
  };
  static const std::vector<Route> routes;

  const Route *find(Call &call, std::string &methods) const;
  void run(const Route &route, Call call);
  void answer(Call &call, HttpResponse response) const;
  void refuse(Call &call, const ApiError &error) const;
  std::optional<JsonValue> readBody(Call &call) const;
  std::string allowedOrigin(const std::string &origin) const;
  void answerText(Call &call, std::variant<TextRequest, ApiError> (*read)(const JsonValue &, const ServedModel &));

  void preflight(Call &call);
  void health(Call &call);
  void ready(Call &call);
  void metrics(Call &call);
  void page(Call &call);
  void openApi(Call &call);
  void models(Call &call);
  void oneModel(Call &call);
  void chat(Call &call);
  void complete(Call &call);
  void embed(Call &call);
  std::optional<ApiError> useDocuments(const Call &call, TextRequest &request);
  std::optional<ApiError> askSoft(TextRequest &request) const;
  std::shared_ptr<KeptDocument> findDocument(Call &call);
  void addDocument(Call &call);
  void importDocument(Call &call);
  void listDocuments(Call &call);
  void showDocument(Call &call);
  void watchDocument(Call &call);
  void changeDocument(Call &call);
  void deleteDocument(Call &call);
  void exportDocument(Call &call);
  void tokenize(Call &call);
  void detokenize(Call &call);
  void applyTemplate(Call &call);

  ServiceOptions options_;
  ServedModel model_;
  Scheduler *scheduler_;
  DocumentShelf *shelf_;
  Embedder *embedder_;
  const SoftDocuments *soft_;
  Metrics &metrics_;
  RequestLog &log_;
  std::atomic<bool> draining_{false};
  int64_t created_ = std::time(nullptr);
  WorkQueue work_, longWork_; // last: what they do uses the others
};

} // namespace longc
