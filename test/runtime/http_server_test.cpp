// The network by itself: requests whole and in pieces, rude clients, streams, ends.
#include "runtime/http/HttpServer.h"

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace longc {
namespace {

using namespace std::chrono_literals;

/// A client that may behave badly.
class Client {
public:
  explicit Client(const std::string &address) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience = {10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = connect(socket_, reinterpret_cast<sockaddr *>(&to), sizeof to) == 0;
  }
  ~Client() { leave(); }
  bool isConnected() const { return connected_; }
  bool send(const std::string &bytes) { return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()); }
  /// Everything until `last` was read, or the connection ends.
  std::string readUntil(const std::string &last) {
    std::string text;
    char piece[4096];
    while (last.empty() || text.find(last) == std::string::npos) {
      const ssize_t count = recv(socket_, piece, sizeof piece, 0);
      if (count <= 0)
        break;
      text.append(piece, static_cast<size_t>(count));
    }
    return text;
  }
  std::string readAll() { return readUntil(""); }
  void endSending() { shutdown(socket_, SHUT_WR); }
  void leave(bool reset = false) {
    if (socket_ < 0)
      return;
    if (reset) {
      linger now = {1, 0};
      setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    close(socket_);
    socket_ = -1;
  }

private:
  int socket_;
  bool connected_ = false;
};

struct Network : testing::Test {
  void open(HttpLimits limits = {}) {
    server = std::move(*HttpServer::listen("127.0.0.1", 0, limits, [this](HttpRequest request, std::shared_ptr<HttpReply> reply) {
      if (request.path == "/hold") {
        std::lock_guard lock(mutex);
        held.push_back(std::move(reply));
      } else if (request.path == "/drop")
        reply.reset();
      else if (request.path == "/file")
        reply->send({200, "", "text/plain", {}, FileBytes::open(file)});
      else if (request.path == "/stream") {
        reply->begin({200, "one ", "text/plain"}, "");
        reply->write("two");
        reply->end();
      } else
        reply->send({200, request.method + " " + request.path + "?" + request.query + " " +
                              (request.upload ? "uploaded " + std::to_string(request.upload->size()) : request.body), "text/plain"});
    }, [this](const HttpRequest &head) { return head.path == "/upload" ? file : ""; }));
    thread = std::thread([this] { server->run(); });
  }
  ~Network() override {
    {
      std::lock_guard lock(mutex);
      held.clear();
    }
    if (server)
      server->stop();
    if (thread.joinable())
      thread.join();
  }
  std::shared_ptr<HttpReply> heldReply() {
    for (int i = 0; i < 1000; ++i) {
      {
        std::lock_guard lock(mutex);
        if (!held.empty())
          return held.back();
      }
      std::this_thread::sleep_for(5ms);
    }
    return nullptr;
  }
  static bool becomesGone(const HttpReply &reply) {
    for (int i = 0; i < 1000 && !reply.isGone(); ++i)
      std::this_thread::sleep_for(5ms);
    return reply.isGone();
  }

  std::mutex mutex;
  std::vector<std::shared_ptr<HttpReply>> held;
  std::string file;
  std::unique_ptr<HttpServer> server;
  std::thread thread;
};

TEST_F(Network, AnswersOneAfterTheOther) {
  open();
  Client client(server->address());
  ASSERT_TRUE(client.send("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"));
  std::string text = client.readUntil("GET /a?b=c ");
  EXPECT_EQ(text.find("HTTP/1.1 200 OK\r\n"), 0u) << text;
  EXPECT_EQ(text.find("Connection: close"), std::string::npos);
  for (const char *piece : {"POST /b HT", "TP/1.1\r\nHost: x\r\nContent-Le", "ngth: 5\r\n\r\nhe", "llo"}) {
    ASSERT_TRUE(client.send(piece));
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_NE(client.readUntil("hello").find("POST /b? hello"), std::string::npos);
  ASSERT_TRUE(client.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  EXPECT_NE(client.readAll().find("POST /c? abcde"), std::string::npos);
}

TEST_F(Network, RequestsBehindEachOtherAreAnsweredInOrder) {
  open();
  Client client(server->address());
  std::string many;
  for (int i = 0; i < 200; ++i)
    many += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_TRUE(client.send(many + "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  std::string text = client.readAll();
  size_t position = 0;
  for (int i = 0; i < 200; ++i) {
    position = text.find("GET /" + std::to_string(i) + "? ", position);
    ASSERT_NE(position, std::string::npos) << i;
  }
  EXPECT_NE(text.find("GET /last? "), std::string::npos);
}

TEST_F(Network, StreamsInChunksOrToTheEnd) {
  open();
  Client client(server->address());
  ASSERT_TRUE(client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  std::string text = client.readAll();
  EXPECT_NE(text.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_NE(text.find("4\r\none \r\n3\r\ntwo\r\n0\r\n\r\nHTTP/1.1 200"), std::string::npos) << text;
  EXPECT_NE(text.find("GET /next? "), std::string::npos);
  Client old(server->address());
  ASSERT_TRUE(old.send("GET /stream HTTP/1.0\r\n\r\n"));
  text = old.readAll();
  EXPECT_NE(text.find("\r\n\r\none two"), std::string::npos) << text;
  Client head(server->address());
  ASSERT_TRUE(head.send("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  text = head.readAll();
  EXPECT_NE(text.find("Content-Length: 9\r\n"), std::string::npos) << text;
  EXPECT_EQ(text.substr(text.size() - 4), "\r\n\r\n");
}

TEST_F(Network, WhatIsNoRequestIsRefused) {
  HttpLimits limits;
  limits.headerBytes = 1024;
  limits.bodyBytes = 1000;
  open(limits);
  const auto ask = [&](const std::string &bytes) {
    Client client(server->address());
    client.send(bytes);
    return client.readAll().substr(0, 12);
  };
  EXPECT_EQ(ask("nonsense\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nX: " + std::string(5000, 'x') + "\r\n\r\n"), "HTTP/1.1 431");
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n"), "HTTP/1.1 413");
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5000\r\n" + std::string(0x5000, 'x')), "HTTP/1.1 413");
  EXPECT_EQ(ask("GET /drop HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "HTTP/1.1 500");
  EXPECT_EQ(ask(std::string("\x16\x03\x01\x02\x00\x01", 6) + std::string(300, '\0') + "\r\n\r\n"), "HTTP/1.1 400"); // TLS to a plain port
}

TEST_F(Network, BodiesTogetherAreBounded) {
  HttpLimits limits;
  limits.waitingBytes = 100'000;
  limits.connections = 100;
  open(limits);
  Client holder(server->address());
  ASSERT_TRUE(holder.send("POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + std::string(90000, 'x')));
  auto reply = heldReply();
  ASSERT_TRUE(reply);
  Client other(server->address());
  other.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n" + std::string(20000, 'x'));
  EXPECT_EQ(other.readAll().substr(0, 12), "HTTP/1.1 503");
  Client small(server->address()); // has its share all the same
  small.send("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n" + std::string(200, 'x'));
  EXPECT_EQ(small.readUntil("xxx").substr(0, 12), "HTTP/1.1 200");
  reply->send({200, "done"});
  EXPECT_NE(holder.readUntil("done").find("200 OK"), std::string::npos);
  Client third(server->address());
  third.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n" + std::string(20000, 'x'));
  EXPECT_EQ(third.readUntil("xxx").substr(0, 12), "HTTP/1.1 200");
}

TEST_F(Network, WhoLeavesIsNoticed) {
  open();
  for (bool reset : {false, true}) {
    Client client(server->address());
    ASSERT_TRUE(client.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
    auto reply = heldReply();
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->isGone());
    client.leave(reset);
    EXPECT_TRUE(becomesGone(*reply));
    reply->begin({200, "late"}, "");
    reply->write("later");
    reply->end();
    std::lock_guard lock(mutex);
    held.clear();
  }
}

TEST_F(Network, WhoDoesNotReadIsDropped) {
  HttpLimits limits;
  limits.unreadBytes = 1 << 20;
  open(limits);
  Client client(server->address());
  ASSERT_TRUE(client.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  auto reply = heldReply();
  ASSERT_TRUE(reply);
  reply->begin({200, ""}, "");
  for (int i = 0; i < 100'000 && !reply->isGone(); ++i) // far more than sockets hold
    reply->write(std::string(1000, 'x'));
  EXPECT_TRUE(becomesGone(*reply));
}

// One event may be larger than what may wait: a prompt that is repeated.
TEST_F(Network, OneLargePieceIsSent) {
  HttpLimits limits;
  limits.unreadBytes = 1000;
  open(limits);
  Client client(server->address());
  ASSERT_TRUE(client.send("GET /hold HTTP/1.0\r\n\r\n"));
  auto reply = heldReply();
  ASSERT_TRUE(reply);
  reply->begin({200, ""}, "");
  reply->write(std::string(100'000, 'x') + "end");
  EXPECT_NE(client.readUntil("xend").find("xend"), std::string::npos);
}

TEST_F(Network, WhoSendsNothingMoreStillHearsTheAnswer) {
  open();
  Client quick(server->address());
  ASSERT_TRUE(quick.send("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"));
  quick.endSending();
  EXPECT_NE(quick.readAll().find("GET /quick? "), std::string::npos);
  Client late(server->address());
  ASSERT_TRUE(late.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  late.endSending();
  auto reply = heldReply();
  ASSERT_TRUE(reply);
  EXPECT_TRUE(becomesGone(*reply)); // whoever works for it may stop
  reply->send({503, "stopped"});
  EXPECT_NE(late.readAll().find("stopped"), std::string::npos);
}

// The time for writing is that of a piece, not of all.
TEST_F(Network, ALargeFileGoesOutPieceByPiece) {
  file = testing::TempDir() + "longc-large-file";
  constexpr size_t pieces = 24, pieceBytes = 1 << 20;
  {
    std::ofstream out(file);
    for (size_t i = 0; i < pieces; ++i)
      out << std::string(pieceBytes, static_cast<char>('a' + i));
  }
  HttpLimits limits;
  limits.writeSeconds = 1;
  open(limits);
  Client client(server->address());
  ASSERT_TRUE(client.send("GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  std::string text = client.readUntil("\r\n\r\n");
  EXPECT_NE(text.find("Content-Length: " + std::to_string(pieces * pieceBytes)), std::string::npos);
  for (size_t i = 0; i < 15; ++i) {
    text += client.readUntil(std::string(1, static_cast<char>('b' + i)));
    std::this_thread::sleep_for(100ms);
  }
  text += client.readAll();
  const size_t begin = text.find("\r\n\r\n") + 4;
  ASSERT_EQ(text.size() - begin, pieces * pieceBytes);
  for (size_t i = 0; i < pieces * pieceBytes; ++i)
    ASSERT_EQ(text[begin + i], static_cast<char>('a' + i / pieceBytes)) << i;
  std::remove(file.c_str());
}

// What goes into a file may be larger than what memory takes; the file goes with its request.
TEST_F(Network, UploadsGoIntoFiles) {
  file = testing::TempDir() + "longc-upload";
  std::remove(file.c_str());
  HttpLimits limits;
  limits.bodyBytes = limits.waitingBytes = 1000;
  limits.uploadBytes = 100'000;
  open(limits);
  const auto ask = [&](const std::string &path, const std::string &head, const std::string &body) {
    Client client(server->address());
    client.send("POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + head + "\r\n\r\n" + body);
    return client.readAll();
  };
  const std::string large(50'000, 'x'), chunks = "c350\r\n" + large + "\r\n0\r\n\r\n";
  EXPECT_NE(ask("/upload", "Content-Length: 50000", large).find("uploaded 50000"), std::string::npos);
  EXPECT_NE(ask("/upload", "Transfer-Encoding: chunked", chunks).find("uploaded 50000"), std::string::npos);
  EXPECT_EQ(ask("/other", "Content-Length: 50000", large).substr(0, 12), "HTTP/1.1 413");
  EXPECT_EQ(ask("/other", "Transfer-Encoding: chunked", chunks).substr(0, 12), "HTTP/1.1 413");
  EXPECT_EQ(ask("/upload", "Content-Length: 100001", large).substr(0, 12), "HTTP/1.1 413");
  {
    Client half(server->address());
    half.send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n" + large.substr(1));
    for (int i = 0; i < 1000 && !std::ifstream(file).good(); ++i) // it is there before the client leaves
      std::this_thread::sleep_for(5ms);
  }
  for (int i = 0; i < 1000 && std::ifstream(file).good(); ++i)
    std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(std::ifstream(file).good());
}

TEST_F(Network, WhoIsSilentMakesRoom) {
  HttpLimits limits;
  limits.connections = 4;
  open(limits);
  Client held(server->address());
  ASSERT_TRUE(held.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  auto reply = heldReply();
  ASSERT_TRUE(reply);
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(std::make_unique<Client>(server->address()));
    silent.back()->send(i % 2 ? "" : "GET / HT");
  }
  Client other(server->address());
  ASSERT_TRUE(other.send("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  EXPECT_NE(other.readAll().find("GET /x? "), std::string::npos);
  reply->send({200, "as well"});
  EXPECT_NE(held.readUntil("as well").find("as well"), std::string::npos);
}

TEST_F(Network, SlowAndSilentClientsEndByThemselves) {
  HttpLimits limits;
  limits.requestSeconds = 0.3;
  limits.idleSeconds = 0.3;
  limits.pulseSeconds = 0.05;
  open(limits);
  Client silent(server->address()), half(server->address()), halfBody(server->address());
  ASSERT_TRUE(half.send("GET / HT"));
  ASSERT_TRUE(halfBody.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"));
  EXPECT_EQ(silent.readAll(), "");
  EXPECT_EQ(half.readAll(), "");
  EXPECT_EQ(halfBody.readAll(), "");
  Client waiting(server->address()); // but who waits for an answer may wait, and hears that it is worth it
  ASSERT_TRUE(waiting.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  auto reply = heldReply();
  ASSERT_TRUE(reply);
  std::this_thread::sleep_for(500ms);
  EXPECT_FALSE(reply->isGone());
  reply->begin({200, "", "text/event-stream"}, ": pulse\n\n");
  EXPECT_NE(waiting.readUntil(": pulse\n\n\r\n9\r\n: pulse").find("pulse"), std::string::npos);
  reply->write("data: x\n\n");
  reply->end();
  EXPECT_NE(waiting.readUntil("0\r\n\r\n").find("data: x"), std::string::npos);
}

TEST_F(Network, ManyComeAndGo) {
  HttpLimits limits;
  limits.connections = 64;
  open(limits);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 50; ++i) {
      clients.push_back(std::make_unique<Client>(server->address()));
      clients.back()->send(i % 3 == 0 ? "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n" : i % 3 == 1 ? "GET /str" : "GET /stream HTTP/1.1\r\n\r\n");
    }
    for (auto &client : clients)
      client->leave(round % 2 == 0);
    std::lock_guard lock(mutex);
    held.clear();
  }
  for (int i = 0; i < 1000; ++i) { // those that left are gone before long
    Client client(server->address());
    client.send("GET /still HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    if (client.readAll().find("GET /still? ") != std::string::npos)
      return;
    std::this_thread::sleep_for(5ms);
  }
  FAIL() << "the server takes nobody any more";
}

TEST_F(Network, AnswersUnderWayOutliveTheEndOfListening) {
  open();
  Client client(server->address()), idle(server->address());
  ASSERT_TRUE(client.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  auto reply = heldReply();
  ASSERT_TRUE(reply);
  server->stopAccepting();
  EXPECT_EQ(idle.readAll(), "");
  EXPECT_FALSE(Client(server->address()).isConnected());
  reply->send({200, "in time"});
  server->stop();
  EXPECT_NE(client.readAll().find("in time"), std::string::npos);
  thread.join();
}

TEST(Listening, APortThatIsTakenIsNamed) {
  auto first = HttpServer::listen("127.0.0.1", 0, {}, {});
  ASSERT_TRUE(first.ok());
  const std::string address = (*first)->address();
  auto second = HttpServer::listen("127.0.0.1", std::stoi(address.substr(address.rfind(':') + 1)), {}, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), 7501);
  EXPECT_FALSE(HttpServer::listen("no such host", 0, {}, {}).ok());
}

} // namespace
} // namespace longc
