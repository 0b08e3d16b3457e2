// Proves that tables and streams are what a simple model says: random puts, updates, deletes, conditions, batches and
// transactions on several tables, against maps in memory that share no code with the engine's decisions. Each table's
// stream, folded from its beginning, must equal the table byte for byte, also after the engine was closed and opened.
#include <gtest/gtest.h>

#include <set>

#include "engine/testing/node.h"
#include "engine/testing/stream_copy.h"

namespace millrace::engine {
namespace {

using testing::If;
using testing::MakeCondition;
using testing::MakeItem;
using testing::MakeUpdate;
using testing::N;
using testing::S;
using testing::StreamCopy;
using testing::TestNode;
using Kind = ItemOutcome::Kind;

// An item as the model sees it: a number, a text and a set, each of which may be absent.
struct ModelItem {
  std::optional<std::int64_t> number;
  std::optional<std::string> text;
  std::set<std::string> tags;
  bool operator==(const ModelItem&) const = default;
};
using ModelKey = std::pair<std::string, std::int64_t>;

struct ModelTable {
  std::string name;
  bool with_sort = false;
  std::map<ModelKey, ModelItem> items;
};

model::Item KeyItem(const ModelTable& table, const ModelKey& key) {
  return table.with_sort ? MakeItem({{"pk", S(key.first)}, {"sk", N(key.second)}}) : MakeItem({{"pk", S(key.first)}});
}

model::Item WholeItem(const ModelTable& table, const ModelKey& key, const ModelItem& item) {
  model::Item whole = KeyItem(table, key);
  if (item.number) whole.Set("n", N(*item.number));
  if (item.text) whole.Set("t", S(*item.text));
  if (!item.tags.empty())
    whole.Set("tags", model::AttributeValue(model::StringSet{{item.tags.begin(), item.tags.end()}}));
  return whole;
}

// One action, and what the model makes of it: nullopt if its condition fails.
struct Step {
  std::size_t table;
  ModelKey key;
  ItemAction action;
  std::function<std::optional<std::optional<ModelItem>>(std::optional<ModelItem>)> effect;
};

class Workload {
 public:
  explicit Workload(std::uint64_t seed) : random_(seed) {
    for (const bool with_sort : {false, true, true})
      tables_.push_back({.name = fmt::format("table-{}", tables_.size()), .with_sort = with_sort, .items = {}});
    for (const ModelTable& table : tables_)
      node_.CreateTable(table.name, table.with_sort ? testing::StringAndNumberKey() : testing::StringKey(),
                        model::StreamViewType::kNewAndOldImages, table.with_sort ? 3 : 1);
  }

  void RunOne() {
    switch (random_.Below(8)) {
      case 0:
        return RunTransaction();
      case 1:
        return RunBatch();
      default: {
        const Step step = RandomStep();
        const auto outcome = testing::Write(node_.engine(), step.action);
        ASSERT_TRUE(outcome.ok()) << outcome.error().ToString();
        Expect(step, *outcome);
      }
    }
  }

  // Rolls and splits shards, lets time pass, closes and opens the engine.
  void Disturb() {
    const auto& table = tables_[random_.Below(tables_.size())];
    const auto roll = random_.Below(4) == 0 ? Engine::Roll::kSplit : Engine::Roll::kContinue;
    switch (random_.Below(3)) {
      case 0:
        ASSERT_TRUE(node_.engine().RollShards(node_.StreamOf(table.name)->id, roll).ok());
        break;
      case 1:
        node_.clock().Advance(std::chrono::minutes(7));
        ASSERT_TRUE(node_.engine().Maintain().ok());
        break;
      default:
        node_.Restart();
    }
  }

  void Verify() {
    for (const ModelTable& table : tables_) {
      const auto stored = node_.FindTable(table.name);
      std::map<std::string, std::string> expected;
      std::int64_t bytes = 0;
      for (const auto& [key, item] : table.items) {
        const model::Item whole = WholeItem(table, key, item);
        expected[MUST(model::KeyOfItem(stored->schema, whole)).bytes()] = model::EncodeItem(whole);
        bytes += static_cast<std::int64_t>(model::SizeBytes(whole));
      }
      StreamCopy copy;
      const Status followed = copy.Follow(node_.engine(), *stored->stream);
      ASSERT_TRUE(followed.ok()) << followed.error().message();
      EXPECT_EQ(copy.items(), expected);
      std::string first;
      EXPECT_EQ(*copy.Differences(node_.engine(), *stored, &first), 0u) << first;
      EXPECT_EQ(copy.changes(), changes_[table.name]);
      EXPECT_EQ(stored->counters->items.load(), static_cast<std::int64_t>(expected.size()));
      EXPECT_EQ(stored->counters->bytes.load(), bytes);
    }
  }

 private:
  testing::TablePtr Stored(std::size_t table) const { return node_.FindTable(tables_[table].name); }

  std::optional<ModelItem> Current(const Step& step) const {
    const auto& items = tables_[step.table].items;
    const auto found = items.find(step.key);
    return found == items.end() ? std::nullopt : std::optional(found->second);
  }

  // Puts what the step made of the item into the model.
  void Apply(const Step& step, const std::optional<ModelItem>& after) {
    ModelTable& table = tables_[step.table];
    if (Current(step) == after) return;
    ++changes_[table.name];
    if (after) {
      table.items[step.key] = *after;
    } else {
      table.items.erase(step.key);
    }
  }

  void Expect(const Step& step, const ItemOutcome& outcome) {
    const auto before = Current(step);
    const auto after = step.effect(before);
    ASSERT_EQ(outcome.kind, after ? Kind::kApplied : Kind::kConditionFailed);
    const ModelTable& table = tables_[step.table];
    const auto bytes = [&](const std::optional<ModelItem>& item) {
      return item ? std::optional(model::EncodeItem(WholeItem(table, step.key, *item))) : std::nullopt;
    };
    EXPECT_EQ(outcome.before, bytes(before));
    if (after) {
      EXPECT_EQ(outcome.after, bytes(*after));
      Apply(step, *after);
    }
  }

  void RunBatch() {
    std::vector<Step> steps;
    ItemWriteRequest request;
    for (std::uint64_t i = 1 + random_.Below(10); i > 0; --i) {
      steps.push_back(RandomStep());
      request.actions.push_back(steps.back().action);
    }
    const auto result = testing::Write(node_.engine(), std::move(request));
    ASSERT_TRUE(result.ok());
    ASSERT_EQ(result->outcomes.size(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) Expect(steps[i], result->outcomes[i]);
  }

  void RunTransaction() {
    std::vector<Step> steps;
    std::vector<ItemAction> actions;
    std::set<std::pair<std::size_t, ModelKey>> named;
    for (std::uint64_t i = 1 + random_.Below(6); i > 0; --i) {
      Step step = RandomStep();
      if (!named.insert({step.table, step.key}).second) continue;
      actions.push_back(step.action);
      steps.push_back(std::move(step));
    }
    const bool with_token = random_.Below(2) == 0;
    const std::string token = with_token ? fmt::format("token-{}", ++tokens_) : std::string();
    const auto result = testing::Transact(node_.engine(), actions, token, 7);
    ASSERT_TRUE(result.ok());
    ASSERT_EQ(result->outcomes.size(), steps.size());
    bool happens = true;
    std::vector<std::optional<std::optional<ModelItem>>> afters;
    for (const Step& step : steps) {
      afters.push_back(step.effect(Current(step)));
      happens &= afters.back().has_value();
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      EXPECT_EQ(result->outcomes[i].kind, !afters[i] ? Kind::kConditionFailed
                                          : happens  ? Kind::kApplied
                                                     : Kind::kSkipped);
      if (happens) Apply(steps[i], *afters[i]);
    }
    if (with_token && happens && random_.Below(2) == 0) {
      const auto again = testing::Transact(node_.engine(), std::move(actions), token, 7);
      ASSERT_TRUE(again.ok());
      EXPECT_TRUE(again->replayed);
    }
  }

  ModelItem RandomItem() {
    ModelItem item;
    if (random_.Below(3) > 0) item.number = static_cast<std::int64_t>(random_.Below(5)) - 2;
    if (random_.Below(3) > 0) item.text = std::string(random_.Below(40), static_cast<char>('a' + random_.Below(3)));
    for (std::uint64_t i = random_.Below(3); i > 0; --i) item.tags.insert(std::to_string(random_.Below(4)));
    return item;
  }

  Step RandomStep() {
    using After = std::optional<std::optional<ModelItem>>;
    const std::size_t table = random_.Below(tables_.size());
    const ModelTable& model = tables_[table];
    const ModelKey key{fmt::format("key-{}", random_.Below(12)),
                       model.with_sort ? static_cast<std::int64_t>(random_.Below(5)) : 0};
    const model::Item key_item = KeyItem(model, key);
    Step step{table, key, {}, {}};
    switch (random_.Below(5)) {
      case 0:
      case 1: {
        const ModelItem item = RandomItem();
        step.action = testing::Put(Stored(table), WholeItem(model, key, item));
        step.effect = [item](const auto&) { return After(item); };
        break;
      }
      case 2:
        step.action = testing::Delete(Stored(table), key_item);
        step.effect = [](const auto&) { return After(std::optional<ModelItem>()); };
        break;
      case 3: {
        const auto by = static_cast<std::int64_t>(random_.Below(3)) - 1;
        const std::string tag = std::to_string(random_.Below(4));
        const model::AttributeValue set(model::StringSet{{tag}});
        step.action = testing::UpdateItem(Stored(table), key_item,
                                          MakeUpdate("ADD n :by, tags :tag REMOVE t", {{":by", N(by)}, {":tag", set}}));
        step.effect = [by, tag](std::optional<ModelItem> item) {
          ModelItem after = item.value_or(ModelItem());
          after.number = after.number.value_or(0) + by;
          after.text.reset();
          after.tags.insert(tag);
          return After(after);
        };
        break;
      }
      default: {
        const std::string tag = std::to_string(random_.Below(4));
        const model::AttributeValue set(model::StringSet{{tag}});
        step.action =
            testing::UpdateItem(Stored(table), key_item, MakeUpdate("REMOVE n DELETE tags :tag", {{":tag", set}}));
        step.effect = [tag](std::optional<ModelItem> item) {
          if (!item) return After(std::optional<ModelItem>());  // creates nothing
          item->number.reset();
          item->tags.erase(tag);
          return After(item);
        };
      }
    }
    AddCondition(step);
    return step;
  }

  void AddCondition(Step& step) {
    std::function<bool(const std::optional<ModelItem>&)> holds;
    switch (random_.Below(6)) {
      case 0:
        step.action.condition = MakeCondition("attribute_not_exists(pk)");
        holds = [](const auto& item) { return !item; };
        break;
      case 1:
        step.action.condition = MakeCondition("attribute_exists(pk)");
        holds = [](const auto& item) { return item.has_value(); };
        break;
      case 2: {
        const auto bound = static_cast<std::int64_t>(random_.Below(5)) - 2;
        step.action.condition =
            MakeCondition("n >= :bound OR contains(tags, :tag)", {{":bound", N(bound)}, {":tag", S("1")}});
        holds = [bound](const auto& item) {
          return item && ((item->number && *item->number >= bound) || item->tags.contains("1"));
        };
        break;
      }
      default:
        return;
    }
    step.effect = [holds, effect = step.effect](std::optional<ModelItem> item) {
      return holds(item) ? effect(std::move(item)) : std::optional<std::optional<ModelItem>>();
    };
  }

  SeededRandom random_;
  TestNode node_;
  std::vector<ModelTable> tables_;
  std::map<std::string, std::uint64_t> changes_;
  int tokens_ = 0;
};

void RunModel(std::uint64_t seed, int operations) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Workload workload(seed);
  SeededRandom random(seed + 1);
  for (int i = 0; i < operations && !::testing::Test::HasFailure(); ++i) {
    workload.RunOne();
    if (random.Below(150) == 0) workload.Disturb();
    if (i % (operations / 4) == operations / 5) workload.Verify();
  }
  workload.Verify();
}

TEST(Model, TablesAndStreamsAreWhatASimpleModelSays) {
  for (const std::uint64_t seed : {1, 2, 3}) RunModel(seed, 4'000);
}

TEST(Model, HoldsForASeedThatIsNewEachTime) {
  SystemRandom random;
  RunModel(random.Next() % 1'000'000'000, 4'000);
}

}  // namespace
}  // namespace millrace::engine
