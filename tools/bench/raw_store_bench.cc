// raw_store_bench measures group commit on the bare store: what the engine is compared with.
//
//   raw_store_bench --clients 64 --value-bytes 300 --puts-per-request 2 --sync
//   {"clients":64,"per_second":41230,"p50_us":1480,"p99_us":2950,...}
//
// N client threads each want one request after the other written; one committer thread takes all that wait, puts them
// in one batch, writes it with one sync and wakes their clients. The first put of a request is an item under a random
// key, the second a record at the end of the log, the rest are items (index rows). The store is the product's own, so
// the durability is the same.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/thread.h"
#include "store/rocks_store.h"

namespace millrace {
namespace {

struct Settings {
  std::uint64_t clients = 1;
  std::uint64_t key_bytes = 32;
  std::uint64_t value_bytes = 300;
  std::uint64_t puts_per_request = 1;
  std::uint64_t keys = 1'000'000;
  std::uint64_t seconds = 5;
  bool sync = true;
  std::string directory;  // a new one under the system's temporary directory if empty
};

constexpr const char* kUsage =
    "usage: raw_store_bench [--clients N] [--value-bytes N] [--key-bytes N] [--keys N] [--puts-per-request N]\n"
    "                       [--seconds N] [--sync | --no-sync] [--directory PATH]\n";

bool ParseNumber(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= min && number <= max;
}

bool Parse(int argc, char** argv, Settings& settings) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--sync" || flag == "--no-sync") {
      settings.sync = flag == "--sync";
      continue;
    }
    if (++i == argc) return false;
    const std::string_view value = argv[i];
    bool ok = true;
    if (flag == "--clients") {
      ok = ParseNumber(value, 1, 4096, settings.clients);
    } else if (flag == "--value-bytes") {
      ok = ParseNumber(value, 0, 1 << 20, settings.value_bytes);
    } else if (flag == "--key-bytes") {
      ok = ParseNumber(value, 8, 2048, settings.key_bytes);
    } else if (flag == "--keys") {
      ok = ParseNumber(value, 1, 1'000'000'000, settings.keys);
    } else if (flag == "--puts-per-request") {
      ok = ParseNumber(value, 1, 100, settings.puts_per_request);
    } else if (flag == "--seconds") {
      ok = ParseNumber(value, 1, 3600, settings.seconds);
    } else if (flag == "--directory") {
      settings.directory = value;
    } else {
      ok = false;
    }
    if (!ok) return false;
  }
  return true;
}

struct Request {
  std::vector<std::string> keys;
  std::string_view value;
  std::binary_semaphore done{0};
};

// Takes requests from many threads and commits what waits together.
class Committer {
 public:
  Committer(store::Store& store, const Settings& settings)
      : store_(store), settings_(settings), thread_(ThreadRole::kCommit, "commit", [this] { Run(); }) {}

  void Submit(Request& request) {
    bool wake = false;
    {
      std::lock_guard lock(mutex_);
      wake = waiting_.empty();
      waiting_.push_back(&request);
    }
    if (wake) arrived_.notify_one();
  }
  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    arrived_.notify_one();
    thread_.Join();
  }
  std::uint64_t commits() const { return commits_; }

 private:
  void Run() {
    const auto batch = store_.NewBatch();
    std::vector<Request*> group;
    std::string log_key;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        group.swap(waiting_);
      }
      batch->Clear();
      for (const Request* request : group) {
        for (std::size_t i = 0; i < request->keys.size(); ++i) {
          if (i == 1) {
            log_key.clear();
            PutBigEndian<std::uint64_t>(log_key, ++log_position_);
            batch->Put(store::Space::kLog, log_key, request->value);
          } else {
            batch->Put(store::Space::kItems, request->keys[i], request->value);
          }
        }
      }
      const Status written =
          store_.Write(*batch, settings_.sync ? store::Durability::kSync : store::Durability::kNoSync);
      if (!written.ok()) {
        std::fprintf(stderr, "%s\n", written.error().ToString().c_str());
        std::_Exit(1);
      }
      ++commits_;
      for (Request* request : group) request->done.release();
      group.clear();
    }
  }

  store::Store& store_;
  const Settings& settings_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Request*> waiting_;  // guarded by mutex_
  bool stop_ = false;              // guarded by mutex_
  std::uint64_t log_position_ = 0;
  std::atomic<std::uint64_t> commits_{0};
  Thread thread_;  // last: it uses all the others
};

void FillKey(std::string& key, std::size_t bytes, std::uint64_t number) {
  key.assign(bytes, 'k');
  for (std::size_t i = 0; i < 8; ++i) key[bytes - 1 - i] = static_cast<char>(number >> (8 * i));
}

enum class Phase { kWarmUp, kMeasure, kStop };

void RunClient(const Settings& settings, std::uint64_t seed, std::string_view noise, const std::atomic<Phase>& phase,
               Committer& committer, std::vector<std::uint32_t>& latencies_us) {
  SeededRandom random(seed);
  const SystemClock clock;
  Request request;
  request.keys.resize(settings.puts_per_request);
  while (true) {
    const Phase now = phase.load(std::memory_order_relaxed);
    if (now == Phase::kStop) return;
    for (std::string& key : request.keys) FillKey(key, settings.key_bytes, random.Below(settings.keys));
    request.value = noise.substr(random.Below(noise.size() - settings.value_bytes), settings.value_bytes);
    const MonoTime start = clock.Mono();
    committer.Submit(request);
    request.done.acquire();
    if (now == Phase::kMeasure)
      latencies_us.push_back(static_cast<std::uint32_t>((clock.Mono() - start) / std::chrono::microseconds(1)));
  }
}

int Run(const Settings& settings, const std::string& directory) {
  const SystemClock clock;
  const MonoTime before_open = clock.Mono();
  auto opened = store::RocksStore::Open({.path = directory});
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.error().ToString().c_str());
    return 1;
  }
  const std::unique_ptr<store::Store> store = *std::move(opened);
  const auto open_us = (clock.Mono() - before_open) / std::chrono::microseconds(1);

  // Values are slices of noise, so that compression does not flatter the result.
  SeededRandom random(1);
  std::string noise(settings.value_bytes + (1 << 16), '\0');
  for (char& byte : noise) byte = static_cast<char>(random.Next());

  std::atomic<Phase> phase{Phase::kWarmUp};
  Committer committer(*store, settings);
  std::vector<std::vector<std::uint32_t>> latencies(settings.clients);
  std::vector<Thread> clients;
  for (std::uint64_t i = 0; i < settings.clients; ++i) {
    clients.emplace_back(ThreadRole::kRequest, fmt::format("client-{}", i),
                         [&, i] { RunClient(settings, i + 2, noise, phase, committer, latencies[i]); });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const MonoTime start = clock.Mono();
  const std::uint64_t commits_before = committer.commits();
  phase = Phase::kMeasure;
  std::this_thread::sleep_for(std::chrono::seconds(settings.seconds));
  phase = Phase::kStop;
  const double elapsed_s = std::chrono::duration<double>(clock.Mono() - start).count();
  const std::uint64_t commits = committer.commits() - commits_before;
  for (Thread& client : clients) client.Join();
  committer.Stop();

  std::vector<std::uint32_t> all;
  for (const auto& some : latencies) all.insert(all.end(), some.begin(), some.end());
  if (all.empty()) return 1;
  std::sort(all.begin(), all.end());
  const auto percentile = [&](double part) {
    return all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
  };
  fmt::print(
      "{{\"clients\":{},\"per_second\":{:.0f},\"p50_us\":{},\"p99_us\":{},\"max_us\":{},\"requests_per_commit\":{:.1f},"
      "\"puts_per_request\":{},\"key_bytes\":{},\"value_bytes\":{},\"sync\":{},\"open_us\":{}}}\n",
      settings.clients, static_cast<double>(all.size()) / elapsed_s, percentile(0.5), percentile(0.99), all.back(),
      static_cast<double>(all.size()) / static_cast<double>(std::max<std::uint64_t>(commits, 1)),
      settings.puts_per_request, settings.key_bytes, settings.value_bytes, settings.sync, open_us);
  return 0;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  millrace::Settings settings;
  if (!millrace::Parse(argc, argv, settings)) {
    std::fputs(millrace::kUsage, stderr);
    return 2;
  }
  if (!settings.directory.empty()) return millrace::Run(settings, settings.directory);
  std::string directory = (std::filesystem::temp_directory_path() / "raw_store_bench-XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  const int result = millrace::Run(settings, directory);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return result;
}
