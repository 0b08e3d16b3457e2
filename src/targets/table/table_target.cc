#include "targets/table/table_target.h"

#include "json/parse.h"
#include "model/dynamodb_json.h"
#include "model/limits.h"

namespace millrace::targets {

TableTarget::TableTarget(engine::Engine& engine, const engine::Table& table, TableTargetOptions options)
    : engine_(engine), table_(table.id), name_("table/" + table.name), options_(options) {}

Result<engine::ItemAction> TableTarget::ActionOf(const flow::Record& record,
                                                 const std::shared_ptr<const engine::Table>& table) const {
  json::Document document;
  TRY(document.Parse(record.body));
  ASSIGN_OR_RETURN(const model::Item item, options_.json == ItemJson::kPlain ? model::ParsePlainItem(document.root())
                                                                             : model::ParseItem(document.root()));
  if (const std::size_t size = model::SizeBytes(item); size > model::limits::kItemBytesMax)
    return Err(ErrorCode::kInvalidArgument, {}, "the item has {} bytes, more than {}", size,
               model::limits::kItemBytesMax);
  engine::ItemAction action;
  action.table = table;
  ASSIGN_OR_RETURN(action.key, model::KeyOfItem(table->schema, item));
  action.put = model::StoreItem(item);
  if (options_.overwrite == ItemOverwrite::kKeep) action.only_if_absent = true;
  return action;
}

void TableTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) {
  const auto table = engine_.catalogue()->FindTable(table_);
  if (table == nullptr) {
    auto report = flow::WriteReport::AllFailed(batch.size(), flow::EntryOutcome::kRetry,
                                               Err(ErrorCode::kNotFound, {}, "{} was deleted", name_));
    report.target_down = true;
    return done(std::move(report));
  }
  auto report = flow::WriteReport::AllTaken(batch.size());
  engine::ItemWriteRequest request;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto action = ActionOf(batch[i], table);
    if (action.ok()) {
      request.actions.push_back(*std::move(action));
      places.push_back(i);
    } else {
      report.entries[i] = flow::EntryOutcome::kReject;
      if (!report.error) report.error = action.error().WithContext(name_);
    }
  }
  if (places.empty()) return done(std::move(report));
  engine_.Write(std::move(request), [report = std::move(report), places = std::move(places),
                                     done = std::move(done)](Result<engine::WriteResult> written) mutable {
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!written.ok()) {
        report.entries[places[i]] = flow::EntryOutcome::kRetry;
      } else if (written->outcomes[i].kind == engine::ItemOutcome::Kind::kInvalid) {
        report.entries[places[i]] = flow::EntryOutcome::kReject;
        if (!report.error) report.error = written->outcomes[i].error;
      }
    }
    if (!written.ok()) {
      report.error = std::move(written).error();
      report.target_down = true;
    }
    done(std::move(report));
  });
}

}  // namespace millrace::targets
