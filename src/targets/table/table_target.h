// TableTarget puts each record's body into an embedded table, as one item.
//
// The body is a JSON object: plain JSON, or DynamoDB JSON ({"id":{"S":"7"}}). An item that is there already is
// replaced, or stays as it is (ItemOverwrite::kKeep), or gets the new one beside it (`beside`, see placing.h).
//
// What "once" rests on: the item's key. Putting the same item again changes nothing, and makes no change record; with
// kKeep a later state is not undone by an earlier one that comes again. With `beside` it rests on the item's content.
//
// A body that is no item of this table (no JSON object, a key attribute missing or of another type, more than 400 KB)
// is rejected, with the reason; so is one that finds no place beside another.
//
// Threads:   thread-safe; completions come from the engine's writer.
// Ownership: the engine outlives it.
#pragma once

#include <string>

#include "engine/engine.h"
#include "flow/target.h"
#include "json/parse.h"
#include "targets/table/placing.h"

namespace millrace::targets {

enum class ItemJson : std::uint8_t { kPlain, kDynamoDb };
enum class ItemOverwrite : std::uint8_t { kReplace, kKeep };

struct TableTargetOptions {
  ItemJson json = ItemJson::kPlain;
  ItemOverwrite overwrite = ItemOverwrite::kReplace;
  std::optional<PlacingOptions> beside = {};  // REQUIRES: a number as the sort key; instead of `overwrite`
};

class TableTarget final : public flow::Target {
 public:
  TableTarget(engine::Engine& engine, const engine::Table& table, TableTargetOptions options);

  const std::string& name() const override { return name_; }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override { return Ok(); }
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override {}  // the engine completes every write

 private:
  // `document` is what to parse with.
  Result<model::Item> ItemOf(const flow::Record& record, json::Document& document) const;
  // What is to be done for one record.
  Result<Placing::Place> PlaceOf(const flow::Record& record, const std::shared_ptr<const engine::Table>& table,
                                 json::Document& document);
  static void Settle(const Placing::Place& place, std::size_t entry, const engine::ItemOutcome& outcome,
                     flow::WriteReport& report);

  engine::Engine& engine_;
  // Found anew for each batch: it may be deleted, and made again under its name.
  const engine::ScopeId scope_;
  const std::string table_;
  const std::string name_;
  const TableTargetOptions options_;
  std::optional<Placing> placing_;
  // Items of one batch have different order keys, but perhaps one item key: the engine takes them in their order.
  const flow::TargetTraits traits_{.kind = flow::BatchKind::kPerEntry, .batch_records_max = 100};
};

}  // namespace millrace::targets
