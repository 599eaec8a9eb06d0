// Listens for HTTP/1.1, reads whole requests within limits, writes answers, notices clients that leave.
//
// Everything of the network runs on the thread that calls run(). Nobody can hold it: requests must be whole within a
// deadline, bytes that wait to be parsed and bytes that wait to be read by a client are counted, and who exceeds them goes.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/http/HttpMessage.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace longc {

struct HttpLimits {
  int64_t headerBytes = 32 << 10;
  int64_t bodyBytes = 64 << 20;      // of one request
  int64_t uploadBytes = int64_t(1) << 40; // of one whose body goes into a file
  int64_t waitingBytes = 512 << 20;  // of the bodies of all requests that are not whole yet or not answered
  int64_t unreadBytes = 4 << 20;     // that a client leaves unread
  int connections = 4096;
  double requestSeconds = 60;        // from a request's first byte to its last
  double idleSeconds = 75;           // between requests
  double writeSeconds = 30;          // for a client to read anything at all
  double pulseSeconds = 10;
};

class HttpServer {
public:
  /// Called on the network's thread: must not take long.
  using Handler = std::function<void(HttpRequest request, std::shared_ptr<HttpReply> reply)>;
  /// Called there with a request whose body is still to come: the path of a new file that it shall go into; empty: it stays in
  /// memory.
  using UploadPath = std::function<std::string(const HttpRequest &head)>;

  /// `host`: a name or an address; port 0 takes a free one. LC7501 where nothing can listen there.
  static Result<std::unique_ptr<HttpServer>> listen(const std::string &host, int port, const HttpLimits &limits,
                                                    Handler handler, UploadPath uploadPath = {});
  ~HttpServer();

  /// "http://127.0.0.1:8080".
  const std::string &address() const;
  /// Serves until stop(). `onSignal` is called for SIGINT and SIGTERM, with how many there have been.
  void run(std::function<void(int signal, int count)> onSignal = {});

  // From any thread:
  /// Takes no new connections, and closes those that have no request.
  void stopAccepting();
  /// Ends run() once what was written is sent, or soon anyway.
  void stop();

private:
  class Network;
  explicit HttpServer(std::shared_ptr<Network> network);
  std::shared_ptr<Network> network_;
};

} // namespace longc
