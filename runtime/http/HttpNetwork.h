// The network inside HttpServer: what it and its connections share. For HttpServer.cpp and HttpConnection.cpp alone, the only
// files with a word of Boost.
#pragma once

#include "runtime/http/HttpServer.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <set>

namespace longc {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using NetworkError = boost::system::error_code;

inline constexpr size_t readAhead = 64 << 10; // bytes of later requests that are read while one is answered

inline std::chrono::steady_clock::duration seconds(double count) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(count));
}

/// A body as it comes: in memory, or into a file.
struct ReceivedBody {
  struct value_type {
    std::string text;
    std::shared_ptr<UploadedFile> file;
  };
  class reader {
  public:
    template <bool isRequest, class Fields> reader(http::header<isRequest, Fields> &, value_type &body) : body_(body) {}
    void init(const boost::optional<uint64_t> &, NetworkError &error) { error = {}; }
    template <class Buffers> size_t put(const Buffers &buffers, NetworkError &error) {
      error = {};
      size_t taken = 0;
      for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at) {
        const asio::const_buffer piece(*at);
        if (!body_.file)
          body_.text.append(static_cast<const char *>(piece.data()), piece.size());
        else if (!body_.file->append(piece.data(), piece.size()))
          error = NetworkError(errno, boost::system::generic_category());
        taken += piece.size();
      }
      return taken;
    }
    void finish(NetworkError &error) { error = {}; }

  private:
    value_type &body_;
  };
};

/// The body of an error below any endpoint; `message` is ours.
std::string networkErrorBody(const char *type, const std::string &message);

class HttpServer::Network : public std::enable_shared_from_this<HttpServer::Network> {
public:
  Network(HttpLimits limits, Handler handler, UploadPath uploadPath)
      : limits(limits), handler(std::move(handler)), uploadPath(std::move(uploadPath)), acceptor(context), signals(context), pause(context), heart(context) {}

  Status open(const std::string &host, int port);
  void run(std::function<void(int, int)> onSignal);
  void stopAccepting();
  void stop();

  class Connection;
  class Exchange;

  /// Of the connections whose request is not whole, the one that has been longest about it. False: there is none.
  bool closeIdlest();

  const HttpLimits limits;
  const Handler handler;
  const UploadPath uploadPath;
  asio::io_context context{1};
  tcp::acceptor acceptor;
  asio::signal_set signals;
  asio::steady_timer pause, heart;
  std::set<std::shared_ptr<Connection>> connections; // of the network's thread
  std::atomic<int64_t> waitingBytes{0};
  std::string address;
  size_t mostConnections = 0;
  bool draining = false;

private:
  void beat();
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
  bool isAnswering() const { return answering_; }
  /// Since when it waits for a request, or for the rest of one.
  std::chrono::steady_clock::time_point readsSince() const { return readsSince_; }

  // What exchanges ask for; `number` is that of the exchange's request, so that a late one disturbs no other.
  void send(uint64_t number, HttpResponse response);
  void begin(uint64_t number, HttpResponse response, std::string pulse);
  void write(uint64_t number, const std::string &piece);
  void end(uint64_t number);

  /// False where too much waits already; one piece may be larger than what may wait.
  bool countUnread(size_t bytes) { return unread_.fetch_add(static_cast<int64_t>(bytes)) <= network_->limits.unreadBytes; }
  Network &network() { return *network_; }

private:
  void onHeader(NetworkError error);
  bool chooseBody();
  void readBody();
  HttpRequest takeHead() const;
  void dispatch();
  void refuse(NetworkError error);
  void watch();
  void onLeft(NetworkError error);
  void queue(std::string bytes);
  void flush();
  void writeOn();
  void readFile();
  void onWritten();
  void next();
  void schedulePulse();
  void expire(double count);
  std::string head(const HttpResponse &response, bool hasLength) const;

  std::shared_ptr<Network> network_;
  tcp::socket socket_;
  asio::steady_timer deadline_, pulseTimer_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<ReceivedBody>> parser_;
  std::weak_ptr<Exchange> exchange_;
  uint64_t number_ = 0; // of requests
  bool answering_ = false, streaming_ = false, watching_ = false, nextWaits_ = false, closed_ = false;
  std::chrono::steady_clock::time_point readsSince_ = std::chrono::steady_clock::now();
  bool keepsAlive_ = false, isHead_ = false, isOld_ = false; // HTTP/1.0 knows no chunks
  bool endsAfterWriting_ = false;
  int64_t counted_ = 0;      // bytes of this request in the network's waitingBytes
  uint64_t uploadTimed_ = 0; // bytes of an upload when its deadline was last put off
  std::string pulse_, writing_, queued_;
  size_t written_ = 0;                   // bytes of writing_
  std::shared_ptr<const FileBytes> file_; // that comes behind queued_
  uint64_t fileRead_ = 0;
  bool quiet_ = false;     // nothing was written since the last pulse
  bool lingering_ = false; // answered for the last time: what still comes is read and dropped
  int64_t streamWriting_ = 0, streamQueued_ = 0; // bytes of pieces in writing_ and queued_
  std::atomic<int64_t> unread_{0};               // bytes of pieces that were given and not written yet
};

} // namespace longc
