#include "api/dynamodb/rendering.h"

#include "model/codec.h"
#include "model/dynamodb_json.h"

namespace millrace::api::dynamodb {

Status AppendStored(std::string& out, std::string_view stored, const std::optional<expr::Projection>& projection) {
  if (!projection) return model::AppendStoredAsDynamoDbJson(out, stored);
  ASSIGN_OR_RETURN(const model::Item item, model::DecodeItem(stored));
  model::AppendDynamoDbJson(out, projection->Project(item));
  return Ok();
}

Result<std::size_t> StoredSizeOf(const std::optional<std::string>& stored) {
  if (!stored) return std::size_t{0};
  return model::StoredSizeBytes(*stored);
}

}  // namespace millrace::api::dynamodb
