// Proves that the server frames HTTP/1.1 correctly over real sockets: keep-alive, pipelining, chunked and compressed
// bodies, limits, hostile framing, slow clients, answers from other threads, and stopping in the middle of all that.
#include "http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "http/gzip.h"

namespace millrace::http {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A blocking client socket that says exactly what the test wants said.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer_bytes = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer_bytes > 0)
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    const int one = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    // A test that waits for ten seconds has failed.
    const timeval timeout{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(socket_); }

  bool connected() const { return connected_; }
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void FinishSending() { ::shutdown(socket_, SHUT_WR); }
  void Reset() {
    const linger hard{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }
  // Until the peer closes.
  std::string ReadAll() {
    std::string all = std::move(buffer_);
    char piece[65536];
    for (;;) {
      const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
      if (count == 0) return all;
      if (count < 0) return all + "<error " + std::string(strerror(errno)) + ">";
      all.append(piece, static_cast<std::size_t>(count));
    }
  }
  // One response with its body, framed by Content-Length.
  std::string ReadResponse() {
    for (;;) {
      const std::size_t head = buffer_.find("\r\n\r\n");
      if (head != std::string::npos) {
        std::size_t length = 0;
        const std::size_t field = buffer_.find("Content-Length: ");
        if (field < head) length = std::stoul(buffer_.substr(field + 16));
        if (buffer_.size() >= head + 4 + length) {
          std::string response = buffer_.substr(0, head + 4 + length);
          buffer_.erase(0, response.size());
          return response;
        }
      }
      char piece[65536];
      const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
      if (count <= 0) return "<closed after '" + buffer_ + "'>";
      buffer_.append(piece, static_cast<std::size_t>(count));
    }
  }

 private:
  int socket_;
  bool connected_ = false;
  std::string buffer_;
};

std::string Body(const std::string& response) {
  const std::size_t head = response.find("\r\n\r\n");
  return head == std::string::npos ? "<no body in '" + response + "'>" : response.substr(head + 4);
}

// "POST /echo 5" and the body, so that a test sees what the server understood.
void Echo(Request&& request, Responder responder) {
  Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.target + " " + request.body;
  responder.Send(std::move(response));
}

std::unique_ptr<Server> StartServer(Handler handler, ServerOptions options = {}) {
  auto server = Server::Start(std::move(options), std::move(handler));
  EXPECT_TRUE(server.ok()) << server.error().message();
  return std::move(server).value();
}

std::string Post(std::string_view body, std::string_view more_headers = "") {
  return fmt::format("POST /p HTTP/1.1\r\nHost: h\r\n{}Content-Length: {}\r\n\r\n{}", more_headers, body.size(), body);
}

constexpr std::string_view kGet = "GET /g?x=1 HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(Server, AnswersSeveralRequestsOnOneConnection) {
  auto server = StartServer(Echo);
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send(Post("hello"));
    const std::string response = client.ReadResponse();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n"));
    EXPECT_EQ(Body(response), "POST /p hello");
  }
  EXPECT_EQ(server->Stats().connections_total, 1u);
  EXPECT_EQ(server->Stats().requests_total, 3u);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  auto server = StartServer(Echo);
  RawClient client(server->port());
  std::string all;
  for (int i = 0; i < 500; ++i) all += Post(std::to_string(i));
  client.Send(all);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(Body(client.ReadResponse()), "POST /p " + std::to_string(i));
}

TEST(Server, TakesAnythingThatArrivesByteByByte) {
  auto server = StartServer(Echo);
  RawClient client(server->port());
  const std::string requests = Post("hello") +
                               "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n" +
                               std::string(kGet);
  for (const char c : requests) ASSERT_TRUE(client.Send(std::string_view(&c, 1)));
  EXPECT_EQ(Body(client.ReadResponse()), "POST /p hello");
  EXPECT_EQ(Body(client.ReadResponse()), "POST /c abcde");
  EXPECT_EQ(Body(client.ReadResponse()), "GET /g?x=1 ");
}

TEST(Server, TakesRequestsCutAtEveryPosition) {
  auto server = StartServer(Echo);
  const std::string request =
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n" +
      Post("xyz");
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    RawClient client(server->port());
    client.Send(request.substr(0, cut));
    client.Send(request.substr(cut));
    ASSERT_EQ(Body(client.ReadResponse()), "POST /c abc0123456789") << "cut at " << cut;
    ASSERT_EQ(Body(client.ReadResponse()), "POST /p xyz") << "cut at " << cut;
  }
}

TEST(Server, HonoursConnectionCloseAndHttp10) {
  auto server = StartServer(Echo);
  struct Case {
    std::string_view request, connection;
    bool closes;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "Connection: close\r\n", true},
      {"GET / HTTP/1.0\r\n\r\n", "Connection: close\r\n", true},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive\r\n", false},
  };
  for (const Case& c : cases) {
    RawClient client(server->port());
    client.Send(c.request);
    const std::string response = client.ReadResponse();
    EXPECT_THAT(response, HasSubstr(c.connection)) << c.request;
    if (c.closes) {
      EXPECT_EQ(client.ReadAll(), "") << c.request;
    } else {
      client.Send(c.request);
      EXPECT_THAT(client.ReadResponse(), HasSubstr("200 OK"));
    }
  }
}

TEST(Server, SendsNoBodyToHeadButItsLength) {
  auto server = StartServer(Echo);
  RawClient client(server->port());
  client.Send("HEAD /h HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string all = client.ReadAll();
  EXPECT_THAT(all, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_EQ(Body(all), "");
}

TEST(Server, SendsContinueToAClientThatWaitsForIt) {
  auto server = StartServer(Echo);
  RawClient client(server->port());
  client.Send("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.ReadResponse(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hello");
  EXPECT_EQ(Body(client.ReadResponse()), "POST /p hello");
}

TEST(Server, RefusesAnExpectedBodyThatIsTooLargeWithoutAskingForIt) {
  auto server = StartServer(Echo, {.body_bytes_max = 100});
  RawClient client(server->port());
  client.Send("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 413 "));
}

TEST(Server, TakesAndSendsBigBodies) {
  auto server = StartServer(Echo);
  RawClient client(server->port());
  std::string big(std::size_t{4} << 20, 'x');
  for (std::size_t i = 0; i < big.size(); i += 4099) big[i] = static_cast<char>('a' + i % 26);
  std::thread sender([&] { client.Send(Post(big)); });
  const std::string response = client.ReadResponse();
  sender.join();
  EXPECT_TRUE(Body(response) == "POST /p " + big);
  client.Send(kGet);
  EXPECT_EQ(Body(client.ReadResponse()), "GET /g?x=1 ");
}

TEST(Server, RefusesHostileFraming) {
  auto server = StartServer(Echo, {.body_bytes_max = 1000});
  const std::string many_fields = [] {
    std::string fields;
    for (int i = 0; i < 300; ++i) fields += fmt::format("F{}: v\r\n", i);
    return fields;
  }();
  struct Case {
    const char* name;
    std::string request;
    int status;
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const Case cases[] = {
      {"both lengths", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"both lengths, other order", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {"differing lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {"differing lengths in a list", post + "Content-Length: 3, 4\r\n\r\nabcd", 400},
      {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
      {"signed length", post + "Content-Length: +1\r\n\r\na", 400},
      {"hexadecimal length", post + "Content-Length: 0x1\r\n\r\na", 400},
      {"empty length", post + "Content-Length:\r\n\r\n", 400},
      {"overflowing length", post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {"length above the limit", post + "Content-Length: 1001\r\n\r\n", 413},
      {"chunks above the limit",
       post + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n", 413},
      {"chunk size of 17 digits", post + "Transfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n",
       400},
      {"chunk size that is no number", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n", 400},
      {"negative chunk size", post + "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n", 400},
      {"chunk longer than its size", post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400},
      {"transfer coding gzip", post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"transfer coding gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"transfer coding chunked, gzip", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 501},
      {"transfer coding identity", post + "Transfer-Encoding: identity\r\n\r\n", 501},
      {"transfer coding with a vertical tab", post + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"bare line feeds", "GET / HTTP/1.1\nHost: h\n\n", 505},
      {"bare line feed after a field", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
      {"space before the colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
      {"field without a name", "GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", 400},
      {"field without a colon", "GET / HTTP/1.1\r\nHost: h\r\nabc\r\n\r\n", 400},
      {"folded line", "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", 400},
      {"folded line after an empty one", "GET / HTTP/1.1\r\nHost: h\r\nA:\r\n c\r\n\r\n", 400},
      {"first line folded", "GET / HTTP/1.1\r\n A: b\r\nHost: h\r\n\r\n", 400},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n"s, 400},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s, 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
      {"header of 20 KB", "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
      {"target of 20 KB", "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 431},
      {"300 fields", "GET / HTTP/1.1\r\nHost: h\r\n" + many_fields + "\r\n", 431},
      {"chunk extension of 100 KB", post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'a'), 431},
      {"trailers of 100 KB", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + std::string(100'000, 'a'), 431},
      {"unknown content coding", Post("x", "Content-Encoding: br\r\n"), 415},
      {"two content codings", Post("x", "Content-Encoding: gzip, gzip\r\n"), 415},
      {"two content codings in two fields", Post("x", "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"), 415},
      {"not gzip", Post("this is not gzip", "Content-Encoding: gzip\r\n"), 400},
      {"half of gzip", Post(Compress("hello hello hello").substr(0, 20), "Content-Encoding: gzip\r\n"), 400},
      {"bytes after gzip", Post(Compress("hello") + "tail", "Content-Encoding: gzip\r\n"), 400},
  };
  for (const Case& c : cases) {
    RawClient client(server->port());
    client.Send(c.request);
    client.FinishSending();
    const std::string all = client.ReadAll();
    // "one answer": nothing after the offending request was taken for another one.
    EXPECT_THAT(all, StartsWith(fmt::format("HTTP/1.1 {} ", c.status))) << c.name;
    EXPECT_THAT(all, HasSubstr("Connection: close\r\n")) << c.name;
    EXPECT_EQ(all.find("HTTP/1.1", 1), std::string::npos) << c.name << ": " << all;
  }
  EXPECT_EQ(server->Stats().requests_total, 0u);
  EXPECT_EQ(server->Stats().rejected_total, std::size(cases));
}

TEST(Server, RefusesAHeaderThatTricklesInPastTheLimit) {
  auto server = StartServer(Echo);
  RawClient client(server->port());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n");
  const std::string field = "A: " + std::string(1000, 'a') + "\r\n";
  for (int i = 0; i < 20; ++i) client.Send(field);  // each piece alone is within the limit
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 431 "));
}

TEST(Server, TakesWhatIsUnusualButRight) {
  auto server = StartServer(Echo);
  struct Case {
    std::string request, echo;
  };
  const Case cases[] = {
      {"GET http://example.com/a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b "},
      {"GET HTTP://example.com?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?b "},
      {"GET http://example.com HTTP/1.1\r\nHost: h\r\n\r\n", "GET / "},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * "},
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / "},
      {"GET / HTTP/1.1\r\nhOST:h\r\nEmpty:\r\n\r\n", "GET / "},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "POST / abc"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n00003\r\nabc\r\n000\r\n\r\n", "POST / abc"},
      {"POST / HTTP/1.1\r\nHost: h\r\n\r\n", "POST / "},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\n\r\n", "POST / "},
  };
  for (const Case& c : cases) {
    RawClient client(server->port());
    client.Send(c.request);
    EXPECT_EQ(Body(client.ReadResponse()), c.echo) << c.request;
  }
}

TEST(Server, DecompressesRequestBodies) {
  auto server = StartServer(Echo);
  RawClient client(server->port());
  const std::string text(100'000, 'z');
  client.Send(Post(Compress(text), "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(Body(client.ReadResponse()), "POST /p " + text);
  // zlib's own test vector: "deflate" as RFC 9110 means it, and without the wrapper.
  const std::string zlib("\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15", 13);
  client.Send(Post(zlib, "Content-Encoding: deflate\r\n"));
  EXPECT_EQ(Body(client.ReadResponse()), "POST /p hello");
  client.Send(Post(zlib.substr(2, 7), "Content-Encoding: deflate\r\n"));
  EXPECT_EQ(Body(client.ReadResponse()), "POST /p hello");
}

TEST(Server, RefusesACompressionBomb) {
  auto server = StartServer(Echo, {.body_bytes_max = std::size_t{1} << 20});
  const std::string bomb = Compress(std::string(std::size_t{64} << 20, '\0'));
  ASSERT_LT(bomb.size(), std::size_t{1} << 20);
  RawClient client(server->port());
  client.Send(Post(bomb, "Content-Encoding: gzip\r\n"));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 413 "));
  RawClient exact(server->port());
  exact.Send(Post(Compress(std::string(std::size_t{1} << 20, 'a')), "Content-Encoding: gzip\r\n"));
  EXPECT_THAT(exact.ReadResponse(), StartsWith("HTTP/1.1 200 "));
}

TEST(Server, BoundsTheBodiesOfAllConnectionsTogether) {
  auto server = StartServer(Echo, {.body_bytes_max = 1'000'000, .body_bytes_open_max = 1'500'000});
  const std::string body(900'000, 'x');
  const std::string request = Post(body);
  // Until the first holds its share when the second one asks: on the way there each may come too late and be refused.
  const auto answered = testing::AnyOf(StartsWith("HTTP/1.1 200 "), StartsWith("HTTP/1.1 503 "));
  bool seen = false;
  for (int attempt = 0; attempt < 100 && !seen; ++attempt) {
    RawClient first(server->port());
    first.Send(request.substr(0, request.size() - 1));
    RawClient second(server->port());
    second.Send(request);
    const std::string refused = second.ReadResponse();
    ASSERT_THAT(refused, answered);
    RawClient small(server->port());
    small.Send(Post("small"));
    EXPECT_EQ(Body(small.ReadResponse()), "POST /p small");
    first.Send("x");
    const std::string held = first.ReadResponse();
    ASSERT_THAT(held, answered);
    seen = refused.starts_with("HTTP/1.1 503 ") && held.starts_with("HTTP/1.1 200 ");
  }
  EXPECT_TRUE(seen);
  RawClient third(server->port());
  third.Send(request);
  EXPECT_THAT(third.ReadResponse(), StartsWith("HTTP/1.1 200 "));
}

TEST(Server, TheClientReadsThe413EvenWhileItIsStillSending) {
  auto server = StartServer(Echo, {.body_bytes_max = 1000});
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n");
  client.Send(std::string(4'000'000, 'x'));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 413 "));
}

TEST(Server, TimesOutSlowHeadersBodiesAndIdleConnections) {
  auto server = StartServer(
      Echo, {.idle_timeout = milliseconds(80), .header_timeout = milliseconds(40), .body_timeout = milliseconds(40)});
  RawClient header(server->port());
  header.Send("GET / HTTP/1.1\r\nHos");
  EXPECT_THAT(header.ReadAll(), StartsWith("HTTP/1.1 408 "));
  RawClient body(server->port());
  body.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_THAT(body.ReadAll(), StartsWith("HTTP/1.1 408 "));
  RawClient idle(server->port());
  EXPECT_EQ(idle.ReadAll(), "");
  RawClient idle_after_one(server->port());
  idle_after_one.Send(kGet);
  EXPECT_EQ(Body(idle_after_one.ReadResponse()), "GET /g?x=1 ");
  EXPECT_EQ(idle_after_one.ReadAll(), "");
}

TEST(Server, CutsOffAClientThatDoesNotRead) {
  auto server =
      StartServer([](Request&&, Responder responder) { responder.Send({.body = std::string(32 << 20, 'x')}); },
                  {.write_timeout = milliseconds(40)});
  RawClient client(server->port(), 4096);
  client.Send(kGet);
  while (server->Stats().connections_total == 0 || server->Stats().connections_open > 0) std::this_thread::yield();
}

TEST(Server, KeepsToItsLimitOfConnections) {
  auto server = StartServer(Echo, {.connections_max = 2});
  RawClient first(server->port()), second(server->port());
  first.Send(kGet);
  second.Send(kGet);
  first.ReadResponse();
  second.ReadResponse();
  RawClient third(server->port());
  EXPECT_THAT(third.ReadAll(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server->Stats().connections_refused_total, 1u);
  first.Send(kGet);
  EXPECT_THAT(first.ReadResponse(), HasSubstr("200 OK"));
}

TEST(Server, ServesManyConnections) {
  auto server = StartServer(Echo, {.threads = 3});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(std::make_unique<RawClient>(server->port()));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->Send(Post(std::to_string(i)));
    for (std::size_t i = 0; i < clients.size(); ++i)
      ASSERT_EQ(Body(clients[i]->ReadResponse()), "POST /p " + std::to_string(i));
  }
  clients.clear();
  while (server->Stats().connections_open > 0) std::this_thread::yield();
}

// Answers groups of requests from one thread, as the engine's writer does.
class GroupAnswerer {
 public:
  GroupAnswerer() : thread_([this] { Run(); }) {}
  ~GroupAnswerer() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    signal_.notify_all();
    thread_.join();
  }
  Handler AsHandler() {
    return [this](Request&& request, Responder responder) {
      std::lock_guard lock(mutex_);
      waiting_.emplace_back(std::move(request.body), std::move(responder));
      signal_.notify_all();
    };
  }
  // Nothing is answered until Open.
  void Hold() {
    std::lock_guard lock(mutex_);
    held_ = true;
  }
  void Open() {
    std::lock_guard lock(mutex_);
    held_ = false;
    signal_.notify_all();
  }
  void WaitForRequests(std::size_t count) {
    std::unique_lock lock(mutex_);
    signal_.wait(lock, [&] { return waiting_.size() >= count; });
  }
  bool FirstIsConnected() {
    std::lock_guard lock(mutex_);
    return waiting_.at(0).second.connected();
  }

 private:
  void Run() {
    for (;;) {
      std::vector<std::pair<std::string, Responder>> group;
      {
        std::unique_lock lock(mutex_);
        signal_.wait(lock, [&] { return stop_ || (!held_ && !waiting_.empty()); });
        if (stop_) return;
        group.swap(waiting_);
      }
      for (auto& [body, responder] : group) responder.Send({.body = "late " + body});
    }
  }

  std::mutex mutex_;
  std::condition_variable signal_;
  std::vector<std::pair<std::string, Responder>> waiting_;
  bool held_ = false;
  bool stop_ = false;
  std::thread thread_;
};

TEST(Server, TakesAnswersFromAnotherThread) {
  GroupAnswerer answerer;
  auto server = StartServer(answerer.AsHandler());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<RawClient>(server->port()));
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->Send(Post(std::to_string(i)) + Post("again"));
    for (std::size_t i = 0; i < clients.size(); ++i) {
      ASSERT_EQ(Body(clients[i]->ReadResponse()), "late " + std::to_string(i));
      ASSERT_EQ(Body(clients[i]->ReadResponse()), "late again");
    }
  }
}

TEST(Server, HandlesOneRequestOfAConnectionAtATime) {
  GroupAnswerer answerer;
  answerer.Hold();
  auto server = StartServer(answerer.AsHandler());
  RawClient pipelining(server->port()), other(server->port());
  pipelining.Send(Post("one") + Post("two"));
  other.Send(Post("other"));
  answerer.WaitForRequests(2);
  EXPECT_EQ(server->Stats().requests_total, 2u);
  answerer.Open();
  EXPECT_EQ(Body(pipelining.ReadResponse()), "late one");
  EXPECT_EQ(Body(pipelining.ReadResponse()), "late two");
}

TEST(Server, AnswersAPeerThatHasFinishedSending) {
  GroupAnswerer answerer;
  answerer.Hold();
  auto server = StartServer(answerer.AsHandler());
  RawClient client(server->port());
  client.Send(Post("one") + Post("two"));
  client.FinishSending();
  answerer.WaitForRequests(1);
  while (answerer.FirstIsConnected()) std::this_thread::yield();
  answerer.Open();
  const std::string all = client.ReadAll();
  EXPECT_THAT(all, HasSubstr("late one"));
  EXPECT_THAT(all, HasSubstr("late two"));
}

TEST(Server, ForgetsAPeerThatHasGone) {
  GroupAnswerer answerer;
  answerer.Hold();
  auto server = StartServer(answerer.AsHandler());
  {
    RawClient client(server->port());
    client.Send(Post("x"));
    answerer.WaitForRequests(1);
    client.Reset();
  }
  while (answerer.FirstIsConnected()) std::this_thread::yield();
  while (server->Stats().connections_open > 0) std::this_thread::yield();
  answerer.Open();
  RawClient client(server->port());
  client.Send(Post("y"));
  EXPECT_EQ(Body(client.ReadResponse()), "late y");
}

TEST(Server, ADroppedResponderAnswers500) {
  auto server = StartServer([](Request&&, Responder) {});
  RawClient client(server->port());
  for (int i = 0; i < 2; ++i) {
    client.Send(kGet);
    EXPECT_THAT(client.ReadResponse(), StartsWith("HTTP/1.1 500 "));
  }
}

TEST(Server, FinishesEveryAnswerOnTheRequestThread) {
  std::thread::id handler_thread;
  static std::thread::id finish_thread;
  std::vector<std::thread> threads;
  auto server = StartServer([&](Request&& request, Responder responder) {
    handler_thread = std::this_thread::get_id();
    responder.SetFinish({[](Response& response, const Finish& finish) {
                           finish_thread = std::this_thread::get_id();
                           response.headers.Add("X-Finished", finish.text + " " + response.body);
                         },
                         0, "marked"});
    if (request.body == "drop") return;
    threads.emplace_back([responder = std::move(responder)]() mutable { responder.Send({.body = "a"}); });
  });
  RawClient client(server->port());
  client.Send(Post("send"));
  EXPECT_THAT(client.ReadResponse(), HasSubstr("X-Finished: marked a\r\n"));
  EXPECT_EQ(handler_thread, finish_thread);
  client.Send(Post("drop"));
  EXPECT_THAT(client.ReadResponse(), HasSubstr("X-Finished: marked the request was dropped"));
  for (std::thread& thread : threads) thread.join();
}

TEST(Server, AnswerMayOutliveTheServer) {
  std::mutex mutex;
  std::condition_variable signal;
  std::vector<Responder> kept;
  auto server = StartServer(
      [&](Request&&, Responder responder) {
        std::lock_guard lock(mutex);
        kept.push_back(std::move(responder));
        signal.notify_all();
      },
      {.drain_timeout = milliseconds(10)});
  RawClient client(server->port());
  client.Send(kGet);
  {
    std::unique_lock lock(mutex);
    signal.wait(lock, [&] { return !kept.empty(); });
  }
  server.reset();
  EXPECT_EQ(client.ReadAll(), "");
  EXPECT_FALSE(kept[0].connected());
  kept[0].Send({});
}

TEST(Server, StopAnswersWhatIsOpenAndClosesTheRest) {
  GroupAnswerer answerer;
  answerer.Hold();
  auto server = StartServer(answerer.AsHandler());
  RawClient busy(server->port()), idle(server->port());
  busy.Send(Post("x"));
  answerer.WaitForRequests(1);
  while (server->Stats().connections_open < 2) std::this_thread::yield();
  std::thread stopper([&] { server->Stop(); });
  EXPECT_EQ(idle.ReadAll(), "");  // stopping has begun
  answerer.Open();
  const std::string all = busy.ReadAll();
  stopper.join();
  EXPECT_THAT(all, HasSubstr("late x"));
  EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
  server->Stop();
  EXPECT_FALSE(RawClient(server->port()).connected());
}

TEST(Server, StopsWhileBusyAndTwice) {
  for (int round = 0; round < 10; ++round) {
    GroupAnswerer answerer;
    auto server = StartServer(answerer.AsHandler());
    std::vector<std::thread> clients;
    std::atomic<int> answers = 0;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&, port = server->port()] {
        RawClient client(port);
        while (client.connected() && client.Send(Post("x"))) {
          if (client.ReadResponse().find("late x") == std::string::npos) return;
          ++answers;
        }
      });
    }
    while (answers < 50) std::this_thread::yield();
    std::thread other([&] { server->Stop(); });
    server->Stop();
    other.join();
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(server->Stats().connections_open, 0u);
  }
}

TEST(Server, SaysWhyItCannotStart) {
  auto server = StartServer(Echo);
  auto second = Server::Start({.port = server->port()}, Echo);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason(), reason::kAddressInUse);
  EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(server->port())));
  EXPECT_EQ(Server::Start({.host = "no.such.host"}, Echo).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Server::Start({.threads = 0}, Echo).error().code(), ErrorCode::kInvalidArgument);
}

TEST(Server, SendsTheDateOfItsClock) {
  ManualClock clock(WallTime(std::chrono::seconds(784'111'777)));  // the example of RFC 9110 section 5.6.7
  auto server = StartServer(Echo, {.clock = &clock});
  RawClient client(server->port());
  client.Send(kGet);
  EXPECT_THAT(client.ReadResponse(), HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

TEST(Headers, AreFoundInAnyCase) {
  Headers headers{{"Content-Type", "a"}, {"X-Two", "1"}, {"x-two", "2"}};
  EXPECT_EQ(headers.Get("content-TYPE"), "a");
  EXPECT_EQ(headers.Get("X-TWO"), "1");
  EXPECT_EQ(headers.CountOf("X-TWO"), 2u);
  EXPECT_FALSE(headers.Has("X"));
  headers.Set("X-Two", "3");
  EXPECT_EQ(headers.wire(), "Content-Type: a\r\nX-Two: 3\r\n");
}

TEST(Headers, AValueCannotForgeAField) {
  Headers headers;
  headers.Add("A", "b\r\nC: d");
  EXPECT_EQ(headers.wire(), "A: b  C: d\r\n");
}

TEST(Gzip, IsAcceptedAsRfc9110Says) {
  EXPECT_TRUE(AcceptsGzip("gzip"));
  EXPECT_TRUE(AcceptsGzip("deflate, GZIP;q=0.5"));
  EXPECT_TRUE(AcceptsGzip("*"));
  EXPECT_FALSE(AcceptsGzip(""));
  EXPECT_FALSE(AcceptsGzip("identity"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=0"));
  EXPECT_FALSE(AcceptsGzip("gzip; q=0.000, *"));
  EXPECT_FALSE(AcceptsGzip("*;q=0"));
}

TEST(Server, SaysThroughWhichPortARequestCame) {
  const auto server = MUST(Server::Start({}, [](Request&& request, Responder responder) {
    responder.Send({.status = 200, .body = fmt::format("listener {}", request.listener)});
  }));
  const Server::Listener first = MUST(server->AddListener());
  const Server::Listener second = MUST(server->AddListener());
  EXPECT_NE(first.number, second.number);
  auto ask = [](std::uint16_t port) {
    RawClient client(port);
    client.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return client.ReadAll();
  };
  EXPECT_THAT(ask(server->port()), HasSubstr("listener 0"));
  EXPECT_THAT(ask(first.port), HasSubstr(fmt::format("listener {}", first.number)));
  EXPECT_THAT(ask(second.port), HasSubstr(fmt::format("listener {}", second.number)));
  RawClient open(first.port);
  ASSERT_TRUE(open.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_THAT(open.ReadResponse(), HasSubstr("200 OK"));
  server->RemoveListener(first.number);
  server->RemoveListener(first.number);
  while (RawClient(first.port).connected()) std::this_thread::yield();
  EXPECT_TRUE(open.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(open.ReadAll(), HasSubstr("200 OK")) << "an open connection goes on";
  server->Stop();
  EXPECT_FALSE(server->AddListener().ok());
}

}  // namespace
}  // namespace millrace::http
