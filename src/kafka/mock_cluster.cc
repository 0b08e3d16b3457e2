#include "kafka/mock_cluster.h"

#include <librdkafka/rdkafka.h>

#include <librdkafka/rdkafka_mock.h>

#include "base/check.h"

namespace millrace::kafka {
namespace {

constexpr std::int16_t kProduceRequest = 0;  // https://kafka.apache.org/protocol.html#protocol_api_keys

rd_kafka_t* NewClient(rd_kafka_type_t type, const std::string& servers) {
  char why[256];
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_conf_set(conf, "bootstrap.servers", servers.c_str(), why, sizeof why);
  if (type == RD_KAFKA_CONSUMER) {
    rd_kafka_conf_set(conf, "group.id", "reader", why, sizeof why);
    rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", why, sizeof why);
  }
  rd_kafka_t* const client = rd_kafka_new(type, conf, why, sizeof why);
  CHECK(client != nullptr, "{}", why);
  return client;
}

MockCluster::Stored StoredOf(const rd_kafka_message_t& message) {
  MockCluster::Stored stored;
  stored.partition = message.partition;
  stored.offset = message.offset;
  if (message.key != nullptr) stored.key = std::string(static_cast<const char*>(message.key), message.key_len);
  stored.value.assign(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return stored;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    stored.headers[name] = std::string(static_cast<const char*>(value), size);
  return stored;
}

rd_kafka_resp_err_t ErrorOf(MockCluster::Fault fault) {
  switch (fault) {
    case MockCluster::Fault::kOutOfOrderSequence:
      return RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
    case MockCluster::Fault::kTooLarge:
      return RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    case MockCluster::Fault::kRequestTimedOut:
      return RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
    case MockCluster::Fault::kTopicAuthorization:
      return RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
  }
  return RD_KAFKA_RESP_ERR_UNKNOWN;
}

}  // namespace

MockCluster::MockCluster(std::string topic, int partitions) : topic_(std::move(topic)), partitions_(partitions) {
  client_ = NewClient(RD_KAFKA_PRODUCER, {});
  cluster_ = rd_kafka_mock_cluster_new(client_, 1);
  CHECK(rd_kafka_mock_topic_create(cluster_, topic_.c_str(), partitions, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

MockCluster::~MockCluster() {
  rd_kafka_mock_cluster_destroy(cluster_);
  rd_kafka_destroy(client_);
}

std::string MockCluster::servers() const {
  return rd_kafka_mock_cluster_bootstraps(cluster_);
}
void MockCluster::Down() {
  CHECK(rd_kafka_mock_broker_set_down(cluster_, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
}
void MockCluster::Up() {
  CHECK(rd_kafka_mock_broker_set_up(cluster_, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
}
void MockCluster::FailProduce(Fault fault, int count) {
  std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(count), ErrorOf(fault));
  rd_kafka_mock_push_request_errors_array(cluster_, kProduceRequest, errors.size(), errors.data());
}

std::vector<MockCluster::Stored> MockCluster::Messages() {
  std::vector<Stored> all;
  rd_kafka_t* const reader = NewClient(RD_KAFKA_CONSUMER, servers());
  for (int partition = 0; partition < partitions_; ++partition) {
    std::int64_t low = 0, high = 0;
    if (rd_kafka_query_watermark_offsets(reader, topic_.c_str(), partition, &low, &high, 500) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
      break;
    if (low == high) continue;
    rd_kafka_topic_partition_list_t* const place = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(place, topic_.c_str(), partition)->offset = low;
    rd_kafka_assign(reader, place);
    rd_kafka_topic_partition_list_destroy(place);
    for (std::int64_t next = low; next < high;) {
      rd_kafka_message_t* const message = rd_kafka_consumer_poll(reader, 1000);
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->partition == partition) {
        all.push_back(StoredOf(*message));
        next = message->offset + 1;
      }
      rd_kafka_message_destroy(message);
    }
  }
  rd_kafka_destroy(reader);
  return all;
}

}  // namespace millrace::kafka
