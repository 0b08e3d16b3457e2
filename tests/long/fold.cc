// ./dev test --long fold [--seed N] [--count N]: the engine over RocksDB under kill -9, until so many changes are made.
//
// A child process makes random writes (puts, updates, deletes, conditions that hold and that fail, writes that change
// nothing, batches, transactions, shared counters, shards that roll) on threads that own their keys, and tells its
// parent through a pipe what it is about to write and what was acknowledged. The parent kills it at a random moment,
// also while it is still opening its data, opens the data itself and checks:
//
//   - every item is what was last acknowledged, or what the one write without an answer made of it;
//   - a transaction without an answer took place wholly or not at all;
//   - the stream, folded change by change, fits at each step and equals the table byte for byte;
//   - the stream has one change for each write that changed something, no more and no fewer.
//
// The seed decides what is written and when the child is killed, not how its threads meet.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "engine/testing/node.h"
#include "engine/testing/stream_copy.h"
#include "store/rocks_store.h"
#include "store/temp_directory.h"

namespace millrace {
namespace {

using engine::ItemOutcome;
using engine::testing::MakeCondition;
using engine::testing::MakeItem;
using engine::testing::MakeUpdate;
using engine::testing::N;
using engine::testing::S;
using engine::testing::StreamCopy;

constexpr std::uint32_t kLanes = 32;
constexpr std::uint32_t kKeysPerLane = 120;
constexpr std::uint32_t kCounters = 4;
constexpr std::size_t kEffectsMax = 5;

// Tables 0 and 1 belong to the lanes: a key has a version, 0 while it is absent. Table 2 has the counters.
constexpr std::array<std::string_view, 3> kTables = {"plain", "sorted", "counters"};
constexpr std::uint32_t kCounterTable = 2;

model::Item KeyItem(std::uint32_t table, std::uint32_t key) {
  if (table == 1) return MakeItem({{"pk", S(fmt::format("partition-{}", key / 7))}, {"sk", N(key % 7)}});
  return MakeItem({{"pk", S(fmt::format("key-{}", key))}});
}
std::string BodyOf(std::uint64_t version) {
  return std::string(version * 7919 % 300, static_cast<char>('a' + version % 26));
}
model::Item WholeItem(std::uint32_t table, std::uint32_t key, std::uint64_t version) {
  model::Item item = KeyItem(table, key);
  item.Set("version", N(static_cast<std::int64_t>(version)));
  item.Set("body", S(BodyOf(version)));
  return item;
}

// ---- What the child tells its parent. Written with one write(2), so messages of several threads stay whole.

struct Effect {
  std::uint32_t table = 0;
  std::uint32_t key = 0;
  std::uint64_t version = 0;  // afterwards
};

struct Message {
  enum class Kind : std::uint32_t { kReady, kIntent, kDone, kProblem };
  Kind kind = Kind::kReady;
  std::uint32_t lane = 0;
  std::uint32_t transaction = 0;
  std::uint32_t effect_count = 0;
  std::array<Effect, kEffectsMax> effects{};
  std::array<char, 160> text{};  // kProblem
};
static_assert(sizeof(Message) <= 512);  // POSIX's smallest PIPE_BUF

class Line {
 public:
  explicit Line(int fd) : fd_(fd) {}
  void Send(const Message& message) const {
    if (write(fd_, &message, sizeof message) != sizeof message) _exit(3);  // nobody listens any more
  }
  [[noreturn]] void Problem(std::string_view text) const {
    Message message{.kind = Message::Kind::kProblem};
    text.copy(message.text.data(), message.text.size() - 1);
    Send(message);
    for (;;) pause();  // to be killed
  }

 private:
  int fd_;
};

// ---- Both processes.

struct Node {
  explicit Node(const std::string& path)
      : store(MUST(store::RocksStore::Open({.path = path, .write_buffer_bytes = 4 << 20}))) {
    engine = MUST(engine::Engine::Open({}, *store, clock, random));
  }

  engine::testing::TablePtr Table(std::uint32_t table) const {
    const auto catalogue = engine->catalogue();
    const auto scope = catalogue->FindScope(engine::testing::kScope);
    return scope ? catalogue->FindTable(*scope, kTables.at(table)) : nullptr;
  }

  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<engine::Engine> engine;
};

// Those that are not there yet: a child may have been killed between two of them.
void CreateTables(Node& node) {
  for (std::uint32_t table = 0; table < kTables.size(); ++table) {
    if (node.Table(table) != nullptr) continue;
    engine::CreateTableRequest request;
    request.scope = engine::testing::kScope;
    request.name = kTables.at(table);
    request.schema = table == 1 ? engine::testing::StringAndNumberKey() : engine::testing::StringKey();
    request.stream = model::StreamViewType::kNewAndOldImages;
    request.stream_shards = table + 1;
    CHECK(node.engine->CreateTable(request).ok(), "tables can be created");
  }
}

std::uint64_t NumberIn(const model::Item& item, std::string_view name) {
  const auto* value = item.Find(name);
  return value == nullptr || value->n() == nullptr ? 0 : std::strtoull(value->n()->ToString().c_str(), nullptr, 10);
}

// The item of a key as it is stored; nullopt if there is none.
std::optional<model::Item> Stored(const Node& node, std::uint32_t table, std::uint32_t key) {
  const auto found = node.Table(table);
  const auto item_key = MUST(model::KeyOfKeyItem(found->schema, KeyItem(table, key)));
  const auto bytes = MUST(node.engine->Get(*found, item_key));
  if (!bytes) return std::nullopt;
  return MUST(model::DecodeItem(*bytes));
}

// ---- The child.

class Lane {
 public:
  Lane(Node& node, const Line& line, std::uint32_t lane, std::uint64_t seed, std::uint32_t round)
      : node_(node), line_(line), lane_(lane), random_(seed), version_((std::uint64_t{round} << 28) + 1) {
    for (std::uint32_t table = 0; table < 2; ++table)
      for (std::uint32_t key = 0; key < kKeysPerLane; ++key) {
        const auto item = Stored(node, table, OwnKey(key));
        versions_[table].push_back(item ? NumberIn(*item, "version") : 0);
      }
  }

  [[noreturn]] void Run() {
    for (;;) Step();
  }

 private:
  std::uint32_t OwnKey(std::uint64_t key) const { return static_cast<std::uint32_t>(key) * kLanes + lane_; }
  std::uint64_t& VersionOf(const Effect& effect) { return versions_[effect.table][effect.key / kLanes]; }

  Effect RandomEffect() {
    Effect effect{.table = static_cast<std::uint32_t>(random_.Below(2)), .key = OwnKey(random_.Below(kKeysPerLane))};
    if (random_.Below(4) > 0) effect.version = version_++;
    return effect;
  }

  engine::ItemAction ActionFor(const Effect& effect) {
    const auto table = node_.Table(effect.table);
    if (effect.version == 0) return engine::testing::Delete(table, KeyItem(effect.table, effect.key));
    if (random_.Below(3) == 0)
      return engine::testing::UpdateItem(
          table, KeyItem(effect.table, effect.key),
          MakeUpdate("SET version = :v, body = :b",
                     {{":v", N(static_cast<std::int64_t>(effect.version))}, {":b", S(BodyOf(effect.version))}}));
    return engine::testing::Put(table, WholeItem(effect.table, effect.key, effect.version));
  }
  expr::Condition ConditionOn(std::uint64_t version) {
    if (version == 0) return MakeCondition("attribute_not_exists(pk)");
    return MakeCondition("version = :v", {{":v", N(static_cast<std::int64_t>(version))}});
  }

  void Step() {
    switch (random_.Below(12)) {
      case 0:
        return Many(engine::WriteMode::kTransaction);
      case 1:
        return Many(engine::WriteMode::kIndependent);
      case 2:
        return Count();
      case 3:
        return ChangeNothing();
      case 4:
        return FailACondition();
      default: {
        const Effect effect = RandomEffect();
        engine::ItemWriteRequest request;
        request.actions.push_back(ActionFor(effect));
        if (random_.Below(3) == 0) request.actions.back().condition = ConditionOn(VersionOf(effect));
        return Write(std::move(request), {&effect, 1});
      }
    }
  }

  void Many(engine::WriteMode mode) {
    std::vector<Effect> effects;
    engine::ItemWriteRequest request;
    request.mode = mode;
    for (std::uint64_t i = 2 + random_.Below(kEffectsMax - 1); i > 0; --i) {
      const Effect effect = RandomEffect();
      if (std::ranges::any_of(effects, [&](const Effect& e) { return e.table == effect.table && e.key == effect.key; }))
        continue;
      effects.push_back(effect);
      request.actions.push_back(ActionFor(effect));
    }
    if (mode == engine::WriteMode::kTransaction && random_.Below(2) == 0) {
      request.token = fmt::format("{}-{}", lane_, version_++);
      request.token_hash = 1;
    }
    Write(std::move(request), effects);
  }

  void Count() {
    const Effect effect{.table = kCounterTable, .key = static_cast<std::uint32_t>(random_.Below(kCounters))};
    engine::ItemWriteRequest request;
    request.actions.push_back(engine::testing::UpdateItem(
        node_.Table(kCounterTable), KeyItem(kCounterTable, effect.key), MakeUpdate("ADD n :one", {{":one", N(1)}})));
    Write(std::move(request), {&effect, 1});
    if (random_.Below(2'000) == 0) {
      const auto roll = random_.Below(8) == 0 ? engine::Engine::Roll::kSplit : engine::Engine::Roll::kContinue;
      const auto table = node_.Table(static_cast<std::uint32_t>(random_.Below(kTables.size())));
      if (const Status rolled = node_.engine->RollShards(*table->stream, roll); !rolled.ok())
        line_.Problem(rolled.error().ToString());
    }
  }

  void ChangeNothing() {
    Effect effect = RandomEffect();
    effect.version = VersionOf(effect);
    engine::ItemWriteRequest request;
    request.actions.push_back(ActionFor(effect));
    Write(std::move(request), {});
  }

  void FailACondition() {
    const Effect effect = RandomEffect();
    const std::uint64_t version = VersionOf(effect);
    engine::ItemWriteRequest request;
    request.actions.push_back(ActionFor(effect));
    request.actions.back().condition = ConditionOn(version == 0 ? 1 : version - 1);
    Write(std::move(request), {}, ItemOutcome::Kind::kConditionFailed);
  }

  // Tells what it will do, does it, tells that it is done. Without effects there is nothing to tell.
  void Write(engine::ItemWriteRequest request, std::span<const Effect> effects,
             ItemOutcome::Kind wanted = ItemOutcome::Kind::kApplied) {
    Message message{.kind = Message::Kind::kIntent, .lane = lane_};
    message.transaction = request.mode == engine::WriteMode::kTransaction ? 1 : 0;
    message.effect_count = static_cast<std::uint32_t>(effects.size());
    std::ranges::copy(effects, message.effects.begin());
    if (!effects.empty()) line_.Send(message);
    const auto result = engine::testing::Write(*node_.engine, std::move(request));
    if (!result.ok()) line_.Problem(result.error().ToString());
    for (const ItemOutcome& outcome : result->outcomes)
      if (outcome.kind != wanted) line_.Problem(fmt::format("lane {}: an outcome of the wrong kind", lane_));
    if (effects.empty()) return;
    message.kind = Message::Kind::kDone;
    line_.Send(message);
    for (const Effect& effect : effects)
      if (effect.table != kCounterTable) VersionOf(effect) = effect.version;
  }

  Node& node_;
  const Line& line_;
  const std::uint32_t lane_;
  SeededRandom random_;
  std::uint64_t version_;  // the next one; never given twice
  std::array<std::vector<std::uint64_t>, 2> versions_;
};

[[noreturn]] void RunChild(const std::string& path, std::uint64_t seed, std::uint32_t round, int fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const Line line(fd);
  Node node(path);
  CreateTables(node);
  std::deque<Lane> lanes;
  for (std::uint32_t lane = 0; lane < kLanes; ++lane)
    lanes.emplace_back(node, line, lane, seed * 1'000'003 + round * 1'009 + lane, round);
  line.Send({.kind = Message::Kind::kReady});
  std::vector<std::jthread> threads;
  for (Lane& lane : lanes) threads.emplace_back([&lane] { lane.Run(); });
  for (;;) pause();
}

// ---- The parent.

class Child {
 public:
  Child(const std::string& path, std::uint64_t seed, std::uint32_t round) {
    std::array<int, 2> pipe_fds{};
    CHECK(pipe(pipe_fds.data()) == 0, "a pipe can be made");
    fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC);
    std::vector<std::string> words = {
        "fold", "--child", path, std::to_string(seed), std::to_string(round), std::to_string(pipe_fds[1])};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = fork();
    CHECK(pid_ >= 0, "a process can be made");
    if (pid_ == 0) {
      execv("/proc/self/exe", arguments.data());
      _exit(127);
    }
    close(pipe_fds[1]);
    fd_ = pipe_fds[0];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    Kill();
    close(fd_);
  }

  // The next message, if one comes until then. Without a deadline: all that are still in the pipe.
  std::optional<Message> Next(const Clock& clock, std::optional<MonoTime> deadline) {
    while (filled_ < sizeof(Message)) {
      if (deadline) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - clock.Mono()).count();
        pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
        if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) return std::nullopt;
      }
      const ssize_t count = read(fd_, buffer_.data() + filled_, sizeof(Message) - filled_);
      if (count <= 0) return std::nullopt;  // the child has ended
      filled_ += static_cast<std::size_t>(count);
    }
    filled_ = 0;
    Message message;
    std::memcpy(&message, buffer_.data(), sizeof message);
    return message;
  }

  // True if the child was still alive.
  bool Kill() {
    if (pid_ < 0) return false;
    int status = 0;
    const bool alive = waitpid(pid_, &status, WNOHANG) == 0;
    if (alive) {
      kill(pid_, SIGKILL);
      waitpid(pid_, &status, 0);
    }
    pid_ = -1;
    return alive;
  }

 private:
  pid_t pid_ = -1;
  int fd_ = -1;
  std::size_t filled_ = 0;
  std::array<char, sizeof(Message)> buffer_{};
};

class Verifier {
 public:
  void Take(const Message& message) {
    if (message.kind == Message::Kind::kReady) return;
    auto& pending = pending_[message.lane];
    if (message.kind == Message::Kind::kIntent) {
      pending = message;
      return;
    }
    for (const Effect& effect : std::span(message.effects).first(message.effect_count)) Apply(effect);
    pending.reset();
  }

  std::uint64_t changes() const { return changes_; }
  std::uint64_t items() const { return items_; }

  // What is wrong with the data; empty: nothing.
  std::string Verify(const std::string& path) {
    const Node node(path);
    if (node.Table(kCounterTable) == nullptr)
      return changes_ == 0 ? "" : "the tables are gone";  // killed before they were made
    for (auto& [lane, message] : pending_) {
      if (!message) continue;
      if (std::string wrong = Settle(node, *message); !wrong.empty()) return wrong;
      message.reset();
    }
    for (std::uint32_t table = 0; table < 2; ++table)
      for (std::uint32_t key = 0; key < kLanes * kKeysPerLane; ++key)
        if (std::string wrong = CheckItem(node, table, key); !wrong.empty()) return wrong;
    for (std::uint32_t key = 0; key < kCounters; ++key)
      if (std::string wrong = CheckCounter(node, key); !wrong.empty()) return wrong;
    return CheckStreams(node, copies_);
  }

  // Folds everything once more, from the beginning.
  std::string VerifyFromTheBeginning(const std::string& path) {
    std::array<StreamCopy, kTables.size()> copies;
    return CheckStreams(Node(path), copies);
  }

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;

  void Apply(const Effect& effect) {
    std::uint64_t& version = versions_[{effect.table, effect.key}];
    if (effect.table == kCounterTable) {
      ++version;
      ++changes_;
    } else if (version != effect.version) {
      version = effect.version;
      ++changes_;
    }
  }
  std::uint64_t Known(const Effect& effect) { return versions_[{effect.table, effect.key}]; }

  // A write whose answer was lost: finds out whether it took place.
  std::string Settle(const Node& node, const Message& message) {
    int took_place = 0, did_not = 0;
    for (const Effect& effect : std::span(message.effects).first(message.effect_count)) {
      if (effect.table == kCounterTable) {
        ++counting_[effect.key];
        continue;
      }
      if (Known(effect) == effect.version) continue;
      const auto item = Stored(node, effect.table, effect.key);
      const std::uint64_t version = item ? NumberIn(*item, "version") : 0;
      ++(version == effect.version ? took_place : did_not);
      if (version == effect.version) Apply(effect);
    }
    if (message.transaction != 0 && took_place > 0 && did_not > 0) return "a transaction took place in part";
    return "";
  }

  std::string CheckItem(const Node& node, std::uint32_t table, std::uint32_t key) {
    const auto item = Stored(node, table, key);
    const std::uint64_t version = versions_[{table, key}];
    const auto expected = version == 0 ? std::nullopt : std::optional(WholeItem(table, key, version));
    if (item == expected) return "";
    return fmt::format("key {} of {}: acknowledged was version {}, stored is {}", key, kTables.at(table), version,
                       item ? NumberIn(*item, "version") : 0);
  }

  std::string CheckCounter(const Node& node, std::uint32_t key) {
    const auto item = Stored(node, kCounterTable, key);
    const std::uint64_t count = item ? NumberIn(*item, "n") : 0;
    std::uint64_t& known = versions_[{kCounterTable, key}];
    const std::uint64_t maybe = std::exchange(counting_[key], 0);
    if (count < known || count > known + maybe)
      return fmt::format("counter {} is {}; {} were acknowledged and {} unanswered", key, count, known, maybe);
    changes_ += count - known;
    known = count;
    return "";
  }

  std::string CheckStreams(const Node& node, std::array<StreamCopy, kTables.size()>& copies) {
    std::uint64_t folded = 0;
    items_ = 0;
    for (std::uint32_t table = 0; table < kTables.size(); ++table) {
      const auto stored = node.Table(table);
      StreamCopy& copy = copies.at(table);
      if (const Status followed = copy.Follow(*node.engine, *stored->stream); !followed.ok())
        return followed.error().ToString();
      std::string first;
      const auto differences = copy.Differences(*node.engine, *stored, &first);
      if (!differences.ok()) return differences.error().ToString();
      if (*differences > 0) return fmt::format("{} differences: {}", *differences, first);
      if (stored->counters->items.load() != static_cast<std::int64_t>(copy.items().size()))
        return fmt::format("{} says it has {} items and has {}", stored->name, stored->counters->items.load(),
                           copy.items().size());
      folded += copy.changes();
      items_ += copy.items().size();
    }
    if (folded != changes_) return fmt::format("{} changes were made, the streams have {}", changes_, folded);
    return "";
  }

  std::map<Key, std::uint64_t> versions_;  // of counters: their count
  std::map<std::uint32_t, std::optional<Message>> pending_;
  std::map<std::uint32_t, std::uint64_t> counting_;  // unanswered, by counter
  std::array<StreamCopy, kTables.size()> copies_;
  std::uint64_t changes_ = 0;
  std::uint64_t items_ = 0;
};

// Lets a child write until it is killed. What it had to complain of; empty: nothing.
std::string RunRound(const std::string& path, std::uint64_t seed, std::uint32_t round, std::uint64_t count,
                     Random& random, const Clock& clock, Verifier& verifier) {
  Child child(path, seed, round);
  // One in ten is killed while it opens; the others have up to 0.8 seconds from when they begin to write.
  bool writing = random.Below(10) == 0;
  const auto milliseconds = [&](std::uint64_t most) { return std::chrono::milliseconds(1 + random.Below(most)); };
  MonoTime deadline = clock.Mono() + (writing ? milliseconds(60) : std::chrono::milliseconds(60'000));
  while (verifier.changes() < count) {
    const auto message = child.Next(clock, deadline);
    if (!message) break;
    if (message->kind == Message::Kind::kProblem) return message->text.data();
    if (message->kind == Message::Kind::kReady && !std::exchange(writing, true))
      deadline = clock.Mono() + milliseconds(800);
    verifier.Take(*message);
  }
  if (!child.Kill()) return "the child ended by itself";
  while (const auto message = child.Next(clock, std::nullopt)) {
    if (message->kind == Message::Kind::kProblem) return message->text.data();
    verifier.Take(*message);
  }
  return writing ? "" : "the child did not open its data within a minute";
}

int RunParent(std::uint64_t seed, std::uint64_t count) {
  fmt::print("seed {}, {} changes\n", seed, count);
  std::fflush(stdout);
  SeededRandom random(seed);
  const SystemClock clock;
  std::optional<store::TempDirectory> directory(std::in_place);
  const std::string path = directory->path() + "/data";
  Verifier verifier;
  const MonoTime begin = clock.Mono();
  std::uint32_t kills = 0;
  std::string wrong;
  while (wrong.empty() && verifier.changes() < count) {
    wrong = RunRound(path, seed, kills + 1, count, random, clock, verifier);
    ++kills;
    if (wrong.empty()) wrong = verifier.Verify(path);
    const double seconds = std::chrono::duration<double>(clock.Mono() - begin).count();
    fmt::print(stderr, "{:>9} changes, {:>4} kills, {:>5} items, {:>6.0f} changes/s\n", verifier.changes(), kills,
               verifier.items(), static_cast<double>(verifier.changes()) / seconds);
  }
  if (wrong.empty()) wrong = verifier.VerifyFromTheBeginning(path);
  if (wrong.empty()) {
    fmt::print("{} changes, {} kills, 0 differences\n", verifier.changes(), kills);
    return 0;
  }
  const std::string kept = directory->path() + "-failed";
  const bool moved = rename(path.c_str(), kept.c_str()) == 0;
  fmt::print("FAILED after {} changes and {} kills, seed {}: {}\nThe data is in {}.\n", verifier.changes(), kills, seed,
             wrong, moved ? kept : path);
  return 1;
}

int Main(std::vector<std::string> arguments) {
  const auto number = [](const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); };
  if (arguments.size() == 5 && arguments[0] == "--child")
    RunChild(arguments[1], number(arguments[2]), static_cast<std::uint32_t>(number(arguments[3])),
             static_cast<int>(number(arguments[4])));
  SystemRandom random;
  std::uint64_t seed = random.Below(1'000'000'000), count = 1'000'000;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const bool known = arguments[i] == "--seed" || arguments[i] == "--count";
    if (!known || i + 1 == arguments.size() || number(arguments[i + 1]) == 0) {
      fmt::print(stderr, "usage: fold [--seed N] [--count N]\n");
      return 2;
    }
    (arguments[i] == "--seed" ? seed : count) = number(arguments[i + 1]);
  }
  return RunParent(seed, count);
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  return millrace::Main(std::vector<std::string>(argv + 1, argv + argc));
}
