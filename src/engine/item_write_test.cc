// Proves what each kind of action decides about an item that exists and about one that does not. Decide is pure, so
// neither a store nor an engine is needed.
#include "engine/item_write.h"

#include <gtest/gtest.h>

#include "engine/testing/items.h"
#include "model/codec.h"
#include "model/limits.h"

namespace millrace::engine {
namespace {

using testing::Check;
using testing::Delete;
using testing::If;
using testing::MakeCondition;
using testing::MakeItem;
using testing::MakeUpdate;
using testing::N;
using testing::Put;
using testing::S;
using testing::UpdateItem;
using Kind = ItemOutcome::Kind;

class Decision : public ::testing::Test {
 protected:
  Decision() {
    Table table;
    table.schema = testing::StringKey();
    table_ = std::make_shared<const Table>(std::move(table));
  }
  testing::TablePtr table_;
  const model::Item key_ = MakeItem({{"pk", S("a")}});
  const model::Item item_ = MakeItem({{"pk", S("a")}, {"v", N(1)}});
  const model::Item other_ = MakeItem({{"pk", S("a")}, {"v", N(2)}});
  const std::string stored_ = model::EncodeItem(item_);
};

std::int64_t Size(const model::Item& item) {
  return static_cast<std::int64_t>(model::SizeBytes(item));
}

TEST_F(Decision, PutCreatesAndReplaces) {
  const ItemOutcome created = Decide(Put(table_, item_), std::nullopt);
  EXPECT_EQ(created.kind, Kind::kApplied);
  EXPECT_EQ(created.before, std::nullopt);
  EXPECT_EQ(created.after, stored_);
  EXPECT_EQ(created.size_before, 0);
  EXPECT_EQ(created.size_after, Size(item_));
  EXPECT_TRUE(created.changed());

  const ItemOutcome replaced = Decide(Put(table_, other_), stored_);
  EXPECT_EQ(replaced.before, stored_);
  EXPECT_EQ(replaced.after, model::EncodeItem(other_));
  EXPECT_EQ(replaced.size_before, Size(item_));
  EXPECT_TRUE(replaced.changed());
}

TEST_F(Decision, PutOfTheSameValueChangesNothing) {
  EXPECT_FALSE(Decide(Put(table_, item_), stored_).changed());
  // Equal by value: another text of the number, another order of the set.
  const auto item = [](std::string_view number, std::vector<std::string> set) {
    return MakeItem({{"pk", S("a")},
                     {"n", model::AttributeValue(*model::Number::Parse(number))},
                     {"s", model::AttributeValue(model::StringSet{std::move(set)})}});
  };
  const std::string stored = model::EncodeItem(item("1", {"x", "y"}));
  EXPECT_FALSE(Decide(Put(table_, item("1.00", {"x", "y"})), stored).changed());
  EXPECT_TRUE(Decide(Put(table_, item("1.01", {"x", "y"})), stored).changed());
}

TEST_F(Decision, PutRefusesAnItemBeyond400Kilobytes) {
  // "pk" + "a" + "v" are four bytes.
  const auto item = [](std::size_t size) { return MakeItem({{"pk", S("a")}, {"v", S(std::string(size - 4, 'x'))}}); };
  EXPECT_EQ(Decide(Put(table_, item(model::limits::kItemBytesMax)), std::nullopt).kind, Kind::kApplied);
  const ItemOutcome refused = Decide(Put(table_, item(model::limits::kItemBytesMax + 1)), std::nullopt);
  EXPECT_EQ(refused.kind, Kind::kInvalid);
  EXPECT_FALSE(refused.changed());
  EXPECT_EQ(refused.error->message(), "Item size has exceeded the maximum allowed size");
}

TEST_F(Decision, DeleteRemovesWhatIsThere) {
  const ItemOutcome removed = Decide(Delete(table_, key_), stored_);
  EXPECT_TRUE(removed.changed());
  EXPECT_EQ(removed.before, stored_);
  EXPECT_EQ(removed.after, std::nullopt);
  EXPECT_EQ(removed.size_after, 0);
  const ItemOutcome nothing = Decide(Delete(table_, key_), std::nullopt);
  EXPECT_EQ(nothing.kind, Kind::kApplied);
  EXPECT_FALSE(nothing.changed());
}

TEST_F(Decision, AFailedConditionTellsTheItemItFailedOn) {
  for (const auto& action :
       {If(Put(table_, other_), MakeCondition("v = :two", {{":two", N(2)}})),
        If(Delete(table_, key_), MakeCondition("attribute_not_exists(pk)")),
        If(UpdateItem(table_, key_, MakeUpdate("SET v = :v", {{":v", N(9)}})), MakeCondition("v > :v", {{":v", N(5)}})),
        Check(table_, key_, MakeCondition("attribute_not_exists(v)"))}) {
    const ItemOutcome outcome = Decide(action, stored_);
    EXPECT_EQ(outcome.kind, Kind::kConditionFailed);
    EXPECT_EQ(outcome.before, stored_);
    EXPECT_FALSE(outcome.changed());
  }
  const ItemOutcome absent = Decide(If(Delete(table_, key_), MakeCondition("attribute_exists(pk)")), std::nullopt);
  EXPECT_EQ(absent.kind, Kind::kConditionFailed);
  EXPECT_EQ(absent.before, std::nullopt);
}

TEST_F(Decision, AConditionThatHoldsLetsTheActionThrough) {
  EXPECT_TRUE(Decide(If(Put(table_, item_), MakeCondition("attribute_not_exists(pk)")), std::nullopt).changed());
  EXPECT_TRUE(Decide(If(Put(table_, other_), MakeCondition("v = :v", {{":v", N(1)}})), stored_).changed());
  const ItemOutcome checked = Decide(Check(table_, key_, MakeCondition("v = :v", {{":v", N(1)}})), stored_);
  EXPECT_EQ(checked.kind, Kind::kApplied);
  EXPECT_FALSE(checked.changed());
}

TEST_F(Decision, UpdateChangesAnItemAndCreatesAMissingOne) {
  const auto action = UpdateItem(table_, key_, MakeUpdate("ADD v :one", {{":one", N(1)}}));
  EXPECT_EQ(Decide(action, stored_).after, model::EncodeItem(other_));
  EXPECT_EQ(Decide(action, std::nullopt).after, stored_);
  EXPECT_EQ(Decide(action, std::nullopt).size_after, Size(item_));
}

TEST_F(Decision, UpdateWithoutAnExpressionOnlyCreates) {
  const auto action = UpdateItem(table_, key_, std::nullopt);
  EXPECT_EQ(Decide(action, std::nullopt).after, model::EncodeItem(key_));
  const ItemOutcome existing = Decide(action, stored_);
  EXPECT_FALSE(existing.changed());
  EXPECT_EQ(existing.after, stored_);
}

TEST_F(Decision, UpdateThatOnlyRemovesCreatesNothing) {
  for (const auto& update :
       {MakeUpdate("REMOVE v"), MakeUpdate("DELETE s :s", {{":s", model::AttributeValue(model::StringSet{{"x"}})}})}) {
    const ItemOutcome outcome = Decide(UpdateItem(table_, key_, update), std::nullopt);
    EXPECT_EQ(outcome.kind, Kind::kApplied);
    EXPECT_EQ(outcome.after, std::nullopt);
    EXPECT_FALSE(outcome.changed());
  }
  EXPECT_EQ(Decide(UpdateItem(table_, key_, MakeUpdate("REMOVE v")), stored_).after, model::EncodeItem(key_));
  EXPECT_FALSE(Decide(UpdateItem(table_, key_, MakeUpdate("REMOVE absent")), stored_).changed());
}

TEST_F(Decision, UpdateToTheSameValueChangesNothing) {
  EXPECT_FALSE(Decide(UpdateItem(table_, key_, MakeUpdate("SET v = :v", {{":v", N(1)}})), stored_).changed());
}

TEST_F(Decision, UpdateThatDoesNotFitTheItemIsInvalid) {
  const std::string text = model::EncodeItem(MakeItem({{"pk", S("a")}, {"v", S("text")}}));
  const ItemOutcome mismatch = Decide(UpdateItem(table_, key_, MakeUpdate("ADD v :one", {{":one", N(1)}})), text);
  EXPECT_EQ(mismatch.kind, Kind::kInvalid);
  ASSERT_TRUE(mismatch.error.has_value());

  const auto grow = MakeUpdate("SET big = :big", {{":big", S(std::string(model::limits::kItemBytesMax, 'x'))}});
  const ItemOutcome too_big = Decide(UpdateItem(table_, key_, grow), stored_);
  EXPECT_EQ(too_big.kind, Kind::kInvalid);
  EXPECT_EQ(too_big.error->message(), "Item size to update has exceeded the maximum allowed size");
}

TEST_F(Decision, UpdateRefusesAnItemThatNestsTooDeep) {
  // :v may have 31 levels by itself; put one below a map that is there, they are 32.
  model::AttributeValue deep = N(1);
  for (int level = 0; level < 31; ++level) deep = model::AttributeValue(model::List{deep});
  const std::string stored =
      model::EncodeItem(MakeItem({{"pk", S("a")}, {"m", model::AttributeValue(model::AttributeMap{})}}));
  EXPECT_EQ(Decide(UpdateItem(table_, key_, MakeUpdate("SET d = :v", {{":v", deep}})), stored).kind, Kind::kApplied);
  EXPECT_EQ(Decide(UpdateItem(table_, key_, MakeUpdate("SET m.d = :v", {{":v", deep}})), stored).kind, Kind::kInvalid);
}

TEST_F(Decision, DamagedStoredBytesAreToldAndNotWrittenOver) {
  const std::string garbage = "\x07 no item";
  for (const auto& action :
       {Put(table_, item_), Delete(table_, key_), UpdateItem(table_, key_, MakeUpdate("REMOVE v"))}) {
    const ItemOutcome outcome = Decide(action, garbage);
    EXPECT_EQ(outcome.kind, Kind::kInvalid);
    EXPECT_EQ(outcome.error->code(), ErrorCode::kCorruption);
  }
}

}  // namespace
}  // namespace millrace::engine
