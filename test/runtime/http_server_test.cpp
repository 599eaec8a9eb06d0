// The network by itself: requests whole and in pieces, rude clients, streams, ends.
#include "runtime/http/HttpServer.h"

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
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
      else if (request.path == "/stream") {
        reply->begin({200, "one ", "text/plain"}, "");
        reply->write("two");
        reply->end();
      } else
        reply->send({200, request.method + " " + request.path + "?" + request.query + " " + request.body, "text/plain"});
    }));
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
  open(limits);
  Client holder(server->address());
  ASSERT_TRUE(holder.send("POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + std::string(90000, 'x')));
  auto reply = heldReply();
  ASSERT_TRUE(reply);
  Client other(server->address());
  other.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n" + std::string(20000, 'x'));
  EXPECT_EQ(other.readAll().substr(0, 12), "HTTP/1.1 503");
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
