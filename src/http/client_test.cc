// Proves that the client calls each callback once with the right outcome, against our own server and against peers
// that refuse, stall, reset, lie and never stop talking, in clear and in TLS.
#include "http/client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <future>
#include <thread>

#include "http/server.h"

namespace millrace::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// The first callback's result; a second call would throw out of set_value and end the test.
std::future<Result<ClientResponse>> Start(Client& client, ClientRequest request) {
  auto promise = std::make_shared<std::promise<Result<ClientResponse>>>();
  auto future = promise->get_future();
  client.Send(std::move(request), [promise](Result<ClientResponse> result) { promise->set_value(std::move(result)); });
  return future;
}

Result<ClientResponse> Fetch(Client& client, ClientRequest request) {
  return Start(client, std::move(request)).get();
}

std::string Url(std::uint16_t port, std::string_view path = "/") {
  return fmt::format("http://127.0.0.1:{}{}", port, path);
}

std::unique_ptr<Server> StartServer(Handler handler, ServerOptions options = {}) {
  auto server = Server::Start(std::move(options), std::move(handler));
  EXPECT_TRUE(server.ok()) << server.error().message();
  return std::move(server).value();
}

void Echo(Request&& request, Responder responder) {
  Response response;
  response.content_type = "text/plain";
  response.headers.Add("X-Host", request.headers.Get("Host"));
  response.body = request.method + " " + request.target + " " + request.body;
  responder.Send(std::move(response));
}

// A server that does with its n-th connection what the n-th step says, and then closes it.
class ScriptedServer {
 public:
  using Step = std::function<void(int socket)>;
  explicit ScriptedServer(std::vector<Step> steps) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, steps = std::move(steps)] {
      for (const Step& step : steps) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) return;
        ++accepted_;
        step(socket);
        ::close(socket);
      }
    });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::thread thread_;
};

bool Write(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}
// Reads a request without a body. False at the end of the connection.
bool ReadRequest(int socket) {
  std::string request;
  char c;
  while (request.find("\r\n\r\n") == std::string::npos) {
    if (::recv(socket, &c, 1, 0) <= 0) return false;
    request.push_back(c);
  }
  return true;
}
void ReadUntilClosed(int socket) {
  char bytes[4096];
  while (::recv(socket, bytes, sizeof bytes, 0) > 0) {
  }
}
ScriptedServer::Step Answer(std::string text) {
  return [text = std::move(text)](int socket) {
    ReadRequest(socket);
    Write(socket, text);
  };
}
void Reset(int socket) {
  ReadRequest(socket);
  const linger hard{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

TEST(Client, SendsARequestAndReceivesTheResponse) {
  auto server = StartServer(Echo);
  Client client({});
  auto response = Fetch(client, {.method = "PUT", .url = Url(server->port(), "/a?b=c"), .body = "hello"});
  ASSERT_TRUE(response.ok()) << response.error().message();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "PUT /a?b=c hello");
  EXPECT_EQ(response->headers.Get("content-type"), "text/plain");
  EXPECT_EQ(response->headers.Get("x-host"), fmt::format("127.0.0.1:{}", server->port()));
}

TEST(Client, ResolvesNamesAndKeepsAGivenHost) {
  auto server = StartServer(Echo);
  Client client({});
  auto response = Fetch(client, {.method = "GET",
                                 .url = fmt::format("http://localhost:{}/", server->port()),
                                 .headers = {{"Host", "sqs.eu-west-1.amazonaws.com"}}});
  ASSERT_TRUE(response.ok()) << response.error().message();
  EXPECT_EQ(response->headers.Get("X-Host"), "sqs.eu-west-1.amazonaws.com");
}

TEST(Client, KeepsAConnectionForTheNextRequest) {
  auto server = StartServer(Echo);
  Client client({});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Fetch(client, {.url = Url(server->port()), .body = std::to_string(i)}).ok());
  EXPECT_EQ(server->Stats().connections_total, 1u);
}

TEST(Client, BoundsTheConnectionsToAHost) {
  auto server = StartServer(Echo);
  Client client({.threads = 2, .connections_per_host_max = 4});
  std::vector<std::future<Result<ClientResponse>>> futures;
  for (int i = 0; i < 500; ++i)
    futures.push_back(Start(client, {.url = Url(server->port()), .body = std::to_string(i)}));
  for (int i = 0; i < 500; ++i) {
    auto response = futures[static_cast<std::size_t>(i)].get();
    ASSERT_TRUE(response.ok()) << response.error().message();
    EXPECT_EQ(response->body, "POST / " + std::to_string(i));
  }
  EXPECT_LE(server->Stats().connections_total, 4u);
}

TEST(Client, CarriesBigBodies) {
  auto server = StartServer(Echo);
  Client client({});
  const std::string big(std::size_t{8} << 20, 'x');
  auto response = Fetch(client, {.url = Url(server->port()), .body = big});
  ASSERT_TRUE(response.ok()) << response.error().message();
  EXPECT_TRUE(response->body == "POST / " + big);
}

TEST(Client, UnderstandsEveryFormOfResponse) {
  struct Case {
    std::string_view method;
    std::string response;
    int status;
    std::string_view body;
  };
  const Case cases[] = {
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, "ab"},
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nT: r\r\n\r\n", 200,
       "abc"},
      {"GET", "HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"},
      {"GET",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: "
       "0\r\n\r\n",
       201, ""},
      {"GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 200, ""},
      {"GET", "HTTP/1.1 500 \r\nContent-Length: 1\r\n\r\nx", 500, "x"},
  };
  Client client({});
  for (const Case& c : cases) {
    ScriptedServer server({Answer(c.response)});
    auto response = Fetch(client, {.method = std::string(c.method), .url = Url(server.port())});
    ASSERT_TRUE(response.ok()) << c.response << response.error().message();
    EXPECT_EQ(response->status, c.status) << c.response;
    EXPECT_EQ(response->body, c.body) << c.response;
  }
}

TEST(Client, ReportsAResponseThatIsNone) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  struct Case {
    std::string response, message;
    ErrorCode code = ErrorCode::kIo;
  };
  const Case cases[] = {
      {"", "closed the connection before answering", ErrorCode::kUnavailable},
      {"SSH-2.0-OpenSSH_9.2\r\n", "did not answer in HTTP/1.1"},
      {"HTTP/2.0 200 OK\r\n\r\n", "did not answer in HTTP/1.1"},
      {head + "Content-Length: 5\r\n\r\nab", "in the middle of its response"},
      {head + "Transfer-Encoding: chunked\r\n\r\n5\r\nab", "in the middle of its response"},
      {head + "Content-", "in the middle of its response"},
      {head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", "did not answer in HTTP/1.1"},
      {head + "Transfer-Encoding: gzip\r\n\r\nab", "did not answer in HTTP/1.1"},
      {head + "Content-Length: 99999999\r\n\r\n", "a body of more than 1000 bytes"},
      {head + "A: " + std::string(50'000, 'a') + "\r\n\r\n", "a header of more than"},
  };
  Client client({.response_bytes_max = 1000});
  for (const Case& c : cases) {
    ScriptedServer server({Answer(c.response)});
    auto response = Fetch(client, {.method = "GET", .url = Url(server.port())});
    ASSERT_FALSE(response.ok()) << c.response;
    EXPECT_EQ(response.error().code(), c.code) << c.response;
    EXPECT_THAT(response.error().message(), HasSubstr(c.message)) << c.response;
    EXPECT_THAT(response.error().message(), HasSubstr(fmt::format("127.0.0.1:{}", server.port())));
  }
}

TEST(Client, CutsOffAnEndlessResponse) {
  auto endless = [](std::string head, std::string piece) {
    return [head, piece](int socket) {
      ReadRequest(socket);
      Write(socket, head);
      while (Write(socket, piece)) {
      }
    };
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string kb(1000, 'a');
  Client client({.response_bytes_max = 100'000});
  for (const auto& [head, piece] : std::vector<std::pair<std::string, std::string>>{
           {ok + "\r\n", kb},
           {ok + "Transfer-Encoding: chunked\r\n\r\n", "3e8\r\n" + kb + "\r\n"},
           {ok, "A: " + kb + "\r\n"},
           {ok + "A: ", kb},
           {ok + "Transfer-Encoding: chunked\r\n\r\n1;", kb},
       }) {
    ScriptedServer server({endless(head, piece)});
    auto response = Fetch(client, {.method = "GET", .url = Url(server.port())});
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code(), ErrorCode::kIo) << response.error().message();
    EXPECT_THAT(response.error().message(), HasSubstr("more than")) << piece.substr(0, 10);
  }
}

TEST(Client, KeepsTheBeginningOfABodyIfAskedTo) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  struct Case {
    std::string response, body;
    bool truncated;
  };
  const Case cases[] = {
      {head + "Content-Length: 8\r\n\r\n12345678", "12345678", false},
      {head + "Content-Length: 9\r\n\r\n123456789", "12345678", true},
      {head + "Content-Length: 99999999999\r\n\r\n123456789", "12345678", true},
      {head + "Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n0\r\n\r\n", "12345678", false},
      {head + "Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n5\r\n56789\r\n", "12345678", true},
      {head + "\r\n123456789", "12345678", true},
  };
  Client client({.response_bytes_max = 4});
  for (const Case& c : cases) {
    ScriptedServer server({Answer(c.response), Answer(c.response)});
    for (int i = 0; i < 2; ++i) {  // a connection with the rest of a body in it is not used again
      auto response = Fetch(client, {.method = "GET", .url = Url(server.port()), .response_bytes_kept = 8});
      ASSERT_TRUE(response.ok()) << c.response << response.error().message();
      EXPECT_EQ(response->body, c.body) << c.response;
      EXPECT_EQ(response->truncated, c.truncated) << c.response;
    }
  }
}

TEST(Client, ConnectsOnlyToAddressesThatThePolicyAllows) {
  auto server = StartServer(Echo);
  Client client({});
  const auto get = [&](const std::string& url, AddressPolicy policy) {
    return Fetch(client, {.method = "GET", .url = url, .timeout = milliseconds(5000), .addresses = policy});
  };
  const std::string by_name = fmt::format("http://localhost:{}/", server->port());
  EXPECT_TRUE(get(Url(server->port()), AddressPolicy::kNoLinkLocal).ok());
  EXPECT_TRUE(get(by_name, AddressPolicy::kNoLinkLocal).ok());
  // The connections above are pooled; they must not let these through.
  const std::string hosts[] = {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"};
  for (const std::string& host : hosts) {
    auto response = get(fmt::format("http://{}:{}/", host, server->port()), AddressPolicy::kPublic);
    ASSERT_FALSE(response.ok()) << host;
    EXPECT_EQ(response.error().reason(), reason::kAddressRefused) << host << ": " << response.error().message();
    EXPECT_EQ(response.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(response.error().message(), HasSubstr("is a loopback address")) << host;
    EXPECT_THAT(response.error().message(), HasSubstr("'public' refuses; 'no-link-local' allows it")) << host;
  }
  for (const std::string host : {"169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "0.0.0.0"}) {
    auto response = get("http://" + host + "/latest/meta-data/", AddressPolicy::kNoLinkLocal);
    ASSERT_FALSE(response.ok()) << host;
    EXPECT_EQ(response.error().reason(), reason::kAddressRefused) << host;
    EXPECT_THAT(response.error().message(), HasSubstr("'no-link-local' refuses; 'any' allows it")) << host;
  }
}

TEST(Client, ReportsAPeerThatRefusesOrResets) {
  std::uint16_t port;
  {
    ScriptedServer gone({});
    port = gone.port();
  }
  Client client({});
  auto refused = Fetch(client, {.url = Url(port)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(refused.error().reason(), reason::kNotConnected);
  EXPECT_EQ(refused.error().message(), fmt::format("cannot connect to 127.0.0.1:{}: Connection refused", port));

  ScriptedServer resetting({Reset});
  auto reset = Fetch(client, {.url = Url(resetting.port())});
  ASSERT_FALSE(reset.ok());
  EXPECT_EQ(reset.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(reset.error().message(), HasSubstr("Connection reset by peer"));
}

TEST(Client, TimesOutWhetherUnderWayOrWaiting) {
  ScriptedServer silent({ReadUntilClosed, Answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
  Client client({.timeout = milliseconds(50), .connections_per_host_max = 1});
  auto under_way = Start(client, {.url = Url(silent.port())});
  auto waiting = Start(client, {.url = Url(silent.port()), .timeout = milliseconds(20)});
  for (auto* future : {&under_way, &waiting}) {
    auto response = future->get();
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code(), ErrorCode::kTimeout);
    EXPECT_THAT(response.error().message(),
                HasSubstr(fmt::format("127.0.0.1:{} did not answer within", silent.port())));
  }
  EXPECT_TRUE(Fetch(client, {.method = "GET", .url = Url(silent.port()), .timeout = milliseconds(5000)}).ok());
}

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

TEST(Client, SurvivesAPooledConnectionThatThePeerHasClosed) {
  ScriptedServer server({Answer(std::string(kOk)), Answer(std::string(kOk))});
  Client client({});
  for (int i = 0; i < 2; ++i) {
    auto response = Fetch(client, {.method = "GET", .url = Url(server.port()), .idempotent = true});
    EXPECT_TRUE(response.ok()) << response.error().message();
  }
  EXPECT_EQ(server.accepted(), 2);
}

TEST(Client, RepeatsOnlyIdempotentRequestsOnAStaleConnection) {
  // Takes the second request and closes without an answer, as a server does that times out at that moment.
  auto stale = [](int socket) {
    ReadRequest(socket);
    Write(socket, kOk);
    ReadRequest(socket);
  };
  {
    ScriptedServer server({stale, Answer(std::string(kOk))});
    Client client({});
    ASSERT_TRUE(Fetch(client, {.method = "GET", .url = Url(server.port())}).ok());
    EXPECT_TRUE(Fetch(client, {.method = "GET", .url = Url(server.port()), .idempotent = true}).ok());
    EXPECT_EQ(server.accepted(), 2);
  }
  {
    ScriptedServer server({stale, Answer(std::string(kOk))});
    Client client({});
    ASSERT_TRUE(Fetch(client, {.method = "GET", .url = Url(server.port())}).ok());
    auto response = Fetch(client, {.method = "GET", .url = Url(server.port())});
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
    EXPECT_EQ(server.accepted(), 1);
  }
}

TEST(Client, ReadsAnEarlyRefusal) {
  auto server = StartServer(Echo, {.body_bytes_max = 1000});
  Client client({});
  auto response = Fetch(client, {.url = Url(server->port()), .body = std::string(100'000, 'x')});
  ASSERT_TRUE(response.ok()) << response.error().message();
  EXPECT_EQ(response->status, 413);
}

TEST(Client, RefusesWhatItCannotSend) {
  Client client({.requests_open_max = 1});
  auto code = [&](ClientRequest request) { return Fetch(client, std::move(request)).error().code(); };
  EXPECT_EQ(code({.url = "nonsense"}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.method = "GET /\r\n", .url = "http://h/"}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.url = "http://h/", .headers = {{"A\r\nB", "c"}}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.url = "http://h/", .headers = {{"content-length", "3"}}}), ErrorCode::kInvalidArgument);

  ScriptedServer silent({ReadUntilClosed});
  auto open = Start(client, {.url = Url(silent.port())});
  EXPECT_EQ(code({.url = Url(silent.port())}), ErrorCode::kResourceExhausted);
  client.Stop();
  EXPECT_EQ(open.get().error().code(), ErrorCode::kCancelled);
}

TEST(Client, StopCancelsEverythingOnce) {
  ScriptedServer silent({ReadUntilClosed, ReadUntilClosed, ReadUntilClosed});
  Client client({.connections_per_host_max = 2});
  std::vector<std::future<Result<ClientResponse>>> futures;
  for (int i = 0; i < 50; ++i) futures.push_back(Start(client, {.url = Url(silent.port())}));
  std::thread other([&] { client.Stop(); });
  client.Stop();
  other.join();
  client.Stop();
  for (auto& future : futures) EXPECT_EQ(future.get().error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(Fetch(client, {.url = Url(silent.port())}).error().code(), ErrorCode::kCancelled);
}

TEST(Client, StopsWhileBusy) {
  auto server = StartServer(Echo);
  for (int round = 0; round < 10; ++round) {
    Client client({.threads = 2, .connections_per_host_max = 8});
    std::atomic<int> answers = 0;
    std::atomic<int> open = 0;
    std::function<void(Result<ClientResponse>)> again = [&](Result<ClientResponse> result) {
      if (result.ok()) {
        ++answers;
        ++open;
        client.Send({.url = Url(server->port()), .body = "x"}, again);
      } else {
        EXPECT_EQ(result.error().code(), ErrorCode::kCancelled) << result.error().message();
      }
      --open;
    };
    for (int i = 0; i < 16; ++i) {
      ++open;
      client.Send({.url = Url(server->port()), .body = "x"}, again);
    }
    while (answers < 100) std::this_thread::yield();
    client.Stop();
    EXPECT_EQ(open, 0);
  }
}

// A certificate for "localhost" that is its own authority, and a server that speaks one TLS request with it.
class TlsServer {
 public:
  TlsServer() : context_(SSL_CTX_new(TLS_server_method())) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    ca_file_ = testing::TempDir() + fmt::format("millrace_client_test_{}.pem", ::getpid());
    FILE* file = std::fopen(ca_file_.c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~TlsServer() {
    SSL_CTX_free(context_);
    std::remove(ca_file_.c_str());
  }
  const std::string& ca_file() const { return ca_file_; }
  // Answers requests until the peer closes.
  ScriptedServer::Step Serve() {
    return [this](int socket) {
      SSL* tls = SSL_new(context_);
      SSL_set_fd(tls, socket);
      std::string request;
      char bytes[4096];
      if (SSL_accept(tls) == 1) {
        for (int count; (count = SSL_read(tls, bytes, sizeof bytes)) > 0;) {
          request.append(bytes, static_cast<std::size_t>(count));
          if (!request.ends_with("\r\n\r\n")) continue;
          request.clear();
          const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
          SSL_write(tls, answer.data(), static_cast<int>(answer.size()));
        }
      }
      SSL_free(tls);
    };
  }

 private:
  SSL_CTX* context_;
  std::string ca_file_;
};

TEST(Client, SpeaksTlsWithAPeerThatItTrusts) {
  TlsServer tls;
  ScriptedServer server({tls.Serve()});
  Client client({.ca_file = tls.ca_file()});
  for (int i = 0; i < 3; ++i) {
    auto response = Fetch(client, {.method = "GET", .url = fmt::format("https://localhost:{}/", server.port())});
    ASSERT_TRUE(response.ok()) << response.error().message();
    EXPECT_EQ(response->body, "secret");
  }
  EXPECT_EQ(server.accepted(), 1);
}

TEST(Client, RefusesACertificateThatItDoesNotTrust) {
  TlsServer tls;
  ScriptedServer server({tls.Serve(), tls.Serve(), tls.Serve()});
  const std::string url = fmt::format("https://localhost:{}/", server.port());
  Client distrusting({});
  auto self_signed = Fetch(distrusting, {.method = "GET", .url = url});
  ASSERT_FALSE(self_signed.ok());
  EXPECT_EQ(self_signed.error().code(), ErrorCode::kIo);
  EXPECT_THAT(self_signed.error().message(), HasSubstr("self-signed certificate"));

  Client trusting({.ca_file = tls.ca_file()});
  auto other_name = Fetch(trusting, {.method = "GET", .url = fmt::format("https://127.0.0.1:{}/", server.port())});
  ASSERT_FALSE(other_name.ok());
  EXPECT_EQ(other_name.error().code(), ErrorCode::kIo) << other_name.error().message();

  Client careless({.tls_verify = TlsVerify::kNone});
  EXPECT_TRUE(Fetch(careless, {.method = "GET", .url = url}).ok());

  Client without({.ca_file = "/does/not/exist.pem"});
  auto no_file = Fetch(without, {.method = "GET", .url = url});
  ASSERT_FALSE(no_file.ok());
  EXPECT_THAT(no_file.error().message(), HasSubstr("/does/not/exist.pem"));
}

}  // namespace
}  // namespace millrace::http
