// Proves that a change comes back from the log with what its view type keeps, that bus events come back whole, and that
// any other bytes are Corruption.
#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/testing/items.h"
#include "model/codec.h"

namespace millrace::engine {
namespace {

using model::ChangeKind;
using testing::MakeItem;
using testing::N;
using testing::S;
using View = model::StreamViewType;

constexpr View kViews[] = {View::kKeysOnly, View::kNewImage, View::kOldImage, View::kNewAndOldImages};

Log StreamOf(View view) {
  Log stream;
  stream.arn = "arn:stream";
  stream.schema = testing::StringAndNumberKey();
  stream.view = view;
  return stream;
}

const model::Item kKeys = MakeItem({{"pk", S("a")}, {"sk", N(7)}});
const model::Item kOld = MakeItem({{"pk", S("a")}, {"sk", N(7)}, {"v", S("old")}});
const model::Item kNew = MakeItem({{"pk", S("a")}, {"sk", N(7)}, {"w", N(-3)}});

TEST(ChangeRecord, ComesBackInEveryViewAndKind) {
  const std::string old_bytes = model::EncodeItem(kOld), new_bytes = model::EncodeItem(kNew);
  for (const View view : kViews) {
    for (const ChangeKind kind : {ChangeKind::kInsert, ChangeKind::kModify, ChangeKind::kRemove}) {
      for (const bool expired : {false, true}) {
        SCOPED_TRACE(fmt::format("{} {} {}", model::StreamViewTypeName(view), model::ChangeKindName(kind), expired));
        const Log stream = StreamOf(view);
        const std::string* before = kind == ChangeKind::kInsert ? nullptr : &old_bytes;
        const std::string* after = kind == ChangeKind::kRemove ? nullptr : &new_bytes;
        const LogRecord record{SequenceNumber(42),
                               EncodeChange(stream, kind, 1'700'000'000'123, expired, before, after)};
        EXPECT_EQ(*RecordTime(record.value), 1'700'000'000'123);
        const auto change = DecodeChange(stream, record);
        ASSERT_TRUE(change.ok()) << change.error().message();
        EXPECT_EQ(change->sequence, SequenceNumber(42));
        EXPECT_EQ(change->time_ms, 1'700'000'000'123);
        EXPECT_EQ(change->kind, kind);
        EXPECT_EQ(change->expired, expired);
        EXPECT_EQ(change->keys, kKeys);
        const bool with_old = before != nullptr && (view == View::kOldImage || view == View::kNewAndOldImages);
        const bool with_new = after != nullptr && (view == View::kNewImage || view == View::kNewAndOldImages);
        EXPECT_EQ(change->old_image, with_old ? std::optional(kOld) : std::nullopt);
        EXPECT_EQ(change->new_image, with_new ? std::optional(kNew) : std::nullopt);
      }
    }
  }
}

TEST(ChangeRecord, OfKeysOnlyKeepsNothingElse) {
  const std::string secret = model::EncodeItem(MakeItem({{"pk", S("a")}, {"sk", N(7)}, {"v", S("confidential")}}));
  const std::string record = EncodeChange(StreamOf(View::kKeysOnly), ChangeKind::kInsert, 1, false, nullptr, &secret);
  EXPECT_EQ(record.find("confidential"), std::string::npos);
}

TEST(ChangeRecord, RefusesMutilatedBytes) {
  constexpr std::uint64_t kSeed = 21;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  const std::string old_bytes = model::EncodeItem(kOld), new_bytes = model::EncodeItem(kNew);
  for (const View view : kViews) {
    const Log stream = StreamOf(view);
    const std::string record = EncodeChange(stream, ChangeKind::kModify, 1, false, &old_bytes, &new_bytes);
    for (std::size_t size = 0; size < record.size(); ++size)
      EXPECT_FALSE(DecodeChange(stream, {SequenceNumber(1), record.substr(0, size)}).ok()) << size;
    EXPECT_FALSE(DecodeChange(stream, {SequenceNumber(1), record + "x"}).ok());
    for (const int version : {0, 2, 255}) {
      std::string other = record;
      other[0] = static_cast<char>(version);
      EXPECT_FALSE(DecodeChange(stream, {SequenceNumber(1), other}).ok());
    }
    for (const int kind : {0, 4, 255}) {
      std::string other = record;
      other[1] = static_cast<char>(kind);
      EXPECT_FALSE(DecodeChange(stream, {SequenceNumber(1), other}).ok());
    }
    for (int round = 0; round < 5'000; ++round) {
      std::string other = record;
      other[random.Below(other.size())] = static_cast<char>(random.Next());
      const auto change = DecodeChange(stream, {SequenceNumber(1), other});
      if (change.ok()) {
        EXPECT_FALSE(change->keys.empty());
      }
    }
  }
  EXPECT_FALSE(RecordTime("0123456789").ok());
  EXPECT_FALSE(RecordTime("").ok());
}

TEST(ChangeRecord, WithoutAnyImageOrKeysIsRefused) {
  // Version, kind, no flags, time.
  const std::string record = std::string("\x01\x01\x00", 3) + std::string(8, '\0');
  EXPECT_FALSE(DecodeChange(StreamOf(View::kKeysOnly), {SequenceNumber(1), record}).ok());
}

TEST(ChangeRecord, WhoseImageLacksTheKeyIsRefused) {
  const std::string image = model::EncodeItem(MakeItem({{"v", S("no key")}}));
  std::string record = std::string("\x01\x01\x08", 3) + std::string(8, '\0');
  record.push_back(static_cast<char>(image.size()));
  record += image;
  EXPECT_FALSE(DecodeChange(StreamOf(View::kNewImage), {SequenceNumber(1), record}).ok());
}

TEST(EventRecord, ComesBackWhole) {
  for (const std::string& value : {std::string(), std::string("{}"), std::string("\0\xff", 2)}) {
    const LogRecord record{SequenceNumber(9), EncodeEvent(77, value)};
    const auto event = DecodeEvent(record);
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(event->sequence, SequenceNumber(9));
    EXPECT_EQ(event->time_ms, 77);
    EXPECT_EQ(event->value, value);
    EXPECT_EQ(*RecordTime(record.value), 77);
  }
  EXPECT_FALSE(DecodeEvent({SequenceNumber(1), "short"}).ok());
  const std::string bytes = model::EncodeItem(kNew);
  const std::string change = EncodeChange(StreamOf(View::kNewImage), ChangeKind::kInsert, 1, false, nullptr, &bytes);
  EXPECT_FALSE(DecodeEvent({SequenceNumber(1), change}).ok());
}

}  // namespace
}  // namespace millrace::engine
