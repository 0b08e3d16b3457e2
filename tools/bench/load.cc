// load drives one operation of a DynamoDB-compatible server over N connections and prints what came of it as one line
// of JSON: {"op":"get","connections":64,"per_second":…,"p50_us":…,"p99_us":…,"max_us":…,"requests":…,"errors":…}
//
//   load --port 4566 --op put --connections 64 --seconds 3 --warmup 1 --table bench
//
// Closed loop: a connection sends its next request when the last one is answered, so the latency is that of a client
// that waits, and the rate is the peak. One thread, epoll, keep-alive; the requests are encoded before the clock
// starts. Each write carries a number that no write before it had, in a field of fixed width that is patched in place:
// writing what is there already would be no change, and cheaper than the real thing.
//
// The data: 10,000 items of about 470 bytes, string pk and sk, 10 items per pk; --op fill writes all of them once.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string host = "127.0.0.1";
  int port = 4566;
  std::string op = "get";
  std::string table = "bench";
  int connections = 1;
  double seconds = 3;
  double warmup = 1;
  int items = 10'000;
  std::uint64_t seed = 1;
  std::uint64_t requests = 0;  // stop after so many instead of after `seconds`
  std::uint64_t first_version = 1;
};

[[noreturn]] void Die(const std::string& message) {
  std::fprintf(stderr, "load: %s\n", message.c_str());
  std::exit(2);
}

// Latencies in nanoseconds, in buckets that are at most 1/128 of their value wide.
class Histogram {
 public:
  void Add(std::uint64_t nanoseconds) {
    ++counts_[std::min(BucketOf(nanoseconds), counts_.size() - 1)];
    ++total_;
    max_ = std::max(max_, nanoseconds);
  }
  std::uint64_t total() const { return total_; }
  double MaxMicros() const { return static_cast<double>(max_) / 1000; }
  double QuantileMicros(double quantile) const {
    const auto wanted = static_cast<std::uint64_t>(quantile * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) return static_cast<double>(ValueOf(i)) / 1000;
    }
    return MaxMicros();
  }

 private:
  static constexpr int kBits = 7;
  static std::size_t BucketOf(std::uint64_t value) {
    const int octave = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
    return (static_cast<std::size_t>(octave) << kBits) + (value >> octave);
  }
  static std::uint64_t ValueOf(std::size_t bucket) {
    if (bucket < (std::size_t{2} << kBits)) return bucket;
    const std::size_t octave = (bucket >> kBits) - 1;
    return ((bucket & ((std::size_t{1} << kBits) - 1)) + (std::size_t{1} << kBits)) << octave;
  }

  std::array<std::uint64_t, 40 << kBits> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

// SplitMix64: the same seed asks for the same keys.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  int Below(int bound) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<int>((z ^ (z >> 31)) % static_cast<std::uint64_t>(bound));
  }

 private:
  std::uint64_t state_;
};

constexpr std::string_view kVersion = "@version....";  // twelve characters, patched before each sending

std::string Padded(int number) {
  std::string digits = std::to_string(number);
  return std::string(6 - std::min<std::size_t>(6, digits.size()), '0') + digits;
}
std::string PartitionKey(int item) {
  return "customer#" + Padded(item / 10);
}
std::string KeyJson(int item) {
  return R"({"pk":{"S":")" + PartitionKey(item) + R"("},"sk":{"S":"order#)" + Padded(item % 10) + R"("}})";
}
std::string ItemJson(int item) {
  std::string json = KeyJson(item);
  json.pop_back();
  json += R"(,"version":{"S":")" + std::string(kVersion) + R"("},"hits":{"N":"0"},"name":{"S":"Ada Lovelace"})";
  json += R"(,"email":{"S":"ada.lovelace@example.com"},"amount":{"N":"1234.56"},"paid":{"BOOL":true})";
  json += R"(,"tags":{"SS":["first","second","third"]})";
  json += R"(,"address":{"M":{"street":{"S":"St James's Square 12"},"city":{"S":"London"},"zip":{"S":"SW1Y 4JH"}}})";
  json += R"(,"note":{"S":")" + std::string(200, static_cast<char>('a' + item % 26)) + R"("}})";
  return json;
}

// One request, ready to send, and where its version numbers stand.
struct Encoded {
  std::string bytes;
  std::vector<std::size_t> versions;
};

Encoded Encode(const Options& options, std::string_view operation, const std::string& body) {
  Encoded encoded;
  encoded.bytes = "POST / HTTP/1.1\r\nHost: " + options.host + ":" + std::to_string(options.port) +
                  "\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810." +
                  std::string(operation) +
                  "\r\nX-Amz-Date: 20261101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
                  "Credential=test/20261101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, "
                  "Signature=0000000000000000000000000000000000000000000000000000000000000000\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body;
  for (std::size_t at = 0; (at = encoded.bytes.find(kVersion, at)) != std::string::npos; at += kVersion.size()) {
    encoded.versions.push_back(at);
  }
  return encoded;
}

std::string TableMember(const Options& options) {
  return R"({"TableName":")" + options.table + '"';
}

std::string PutBody(const Options& options, int item) {
  return TableMember(options) + R"(,"Item":)" + ItemJson(item) + "}";
}
std::string GetBody(const Options& options, int item) {
  return TableMember(options) + R"(,"Key":)" + KeyJson(item) + "}";
}
constexpr std::string_view kUpdate =
    R"("UpdateExpression":"SET version = :v ADD hits :one","ExpressionAttributeValues":{":v":{"S":"@version...."},":one":{"N":"1"}})";
std::string UpdateBody(const Options& options, int item) {
  return TableMember(options) + R"(,"Key":)" + KeyJson(item) + "," + std::string(kUpdate) + "}";
}
std::string QueryBody(const Options& options, int item) {
  return TableMember(options) + R"(,"KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":")" +
         PartitionKey(item) + R"("}}})";
}
// Put one item, update the next, check that the one after is there.
std::string TransactBody(const Options& options, int item) {
  const int second = (item + 1) % options.items;
  const int third = (item + 2) % options.items;
  return R"({"TransactItems":[{"Put":)" + PutBody(options, item) + R"(},{"Update":)" + UpdateBody(options, second) +
         R"(},{"ConditionCheck":)" + TableMember(options) + R"(,"Key":)" + KeyJson(third) +
         R"json(,"ConditionExpression":"attribute_exists(pk)"}}]})json";
}
std::string BatchBody(const Options& options, int first) {
  std::string body = R"({"RequestItems":{")" + options.table + R"(":[)";
  for (int i = 0; i < 25; ++i) {
    if (i > 0) body += ',';
    body += R"({"PutRequest":{"Item":)" + ItemJson((first + i) % options.items) + "}}";
  }
  return body + "]}}";
}

std::vector<Encoded> EncodeAll(const Options& options) {
  using Body = std::string (*)(const Options&, int);
  const std::map<std::string, std::pair<std::string_view, Body>> operations = {
      {"put", {"PutItem", PutBody}},
      {"get", {"GetItem", GetBody}},
      {"update", {"UpdateItem", UpdateBody}},
      {"query", {"Query", QueryBody}},
      {"transact", {"TransactWriteItems", TransactBody}},
      {"batch", {"BatchWriteItem", BatchBody}}};
  std::vector<Encoded> requests;
  if (options.op == "fill") {
    for (int item = 0; item < options.items; item += 25) {
      requests.push_back(Encode(options, "BatchWriteItem", BatchBody(options, item)));
    }
    return requests;
  }
  const auto found = operations.find(options.op);
  if (found == operations.end()) Die("--op is one of fill, get, put, update, query, transact, batch");
  Draw draw(options.seed);
  const int count = options.op == "batch" ? 1'000 : 10'000;
  for (int i = 0; i < count; ++i) {
    requests.push_back(Encode(options, found->second.first, found->second.second(options, draw.Below(options.items))));
  }
  return requests;
}

// One keep-alive connection with at most one request in flight.
class Connection {
 public:
  explicit Connection(const Options& options) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options.port));
    if (::inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1) Die("--host is an IPv4 address");
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      Die("cannot connect to " + options.host + ":" + std::to_string(options.port) + ": " + std::strerror(errno));
    }
    const int yes = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(fd_); }

  int fd() const { return fd_; }
  Clock::time_point started() const { return started_; }

  void Send(const std::string& bytes) {
    out_ = bytes;
    sent_ = 0;
    in_.clear();
    body_at_ = 0;
    started_ = Clock::now();
    Flush();
  }
  // True if there is more to send, so that the caller must wait until the socket is writable.
  bool Flush() {
    while (sent_ < out_.size()) {
      const ssize_t count = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
      if (count < 0) Die(std::string("sending: ") + std::strerror(errno));
      sent_ += static_cast<std::size_t>(count);
    }
    return false;
  }
  // Reads what is there; true once the whole answer is.
  bool Receive() {
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
      if (count <= 0)
        Die(count == 0 ? "the server closed a connection" : std::string("receiving: ") + std::strerror(errno));
      in_.append(buffer.data(), static_cast<std::size_t>(count));
      if (body_at_ == 0) ReadHead();
      if (body_at_ != 0 && in_.size() >= body_at_ + body_bytes_) return true;
    }
  }
  bool good() const { return in_.starts_with("HTTP/1.1 200"); }
  const std::string& answer() const { return in_; }

 private:
  void ReadHead() {
    const std::size_t end = in_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::string head = in_.substr(0, end);
    std::transform(head.begin(), head.end(), head.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    constexpr std::string_view kLength = "\r\ncontent-length:";
    const std::size_t at = head.find(kLength);
    if (at == std::string::npos) Die("an answer without Content-Length: " + head);
    body_bytes_ = std::strtoull(head.c_str() + at + kLength.size(), nullptr, 10);
    body_at_ = end + 4;
  }

  int fd_ = -1;
  std::string out_;
  std::size_t sent_ = 0;
  std::string in_;
  std::size_t body_at_ = 0;  // 0: the head is not complete
  std::size_t body_bytes_ = 0;
  Clock::time_point started_;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), requests_(EncodeAll(options)), version_(options.first_version) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    const auto count = std::min(static_cast<std::size_t>(options.connections), requests_.size());
    for (std::size_t i = 0; i < count; ++i) {
      connections_.push_back(std::make_unique<Connection>(options));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = connections_.back().get();
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back()->fd(), &event);
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() { ::close(epoll_); }

  void Run() {
    const std::uint64_t limit = options_.op == "fill" ? requests_.size() : options_.requests;
    const bool once = limit != 0;
    const auto begin = Clock::now();
    const auto measure = begin + Seconds(once ? 0 : options_.warmup);
    const auto end = measure + Seconds(once ? 1e6 : options_.seconds);
    for (auto& connection : connections_) Next(*connection);
    std::size_t open = connections_.size();
    std::array<epoll_event, 256> events;
    Clock::time_point now = begin;
    while (open > 0) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 30'000);
      if (ready == 0) Die("no answer for 30 seconds");
      for (int i = 0; i < ready; ++i) {
        auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if ((events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0) Await(connection, connection.Flush());
        if (!connection.Receive()) continue;
        now = Clock::now();
        if (!connection.good()) Complain(connection.answer());
        if (now >= measure && now < end) {
          histogram_.Add(static_cast<std::uint64_t>((now - connection.started()).count()));
        }
        if (now >= end || (once && next_ >= limit)) {
          --open;
        } else {
          Next(connection);
        }
      }
    }
    Report(once ? std::chrono::duration<double>(now - begin).count() : options_.seconds);
  }

 private:
  static Clock::duration Seconds(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }
  void Next(Connection& connection) {
    Encoded& request = requests_[next_++ % requests_.size()];
    for (const std::size_t at : request.versions) {
      std::array<char, kVersion.size() + 1> digits;
      std::snprintf(digits.data(), digits.size(), "%012llu",
                    static_cast<unsigned long long>(version_++ % 1'000'000'000'000));
      std::memcpy(request.bytes.data() + at, digits.data(), kVersion.size());
    }
    connection.Send(request.bytes);
    Await(connection, connection.Flush());
  }
  // Listens for writability only while a request did not fit into the socket.
  void Await(Connection& connection, bool writable) {
    if (!writable && blocked_ == 0) return;
    epoll_event event{};
    event.events = EPOLLIN | (writable ? EPOLLOUT : 0U);
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd(), &event);
    blocked_ = 1;  // from now on always said explicitly; only requests of megabytes get here
  }
  void Complain(const std::string& answer) {
    if (errors_++ == 0) std::fprintf(stderr, "load: %s\n", answer.substr(0, 1000).c_str());
  }
  void Report(double seconds) const {
    std::printf(
        R"({"op":"%s","connections":%zu,"per_second":%.1f,"p50_us":%.1f,"p99_us":%.1f,"max_us":%.1f,"requests":%llu,"errors":%llu,"version":%llu})"
        "\n",
        options_.op.c_str(), connections_.size(), static_cast<double>(histogram_.total()) / seconds,
        histogram_.QuantileMicros(0.5), histogram_.QuantileMicros(0.99), histogram_.MaxMicros(),
        static_cast<unsigned long long>(histogram_.total()), static_cast<unsigned long long>(errors_),
        static_cast<unsigned long long>(version_));
  }

  const Options options_;
  std::vector<Encoded> requests_;
  std::vector<std::unique_ptr<Connection>> connections_;
  int epoll_ = -1;
  std::size_t next_ = 0;
  std::uint64_t version_;
  int blocked_ = 0;
  std::uint64_t errors_ = 0;
  Histogram histogram_;
};

Options Parse(int argc, char** argv) {
  Options options;
  const std::map<std::string_view, std::function<void(const char*)>> flags = {
      {"--host", [&](const char* text) { options.host = text; }},
      {"--port", [&](const char* text) { options.port = std::atoi(text); }},
      {"--op", [&](const char* text) { options.op = text; }},
      {"--table", [&](const char* text) { options.table = text; }},
      {"--connections", [&](const char* text) { options.connections = std::atoi(text); }},
      {"--seconds", [&](const char* text) { options.seconds = std::atof(text); }},
      {"--warmup", [&](const char* text) { options.warmup = std::atof(text); }},
      {"--items", [&](const char* text) { options.items = std::atoi(text); }},
      {"--requests", [&](const char* text) { options.requests = std::strtoull(text, nullptr, 10); }},
      {"--seed", [&](const char* text) { options.seed = std::strtoull(text, nullptr, 10); }},
      {"--first-version", [&](const char* text) { options.first_version = std::strtoull(text, nullptr, 10); }}};
  for (int i = 1; i < argc; i += 2) {
    const auto found = flags.find(argv[i]);
    if (found == flags.end() || i + 1 == argc) {
      std::string all;
      for (const auto& [name, set] : flags) all += " [" + std::string(name) + " VALUE]";
      Die("usage: load" + all);
    }
    found->second(argv[i + 1]);
  }
  if (options.connections < 1 || options.connections > 10'000 || options.items < 25 || options.items > 10'000'000 ||
      options.seconds <= 0) {
    Die("--connections is 1 to 10000, --items 25 to 10000000, --seconds more than 0");
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  Load(Parse(argc, argv)).Run();
  return 0;
}
