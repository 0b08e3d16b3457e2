// queues_bench measures an engine's queue, durable, at a constant backlog: N clients each receive a batch, delete it
// and send as many anew, one call after the other.
//
//   queues_bench --clients 16 --backlog 1000000 --batch 10 --body-bytes 300
//   {"clients":16,"backlog":1000000,"messages_per_second":41230,"receive_p50_us":80,...}
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/thread.h"
#include "engine/engine.h"
#include "store/rocks_store.h"

namespace millrace {
namespace {

struct Settings {
  std::uint64_t clients = 1;
  std::uint64_t backlog = 10;
  std::uint64_t batch = 10;
  std::uint64_t body_bytes = 300;
  std::uint64_t seconds = 5;
  std::uint64_t fifo = 0;
};

bool Parse(int argc, char** argv, Settings& settings) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i], value = argv[i + 1];
    std::uint64_t* number = flag == "--clients"      ? &settings.clients
                            : flag == "--backlog"    ? &settings.backlog
                            : flag == "--batch"      ? &settings.batch
                            : flag == "--body-bytes" ? &settings.body_bytes
                            : flag == "--seconds"    ? &settings.seconds
                            : flag == "--fifo"       ? &settings.fifo
                                                     : nullptr;
    if (number == nullptr) return false;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *number);
    if (error != std::errc() || end != value.data() + value.size()) return false;
  }
  return argc % 2 == 1 && settings.clients > 0 && settings.batch > 0 && settings.batch <= 10;
}

template <class T, class Start>
T Await(Start start) {
  std::promise<T> done;
  auto answer = done.get_future();
  start([&](Result<T> result) { done.set_value(MUST(std::move(result))); });
  return answer.get();
}

class Bench {
 public:
  Bench(const Settings& settings, engine::Engine& engine, Random& random, const Clock& clock)
      : settings_(settings), engine_(engine), random_(random), clock_(clock) {
    engine::QueueSettings queue;
    queue.fifo = settings.fifo != 0;
    queue_ = MUST(engine_.queues().Create({{"000000000000", "us-east-1"}, queue.fifo ? "q.fifo" : "q", queue}))->id;
  }

  void Send(std::uint64_t count) {
    engine::SendRequest request{.queue = queue_, .messages = {}, .state = {}};
    for (std::uint64_t i = 0; i < count; ++i) {
      engine::OutgoingMessage message;
      message.body.assign(settings_.body_bytes, 'x');
      if (settings_.fifo != 0) {
        message.group = std::to_string(random_.Below(1000));
        message.deduplication_id = random_.Uuid();
      }
      request.messages.push_back(std::move(message));
    }
    Await<std::vector<engine::SentMessage>>([&](auto done) { engine_.queues().Send(std::move(request), done); });
  }
  void Fill() {
    for (std::uint64_t sent = 0; sent < settings_.backlog; sent += 1000)
      Send(std::min<std::uint64_t>(1000, settings_.backlog - sent));
  }
  void Run() {
    const MonoTime end = clock_.Mono() + std::chrono::seconds(settings_.seconds);
    std::vector<Thread> clients;
    for (std::uint64_t i = 0; i < settings_.clients; ++i)
      clients.emplace_back(ThreadRole::kRequest, "client", [this, end] { Client(end); });
    for (Thread& client : clients) client.Join();
    std::ranges::sort(receive_ns_);
    std::ranges::sort(send_ns_);
    const auto at = [](const std::vector<std::int64_t>& times, double part) {
      return times.empty() ? 0 : times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))] / 1000;
    };
    std::printf(
        "{\"clients\":%llu,\"backlog\":%llu,\"fifo\":%llu,\"messages_per_second\":%llu,\"receive_p50_us\":%lld,"
        "\"receive_p99_us\":%lld,\"send_p50_us\":%lld,\"send_p99_us\":%lld}\n",
        static_cast<unsigned long long>(settings_.clients), static_cast<unsigned long long>(settings_.backlog),
        static_cast<unsigned long long>(settings_.fifo), static_cast<unsigned long long>(messages_ / settings_.seconds),
        static_cast<long long>(at(receive_ns_, 0.5)), static_cast<long long>(at(receive_ns_, 0.99)),
        static_cast<long long>(at(send_ns_, 0.5)), static_cast<long long>(at(send_ns_, 0.99)));
  }

 private:
  void Client(MonoTime end) {
    std::vector<std::int64_t> receives, sends;
    std::uint64_t messages = 0;
    while (clock_.Mono() < end) {
      engine::ReceiveRequest request;
      request.queue = queue_;
      request.messages_max = settings_.batch;
      const MonoTime began = clock_.Mono();
      const auto received = Await<engine::ReceiveResult>([&](auto done) { engine_.queues().Receive(request, done); });
      receives.push_back((clock_.Mono() - began).count());
      if (received.messages.empty()) continue;
      std::vector<std::string> receipts;
      for (const auto& message : received.messages) receipts.push_back(message.receipt);
      Await<std::vector<engine::ReceiptOutcome>>(
          [&](auto done) { engine_.queues().Delete(queue_, std::move(receipts), done); });
      const MonoTime sending = clock_.Mono();
      Send(received.messages.size());
      sends.push_back((clock_.Mono() - sending).count());
      messages += received.messages.size();
    }
    std::lock_guard lock(mutex_);
    messages_ += messages;
    receive_ns_.insert(receive_ns_.end(), receives.begin(), receives.end());
    send_ns_.insert(send_ns_.end(), sends.begin(), sends.end());
  }

  const Settings settings_;
  engine::Engine& engine_;
  Random& random_;
  const Clock& clock_;
  engine::QueueId queue_;
  std::mutex mutex_;
  std::uint64_t messages_ = 0;
  std::vector<std::int64_t> receive_ns_, send_ns_;
};

int Main(int argc, char** argv) {
  Settings settings;
  if (!Parse(argc, argv, settings)) {
    std::fputs(
        "usage: queues_bench [--clients N] [--backlog N] [--batch 1-10] [--body-bytes N] [--seconds N] "
        "[--fifo 0|1]\n",
        stderr);
    return 2;
  }
  SystemClock clock;
  SystemRandom random;
  const auto directory = std::filesystem::temp_directory_path() / ("millrace-queues-bench-" + random.Uuid());
  {
    const auto store = MUST(store::RocksStore::Open({.path = directory.string()}));
    const auto engine = MUST(engine::Engine::Open({}, *store, clock, random));
    Bench bench(settings, *engine, random, clock);
    bench.Fill();
    bench.Run();
    engine->Stop();
  }
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  return millrace::Main(argc, argv);
}
