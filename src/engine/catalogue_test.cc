// Proves that the catalogue finds what was put into it, by every name it has, and that sequence numbers and event ids
// look as clients of DynamoDB Streams expect.
#include "engine/catalogue.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace millrace::engine {
namespace {

std::shared_ptr<const Table> MakeTable(std::uint32_t id, std::uint32_t scope, std::string name) {
  Table table;
  table.id = TableId(id);
  table.scope = ScopeId(scope);
  table.name = std::move(name);
  return std::make_shared<const Table>(std::move(table));
}

std::shared_ptr<const Log> MakeLog(std::uint32_t id, LogKind kind, std::uint32_t scope, std::string name) {
  Log log;
  log.id = LogId(id);
  log.kind = kind;
  log.scope = ScopeId(scope);
  log.arn = fmt::format("arn:{}:{}:{}", scope, name, id);
  log.name = std::move(name);
  return std::make_shared<const Log>(std::move(log));
}

template <class Pointers>
std::vector<std::uint32_t> Ids(const Pointers& pointers) {
  std::vector<std::uint32_t> ids;
  for (const auto& pointer : pointers) ids.push_back(pointer->id.value());
  return ids;
}

TEST(Catalogue, FindsTablesByIdAndByNameWithinTheirScope) {
  Catalogue catalogue;
  catalogue.SetTable(MakeTable(1, 1, "orders"));
  catalogue.SetTable(MakeTable(2, 2, "orders"));
  catalogue.SetTable(MakeTable(3, 1, "Orders"));
  EXPECT_EQ(catalogue.FindTable(ScopeId(1), "orders")->id, TableId(1));
  EXPECT_EQ(catalogue.FindTable(ScopeId(2), "orders")->id, TableId(2));
  EXPECT_EQ(catalogue.FindTable(ScopeId(1), "Orders")->id, TableId(3));
  EXPECT_EQ(catalogue.FindTable(ScopeId(3), "orders"), nullptr);
  EXPECT_EQ(catalogue.FindTable(TableId(3))->name, "Orders");
  EXPECT_EQ(catalogue.FindTable(TableId(4)), nullptr);
  catalogue.EraseTable(TableId(1));
  catalogue.EraseTable(TableId(9));
  EXPECT_EQ(catalogue.FindTable(ScopeId(1), "orders"), nullptr);
  EXPECT_EQ(catalogue.FindTable(ScopeId(2), "orders")->id, TableId(2));
}

TEST(Catalogue, ListsTheTablesOfAScopeByName) {
  Catalogue catalogue;
  catalogue.SetTable(MakeTable(1, 2, "b"));
  catalogue.SetTable(MakeTable(2, 1, "z"));
  catalogue.SetTable(MakeTable(3, 2, "a"));
  catalogue.SetTable(MakeTable(4, 3, "a"));
  catalogue.SetTable(MakeTable(5, 2, "B"));
  EXPECT_EQ(Ids(catalogue.Tables(ScopeId(2))), (std::vector<std::uint32_t>{5, 3, 1}));
  EXPECT_TRUE(catalogue.Tables(ScopeId(9)).empty());
}

TEST(Catalogue, ListsStreamsByArnAndFindsBusesByName) {
  Catalogue catalogue;
  catalogue.SetLog(MakeLog(3, LogKind::kStream, 1, "orders"));
  catalogue.SetLog(MakeLog(1, LogKind::kStream, 1, "orders"));
  catalogue.SetLog(MakeLog(2, LogKind::kStream, 1, "customers"));
  catalogue.SetLog(MakeLog(4, LogKind::kBus, 1, "orders"));
  catalogue.SetLog(MakeLog(5, LogKind::kStream, 2, "orders"));
  EXPECT_EQ(Ids(catalogue.Streams(ScopeId(1))), (std::vector<std::uint32_t>{2, 1, 3}));
  EXPECT_EQ(Ids(catalogue.Streams(ScopeId(1), "orders")), (std::vector<std::uint32_t>{1, 3}));
  EXPECT_EQ(catalogue.FindBus(ScopeId(1), "orders")->id, LogId(4));
  EXPECT_EQ(catalogue.FindBus(ScopeId(2), "orders"), nullptr);
  EXPECT_EQ(catalogue.FindLogByArn("arn:2:orders:5")->id, LogId(5));
  EXPECT_EQ(catalogue.FindLogByArn("arn:2:orders:6"), nullptr);
  catalogue.EraseLog(LogId(3));
  EXPECT_EQ(catalogue.FindLog(LogId(3)), nullptr);
  EXPECT_EQ(Ids(catalogue.Streams(ScopeId(1), "orders")), (std::vector<std::uint32_t>{1}));
}

TEST(Catalogue, ACopyKeepsWhatThePublishedOneHad) {
  Catalogue published;
  published.SetScope({"000000000000", "us-east-1"}, ScopeId(7));
  published.SetTable(MakeTable(1, 7, "orders"));
  Catalogue changed = published;
  changed.EraseTable(TableId(1));
  EXPECT_EQ(published.FindScope({"000000000000", "us-east-1"}), ScopeId(7));
  EXPECT_EQ(published.FindScope({"000000000000", "eu-west-1"}), std::nullopt);
  EXPECT_NE(published.FindTable(TableId(1)), nullptr);
  EXPECT_EQ(changed.FindTable(TableId(1)), nullptr);
}

TEST(SequenceNumber, IsTextOf21DigitsInNumericOrder) {
  constexpr std::uint64_t kSeed = 3;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  std::vector<std::uint64_t> values = {0, 1, 9, 10, ~std::uint64_t{0}, ~std::uint64_t{0} - 1};
  for (int i = 0; i < 1000; ++i) values.push_back(random.Next() >> random.Below(64));
  for (const std::uint64_t a : values) {
    const std::string text = FormatSequenceNumber(SequenceNumber(a));
    EXPECT_EQ(text.size(), 21u);
    EXPECT_EQ(text.find_first_not_of("0123456789"), std::string::npos);
    EXPECT_EQ(ParseSequenceNumber(text), SequenceNumber(a));
    const std::uint64_t b = values[random.Below(values.size())];
    EXPECT_EQ(text < FormatSequenceNumber(SequenceNumber(b)), a < b);
  }
}

TEST(SequenceNumber, IsNotReadFromOtherText) {
  for (const std::string_view text :
       {"", "1", "10000000000000000000", "100000000000000000000000000000000000000000", "000000000000000000001",
        "200000000000000000001", "10000000000000000000x", "118446744073709551616", "199999999999999999999",
        " 10000000000000000001", "1-0000000000000000001"})
    EXPECT_EQ(ParseSequenceNumber(text), std::nullopt) << text;
  EXPECT_EQ(ParseSequenceNumber("118446744073709551615"), SequenceNumber(~std::uint64_t{0}));
}

TEST(EventId, Is32HexDigitsAndDifferentForEachChange) {
  const auto orders = MakeLog(1, LogKind::kStream, 1, "orders"), other = MakeLog(2, LogKind::kStream, 1, "orders");
  std::set<std::string> ids;
  for (std::uint64_t sequence = 0; sequence < 20'000; ++sequence) {
    const std::string id = EventId(*orders, SequenceNumber(sequence));
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    ids.insert(id);
    ids.insert(EventId(*other, SequenceNumber(sequence)));
  }
  EXPECT_EQ(ids.size(), 40'000u);
  EXPECT_EQ(EventId(*orders, SequenceNumber(5)), EventId(*orders, SequenceNumber(5)));
}

}  // namespace
}  // namespace millrace::engine
