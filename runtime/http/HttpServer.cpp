// Listening, connections that come, signals, the end.
#include "runtime/http/HttpNetwork.h"

#include "runtime/core/Format.h"
#include "runtime/core/Log.h"

#include <exception>
#include <sys/resource.h>

namespace longc {
namespace {

// More connections than a shell's usual thousand. Half of the descriptors stay for files.
size_t connectionsWithin(int most) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return static_cast<size_t>(most);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<size_t>(std::min<rlim_t>(static_cast<rlim_t>(most), std::max<rlim_t>(limit.rlim_max / 2, 1)));
}

} // namespace

std::string networkErrorBody(const char *type, const std::string &message) {
  return formatText("{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"param\":null,\"code\":null}}", message.c_str(), type);
}

Status HttpServer::Network::open(const std::string &host, int port) {
  const auto refused = [&](const NetworkError &error) {
    return Status::error(7501, formatText("cannot listen on %s port %d: %s", quoted(host).c_str(), port, error.message().c_str()),
                         "is another server there? choose another --port or --host (--port 0 takes a free one)");
  };
  mostConnections = connectionsWithin(limits.connections);
  NetworkError error;
  tcp::resolver resolver(context);
  auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error || found.empty())
    return refused(error ? error : asio::error::make_error_code(asio::error::host_not_found));
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor.open(endpoint.protocol(), error);
  if (!error)
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error)
    acceptor.bind(endpoint, error);
  if (!error)
    acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error)
    return refused(error);
  const std::string name = endpoint.address().is_v6() ? "[" + endpoint.address().to_string() + "]" : endpoint.address().to_string();
  address = formatText("http://%s:%d", name.c_str(), acceptor.local_endpoint().port());
  return {};
}

void HttpServer::Network::accept() {
  acceptor.async_accept([self = shared_from_this()](NetworkError error, tcp::socket socket) {
    if (!self->acceptor.is_open())
      return;
    if (!error) {
      self->take(std::move(socket));
      return self->accept();
    }
    self->closeIdlest(); // out of descriptors
    self->pause.expires_after(std::chrono::milliseconds(100));
    self->pause.async_wait([self](NetworkError) { self->accept(); });
  });
}

void HttpServer::Network::take(tcp::socket socket) {
  NetworkError ignored;
  if (connections.size() >= mostConnections && !closeIdlest()) {
    const std::string body = networkErrorBody("overloaded", "too many connections: try again later");
    const std::string answer = formatText("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                                          "Retry-After: 1\r\nConnection: close\r\n\r\n", body.size()) + body;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(answer), ignored);
    return;
  }
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(tcp::socket::keep_alive(true), ignored); // who was cut off is gone some day
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket));
  connections.insert(connection);
  connection->readRequest();
}

bool HttpServer::Network::closeIdlest() {
  std::shared_ptr<Connection> idlest;
  for (const auto &connection : connections)
    if (!connection->isAnswering() && (!idlest || connection->readsSince() < idlest->readsSince()))
      idlest = connection;
  if (idlest)
    idlest->close();
  return idlest != nullptr;
}

void HttpServer::Network::awaitSignal(std::function<void(int, int)> onSignal, int count) {
  signals.async_wait([self = shared_from_this(), onSignal = std::move(onSignal), count](NetworkError error, int signal) {
    if (error)
      return;
    onSignal(signal, count);
    self->awaitSignal(onSignal, count + 1);
  });
}

// What another thread hands over wakes this one; should that fail, it is found now.
void HttpServer::Network::beat() {
  heart.expires_after(std::chrono::milliseconds(250));
  heart.async_wait([self = shared_from_this()](NetworkError error) {
    if (!error)
      self->beat();
  });
}

void HttpServer::Network::run(std::function<void(int, int)> onSignal) {
  if (onSignal) {
    NetworkError ignored;
    signals.add(SIGINT, ignored);
    signals.add(SIGTERM, ignored);
    awaitSignal(std::move(onSignal), 1);
  }
  beat();
  accept();
  while (!context.stopped()) {
    try {
      context.run();
    } catch (const std::exception &error) { // no memory for one client's bytes: the others go on
      logWarning(std::string("a connection was given up: ") + error.what());
    }
  }
  heart.cancel();
  for (auto all = connections; const auto &connection : all)
    connection->close();
  context.restart();
  context.poll(); // what was cancelled lets go of its connection
}

void HttpServer::Network::stopAccepting() {
  draining = true;
  NetworkError ignored;
  acceptor.close(ignored);
  for (auto all = connections; const auto &connection : all)
    connection->closeIfIdle();
}

// Answers that were just given are on their way: they have a moment.
void HttpServer::Network::stop() {
  stopAccepting();
  pause.expires_after(std::chrono::milliseconds(20));
  pause.async_wait([self = shared_from_this(), left = 50](NetworkError) mutable {
    struct Wait {
      static void more(std::shared_ptr<Network> network, int left) {
        if (network->connections.empty() || left == 0)
          return network->context.stop();
        network->pause.expires_after(std::chrono::milliseconds(20));
        network->pause.async_wait([network, left](NetworkError) { more(network, left - 1); });
      }
    };
    Wait::more(self, left);
  });
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string &host, int port, const HttpLimits &limits,
                                                       Handler handler, UploadPath uploadPath) {
  auto network = std::make_shared<Network>(limits, std::move(handler), std::move(uploadPath));
  LONGC_TRY(network->open(host, port));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(network)));
}

HttpServer::HttpServer(std::shared_ptr<Network> network) : network_(std::move(network)) {}
HttpServer::~HttpServer() = default;
const std::string &HttpServer::address() const { return network_->address; }
void HttpServer::run(std::function<void(int, int)> onSignal) { network_->run(std::move(onSignal)); }
void HttpServer::stopAccepting() {
  asio::post(network_->context, [network = network_] { network->stopAccepting(); });
}
void HttpServer::stop() {
  asio::post(network_->context, [network = network_] { network->stop(); });
}

} // namespace longc
