// Proves that deployment packages are unpacked as they were packed, and that hostile or damaged ones are refused before
// they write outside of their directory.
#include "api/lambda/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "api/lambda/testing/zip_writer.h"
#include "base/check.h"
#include "base/random.h"

namespace millrace::api::lambda {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::ZipWriter;

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = (fs::temp_directory_path() / "millrace-zip-XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr, "no temporary directory");
    path_ = pattern;
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string ContentOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Status Extract(const std::string& bytes, const std::string& directory) {
  ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(bytes));
  return archive.ExtractTo(directory);
}

TEST(ZipArchive, UnpacksStoredAndDeflatedFilesDirectoriesAndLinks) {
  const std::string large(100'000, 'a');
  const std::string bytes = ZipWriter()
                                .Add("index.js", "exports.handler = 1;")
                                .Add("empty/", "")
                                .Add("src/deep/large.txt", large, {.deflate = true})
                                .Add("bin/run", "#!/bin/sh\n", {.mode = 0100755})
                                .Add("bin/link", "../src/deep/large.txt", {.mode = 0120777})
                                .Add("none", "")
                                .Finish("a comment");
  EXPECT_LT(bytes.size(), 10'000u);
  const TempDirectory directory;
  ASSERT_TRUE(Extract(bytes, directory.path()).ok());
  const fs::path root = directory.path();
  EXPECT_EQ(ContentOf(root / "index.js"), "exports.handler = 1;");
  EXPECT_EQ(ContentOf(root / "src/deep/large.txt"), large);
  EXPECT_EQ(ContentOf(root / "bin/link"), large);
  EXPECT_TRUE(fs::is_symlink(root / "bin/link"));
  EXPECT_TRUE(fs::is_directory(root / "empty"));
  EXPECT_EQ(fs::file_size(root / "none"), 0u);
  struct stat about = {};
  ASSERT_EQ(::stat((root / "bin/run").c_str(), &about), 0);
  EXPECT_NE(about.st_mode & 0100, 0u);
}

TEST(ZipArchive, NamesAndLinksThatLeadOutAreRefused) {
  const TempDirectory directory;
  for (const char* name : {"../out", "a/../../out", "/etc/out", "a\\..\\out", "..", "a/..", ""}) {
    const Status extracted = Extract(ZipWriter().Add(name, "x").Finish(), directory.path());
    ASSERT_FALSE(extracted.ok()) << name;
    EXPECT_EQ(extracted.error().code(), ErrorCode::kInvalidArgument) << name;
    EXPECT_THAT(extracted.error().message(), HasSubstr("Could not unzip uploaded file")) << name;
  }
  for (const char* target : {"/etc/passwd", "../../out", "../..", ""})
    EXPECT_FALSE(Extract(ZipWriter().Add("a/link", target, {.mode = 0120777}).Finish(), directory.path()).ok())
        << target;
  // A file whose directory an earlier entry made a link of: files come first, so the link finds its place taken.
  EXPECT_FALSE(
      Extract(ZipWriter().Add("d", ".", {.mode = 0120777}).Add("d/file", "x").Finish(), directory.path()).ok());
}

TEST(ZipArchive, WhatIsNotReadIsSaid) {
  const TempDirectory directory;
  EXPECT_FALSE(ZipArchive::Open("").ok());
  EXPECT_FALSE(ZipArchive::Open(std::string(1000, 'x')).ok());
  EXPECT_THAT(ZipArchive::Open(ZipWriter().Add("a", "x", {.flags = 1}).Finish()).error().message(),
              HasSubstr("'a' is encrypted"));
  EXPECT_THAT(ZipArchive::Open(ZipWriter().Add("a", "x", {.method = 12}).Finish()).error().message(),
              HasSubstr("by method 12"));
  EXPECT_THAT(Extract(ZipWriter().Add("a", "x", {.crc = 1}).Finish(), directory.path()).error().message(),
              HasSubstr("checksum of 'a'"));
  // A bomb says how large it is, or is caught when it is larger.
  EXPECT_THAT(
      ZipArchive::Open(ZipWriter().Add("a", "x", {.deflate = true, .bytes = 300'000'000}).Finish()).error().message(),
      HasSubstr("Unzipped size must be smaller"));
  EXPECT_THAT(
      Extract(ZipWriter().Add("a", std::string(10'000, 'x'), {.deflate = true, .bytes = 10}).Finish(), directory.path())
          .error()
          .message(),
      HasSubstr("'a' is damaged"));
}

// Seed printed on failure.
TEST(ZipArchive, DamagedBytesAreNeverMoreThanAnError) {
  const std::string good = ZipWriter()
                               .Add("index.js", std::string(500, 'a'), {.deflate = true})
                               .Add("lib/b.js", "exports.b = 1;")
                               .Finish("comment");
  const std::uint64_t seed = SystemRandom().Next();
  SeededRandom random(seed);
  for (int round = 0; round < 3'000; ++round) {
    std::string bytes = good;
    for (std::uint64_t i = random.Below(4) + 1; i-- > 0;)
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
    if (random.Below(4) == 0) bytes.resize(random.Below(bytes.size()));
    const Result<ZipArchive> archive = ZipArchive::Open(bytes);
    if (!archive.ok()) continue;
    for (const ZipArchive::Entry& entry : archive->entries()) {
      const Result<std::string> content = archive->Read(entry);
      EXPECT_TRUE(!content.ok() || content->size() == entry.bytes) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace millrace::api::lambda
