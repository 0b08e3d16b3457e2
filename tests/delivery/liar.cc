// liar is an HTTP endpoint that cannot be trusted: the target of the long test `delivery`.
//
//   liar --seed 1 --log FILE [--port 0] [--often 1]
//
// What it does with a request it draws from the seed: mostly it takes the record and says so. Else it says so and has
// done nothing; does it and answers 500, tears the connection down, or stops in the middle of the answer; answers late;
// asks for patience (429, 503, with and without Retry-After); never answers; refuses one key for seconds; or is out of
// order as a whole for a while. `often` multiplies how often.
//
// For each request it writes one line, in the order in which it settled them: a late answer stands where it was given.
//
//   number route key n idempotency-key behaviour acknowledged done
//
// `acknowledged` is 1 if a 2xx was sent, `done` if the record took effect. Key and n are "?" and 0 if the body is no
// record of the test's, which then stands on standard error; a request without Idempotency-Key has "-" for it. The
// first line on standard output is the port; SIGTERM ends it.
//
// One thread: what it says it does, in that order.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "json/parse.h"
#include "message.h"

namespace millrace::delivery {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

[[noreturn]] void Fail(const std::string& what) {
  Die("liar", what);
}
[[noreturn]] void FailOfErrno(const char* what) {
  Fail(std::string(what) + ": " + std::strerror(errno));
}

struct Options {
  std::uint16_t port = 0;
  std::uint64_t seed = 1;
  std::uint64_t often = 1;
  std::string log;
};

// The record that a request carries.
struct Letter {
  std::string route;
  std::string key = "?";
  std::uint64_t n = 0;
  std::string idempotency_key;
};

enum class Move : std::uint8_t {
  kTake,         // 200 and done
  kLie,          // 200 and nothing done
  kDoneError,    // done, 500
  kError,        // 500
  kDoneReset,    // done, the connection is torn down
  kDoneCutOff,   // done, the connection ends in the middle of the answer
  kReset,        // torn down
  kSlow,         // done, 200 after a while
  kTooMany,      // 429
  kUnavailable,  // 503
  kHang,         // no answer, ever
  kSulk,         // 500, for this key's next seconds too
  kOutage,       // 503 or torn down, for all that comes in the next while
};
constexpr std::array<std::string_view, 13> kMoveNames = {
    "take", "lie",      "done-error",  "error", "done-reset", "done-cut-off", "reset",
    "slow", "too-many", "unavailable", "hang",  "sulk",       "outage"};

// How often in a million requests each is drawn, with `often` 1. Those that stop a whole target cost it a tenth of a
// second or more each, and are rarer.
struct Share {
  Move move;
  std::uint64_t in_a_million;
};
constexpr std::array<Share, 12> kShares = {{{Move::kLie, 10'000},
                                            {Move::kDoneError, 3'000},
                                            {Move::kError, 1'000},
                                            {Move::kSlow, 10'000},
                                            {Move::kDoneReset, 200},
                                            {Move::kDoneCutOff, 100},
                                            {Move::kReset, 100},
                                            {Move::kTooMany, 150},
                                            {Move::kUnavailable, 150},
                                            {Move::kHang, 20},
                                            {Move::kSulk, 40},
                                            {Move::kOutage, 20}}};

// Draws what to do with each request, and remembers moods that last.
class Moods {
 public:
  Moods(std::uint64_t seed, std::uint64_t often) : random_(seed), often_(often) {}

  SeededRandom& random() { return random_; }

  Move Draw(const Letter& letter, Clock::time_point now) {
    if (const auto outage = outages_.find(letter.route); outage != outages_.end()) {
      if (now < outage->second) return Move::kOutage;
      outages_.erase(outage);
    }
    const auto mood = std::make_pair(letter.route, letter.key);
    if (const auto sulk = sulks_.find(mood); sulk != sulks_.end()) {
      if (now < sulk->second) return Move::kSulk;
      sulks_.erase(sulk);
    }
    std::uint64_t drawn = random_.Below(1'000'000);
    for (const Share& share : kShares) {
      const std::uint64_t width = share.in_a_million * often_;
      if (drawn >= width) {
        drawn -= width;
        continue;
      }
      if (share.move == Move::kSulk) sulks_[mood] = now + milliseconds(100 + random_.Below(5'000));
      if (share.move == Move::kOutage) outages_[letter.route] = now + milliseconds(50 + random_.Below(450));
      return share.move;
    }
    return Move::kTake;
  }

 private:
  SeededRandom random_;
  const std::uint64_t often_;
  std::map<std::string, Clock::time_point> outages_;                        // by route: until when
  std::map<std::pair<std::string, std::string>, Clock::time_point> sulks_;  // by route and key: until when
};

// The log, appended to in blocks.
class Journal {
 public:
  explicit Journal(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    if (file_ < 0) FailOfErrno(path.c_str());
  }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal() {
    Flush();
    ::close(file_);
  }

  enum class Acknowledged : std::uint8_t { kNo, kYes };
  enum class Done : std::uint8_t { kNo, kYes };

  void Note(const Letter& letter, Move move, Acknowledged acknowledged, Done done) {
    fmt::format_to(std::back_inserter(text_), "{} {} {} {} {} {} {} {}\n", ++lines_, letter.route, letter.key, letter.n,
                   letter.idempotency_key, kMoveNames[static_cast<std::size_t>(move)], static_cast<int>(acknowledged),
                   static_cast<int>(done));
  }
  void Flush() {
    for (std::size_t written = 0; written < text_.size();) {
      const ssize_t count = ::write(file_, text_.data() + written, text_.size() - written);
      if (count < 0) FailOfErrno("writing the log");
      written += static_cast<std::size_t>(count);
    }
    text_.clear();
  }

 private:
  const int file_;
  std::string text_;
  std::uint64_t lines_ = 0;
};

// A word for the log: neither empty nor able to look like two.
std::string Word(std::string_view text, std::string_view otherwise) {
  const bool plain = !text.empty() && text.size() <= 200 &&
                     std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return std::string(plain ? text : otherwise);
}

const json::Value* At(const json::Value& root, std::initializer_list<std::string_view> path) {
  const json::Value* value = &root;
  for (const std::string_view name : path) {
    if (value == nullptr) return nullptr;
    value = value->Find(name);
  }
  return value;
}

// Reads what the pipes and rules of the test post: a stream record, or a crud event.
class Reader {
 public:
  Letter Read(const Message& message) {
    Letter letter;
    const std::size_t slash = message.head.find('/');
    letter.route = Word(message.head.substr(slash + 1, message.head.find(' ', slash) - slash - 1), "?");
    letter.idempotency_key = Word(message.Field("Idempotency-Key"), "-");
    if (!document_.Parse(message.body).ok()) return letter;
    const json::Value& root = document_.root();
    const json::Value* key = At(root, {"dynamodb", "NewImage", "id", "S"});
    const json::Value* n = At(root, {"dynamodb", "NewImage", "n", "N"});
    if (key == nullptr) key = At(root, {"detail", "Values", "id"});
    if (n == nullptr) n = At(root, {"detail", "Values", "n"});
    if (key == nullptr || n == nullptr || !key->is_string()) return letter;
    const std::string_view digits = n->is_string() ? n->string() : n->is_number() ? n->number() : std::string_view();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return letter;
    letter.key = Word(key->string(), "?");
    letter.n = number;
    return letter;
  }

 private:
  json::Document document_;
};

std::string_view StatusLine(int status) {
  switch (status) {
    case 200:
      return "200 OK";
    case 429:
      return "429 Too Many Requests";
    case 503:
      return "503 Service Unavailable";
    default:
      return "500 Internal Server Error";
  }
}

struct Connection {
  int fd = -1;
  std::uint64_t number = 0;  // tells it from others that had the same descriptor
  std::string in;
  bool waits = false;  // its request has no answer yet
  Letter slow;         // while it waits for a late answer
};

class Liar {
 public:
  explicit Liar(const Options& options) : moods_(options.seed, options.often), journal_(options.log) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(options.port);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) FailOfErrno("bind");
    if (::listen(listener_, 1024) != 0) FailOfErrno("listen");
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, nullptr);
    signals_ = ::signalfd(-1, &ending, SFD_CLOEXEC);
    Watch(listener_);
    Watch(signals_);
  }
  Liar(const Liar&) = delete;
  Liar& operator=(const Liar&) = delete;
  ~Liar() {
    for (const auto& [fd, connection] : connections_) ::close(fd);
    ::close(signals_);
    ::close(listener_);
    ::close(epoll_);
  }

  std::uint16_t port() const { return port_; }

  void Run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), Patience());
      if (ready < 0 && errno != EINTR) FailOfErrno("epoll_wait");
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == signals_) return;
        if (fd == listener_) {
          Accept();
        } else {
          Receive(fd);
        }
      }
      AnswerTheLate();
      journal_.Flush();
    }
  }

 private:
  struct Late {
    Clock::time_point at;
    int fd;
    std::uint64_t number;
    bool operator>(const Late& other) const { return at > other.at; }
  };
  using Acknowledged = Journal::Acknowledged;
  using Done = Journal::Done;

  void Watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) FailOfErrno("epoll_ctl");
  }
  int Patience() const {
    if (late_.empty()) return -1;
    const auto wait = std::chrono::ceil<milliseconds>(late_.top().at - Clock::now()).count();
    return static_cast<int>(std::max<milliseconds::rep>(0, wait));
  }

  void Accept() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) return;
      const int yes = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      connection->number = ++accepted_;
      connections_[fd] = std::move(connection);
      Watch(fd);
    }
  }

  void Receive(int fd) {
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;  // closed by an event before this one
    Connection& connection = *found->second;
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (count <= 0) return Lose(connection);
      connection.in.append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (connection.waits) return;
    if (const auto message = FindMessage(connection.in)) Settle(connection, *message);
  }

  // The peer has gone. What it was still to be told it will never hear.
  void Lose(Connection& connection) {
    if (!connection.slow.route.empty()) journal_.Note(connection.slow, Move::kSlow, Acknowledged::kNo, Done::kYes);
    Close(connection);
  }
  void Close(Connection& connection) {
    const int fd = connection.fd;
    connections_.erase(fd);
    ::close(fd);
  }
  void TearDown(Connection& connection) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    Close(connection);
  }
  // An answer is small: it fits into the socket, or the peer has gone.
  static void Answer(const Connection& connection, int status, std::string_view field = {}) {
    const std::string text = fmt::format("HTTP/1.1 {}\r\n{}Content-Length: 2\r\n\r\n{{}}", StatusLine(status), field);
    [[maybe_unused]] const ssize_t sent = ::send(connection.fd, text.data(), text.size(), MSG_NOSIGNAL);
  }

  void Settle(Connection& connection, const Message& message) {
    const Letter letter = reader_.Read(message);
    if (letter.key == "?") {
      std::fprintf(stderr, "not a record of the test:\n%.*s%.*s\n", static_cast<int>(message.head.size()),
                   message.head.data(), static_cast<int>(message.body.size()), message.body.data());
    }
    connection.in.erase(0, message.bytes);
    const Move move = moods_.Draw(letter, Clock::now());
    switch (move) {
      case Move::kTake:
        journal_.Note(letter, move, Acknowledged::kYes, Done::kYes);
        return Answer(connection, 200);
      case Move::kLie:
        journal_.Note(letter, move, Acknowledged::kYes, Done::kNo);
        return Answer(connection, 200);
      case Move::kDoneError:
        journal_.Note(letter, move, Acknowledged::kNo, Done::kYes);
        return Answer(connection, 500);
      case Move::kError:
      case Move::kSulk:
        journal_.Note(letter, move, Acknowledged::kNo, Done::kNo);
        return Answer(connection, 500);
      case Move::kDoneReset:
        journal_.Note(letter, move, Acknowledged::kNo, Done::kYes);
        return TearDown(connection);
      case Move::kReset:
        journal_.Note(letter, move, Acknowledged::kNo, Done::kNo);
        return TearDown(connection);
      case Move::kDoneCutOff: {
        journal_.Note(letter, move, Acknowledged::kNo, Done::kYes);
        constexpr std::string_view kHalf = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{";
        [[maybe_unused]] const ssize_t sent = ::send(connection.fd, kHalf.data(), kHalf.size(), MSG_NOSIGNAL);
        return Close(connection);
      }
      case Move::kSlow:
        connection.waits = true;
        connection.slow = letter;
        late_.push({Clock::now() + milliseconds(10 + moods_.random().Below(40)), connection.fd, connection.number});
        return;
      case Move::kTooMany:
        journal_.Note(letter, move, Acknowledged::kNo, Done::kNo);
        return Answer(connection, 429, RetryAfter());
      case Move::kUnavailable:
        journal_.Note(letter, move, Acknowledged::kNo, Done::kNo);
        return Answer(connection, 503, RetryAfter());
      case Move::kHang: {
        const bool done = moods_.random().Below(2) == 0;
        journal_.Note(letter, move, Acknowledged::kNo, done ? Done::kYes : Done::kNo);
        connection.waits = true;
        return;
      }
      case Move::kOutage:
        journal_.Note(letter, move, Acknowledged::kNo, Done::kNo);
        if (moods_.random().Below(2) == 0) return TearDown(connection);
        return Answer(connection, 503);
    }
  }
  std::string_view RetryAfter() {
    switch (moods_.random().Below(8)) {
      case 0:
        return "Retry-After: 1\r\n";
      case 1:
      case 2:
      case 3:
        return "Retry-After: 0\r\n";
      default:
        return {};
    }
  }

  void AnswerTheLate() {
    while (!late_.empty() && late_.top().at <= Clock::now()) {
      const Late late = late_.top();
      late_.pop();
      const auto found = connections_.find(late.fd);
      if (found == connections_.end() || found->second->number != late.number) continue;
      Connection& connection = *found->second;
      journal_.Note(connection.slow, Move::kSlow, Acknowledged::kYes, Done::kYes);
      connection.slow = {};
      connection.waits = false;
      Answer(connection, 200);
    }
  }

  Moods moods_;
  Journal journal_;
  Reader reader_;
  int epoll_ = -1;
  int listener_ = -1;
  int signals_ = -1;
  std::uint16_t port_ = 0;
  std::uint64_t accepted_ = 0;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Late, std::vector<Late>, std::greater<>> late_;
};

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    const std::string_view value = argv[i + 1];
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool is_number = error == std::errc() && end == value.data() + value.size();
    if (flag == "--log") {
      options.log = value;
    } else if (flag == "--seed" && is_number) {
      options.seed = number;
    } else if (flag == "--port" && is_number && number <= 65535) {
      options.port = static_cast<std::uint16_t>(number);
    } else if (flag == "--often" && is_number && number >= 1 && number <= 30) {
      options.often = number;
    } else {
      Fail("cannot use " + std::string(flag) + " " + std::string(value));
    }
  }
  if (argc % 2 == 0 || options.log.empty()) Fail("usage: liar --log FILE [--seed N] [--port N] [--often 1..30]");
  return options;
}

}  // namespace
}  // namespace millrace::delivery

int main(int argc, char** argv) {
  using namespace millrace::delivery;
  Liar liar(Parse(argc, argv));
  std::printf("%d\n", liar.port());
  std::fflush(stdout);
  liar.Run();
  return 0;
}
