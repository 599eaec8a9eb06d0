// The network side of the server, on Boost's Asio and Beast. The only file that includes them.
#include "runtime/http/HttpServer.h"

#include "runtime/core/Format.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <optional>
#include <set>
#include <sys/resource.h>

namespace longc {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Error = boost::system::error_code;

constexpr double lingerSeconds = 3;
constexpr size_t readAhead = 64 << 10; // bytes of later requests that are read while one is answered

std::chrono::steady_clock::duration seconds(double count) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(count));
}

std::string errorBody(const char *type, const std::string &message) { // of errors below any endpoint; `message` is ours
  return formatText("{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"param\":null,\"code\":null}}", message.c_str(), type);
}

// More connections than a shell's usual thousand.
void raiseFileLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

} // namespace

class HttpServer::Network : public std::enable_shared_from_this<HttpServer::Network> {
public:
  Network(HttpLimits limits, Handler handler)
      : limits(limits), handler(std::move(handler)), acceptor(context), signals(context), pause(context) {}

  Status open(const std::string &host, int port);
  void run(std::function<void(int, int)> onSignal);
  void stopAccepting();
  void stop();

  class Connection;
  class Exchange;

  const HttpLimits limits;
  const Handler handler;
  asio::io_context context{1};
  tcp::acceptor acceptor;
  asio::signal_set signals;
  asio::steady_timer pause;
  std::set<std::shared_ptr<Connection>> connections; // of the network's thread
  std::atomic<int64_t> waitingBytes{0};
  std::string address;
  bool draining = false;

private:
  void accept();
  void take(tcp::socket socket);
  void awaitSignal(std::function<void(int, int)> onSignal, int count);
};

/// One client's connection: reads a request, has it answered, reads the next.
class HttpServer::Network::Connection : public std::enable_shared_from_this<Connection> {
public:
  Connection(std::shared_ptr<Network> network, tcp::socket socket)
      : network_(std::move(network)), socket_(std::move(socket)), deadline_(socket_.get_executor()),
        pulseTimer_(socket_.get_executor()), buffer_(static_cast<size_t>(network_->limits.headerBytes) + readAhead) {}

  void readRequest();
  void close();
  void closeIfIdle();

  // What exchanges ask for; `number` is that of the exchange's request, so that a late one disturbs no other.
  void send(uint64_t number, HttpResponse response);
  void begin(uint64_t number, HttpResponse response, std::string pulse);
  void write(uint64_t number, const std::string &piece);
  void end(uint64_t number);

  bool countUnread(size_t bytes) { return (unread_ += static_cast<int64_t>(bytes)) <= network_->limits.unreadBytes; }
  Network &network() { return *network_; }

private:
  void onHeader(Error error);
  void readBody();
  void dispatch();
  void refuse(Error error);
  void watch();
  void queue(std::string bytes);
  void flush();
  void onWritten();
  void next();
  void schedulePulse();
  void expire(double count);
  std::string head(const HttpResponse &response, bool hasLength) const;

  std::shared_ptr<Network> network_;
  tcp::socket socket_;
  asio::steady_timer deadline_, pulseTimer_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::weak_ptr<Exchange> exchange_;
  uint64_t number_ = 0; // of requests
  bool answering_ = false, streaming_ = false, watching_ = false, nextWaits_ = false, closed_ = false;
  bool keepsAlive_ = false, isHead_ = false, isOld_ = false; // HTTP/1.0 knows no chunks
  bool endsAfterWriting_ = false;
  int64_t counted_ = 0; // bytes of this request in the network's waitingBytes
  std::string pulse_, writing_, queued_;
  bool quiet_ = false;     // nothing was written since the last pulse
  bool lingering_ = false; // answered for the last time: what still comes is read and dropped
  int64_t streamWriting_ = 0, streamQueued_ = 0; // bytes of pieces in writing_ and queued_
  std::atomic<int64_t> unread_{0};               // bytes of pieces that were given and not written yet
};

class HttpServer::Network::Exchange : public HttpReply {
public:
  Exchange(std::shared_ptr<Connection> connection, uint64_t number) : connection_(std::move(connection)), number_(number) {}
  ~Exchange() override {
    if (state_ == State::open)
      send({500, errorBody("internal_error", "the request was dropped unanswered")});
    else if (state_ == State::streaming)
      post([connection = connection_] { connection->close(); });
  }

  void send(HttpResponse response) override {
    if (std::exchange(state_, State::done) == State::open)
      post([connection = connection_, number = number_, response = std::move(response)]() mutable {
        connection->send(number, std::move(response));
      });
  }
  void begin(HttpResponse response, std::string pulse) override {
    if (state_ != State::open)
      return;
    state_ = State::streaming;
    post([connection = connection_, number = number_, response = std::move(response), pulse = std::move(pulse)]() mutable {
      connection->begin(number, std::move(response), std::move(pulse));
    });
  }
  void write(std::string piece) override {
    if (state_ != State::streaming || gone_ || piece.empty())
      return;
    if (!connection_->countUnread(piece.size())) {
      gone_ = true;
      post([connection = connection_] { connection->close(); });
      return;
    }
    post([connection = connection_, number = number_, piece = std::move(piece)] { connection->write(number, piece); });
  }
  void end() override {
    if (std::exchange(state_, State::done) == State::streaming)
      post([connection = connection_, number = number_] { connection->end(number); });
  }
  bool isGone() const override { return gone_; }
  void leave() { gone_ = true; }

private:
  enum class State : uint8_t { open, streaming, done };
  template <typename Work> void post(Work work) { asio::post(connection_->network().context, std::move(work)); }

  std::shared_ptr<Connection> connection_;
  uint64_t number_;
  State state_ = State::open; // of whoever answers: one thread at a time
  std::atomic<bool> gone_{false};
};

// A deadline that passes closes the connection; 0 has none.
void HttpServer::Network::Connection::expire(double count) {
  if (count <= 0) {
    deadline_.cancel();
    return;
  }
  deadline_.expires_after(seconds(count));
  deadline_.async_wait([self = shared_from_this()](Error error) {
    if (!error)
      self->close();
  });
}

void HttpServer::Network::Connection::close() {
  if (closed_)
    return;
  closed_ = true;
  if (auto exchange = exchange_.lock())
    exchange->leave();
  network_->waitingBytes -= std::exchange(counted_, 0);
  Error ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  deadline_.cancel();
  pulseTimer_.cancel();
  network_->connections.erase(shared_from_this());
}

void HttpServer::Network::Connection::closeIfIdle() {
  keepsAlive_ = false;
  if (!answering_)
    close();
}

void HttpServer::Network::Connection::readRequest() {
  if (closed_)
    return;
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(network_->limits.headerBytes));
  parser_->body_limit(static_cast<uint64_t>(network_->limits.bodyBytes));
  const bool begun = buffer_.size() > 0;
  auto read = [self = shared_from_this()] {
    http::async_read_header(self->socket_, self->buffer_, *self->parser_,
                            [self](Error error, size_t) { self->onHeader(error); });
  };
  expire(begun ? network_->limits.requestSeconds : network_->limits.idleSeconds);
  if (begun)
    return read();
  // The deadline of a request begins with its first byte.
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this(), read](Error error) {
    if (error || self->closed_)
      return;
    self->expire(self->network_->limits.requestSeconds);
    read();
  });
}

void HttpServer::Network::Connection::onHeader(Error error) {
  if (closed_)
    return;
  if (error)
    return refuse(error);
  const auto &message = parser_->get();
  keepsAlive_ = parser_->keep_alive() && !network_->draining;
  isHead_ = message.method() == http::verb::head;
  isOld_ = message.version() < 11;
  parser_->eager(true);
  if (auto expected = message[http::field::expect]; !expected.empty() && !parser_->is_done())
    queue("HTTP/1.1 100 Continue\r\n\r\n");
  readBody();
}

void HttpServer::Network::Connection::readBody() {
  const auto bytes = static_cast<int64_t>(parser_->get().body().size());
  network_->waitingBytes += bytes - counted_;
  counted_ = bytes;
  if (network_->waitingBytes > network_->limits.waitingBytes && bytes > 0) {
    answering_ = true;
    ++number_;
    keepsAlive_ = false;
    return send(number_, {503, errorBody("overloaded", "too many bytes of requests are waiting: try again later"),
                          "application/json", {{"Retry-After", "1"}}});
  }
  if (parser_->is_done())
    return dispatch();
  http::async_read_some(socket_, buffer_, *parser_, [self = shared_from_this()](Error error, size_t) {
    if (self->closed_)
      return;
    if (error)
      return self->refuse(error);
    self->readBody();
  });
}

// What cannot be read is answered where that makes sense, and the connection ends.
void HttpServer::Network::Connection::refuse(Error error) {
  const bool isHttp = error.category() == http::make_error_code(http::error::end_of_stream).category();
  if (!isHttp || error == http::error::end_of_stream || error == http::error::partial_message)
    return close();
  answering_ = true;
  ++number_;
  keepsAlive_ = false;
  if (error == http::error::header_limit)
    return send(number_, {431, errorBody("invalid_request_error", "the header is too large")});
  if (error == http::error::body_limit)
    return send(number_, {413, errorBody("invalid_request_error",
                                         formatText("the body is over the limit of %lld bytes",
                                                    static_cast<long long>(network_->limits.bodyBytes)))});
  send(number_, {400, errorBody("invalid_request_error", "this is no request of HTTP/1.1")});
}

void HttpServer::Network::Connection::dispatch() {
  auto &message = parser_->get();
  auto text = [&](http::field field) { return std::string(message[field].data(), message[field].size()); };
  HttpRequest request;
  request.method = std::string(message.method_string());
  std::string target(message.target());
  if (size_t scheme = target.find("://"); scheme != std::string::npos && target[0] != '/') // the form for proxies
    target.erase(0, std::min(target.find('/', scheme + 3), target.size()));
  const size_t mark = target.find('?');
  request.path = decodePath(std::string_view(target).substr(0, mark));
  request.query = mark == std::string::npos ? "" : target.substr(mark + 1);
  request.authorization = text(http::field::authorization);
  request.contentType = text(http::field::content_type);
  request.origin = text(http::field::origin);
  request.body = std::move(message.body());
  answering_ = true;
  streaming_ = false;
  auto exchange = std::make_shared<Exchange>(shared_from_this(), ++number_);
  exchange_ = exchange;
  expire(0);
  watch();
  network_->handler(std::move(request), std::move(exchange));
}

// While a request is answered: whether the client is still there. What it sends meanwhile is kept for later.
void HttpServer::Network::Connection::watch() {
  if (buffer_.size() >= readAhead || closed_)
    return;
  watching_ = true;
  socket_.async_read_some(buffer_.prepare(std::min<size_t>(4096, buffer_.max_size() - buffer_.size())),
                          [self = shared_from_this()](Error error, size_t bytes) {
                            self->watching_ = false;
                            if (self->closed_)
                              return;
                            self->buffer_.commit(bytes);
                            if (self->lingering_)
                              self->buffer_.consume(self->buffer_.size());
                            if (self->nextWaits_) {
                              self->nextWaits_ = false;
                              if (!error || error == asio::error::operation_aborted)
                                return self->readRequest();
                            }
                            if (error)
                              return self->close();
                            self->watch();
                          });
}

std::string HttpServer::Network::Connection::head(const HttpResponse &response, bool hasLength) const {
  std::string text = formatText("HTTP/1.1 %d %s\r\nServer: longc\r\n", response.status, httpReason(response.status));
  if (response.status != 204)
    text += "Content-Type: " + response.type + "\r\n";
  if (hasLength && response.status != 204)
    text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  else if (!hasLength && !isOld_)
    text += "Transfer-Encoding: chunked\r\n";
  for (const auto &[name, value] : response.headers)
    text += name + ": " + value + "\r\n";
  return text + (keepsAlive_ ? (isOld_ ? "Connection: keep-alive\r\n\r\n" : "\r\n") : "Connection: close\r\n\r\n");
}

void HttpServer::Network::Connection::send(uint64_t number, HttpResponse response) {
  if (closed_ || number != number_ || !answering_)
    return;
  network_->waitingBytes -= std::exchange(counted_, 0);
  std::string bytes = head(response, true);
  if (!isHead_ && response.status != 204)
    bytes += response.body;
  endsAfterWriting_ = true;
  queue(std::move(bytes));
}

void HttpServer::Network::Connection::begin(uint64_t number, HttpResponse response, std::string pulse) {
  if (closed_ || number != number_ || !answering_)
    return;
  network_->waitingBytes -= std::exchange(counted_, 0);
  if (isOld_)
    keepsAlive_ = false;
  streaming_ = true;
  pulse_ = std::move(pulse);
  queue(head(response, false));
  if (!response.body.empty()) {
    unread_ += static_cast<int64_t>(response.body.size());
    write(number, response.body);
  }
  if (!pulse_.empty())
    schedulePulse();
}

void HttpServer::Network::Connection::schedulePulse() {
  quiet_ = true;
  pulseTimer_.expires_after(seconds(network_->limits.pulseSeconds));
  pulseTimer_.async_wait([self = shared_from_this(), number = number_](Error error) {
    if (error || self->closed_ || !self->streaming_ || number != self->number_)
      return;
    if (self->quiet_) {
      self->unread_ += static_cast<int64_t>(self->pulse_.size());
      self->write(number, self->pulse_);
    }
    self->schedulePulse();
  });
}

void HttpServer::Network::Connection::write(uint64_t number, const std::string &piece) {
  if (closed_ || number != number_ || !streaming_)
    return;
  quiet_ = false;
  streamQueued_ += static_cast<int64_t>(piece.size());
  queue(isHead_ ? "" : isOld_ ? piece : formatText("%zx\r\n", piece.size()) + piece + "\r\n");
}

void HttpServer::Network::Connection::end(uint64_t number) {
  if (closed_ || number != number_ || !streaming_)
    return;
  streaming_ = false;
  pulseTimer_.cancel();
  endsAfterWriting_ = true;
  queue(isOld_ || isHead_ ? "" : "0\r\n\r\n");
}

void HttpServer::Network::Connection::queue(std::string bytes) {
  queued_ += bytes;
  if (writing_.empty())
    flush();
}

void HttpServer::Network::Connection::flush() {
  if (queued_.empty())
    return onWritten();
  writing_ = std::exchange(queued_, {});
  streamWriting_ = std::exchange(streamQueued_, 0);
  expire(network_->limits.writeSeconds);
  asio::async_write(socket_, asio::buffer(writing_), [self = shared_from_this()](Error error, size_t) {
    self->writing_.clear();
    self->unread_ -= std::exchange(self->streamWriting_, 0);
    if (self->closed_)
      return;
    if (error)
      return self->close();
    self->flush();
  });
}

void HttpServer::Network::Connection::onWritten() {
  if (!answering_) { // "100 Continue"
    expire(network_->limits.requestSeconds);
    return;
  }
  expire(0);
  if (endsAfterWriting_)
    next();
}

void HttpServer::Network::Connection::next() {
  answering_ = streaming_ = endsAfterWriting_ = false;
  exchange_.reset();
  if (!keepsAlive_ || network_->draining) {
    // A client that still sends would lose the answer to a reset: let it read first.
    Error ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    lingering_ = true;
    buffer_.consume(buffer_.size());
    expire(lingerSeconds);
    if (!watching_)
      watch();
    return;
  }
  if (!watching_)
    return readRequest();
  nextWaits_ = true;
  Error ignored;
  socket_.cancel(ignored);
}

Status HttpServer::Network::open(const std::string &host, int port) {
  const auto refused = [&](const Error &error) {
    return Status::error(7501, formatText("cannot listen on %s port %d: %s", quoted(host).c_str(), port, error.message().c_str()),
                         "is another server there? choose another --port or --host (--port 0 takes a free one)");
  };
  raiseFileLimit();
  Error error;
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
  acceptor.async_accept([self = shared_from_this()](Error error, tcp::socket socket) {
    if (!self->acceptor.is_open())
      return;
    if (!error) {
      self->take(std::move(socket));
      return self->accept();
    }
    self->pause.expires_after(std::chrono::milliseconds(100)); // out of descriptors: some get free
    self->pause.async_wait([self](Error) { self->accept(); });
  });
}

void HttpServer::Network::take(tcp::socket socket) {
  Error ignored;
  if (connections.size() >= static_cast<size_t>(limits.connections)) {
    const std::string body = errorBody("overloaded", "too many connections: try again later");
    const std::string answer = formatText("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                                          "Retry-After: 1\r\nConnection: close\r\n\r\n", body.size()) + body;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(answer), ignored);
    return;
  }
  socket.set_option(tcp::no_delay(true), ignored);
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket));
  connections.insert(connection);
  connection->readRequest();
}

void HttpServer::Network::awaitSignal(std::function<void(int, int)> onSignal, int count) {
  signals.async_wait([self = shared_from_this(), onSignal = std::move(onSignal), count](Error error, int signal) {
    if (error)
      return;
    onSignal(signal, count);
    self->awaitSignal(onSignal, count + 1);
  });
}

void HttpServer::Network::run(std::function<void(int, int)> onSignal) {
  if (onSignal) {
    Error ignored;
    signals.add(SIGINT, ignored);
    signals.add(SIGTERM, ignored);
    awaitSignal(std::move(onSignal), 1);
  }
  accept();
  context.run();
  for (auto all = connections; const auto &connection : all)
    connection->close();
  context.restart();
  context.poll(); // what was cancelled lets go of its connection
}

void HttpServer::Network::stopAccepting() {
  draining = true;
  Error ignored;
  acceptor.close(ignored);
  for (auto all = connections; const auto &connection : all)
    connection->closeIfIdle();
}

// Answers that were just given are on their way: they have a moment.
void HttpServer::Network::stop() {
  stopAccepting();
  pause.expires_after(std::chrono::milliseconds(20));
  pause.async_wait([self = shared_from_this(), left = 50](Error) mutable {
    struct Wait {
      static void more(std::shared_ptr<Network> network, int left) {
        if (network->connections.empty() || left == 0)
          return network->context.stop();
        network->pause.expires_after(std::chrono::milliseconds(20));
        network->pause.async_wait([network, left](Error) { more(network, left - 1); });
      }
    };
    Wait::more(self, left);
  });
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string &host, int port, const HttpLimits &limits,
                                                       Handler handler) {
  auto network = std::make_shared<Network>(limits, std::move(handler));
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
