// FileTarget: lines are appended whole, a torn last line is removed, a path that cannot be opened says why.
#include "targets/file/file_target.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace millrace::targets {
namespace {

class FileTargetTest : public ::testing::Test {
 protected:
  FileTargetTest() {
    char directory[] = "/tmp/millrace-file-target-XXXXXX";
    directory_ = ::mkdtemp(directory);
    path_ = directory_ + "/out.ndjson";
  }
  ~FileTargetTest() override {
    ::unlink(path_.c_str());
    ::rmdir(directory_.c_str());
  }
  std::string Contents() {
    std::string text(1 << 16, '\0');
    std::FILE* file = std::fopen(path_.c_str(), "r");
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
  }
  void Append(std::string_view text) {
    std::FILE* file = std::fopen(path_.c_str(), "a");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  static flow::WriteReport Write(FileTarget& target, std::vector<std::string> bodies) {
    std::vector<flow::Record> batch(bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) batch[i].body = bodies[i];
    flow::WriteReport report;
    target.Write(batch, {}, [&](flow::WriteReport given) { report = std::move(given); });
    return report;
  }

  std::string directory_, path_;
};

TEST_F(FileTargetTest, AppendsOneLinePerRecord) {
  FileTarget target("target/f", path_);
  ASSERT_TRUE(target.Open().ok());
  ASSERT_TRUE(target.Open().ok());
  const auto report = Write(target, {R"({"a":1})", R"({"a":2})"});
  EXPECT_EQ(report.entries, std::vector(2, flow::EntryOutcome::kTaken));
  target.Close();
  target.Close();
  FileTarget again("target/f", path_);
  ASSERT_TRUE(again.Open().ok());
  Write(again, {"3"});
  EXPECT_EQ(Contents(), "{\"a\":1}\n{\"a\":2}\n3\n");
}

TEST_F(FileTargetTest, RemovesALineThatACrashCutShort) {
  Append("whole\n" + std::string(9000, 'x'));
  FileTarget target("target/f", path_);
  ASSERT_TRUE(target.Open().ok());
  EXPECT_EQ(Contents(), "whole\n");
}

TEST_F(FileTargetTest, AClosedTargetIsDown) {
  FileTarget target("target/f", path_);
  ASSERT_TRUE(target.Open().ok());
  target.Close();
  const auto report = Write(target, {"1"});
  EXPECT_TRUE(report.target_down);
  EXPECT_EQ(report.entries, std::vector{flow::EntryOutcome::kRetry});
}

TEST_F(FileTargetTest, SaysWhyItCannotOpen) {
  FileTarget target("target/f", directory_ + "/none/out.ndjson");
  const Status opened = target.Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message().find("none/out.ndjson: No such file"), std::string::npos);
}

TEST_F(FileTargetTest, AFullDiskIsSaidToBeFull) {
  FileTarget target("target/f", "/dev/full");
  ASSERT_TRUE(target.Open().ok());
  const auto report = Write(target, {"1"});
  EXPECT_EQ(report.entries, std::vector{flow::EntryOutcome::kRetry});
  EXPECT_TRUE(report.target_down);
  EXPECT_NE(report.error->message().find("No space left on device"), std::string::npos) << report.error->message();
}

}  // namespace
}  // namespace millrace::targets
