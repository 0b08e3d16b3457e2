// flow_bench writes to a table at a given rate and is the HTTP target that its changes end at, so that one clock
// measures the whole way. Prints one line of JSON.
//
//   flow_bench --port 4566 --table bench --sink 9000 --rate 2000 --seconds 5 [--keys 1000] [--batch 25] [--poison 0|1]
//
//   --rate     writes per second, evenly spread; 0: as fast as they are answered, 64 at once
//   --sink     the port at which it is the target; 0: it only writes
//   --batch    items in one write (BatchWriteItem)
//   --first    the number of the first write; when it is not 0 the sink waits for all numbers before it too
//   --poison   1: the sink refuses (500) everything of the first key
//
// A function cannot be the sink: it posts reports to it instead, lines of "NUMBER NANOSECONDS": which record it was
// called with, and when by the monotonic clock, which all processes of a machine share.
//
// "called_us" is the time from sending the write to the target being called, an upper limit of the time from the
// commit; "after_us" the time from the write's answer, which comes after the commit, to the call: a lower limit, and 0
// if the call came first.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "http/server.h"

namespace {

using millrace::MonoTime;
using millrace::SystemClock;

struct Options {
  int port = 4566;
  int sink = 0;
  std::string table = "bench";
  double rate = 0;
  double seconds = 5;
  int keys = 1000;
  int batch = 1;
  int poison = 0;
  std::uint64_t first = 0;
};

[[noreturn]] void Die(const std::string& message) {
  std::fprintf(stderr, "flow_bench: %s\n", message.c_str());
  std::exit(2);
}

struct Times {
  std::vector<float> micros;
  double Quantile(double quantile) {
    if (micros.empty()) return 0;
    const auto at = micros.begin() + static_cast<std::ptrdiff_t>(quantile * static_cast<double>(micros.size() - 1));
    std::nth_element(micros.begin(), at, micros.end());
    return static_cast<double>(*at);
  }
};

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options), client_({.threads = 1, .connections_per_host_max = 64}) {
    sent_.resize(1 << 23);
    answered_.resize(1 << 23);
  }

  void Run() {
    std::unique_ptr<millrace::http::Server> server;
    if (options_.sink != 0) {
      millrace::http::ServerOptions sink{
          .port = static_cast<std::uint16_t>(options_.sink), .threads = 1, .clock = &clock_};
      auto started = millrace::http::Server::Start(
          sink, [this](millrace::http::Request&& request, millrace::http::Responder responder) {
            const bool taken = OnCall(request.body);
            responder.Send({.status = taken ? 200 : 500, .body = ""});
          });
      if (!started.ok()) Die(started.error().message());
      server = *std::move(started);
    }
    const MonoTime began = clock_.Mono();
    Write(began);
    const double wrote = Seconds(clock_.Mono() - began);
    WaitForCalls();
    const double took = static_cast<double>(last_call_.load() - first_call_.load()) / 1e9;
    Print(wrote, took);
    client_.Stop();
    if (server) server->Stop();
  }

 private:
  static double Seconds(millrace::Duration duration) { return std::chrono::duration<double>(duration).count(); }

  bool IsPoison(std::uint64_t number) const {
    return options_.poison != 0 && number % static_cast<std::uint64_t>(options_.keys) == 0;
  }

  void Called(std::uint64_t number, std::int64_t when) {
    if (number < called_.size() && called_[number].exchange(when) == 0) calls_.fetch_add(1);
    std::int64_t none = 0;
    first_call_.compare_exchange_strong(none, when);
    last_call_.store(when);
  }

  void OnReport(std::string_view body) {
    const char* at = body.data();
    const char* const end = at + body.size();
    while (at != end) {
      std::uint64_t number = 0;
      std::int64_t when = 0;
      at = std::from_chars(at, end, number).ptr;
      if (at == end || *at != ' ') Die("a report has lines of a number and nanoseconds");
      at = std::from_chars(at + 1, end, when).ptr;
      if (at != end) ++at;
      Called(number, when);
    }
  }

  // The body has one or more records, each with its number.
  bool OnCall(std::string_view body) {
    const auto now = clock_.Mono().time_since_epoch().count();
    if (!body.empty() && body[0] >= '0' && body[0] <= '9') {
      OnReport(body);
      return true;
    }
    constexpr std::string_view kMark = R"("number":{"N":")";
    // A stream with old images would name each number twice: the benchmark's table has new images only.
    for (std::size_t at = body.find(kMark); at != std::string_view::npos; at = body.find(kMark, at)) {
      at += kMark.size();
      std::uint64_t number = 0;
      std::from_chars(body.data() + at, body.data() + body.size(), number);
      if (IsPoison(number)) return false;
      Called(number, now);
    }
    return true;
  }

  std::string BodyOf(std::uint64_t first) const {
    const auto item = [&](std::uint64_t number) {
      return R"({"id":{"S":"k)" + std::to_string(number % static_cast<std::uint64_t>(options_.keys)) +
             R"("},"number":{"N":")" + std::to_string(number) + R"("},"text":{"S":")" + std::string(200, 'x') +
             R"("}})";
    };
    if (options_.batch == 1) return R"({"TableName":")" + options_.table + R"(","Item":)" + item(first) + "}";
    std::string body = R"({"RequestItems":{")" + options_.table + R"(":[)";
    for (int i = 0; i < options_.batch; ++i)
      body += (i == 0 ? R"({"PutRequest":{"Item":)" : R"(,{"PutRequest":{"Item":)") +
              item(first + static_cast<std::uint64_t>(i)) + "}}";
    return body + "]}}";
  }

  void Write(MonoTime began) {
    const auto batch = static_cast<std::uint64_t>(options_.batch);
    const std::string url = "http://127.0.0.1:" + std::to_string(options_.port) + "/";
    for (std::uint64_t number = options_.first;; number += batch) {
      if (number + batch >= sent_.size()) break;
      std::unique_lock lock(mutex_);
      if (options_.rate > 0) {
        const MonoTime due = began + std::chrono::nanoseconds(static_cast<std::int64_t>(
                                         static_cast<double>(number - options_.first) / options_.rate * 1e9));
        if (Seconds(due - began) >= options_.seconds) break;
        // The pace of the load: nothing to wait for but the clock.
        while (clock_.Mono() < due) wake_.wait_for(lock, due - clock_.Mono());
        wake_.wait(lock, [&] { return open_ < 4000; });
      } else {
        wake_.wait(lock, [&] { return open_ < 64; });
        if (Seconds(clock_.Mono() - began) >= options_.seconds) break;
      }
      ++open_;
      lock.unlock();
      millrace::http::ClientRequest request;
      request.url = url;
      request.headers.Add("X-Amz-Target",
                          options_.batch == 1 ? "DynamoDB_20120810.PutItem" : "DynamoDB_20120810.BatchWriteItem");
      request.headers.Add("Content-Type", "application/x-amz-json-1.0");
      request.headers.Add("X-Amz-Date", "20260101T000000Z");
      request.headers.Add("Authorization",
                          "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, "
                          "SignedHeaders=host;x-amz-date, Signature=b");
      request.body = BodyOf(number);
      const auto now = clock_.Mono().time_since_epoch().count();
      for (std::uint64_t i = 0; i < batch; ++i) sent_[number + i] = now;
      numbers_ = number + batch;
      client_.Send(std::move(request),
                   [this, now, number, batch](millrace::Result<millrace::http::ClientResponse> response) {
                     const bool ok = response.ok() && response->status == 200;
                     const auto answered = clock_.Mono().time_since_epoch().count();
                     std::lock_guard done(mutex_);
                     for (std::uint64_t i = 0; i < batch; ++i) answered_[number + i] = answered;
                     if (!ok && errors_++ == 0)
                       std::fprintf(stderr, "flow_bench: a write failed: %s\n",
                                    response.ok() ? response->body.c_str() : response.error().message().c_str());
                     puts_.micros.push_back(static_cast<float>(answered - now) / 1000);
                     --open_;
                     wake_.notify_one();
                   });
    }
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return open_ == 0; });
  }

  // Until everything was called, or nothing more came for three seconds.
  void WaitForCalls() {
    if (options_.sink == 0) return;
    std::uint64_t expected = 0;
    for (std::uint64_t number = 0; number < numbers_; ++number) expected += IsPoison(number) ? 0 : 1;
    std::unique_lock lock(mutex_);
    std::uint64_t before = 0;
    MonoTime progress = clock_.Mono();
    while (calls_.load() < expected && Seconds(clock_.Mono() - progress) < 3) {
      wake_.wait_for(lock, std::chrono::milliseconds(20));
      if (calls_.load() != before) progress = clock_.Mono();
      before = calls_.load();
    }
  }

  void Print(double wrote, double took) {
    Times called, after;
    for (std::uint64_t number = 0; number < numbers_; ++number) {
      const std::int64_t call = called_[number].load();
      if (call == 0 || sent_[number] == 0) continue;
      called.micros.push_back(static_cast<float>(call - sent_[number]) / 1000);
      after.micros.push_back(static_cast<float>(std::max<std::int64_t>(0, call - answered_[number])) / 1000);
    }
    std::printf(R"({"written":%llu,"errors":%llu,"called":%llu,"writes_per_second":%.0f,"calls_per_second":%.0f,)"
                R"("put_p50_us":%.0f,"put_p99_us":%.0f,"called_p50_us":%.0f,"called_p99_us":%.0f,)"
                R"("after_p50_us":%.0f,"after_p99_us":%.0f})"
                "\n",
                static_cast<unsigned long long>(numbers_ - options_.first), static_cast<unsigned long long>(errors_),
                static_cast<unsigned long long>(calls_.load()), static_cast<double>(numbers_ - options_.first) / wrote,
                took > 0 ? static_cast<double>(calls_.load()) / took : 0.0, puts_.Quantile(0.5), puts_.Quantile(0.99),
                called.Quantile(0.5), called.Quantile(0.99), after.Quantile(0.5), after.Quantile(0.99));
  }

  const Options options_;
  const SystemClock clock_;
  millrace::http::Client client_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::uint64_t open_ = 0;    // guarded by mutex_
  std::uint64_t errors_ = 0;  // guarded by mutex_
  Times puts_;                // guarded by mutex_
  std::uint64_t numbers_ = 0;
  std::vector<std::int64_t> sent_;
  std::vector<std::int64_t> answered_;  // guarded by mutex_
  std::vector<std::atomic<std::int64_t>> called_ = std::vector<std::atomic<std::int64_t>>(1 << 23);
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::int64_t> first_call_{0};
  std::atomic<std::int64_t> last_call_{0};
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 >= argc) Die("every option has a value");
    const std::string name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port") {
      options.port = std::atoi(value);
    } else if (name == "--sink") {
      options.sink = std::atoi(value);
    } else if (name == "--table") {
      options.table = value;
    } else if (name == "--rate") {
      options.rate = std::atof(value);
    } else if (name == "--seconds") {
      options.seconds = std::atof(value);
    } else if (name == "--keys") {
      options.keys = std::max(1, std::atoi(value));
    } else if (name == "--batch") {
      options.batch = std::clamp(std::atoi(value), 1, 25);
    } else if (name == "--first") {
      options.first = std::strtoull(value, nullptr, 10);
    } else if (name == "--poison") {
      options.poison = std::atoi(value);
    } else {
      Die("unknown option " + name);
    }
  }
  Bench(options).Run();
  return 0;
}
