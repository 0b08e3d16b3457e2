// FileTarget keeps the contract of targets.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow/testing/target_contract.h"
#include "targets/file/file_target.h"

namespace millrace::flow::testing {
namespace {

class FileRig final : public TargetRig {
 public:
  FileRig() {
    char name[] = "/tmp/millrace-file-XXXXXX";
    directory_ = ::mkdtemp(name);
    path_ = directory_ + "/out.ndjson";
    target_ = std::make_unique<targets::FileTarget>("target/file", path_);
  }
  ~FileRig() override {
    target_->Close();
    ::unlink(path_.c_str());
    ::rmdir(directory_.c_str());
  }
  Target& target() override { return *target_; }
  std::string Body(const std::string& key, int number) override {
    return fmt::format(R"({{"key":"{}","number":{}}})", key, number);
  }
  std::vector<std::string> Effects() override {
    std::string text(1 << 20, '\0');
    std::FILE* file = std::fopen(path_.c_str(), "r");
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    std::vector<std::string> lines;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      lines.push_back(text.substr(at, end - at));
    return lines;
  }
  void Break() override { target_->Close(); }
  void Mend() override { EXPECT_TRUE(target_->Open().ok()); }

 private:
  std::string directory_, path_;
  std::unique_ptr<targets::FileTarget> target_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(File, TargetContract, ::testing::Types<FileRig>);

}  // namespace
}  // namespace millrace::flow::testing
