// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeEndpoints.html
#include "api/dynamodb/operations.h"
#include "json/write.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::int64_t kCacheMinutes = 1440;

}  // namespace

// The endpoint to use is the one that was asked.
Result<Reply> DescribeEndpoints(const Call& call) {
  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("Endpoints");
  writer.BeginArray();
  writer.BeginObject();
  writer.Key("Address");
  writer.String(call.host);
  writer.Key("CachePeriodInMinutes");
  writer.Integer(kCacheMinutes);
  writer.EndObject();
  writer.EndArray();
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
