#include "targets/table/table_target.h"

#include "model/dynamodb_json.h"
#include "model/limits.h"

namespace millrace::targets {

namespace {

void Refuse(flow::WriteReport& report, std::size_t entry, flow::EntryOutcome outcome, Error why) {
  report.entries[entry] = outcome;
  if (!report.error) report.error = why;
  report.causes.emplace(entry, std::move(why));
}

}  // namespace

TableTarget::TableTarget(engine::Engine& engine, const engine::Table& table, TableTargetOptions options)
    : engine_(engine),
      scope_(table.scope),
      table_(table.name),
      name_("table/" + table.name),
      options_(std::move(options)) {
  if (options_.beside) placing_.emplace(engine_, *options_.beside);
}

Result<model::Item> TableTarget::ItemOf(const flow::Record& record, json::Document& document) const {
  TRY(document.Parse(record.body));
  return options_.json == ItemJson::kPlain ? model::ParsePlainItem(document.root()) : model::ParseItem(document.root());
}

Result<Placing::Place> TableTarget::PlaceOf(const flow::Record& record,
                                            const std::shared_ptr<const engine::Table>& table,
                                            json::Document& document) {
  ASSIGN_OR_RETURN(const model::Item item, ItemOf(record, document));
  if (placing_) return placing_->Reserve(table, item);
  if (const std::size_t size = model::SizeBytes(item); size > model::limits::kItemBytesMax)
    return Err(ErrorCode::kInvalidArgument, {}, "the item has {} bytes, more than {}", size,
               model::limits::kItemBytesMax);
  Placing::Place place;
  place.action.table = table;
  ASSIGN_OR_RETURN(place.action.key, model::KeyOfItem(table->schema, item));
  place.action.put = model::StoreItem(item);
  if (options_.overwrite == ItemOverwrite::kKeep) place.action.only_if_absent = true;
  return place;
}

void TableTarget::Settle(const Placing::Place& place, std::size_t entry, const engine::ItemOutcome& outcome,
                         flow::WriteReport& report) {
  using Kind = engine::ItemOutcome::Kind;
  if (outcome.kind == Kind::kInvalid) {
    Refuse(report, entry, flow::EntryOutcome::kReject,
           outcome.error ? *outcome.error : Error(ErrorCode::kInvalidArgument, {}, "it is no item of the table"));
  } else if (outcome.kind == Kind::kConditionFailed && !place.own_key.empty() &&
             outcome.before != place.action.put.bytes) {
    Refuse(report, entry, flow::EntryOutcome::kRetry,
           Error(ErrorCode::kUnavailable, {}, "somebody else wrote an item where this one was to go"));
  }
}

void TableTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) {
  const auto table = engine_.catalogue()->FindTable(scope_, table_);
  const auto down = [&](Error why) {
    auto report = flow::WriteReport::AllFailed(batch.size(), flow::EntryOutcome::kRetry, std::move(why));
    report.target_down = true;
    done(std::move(report));
  };
  if (table == nullptr) return down(Err(ErrorCode::kNotFound, {}, "{} was deleted", name_));
  if (placing_ && (!table->schema.sort || table->schema.sort->type != model::AttributeType::kN))
    return down(Err(ErrorCode::kFailedPrecondition, {},
                    "{} was made again without a number as its sort key, which `beside` needs", name_));
  struct Delivery {
    flow::WriteReport report;
    std::vector<std::pair<std::size_t, Placing::Place>> places;  // by their entries
    Done done;
  };
  auto delivery = std::make_shared<Delivery>(flow::WriteReport::AllTaken(batch.size()),
                                             std::vector<std::pair<std::size_t, Placing::Place>>(), std::move(done));
  engine::ItemWriteRequest request;
  json::Document document;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto place = PlaceOf(batch[i], table, document);
    if (!place.ok()) {
      const bool to_blame = place.error().code() == ErrorCode::kInvalidArgument;
      Refuse(delivery->report, i, to_blame ? flow::EntryOutcome::kReject : flow::EntryOutcome::kRetry,
             place.error().WithContext(name_));
    } else if (!place->stored) {
      // A placed item is compared with what is found in its place.
      request.actions.push_back(placing_ ? place->action : std::move(place->action));
      delivery->places.emplace_back(i, *std::move(place));
    }
  }
  if (delivery->places.empty()) return delivery->done(std::move(delivery->report));
  engine_.Write(std::move(request), [this, delivery](Result<engine::WriteResult> written) {
    flow::WriteReport& report = delivery->report;
    for (std::size_t i = 0; i < delivery->places.size(); ++i) {
      const auto& [entry, place] = delivery->places[i];
      if (written.ok()) {
        Settle(place, entry, written->outcomes[i], report);
      } else {
        report.entries[entry] = flow::EntryOutcome::kRetry;
      }
      if (placing_) placing_->Release(place);
    }
    if (!written.ok()) {
      report.error = std::move(written).error();
      report.causes.clear();
      report.target_down = true;
    }
    delivery->done(std::move(report));
  });
}

}  // namespace millrace::targets
