// functions_bench invokes functions of its own making and prints one line of JSON.
//
//   functions_bench cold --runtime node|python|native [--count 20]
//       from invoking a function without a process to its answer, in milliseconds
//   functions_bench load --runtime node|python|native [--records 10] [--processes 1] [--rate 0] [--seconds 5]
//       invocations per second with events of so many stream records; --rate 0: as fast as they are answered, two for
//       each process under way, else evenly spread
//   functions_bench serve
//       is the native function: one connection to the Runtime API, no library
//
// "called_us" is the time from Invoke to the answer.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "functions/functions.h"

namespace {

using millrace::MonoTime;
using millrace::SystemClock;
using millrace::SystemRandom;
namespace functions = millrace::functions;

[[noreturn]] void Die(const std::string& message) {
  std::fprintf(stderr, "functions_bench: %s\n", message.c_str());
  std::exit(2);
}

struct Options {
  std::string runtime = "node";
  int count = 20;
  int records = 10;
  int processes = 1;
  double rate = 0;
  double seconds = 5;
};

double Quantile(std::vector<double>& values, double quantile) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(quantile * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double Millis(millrace::Duration time) {
  return static_cast<double>(time.count()) / 1e6;
}

std::string Event(int records) {
  std::string text = R"({"Records":[)";
  for (int i = 0; i < records; ++i) {
    if (i > 0) text += ',';
    text +=
        R"({"eventID":"0123456789abcdef0123456789abcdef","eventName":"MODIFY","eventVersion":"1.1",)"
        R"("eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":{"ApproximateCreationDateTime":1767225600,)"
        R"("Keys":{"id":{"S":"item-1"}},"NewImage":{"id":{"S":"item-1"},"name":{"S":"somebody"},"text":{"S":")" +
        std::string(150, 'x') +
        R"("}},"OldImage":{"id":{"S":"item-1"},"name":{"S":"anybody"}},"SequenceNumber":"100000000000000000001",)"
        R"("SizeBytes":220,"StreamViewType":"NEW_AND_OLD_IMAGES"},"eventSourceARN":)"
        R"("arn:aws:dynamodb:us-east-1:000000000000:table/bench/stream/2026-01-01T00:00:00.000"})";
  }
  return text + "]}";
}

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)), functions_({}, clock_, random_) {
    char name[] = "/tmp/millrace-bench-XXXXXX";
    if (::mkdtemp(name) == nullptr) Die("no temporary directory");
    directory_ = name;
    std::ofstream(directory_ + "/index.js")
        << "exports.handler = async (event) => ({ batchItemFailures: [], seen: event.Records.length });\n";
    std::ofstream(directory_ + "/index.py")
        << "def handler(event, context):\n    return {'batchItemFailures': [], 'seen': len(event['Records'])}\n";
    if (!functions_.Start().ok()) Die("functions do not start");
  }
  ~Bench() {
    functions_.Stop();
    std::filesystem::remove_all(directory_);
  }

  void Cold() {
    std::vector<double> times;
    for (int i = 0; i < options_.count; ++i) {
      const std::string name = Add(i);
      const MonoTime begin = clock_.Mono();
      Await(name, Event(1));
      times.push_back(Millis(clock_.Mono() - begin));
      if (!functions_.Remove(name).ok()) Die("a function is lost");
    }
    std::printf(R"({"runtime":"%s","cold_ms":{"p50":%.1f,"max":%.1f},"count":%d})"
                "\n",
                options_.runtime.c_str(), Quantile(times, 0.5), Quantile(times, 1), options_.count);
  }

  void Load() {
    const std::string name = Add(0);
    const std::string event = Event(options_.records);
    Await(name, event);
    const MonoTime begin = clock_.Mono();
    const MonoTime end = begin + std::chrono::nanoseconds(static_cast<std::int64_t>(options_.seconds * 1e9));
    const int under_way_max = options_.rate > 0 ? 1'000 : 2 * options_.processes;
    std::mutex mutex;
    std::condition_variable changed;
    int under_way = 0;
    std::vector<double> times;
    MonoTime due = begin;
    std::unique_lock lock(mutex);
    while (clock_.Mono() < end) {
      if (options_.rate > 0) {
        due += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / options_.rate));
        changed.wait_until(lock, due, [&] { return clock_.Mono() >= due; });
      }
      changed.wait(lock, [&] { return under_way < under_way_max; });
      ++under_way;
      lock.unlock();
      const MonoTime sent = clock_.Mono();
      functions_.Invoke(name, event, {}, [&, sent](const functions::InvokeResult& result) {
        if (!result.ok()) Die(result.error_message);
        const double micros = Millis(clock_.Mono() - sent) * 1e3;
        std::lock_guard inner(mutex);
        times.push_back(micros);
        --under_way;
        changed.notify_one();
      });
      lock.lock();
    }
    changed.wait(lock, [&] { return under_way == 0; });
    const double seconds = Millis(clock_.Mono() - begin) / 1e3;
    const auto stats = functions_.Stats(name);
    std::printf(R"({"runtime":"%s","records":%d,"processes":%d,"invocations_per_second":%.0f,)"
                R"("called_us":{"p50":%.0f,"p99":%.0f},"memory_mib":%u})"
                "\n",
                options_.runtime.c_str(), options_.records, static_cast<int>(stats->processes),
                static_cast<double>(times.size()) / seconds, Quantile(times, 0.5), Quantile(times, 0.99),
                stats->memory_mib);
  }

 private:
  std::string Add(int number) {
    functions::FunctionOptions function;
    function.name = "f" + std::to_string(number);
    function.handler = "index.handler";
    function.directory = directory_;
    function.memory_mib = 512;
    function.concurrency = static_cast<std::uint32_t>(options_.processes);
    function.timeout = std::chrono::milliseconds(30'000);
    function.watch = false;
    if (options_.runtime == "python") function.runtime = functions::Runtime::kPython;
    if (options_.runtime == "native") {
      function.runtime = functions::Runtime::kNative;
      function.command = {std::filesystem::read_symlink("/proc/self/exe").string(), "serve"};
    }
    if (!functions_.Add(function).ok()) Die("the function is refused");
    return function.name;
  }

  void Await(const std::string& name, const std::string& event) {
    std::mutex mutex;
    std::condition_variable ready;
    bool answered = false;
    functions_.Invoke(name, event, {}, [&](const functions::InvokeResult& result) {
      if (!result.ok()) Die(result.error_message);
      std::lock_guard lock(mutex);
      answered = true;
      ready.notify_one();
    });
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return answered; });
  }

  const Options options_;
  SystemClock clock_;
  SystemRandom random_;
  std::string directory_;
  functions::Functions functions_;
};

// As small as a runtime gets: what an executable in a compiled language costs at least.
int Serve() {
  const char* api = std::getenv("AWS_LAMBDA_RUNTIME_API");
  const char* colon = api != nullptr ? std::strchr(api, ':') : nullptr;
  if (colon == nullptr) Die("there is no Runtime API");
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(colon + 1)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Die("the Runtime API is away");
  const std::string next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: api\r\n\r\n";
  const std::string answer = R"({"batchItemFailures":[]})";
  std::string request = next;
  std::string input;
  auto header = [&input](std::string_view name) {
    const std::size_t at = input.find(name);
    const std::size_t begin = at + name.size();
    return at == std::string::npos ? std::string() : input.substr(begin, input.find('\r', begin) - begin);
  };
  while (true) {
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return 1;
    std::string id;
    while (id.empty()) {
      const std::size_t end = input.find("\r\n\r\n");
      const std::size_t length = end == std::string::npos ? 0 : std::stoul("0" + header("Content-Length: "));
      if (end == std::string::npos || input.size() < end + 4 + length) {
        char buffer[65536];
        const ssize_t count = ::read(fd, buffer, sizeof buffer);
        if (count <= 0) return 0;
        input.append(buffer, static_cast<std::size_t>(count));
        continue;
      }
      if (input.starts_with("HTTP/1.1 200")) id = header("Lambda-Runtime-Aws-Request-Id: ");
      input.erase(0, end + 4 + length);
    }
    request = "POST /2018-06-01/runtime/invocation/" + id +
              "/response HTTP/1.1\r\nHost: api\r\nContent-Length: " + std::to_string(answer.size()) + "\r\n\r\n" +
              answer + next;
  }
}

}  // namespace

int main(int count, char** words) {
  const std::string_view what = count > 1 ? words[1] : "";
  if (what == "serve") return Serve();
  Options options;
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string_view name = words[i];
    const char* value = words[i + 1];
    if (name == "--runtime") {
      options.runtime = value;
    } else if (name == "--count") {
      options.count = std::atoi(value);
    } else if (name == "--records") {
      options.records = std::atoi(value);
    } else if (name == "--processes") {
      options.processes = std::atoi(value);
    } else if (name == "--rate") {
      options.rate = std::atof(value);
    } else if (name == "--seconds") {
      options.seconds = std::atof(value);
    } else {
      Die("unknown option " + std::string(name));
    }
  }
  Bench bench(options);
  if (what == "cold") {
    bench.Cold();
  } else if (what == "load") {
    bench.Load();
  } else {
    Die("say cold, load or serve");
  }
  return 0;
}
