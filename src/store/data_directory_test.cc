// A data directory is created, locked and recognised; what is not ours, or too new, is refused and left as it was.
#include "store/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store/temp_directory.h"

namespace millrace::store {
namespace {

using testing::HasSubstr;

void WriteFile(const std::string& path, std::string_view contents) {
  std::ofstream(path) << contents;
}

TEST(DataDirectory, IsNewUntilItIsMarkedAsCreated) {
  const TempDirectory temp;
  const std::string path = temp.path() + "/deep/data";
  for (int i = 0; i < 2; ++i) {
    const auto directory = DataDirectory::Open(path);
    ASSERT_TRUE(directory.ok()) << directory.error().message();
    EXPECT_EQ(directory->content(), DataDirectory::Content::kNew);
  }
  {
    auto directory = DataDirectory::Open(path);
    ASSERT_TRUE(directory.ok() && directory->MarkCreated().ok());
  }
  const auto directory = DataDirectory::Open(path);
  ASSERT_TRUE(directory.ok());
  EXPECT_EQ(directory->content(), DataDirectory::Content::kExisting);
}

TEST(DataDirectory, IsRefusedWhileItIsInUseAndTheMessageNamesTheProcess) {
  const TempDirectory temp;
  auto first = DataDirectory::Open(temp.path());
  ASSERT_TRUE(first.ok());
  const auto second = DataDirectory::Open(temp.path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason(), reason::kDirectoryInUse);
  EXPECT_THAT(second.error().message(), HasSubstr(temp.path()));
  EXPECT_THAT(second.error().message(), HasSubstr("process " + std::to_string(getpid()) + " ("));
  EXPECT_THAT(second.error().message(), HasSubstr("use another directory"));
  { const DataDirectory released = *std::move(first); }
  EXPECT_TRUE(DataDirectory::Open(temp.path()).ok());
}

TEST(DataDirectory, WithSomethingElseInItIsRefusedAndLeftAsItWas) {
  const TempDirectory temp;
  WriteFile(temp.path() + "/holiday.jpg", "x");
  const auto directory = DataDirectory::Open(temp.path());
  ASSERT_FALSE(directory.ok());
  EXPECT_EQ(directory.error().reason(), reason::kDirectoryForeign);
  EXPECT_THAT(directory.error().message(), HasSubstr("holiday.jpg"));
  EXPECT_FALSE(std::filesystem::exists(temp.path() + "/LOCK"));
}

TEST(DataDirectory, MayHoldTheLostAndFoundOfAFreshFileSystem) {
  const TempDirectory temp;
  std::filesystem::create_directory(temp.path() + "/lost+found");
  EXPECT_TRUE(DataDirectory::Open(temp.path()).ok());
}

TEST(DataDirectory, OfALaterFormatIsRefused) {
  const TempDirectory temp;
  WriteFile(temp.path() + "/FORMAT", "millrace data directory, format 2\n");
  const auto directory = DataDirectory::Open(temp.path());
  ASSERT_FALSE(directory.ok());
  EXPECT_EQ(directory.error().reason(), reason::kFormatTooNew);
  EXPECT_THAT(directory.error().message(), HasSubstr("format 2"));
}

TEST(DataDirectory, WithAFormatFileOfSomeoneElseIsRefused) {
  for (const std::string contents :
       {"", "RIFF", "millrace data directory, format 1", "millrace data directory, format \n",
        "millrace data directory, format 0\n", "millrace data directory, format 1 2\n",
        "millrace data directory, format 99999999999999999999\n"}) {
    const TempDirectory temp;
    WriteFile(temp.path() + "/FORMAT", contents);
    const auto directory = DataDirectory::Open(temp.path());
    ASSERT_FALSE(directory.ok()) << contents;
    EXPECT_EQ(directory.error().reason(), reason::kDirectoryForeign) << contents;
  }
  const TempDirectory temp;
  WriteFile(temp.path() + "/FORMAT", std::string(1000, 'x'));
  EXPECT_EQ(DataDirectory::Open(temp.path()).error().reason(), reason::kDirectoryForeign);
}

TEST(DataDirectory, ThatIsAFileIsAnError) {
  const TempDirectory temp;
  WriteFile(temp.path() + "/file", "x");
  EXPECT_EQ(DataDirectory::Open(temp.path() + "/file").error().code(), ErrorCode::kIo);
  EXPECT_EQ(DataDirectory::Open("").error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace millrace::store
