// RocksStore in a process of its own: what was acknowledged before kill -9 is there afterwards, and the first write
// that the disk refuses is the last one.
//
// The child is this program again, running one of the DISABLED_ tests below in the directory that the environment
// names.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "base/random.h"
#include "store/file_descriptor.h"
#include "store/rocks_store.h"
#include "store/temp_directory.h"

extern char** environ;  // NOLINT: POSIX

namespace millrace::store {
namespace {

constexpr const char* kDirectoryVariable = "MILLRACE_CRASH_TEST_DIRECTORY";
constexpr const char* kDurabilityVariable = "MILLRACE_CRASH_TEST_DURABILITY";
constexpr int kAckDescriptor = 3;

std::string Key(std::uint32_t i) {
  return fmt::format("{:08}", i);
}

// One numbered batch of two rows, which must be there both or not at all.
Status WriteNumbered(Store& store, std::uint32_t i, Durability durability, std::size_t value_bytes) {
  const auto batch = store.NewBatch();
  batch->Put(Space::kItems, Key(i), std::string(value_bytes, 'i'));
  batch->Put(Space::kLog, Key(i), std::string(value_bytes, 'l'));
  return store.Write(*batch, durability);
}

std::uint32_t CountNumbered(const Store& store) {
  for (std::uint32_t i = 0;; ++i) {
    std::string value;
    const bool item = *store.Get(Space::kItems, Key(i), &value, nullptr);
    const bool record = *store.Get(Space::kLog, Key(i), &value, nullptr);
    EXPECT_EQ(item, record) << "half of batch " << i;
    if (!item) return i;
  }
}

class Child {
 public:
  Child(const std::string& test, const std::string& directory, const std::string& durability) {
    int pipe_ends[2];
    EXPECT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    acks_ = FileDescriptor(pipe_ends[0]);
    const FileDescriptor write_end(pipe_ends[1]);
    const std::string filter = "--gtest_filter=" + test;
    std::array<const char*, 5> arguments = {"store_test", filter.c_str(), "--gtest_also_run_disabled_tests",
                                            "--gtest_brief=1", nullptr};
    std::vector<std::string> variables = {fmt::format("{}={}", kDirectoryVariable, directory),
                                          fmt::format("{}={}", kDurabilityVariable, durability)};
    std::vector<char*> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) environment.push_back(*variable);
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, write_end.get(), kAckDescriptor);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    EXPECT_EQ(posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, const_cast<char**>(arguments.data()),
                          environment.data()),
              0);
    posix_spawn_file_actions_destroy(&actions);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    Kill();
    Wait();
  }

  pid_t pid() const { return pid_; }
  // The number of the next acknowledged batch, or nothing once the child is gone and its pipe is empty.
  std::optional<std::uint32_t> NextAck() {
    std::uint32_t ack = 0;
    if (read(acks_.get(), &ack, sizeof ack) != sizeof ack) return std::nullopt;
    return ack;
  }
  void Kill() {
    if (pid_ > 0) kill(pid_, SIGKILL);
  }
  int Wait() {
    int status = -1;
    if (pid_ > 0) waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_ = 0;
  FileDescriptor acks_;
};

void Acknowledge(std::uint32_t i) {
  ASSERT_EQ(write(kAckDescriptor, &i, sizeof i), ssize_t{sizeof i});
}

TEST(RocksStoreChild, DISABLED_WritesUntilItIsKilled) {
  const char* const directory = std::getenv(kDirectoryVariable);
  if (directory == nullptr) GTEST_SKIP() << "runs only as the child of another test";
  const bool sync = std::string_view(std::getenv(kDurabilityVariable)) == "sync";
  const auto store = RocksStore::Open({.path = directory, .write_buffer_bytes = 64 << 10});
  ASSERT_TRUE(store.ok()) << store.error().message();
  for (std::uint32_t i = CountNumbered(**store);; ++i) {
    ASSERT_TRUE(WriteNumbered(**store, i, sync ? Durability::kSync : Durability::kNoSync, 100).ok());
    Acknowledge(i);
  }
}

void KillAndReopen(const std::string& durability) {
  const TempDirectory temp;
  const std::uint64_t seed = SystemRandom().Next();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  std::uint32_t acknowledged = 0;
  for (int round = 0; round < 3; ++round) {
    Child child("RocksStoreChild.DISABLED_WritesUntilItIsKilled", temp.path(), durability);
    auto ack = child.NextAck();
    ASSERT_TRUE(ack);
    const auto refused = RocksStore::Open({.path = temp.path()});
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message(), testing::HasSubstr(fmt::format("process {} ", child.pid())));
    for (auto count = 100 + random.Below(400); count > 0 && ack; --count) {
      acknowledged = *ack + 1;
      ack = child.NextAck();
    }
    child.Kill();
    for (; ack; ack = child.NextAck()) acknowledged = *ack + 1;
    child.Wait();
    const auto store = RocksStore::Open({.path = temp.path()});
    ASSERT_TRUE(store.ok()) << store.error().message();
    const std::uint32_t found = CountNumbered(**store);
    EXPECT_GE(found, acknowledged);
    EXPECT_LE(found, acknowledged + 1);  // the one that was under way
  }
}

TEST(RocksStoreCrash, SyncedBatchesSurviveKill9) {
  KillAndReopen("sync");
}
TEST(RocksStoreCrash, UnsyncedBatchesSurviveKill9) {
  KillAndReopen("no sync");
}

TEST(RocksStoreChild, DISABLED_WritesUntilTheDiskRefuses) {
  const char* const directory = std::getenv(kDirectoryVariable);
  if (directory == nullptr) GTEST_SKIP() << "runs only as the child of another test";
  const auto store = RocksStore::Open({.path = directory});
  ASSERT_TRUE(store.ok()) << store.error().message();
  ASSERT_TRUE((*store)->Health().ok());
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit is then an error of the write
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::uint32_t i = 0;
  for (; WriteNumbered(**store, i, Durability::kSync, 4000).ok(); ++i) {
    ASSERT_LT(i, 1000u) << "the limit had no effect";
    Acknowledge(i);
  }
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);  // the disk is well again, and still nothing is written
  const Status again = WriteNumbered(**store, i, Durability::kSync, 10);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), ErrorCode::kIo);
  EXPECT_FALSE((*store)->Sync().ok());
  EXPECT_FALSE((*store)->Health().ok());
  std::string value;
  EXPECT_TRUE(*(*store)->Get(Space::kItems, Key(0), &value, nullptr));  // reads go on
}

TEST(RocksStoreCrash, TheFirstWriteThatTheDiskRefusesIsTheLast) {
  const TempDirectory temp;
  std::uint32_t acknowledged = 0;
  {
    Child child("RocksStoreChild.DISABLED_WritesUntilTheDiskRefuses", temp.path(), "sync");
    while (const auto ack = child.NextAck()) acknowledged = *ack + 1;
    const int status = child.Wait();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the child's own checks failed";
  }
  EXPECT_GT(acknowledged, 50u);
  const auto store = RocksStore::Open({.path = temp.path()});
  ASSERT_TRUE(store.ok()) << store.error().message();
  const std::uint32_t found = CountNumbered(**store);
  EXPECT_GE(found, acknowledged);
  EXPECT_LE(found, acknowledged + 1);
  EXPECT_TRUE(WriteNumbered(**store, found, Durability::kSync, 10).ok());
}

}  // namespace
}  // namespace millrace::store
