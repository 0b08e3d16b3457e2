// StdoutTarget keeps the contract of targets. Standard output is a file while the test looks.
#include "targets/stdout/stdout_target.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "flow/testing/target_contract.h"

namespace millrace::flow::testing {
namespace {

class StdoutRig final : public TargetRig {
 public:
  StdoutRig() {
    std::fflush(stdout);
    char name[] = "/tmp/millrace-stdout-XXXXXX";
    file_ = ::mkostemp(name, O_APPEND);
    path_ = name;
    saved_ = ::dup(STDOUT_FILENO);
    ::dup2(file_, STDOUT_FILENO);
  }
  ~StdoutRig() override {
    ::dup2(saved_, STDOUT_FILENO);
    ::close(saved_);
    ::close(file_);
    ::unlink(path_.c_str());
  }
  Target& target() override { return target_; }
  std::string Body(const std::string& key, int number) override {
    return fmt::format(R"({{"key":"{}","number":{}}})", key, number);
  }
  std::vector<std::string> Effects() override {
    std::string text(1 << 20, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::pread(file_, text.data(), text.size(), 0))));
    std::vector<std::string> lines;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      lines.push_back(text.substr(at, end - at));
    return lines;
  }
  // A descriptor that cannot be written to.
  void Break() override {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDOUT_FILENO);
    ::close(nothing);
  }
  void Mend() override { ::dup2(file_, STDOUT_FILENO); }

 private:
  int file_ = -1;
  int saved_ = -1;
  std::string path_;
  targets::StdoutTarget target_{"target/stdout"};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Stdout, TargetContract, ::testing::Types<StdoutRig>);

}  // namespace
}  // namespace millrace::flow::testing
