// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeLimits.html
#include "api/dynamodb/operations.h"
#include "json/write.h"

namespace millrace::api::dynamodb {

// AWS's quotas for a new account. Nothing enforces them here.
Result<Reply> DescribeLimits(const Call&) {
  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("AccountMaxReadCapacityUnits");
  writer.Integer(80'000);
  writer.Key("AccountMaxWriteCapacityUnits");
  writer.Integer(80'000);
  writer.Key("TableMaxReadCapacityUnits");
  writer.Integer(40'000);
  writer.Key("TableMaxWriteCapacityUnits");
  writer.Integer(40'000);
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
