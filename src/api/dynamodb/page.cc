#include "api/dynamodb/page.h"

#include <array>
#include <string>

#include "api/dynamodb/items.h"
#include "api/dynamodb/rendering.h"
#include "json/write.h"
#include "model/codec.h"
#include "model/dynamodb_json.h"
#include "model/limits.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::string_view kInvalidStartKey = "The provided starting key is invalid";

// The state of one page while its items are visited.
class PageBuilder {
 public:
  PageBuilder(const PageRequest& request, const PageMembers& members, std::string& body)
      : request_(request), limit_(members.limit), items_(members.select != "COUNT"), writer_(&body) {
    writer_.BeginObject();
    if (!items_) return;
    writer_.Key("Items");
    writer_.BeginArray();
  }

  // False: the page ends here.
  bool Visit(std::string_view stored) {
    const auto more = TryVisit(stored);
    if (!more.ok()) {
      status_ = more.error();
      return false;
    }
    return *more;
  }

  Status Finish(const PageMembers& members) {
    TRY(status_);
    if (items_) writer_.EndArray();
    writer_.Key("Count");
    writer_.Integer(count_);
    writer_.Key("ScannedCount");
    writer_.Integer(scanned_);
    if (last_key_) {
      writer_.Key("LastEvaluatedKey");
      model::AppendDynamoDbJson(writer_.RawValue(), *last_key_);
    }
    if (const CapacityDetail detail = CapacityDetailOf(members.consumed_capacity); detail != CapacityDetail::kNone) {
      writer_.Key("ConsumedCapacity");
      AppendConsumedCapacity(writer_, request_.table->name, ReadUnits(bytes_, ConsistencyOf(members.consistent)),
                             detail);
    }
    writer_.EndObject();
    return Ok();
  }

 private:
  Result<bool> TryVisit(std::string_view stored) {
    ASSIGN_OR_RETURN(const std::size_t size, model::StoredSizeBytes(stored));
    if (bytes_ + size > model::limits::kPageBytesMax) {
      TRY(EndAfter(previous_));
      return false;
    }
    bytes_ += size;
    ++scanned_;
    TRY(Take(stored));
    if (limit_ && scanned_ == *limit_) {
      TRY(EndAfter(stored));
      return false;
    }
    // Only near the end of a page can the next item be the one that no longer fits.
    if (bytes_ + model::limits::kItemBytesMax > model::limits::kPageBytesMax) previous_.assign(stored);
    return true;
  }

  Status Take(std::string_view stored) {
    if (!request_.filter) {
      ++count_;
      return items_ ? AppendStored(writer_.RawValue(), stored, request_.projection) : Ok();
    }
    ASSIGN_OR_RETURN(const model::Item item, model::DecodeItem(stored));
    if (!request_.filter->Evaluate(item)) return Ok();
    ++count_;
    if (!items_) return Ok();
    if (!request_.projection) return AppendStored(writer_.RawValue(), stored, std::nullopt);
    model::AppendDynamoDbJson(writer_.RawValue(), request_.projection->Project(item));
    return Ok();
  }

  Status EndAfter(std::string_view stored) {
    ASSIGN_OR_RETURN(const model::Item item, model::DecodeItem(stored));
    last_key_ = model::KeyItemOf(request_.table->schema, item);
    return Ok();
  }

  const PageRequest& request_;
  const std::optional<std::int64_t> limit_;
  const bool items_;
  json::Writer writer_;
  Status status_ = Ok();
  std::int64_t count_ = 0;
  std::int64_t scanned_ = 0;
  std::size_t bytes_ = 0;
  std::string previous_;  // the last item taken, once the page is nearly full
  std::optional<model::Item> last_key_;
};

}  // namespace

PageMembers PageMembers::Read(aws::RequestReader& reader) {
  return {.table = reader.String("TableName"),
          .index = reader.String("IndexName"),
          .select = reader.String("Select"),
          .consumed_capacity = reader.String("ReturnConsumedCapacity"),
          .limit = reader.Integer("Limit"),
          .consistent = reader.Boolean("ConsistentRead"),
          .start_key = reader.Structure("ExclusiveStartKey")};
}

Status PageMembers::CheckInto(Constraints& constraints) const {
  static constexpr std::array<std::string_view, 4> kSelect = {"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES",
                                                              "ALL_PROJECTED_ATTRIBUTES"};
  constraints.ReturnConsumedCapacity(consumed_capacity);
  TRY(CheckTableName(table, constraints));
  constraints.Name(index, "indexName");
  constraints.OneOf(select, "select", kSelect);
  return Ok();
}

Status PageMembers::CheckSelect(bool has_projection) const {
  if (!select) return Ok();
  if (has_projection && select != "SPECIFIC_ATTRIBUTES")
    return InvalidArgument("Cannot specify the ProjectionExpression when choosing to get {}",
                           select == "COUNT" ? "only the Count" : *select);
  if (!has_projection && select == "SPECIFIC_ATTRIBUTES")
    return InvalidArgument(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
  if (select == "ALL_PROJECTED_ATTRIBUTES" && !index)
    return InvalidArgument("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  return Ok();
}

Status PageMembers::CheckIndex() const {
  if (!index) return Ok();
  return InvalidArgument("The table does not have the specified index: {}", *index);
}

Result<model::ItemKey> StartKey(const model::KeySchema& schema, const model::Item& item) {
  const std::size_t attributes = schema.sort ? 2 : 1;
  if (item.size() != attributes || item.Find(schema.partition.name) == nullptr ||
      (schema.sort && item.Find(schema.sort->name) == nullptr))
    return InvalidArgument("{}", kInvalidStartKey);
  auto key = model::KeyOfKeyItem(schema, item);
  if (!key.ok()) return InvalidArgument("{}: {}", kInvalidStartKey, key.error().message());
  return key;
}

Result<Reply> ReadPage(const Call& call, const PageMembers& members, const PageRequest& request) {
  Reply reply;
  PageBuilder builder(request, members, reply.body);
  TRY(call.engine.VisitItems(*request.table, request.range, request.direction,
                             [&builder](std::string_view, std::string_view stored) { return builder.Visit(stored); }));
  TRY(builder.Finish(members));
  return reply;
}

}  // namespace millrace::api::dynamodb
