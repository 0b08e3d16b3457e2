// writer counts up the items of a table, each over a connection of its own: the source of the long test `delivery`.
//
//   writer --port 4566 --table counted --keys 64 --each 15625
//
// Item number k is put with n = 1, 2, … each, the next one only after the last was acknowledged. When the connection is
// lost it is made again and the same put is sent again; had it taken effect, then it changes nothing the second time
// and makes no change record. So the changes of an item are exactly 1 … each, in this order, whatever is killed when.
//
// It writes as many records in all as standard input allows: each line there is a new total. The last record of every
// key waits for the total of all of them. Standard output has a line "written TOTAL" ten times a second while it
// changes, and at the end "acknowledged KEY N" for each key. It ends when everything is written, or with the input.
//
// One thread.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "message.h"

namespace millrace::delivery {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kReconnectMs = 10;
constexpr std::chrono::milliseconds kReportEvery{100};

[[noreturn]] void Fail(const std::string& what) {
  Die("writer", what);
}

struct Options {
  std::uint16_t port = 0;
  std::string table;
  std::uint64_t keys = 64;
  std::uint64_t each = 0;
};

std::string KeyName(std::uint64_t key) {
  return fmt::format("k{:02}", key);
}

// One key: what it has written, and the connection that it writes over.
struct Lane {
  std::uint64_t key = 0;
  std::uint64_t acknowledged = 0;
  bool writing = false;  // record acknowledged + 1 is sent, or to be sent again
  int fd = -1;
  std::string in;
};

class Writer {
 public:
  explicit Writer(const Options& options) : options_(options), lanes_(options.keys) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    for (std::uint64_t key = 0; key < options.keys; ++key) lanes_[key].key = key;
    ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kInput;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    for (const Lane& lane : lanes_)
      if (lane.fd >= 0) ::close(lane.fd);
    ::close(epoll_);
  }

  void Run() {
    std::array<epoll_event, 128> events;
    while (acknowledged_ < total() && !input_ended_) {
      bool lost = false;
      for (Lane& lane : lanes_) lost |= !Go(lane);
      Report();
      const int patience = lost                         ? kReconnectMs
                           : acknowledged_ == reported_ ? -1
                                                        : static_cast<int>(kReportEvery.count());
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience);
      if (ready < 0 && errno != EINTR) Fail(std::strerror(errno));
      for (int i = 0; i < ready; ++i) {
        const std::uint64_t which = events[static_cast<std::size_t>(i)].data.u64;
        if (which == kInput) {
          ReadAllowance();
        } else {
          Receive(lanes_[which]);
        }
      }
    }
    fmt::print("written {}\n", acknowledged_);
    for (const Lane& lane : lanes_) fmt::print("acknowledged {} {}\n", KeyName(lane.key), lane.acknowledged);
    std::fflush(stdout);
  }

 private:
  static constexpr std::uint64_t kInput = ~std::uint64_t{0};

  std::uint64_t total() const { return options_.keys * options_.each; }

  // Sends what there is to send. False if there is no connection to send it over.
  bool Go(Lane& lane) {
    if (!lane.writing) {
      const std::uint64_t quota = allowed_ >= total() ? options_.each : options_.each - 1;
      if (begun_ >= allowed_ || lane.acknowledged >= quota) return true;
      lane.writing = true;
      ++begun_;
      if (lane.fd >= 0) return Send(lane);
    }
    if (lane.fd >= 0) return true;
    return Connect(lane) && Send(lane);
  }

  bool Connect(Lane& lane) {
    lane.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(options_.port);
    if (::connect(lane.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(lane.fd);
      lane.fd = -1;
      return false;
    }
    const int yes = 1;
    ::setsockopt(lane.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::fcntl(lane.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = lane.key;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, lane.fd, &event);
    return true;
  }

  // A request is small: it fits into the socket, or the server has gone.
  bool Send(Lane& lane) {
    const std::string body = fmt::format(R"({{"TableName":"{}","Item":{{"id":{{"S":"{}"}},"n":{{"N":"{}"}}}}}})",
                                         options_.table, KeyName(lane.key), lane.acknowledged + 1);
    const std::string text = fmt::format(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/x-amz-json-1.0\r\n"
        "X-Amz-Target: DynamoDB_20120810.PutItem\r\nX-Amz-Date: 20261101T000000Z\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=test/20261101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=0000000000000000000000000000000000000000000000000000000000000000\r\nContent-Length: {}\r\n\r\n{}",
        options_.port, body.size(), body);
    if (::send(lane.fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) return true;
    Lose(lane);
    return false;
  }

  void Lose(Lane& lane) {
    ::close(lane.fd);
    lane.fd = -1;
    lane.in.clear();
  }

  void Receive(Lane& lane) {
    std::array<char, 16384> buffer;
    while (lane.fd >= 0) {
      const ssize_t count = ::recv(lane.fd, buffer.data(), buffer.size(), 0);
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (count <= 0) return Lose(lane);
      lane.in.append(buffer.data(), static_cast<std::size_t>(count));
      const auto message = FindMessage(lane.in);
      if (!message) continue;
      if (!lane.writing || !message->head.starts_with("HTTP/1.1 200"))
        Fail(fmt::format("{} n={} was answered {}{}", KeyName(lane.key), lane.acknowledged + 1, message->head,
                         message->body));
      lane.in.clear();
      lane.writing = false;
      ++lane.acknowledged;
      ++acknowledged_;
      Go(lane);
    }
  }

  void ReadAllowance() {
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
      input_ended_ = true;
      return;
    }
    input_.append(buffer.data(), static_cast<std::size_t>(count));
    for (std::size_t end; (end = input_.find('\n')) != std::string::npos; input_.erase(0, end + 1)) {
      const auto [rest, error] = std::from_chars(input_.data(), input_.data() + end, allowed_);
      if (error != std::errc() || rest != input_.data() + end) Fail("not a number: " + input_.substr(0, end));
    }
  }

  void Report() {
    const auto now = Clock::now();
    if (acknowledged_ == reported_ || now - report_time_ < kReportEvery) return;
    report_time_ = now;
    reported_ = acknowledged_;
    fmt::print("written {}\n", acknowledged_);
    std::fflush(stdout);
  }

  const Options options_;
  std::vector<Lane> lanes_;
  int epoll_ = -1;
  std::string input_;
  bool input_ended_ = false;
  std::uint64_t allowed_ = 0;
  std::uint64_t begun_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t reported_ = 0;
  Clock::time_point report_time_{};
};

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    const std::string_view value = argv[i + 1];
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool is_number = error == std::errc() && end == value.data() + value.size();
    if (flag == "--table") {
      options.table = value;
    } else if (flag == "--port" && is_number && number <= 65535) {
      options.port = static_cast<std::uint16_t>(number);
    } else if (flag == "--keys" && is_number && number >= 1 && number <= 1000) {
      options.keys = number;
    } else if (flag == "--each" && is_number && number >= 1) {
      options.each = number;
    } else {
      Fail("cannot use " + std::string(flag) + " " + std::string(value));
    }
  }
  if (argc % 2 == 0 || options.port == 0 || options.table.empty() || options.each == 0)
    Fail("usage: writer --port N --table NAME --each N [--keys 1..1000]");
  return options;
}

}  // namespace
}  // namespace millrace::delivery

int main(int argc, char** argv) {
  using namespace millrace::delivery;
  Writer(Parse(argc, argv)).Run();
  return 0;
}
