// One client's connection: requests in, answers out, deadlines, bounds.
#include "runtime/http/HttpNetwork.h"

#include "runtime/core/Format.h"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

namespace longc {
namespace {

constexpr double lingerSeconds = 3;
constexpr size_t writeBytes = 256 << 10; // for which a client has the time that is given for writing

} // namespace

class HttpServer::Network::Exchange : public HttpReply {
public:
  Exchange(std::shared_ptr<Connection> connection, uint64_t number) : connection_(std::move(connection)), number_(number) {}
  ~Exchange() override {
    if (state_ == State::open)
      send({500, networkErrorBody("internal_error", "the request was dropped unanswered")});
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
  deadline_.async_wait([self = shared_from_this()](NetworkError error) {
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
  NetworkError ignored;
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
  readsSince_ = std::chrono::steady_clock::now();
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(network_->limits.headerBytes));
  parser_->body_limit(static_cast<uint64_t>(std::max(network_->limits.bodyBytes, network_->limits.uploadBytes))); // less once it is known
  const bool begun = buffer_.size() > 0;
  auto read = [self = shared_from_this()] {
    http::async_read_header(self->socket_, self->buffer_, *self->parser_,
                            [self](NetworkError error, size_t) { self->onHeader(error); });
  };
  expire(begun ? network_->limits.requestSeconds : network_->limits.idleSeconds);
  if (begun)
    return read();
  // The deadline of a request begins with its first byte.
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this(), read](NetworkError error) {
    if (error || self->closed_)
      return;
    self->readsSince_ = std::chrono::steady_clock::now();
    self->expire(self->network_->limits.requestSeconds);
    read();
  });
}

void HttpServer::Network::Connection::onHeader(NetworkError error) {
  if (closed_)
    return;
  if (error)
    return refuse(error);
  const auto &message = parser_->get();
  keepsAlive_ = parser_->keep_alive() && !network_->draining;
  isHead_ = message.method() == http::verb::head;
  isOld_ = message.version() < 11;
  parser_->eager(true);
  if (!chooseBody())
    return;
  if (auto expected = message[http::field::expect]; !expected.empty() && !parser_->is_done())
    queue("HTTP/1.1 100 Continue\r\n\r\n");
  readBody();
}

// Where the body goes, and how large it may be. False where it is refused.
bool HttpServer::Network::Connection::chooseBody() {
  const std::string path = network_->uploadPath ? network_->uploadPath(takeHead()) : "";
  if (!path.empty()) {
    parser_->get().body().file = UploadedFile::create(path);
    if (!parser_->get().body().file) {
      refuse(NetworkError(errno, boost::system::generic_category()));
      return false;
    }
    uploadTimed_ = 0;
    return true;
  }
  const auto most = static_cast<uint64_t>(network_->limits.bodyBytes);
  if (const auto length = parser_->content_length(); length && *length > most) {
    refuse(http::error::body_limit);
    return false;
  }
  parser_->body_limit(most);
  return true;
}

void HttpServer::Network::Connection::readBody() {
  constexpr uint64_t timedBytes = 4 << 20; // of an upload: for each as much time as a request has
  const auto &body = parser_->get().body();
  if (body.file && body.file->size() >= uploadTimed_ + timedBytes) {
    uploadTimed_ = body.file->size();
    expire(network_->limits.requestSeconds);
  }
  const auto bytes = static_cast<int64_t>(body.text.size());
  network_->waitingBytes += bytes - counted_;
  counted_ = bytes;
  // Whoever holds much, a connection's equal share is there for it.
  if (network_->waitingBytes > network_->limits.waitingBytes && bytes > network_->limits.waitingBytes / network_->limits.connections) {
    answering_ = true;
    ++number_;
    keepsAlive_ = false;
    return send(number_, {503, networkErrorBody("overloaded", "too many bytes of requests are waiting: try again later"),
                          "application/json", {{"Retry-After", "1"}}});
  }
  if (parser_->is_done())
    return dispatch();
  http::async_read_some(socket_, buffer_, *parser_, [self = shared_from_this()](NetworkError error, size_t) {
    if (self->closed_)
      return;
    if (error)
      return self->refuse(error);
    self->readBody();
  });
}

// What cannot be read is answered where that makes sense, and the connection ends.
void HttpServer::Network::Connection::refuse(NetworkError error) {
  const bool isFile = error.category() == boost::system::generic_category(); // those of sockets are the system's
  const bool isHttp = error.category() == http::make_error_code(http::error::end_of_stream).category();
  if ((!isHttp && !isFile) || error == http::error::end_of_stream || error == http::error::partial_message)
    return close();
  answering_ = true;
  ++number_;
  keepsAlive_ = false;
  if (isFile) {
    parser_->get().body().file.reset();
    return send(number_, {507, networkErrorBody("storage_full", "the body cannot be written to a file: make room, or delete documents")});
  }
  if (error == http::error::header_limit)
    return send(number_, {431, networkErrorBody("invalid_request_error", "the header is too large")});
  if (error == http::error::body_limit)
    return send(number_, {413, networkErrorBody("invalid_request_error",
                                                formatText("the body is over the limit of %lld bytes",
                                                           static_cast<long long>(network_->limits.bodyBytes)))});
  send(number_, {400, networkErrorBody("invalid_request_error", "this is no request of HTTP/1.1")});
}

HttpRequest HttpServer::Network::Connection::takeHead() const {
  const auto &message = parser_->get();
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
  return request;
}

void HttpServer::Network::Connection::dispatch() {
  HttpRequest request = takeHead();
  request.body = std::move(parser_->get().body().text);
  request.upload = std::move(parser_->get().body().file);
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
                          [self = shared_from_this()](NetworkError error, size_t bytes) {
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
                              return self->onLeft(error);
                            self->watch();
                          });
}

// Who sends nothing more has most likely left: the work ends, but what is said then is sent, in case somebody still listens.
void HttpServer::Network::Connection::onLeft(NetworkError error) {
  if (error != asio::error::eof || !answering_)
    return close();
  keepsAlive_ = false;
  if (auto exchange = exchange_.lock())
    exchange->leave();
}

std::string HttpServer::Network::Connection::head(const HttpResponse &response, bool hasLength) const {
  std::string text = formatText("HTTP/1.1 %d %s\r\nServer: longc\r\n", response.status, httpReason(response.status));
  if (response.status != 204)
    text += "Content-Type: " + response.type + "\r\n";
  if (hasLength && response.status != 204)
    text += "Content-Length: " + std::to_string(response.file ? response.file->size() : response.body.size()) + "\r\n";
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
  endsAfterWriting_ = true;
  std::string bytes = head(response, true);
  if (!isHead_ && response.status != 204) {
    bytes += response.body;
    file_ = std::move(response.file);
    fileRead_ = 0;
  }
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
  pulseTimer_.async_wait([self = shared_from_this(), number = number_](NetworkError error) {
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
  writing_ = std::exchange(queued_, {});
  streamWriting_ = std::exchange(streamQueued_, 0);
  written_ = 0;
  if (writing_.empty() && file_)
    readFile();
  if (closed_)
    return;
  writing_.empty() ? onWritten() : writeOn();
}

void HttpServer::Network::Connection::writeOn() {
  expire(network_->limits.writeSeconds);
  const auto piece = asio::buffer(writing_.data() + written_, std::min(writeBytes, writing_.size() - written_));
  asio::async_write(socket_, piece, [self = shared_from_this()](NetworkError error, size_t bytes) {
    if (self->closed_)
      return;
    if (error)
      return self->close();
    self->written_ += bytes;
    if (self->written_ < self->writing_.size())
      return self->writeOn();
    self->writing_.clear();
    self->unread_ -= std::exchange(self->streamWriting_, 0);
    self->flush();
  });
}

// The next piece of a file; one that has become shorter cannot be sent as it was promised.
void HttpServer::Network::Connection::readFile() {
  writing_.resize(static_cast<size_t>(std::min<uint64_t>(writeBytes, file_->size() - fileRead_)));
  if (!file_->read(fileRead_, writing_))
    return close();
  fileRead_ += writing_.size();
  if (fileRead_ == file_->size())
    file_.reset();
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
    NetworkError ignored;
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
  NetworkError ignored;
  socket_.cancel(ignored);
}

} // namespace longc
