// MockCluster is librdkafka's own cluster for tests: one broker in this process, with real sockets and one topic.
//
// It keeps no transactions and nothing on disk; what a real broker says, the tests of the whole binary show. It stands
// in the library, not beside a test, so that no test sees librdkafka's headers; no program but a test is linked with
// it.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

struct rd_kafka_s;
struct rd_kafka_mock_cluster_s;

namespace millrace::kafka {

class MockCluster {
 public:
  struct Stored {
    int partition = 0;
    std::int64_t offset = 0;
    std::optional<std::string> key;
    std::string value;
    std::map<std::string, std::string> headers;
  };
  enum class Fault : std::uint8_t { kOutOfOrderSequence, kTooLarge, kRequestTimedOut, kTopicAuthorization };

  MockCluster(std::string topic, int partitions);
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  std::string servers() const;
  void Down();
  void Up();
  // The next so many requests to store something are answered so.
  void FailProduce(Fault fault, int count);

  // Everything that is stored, partition by partition. Nothing while the broker is down.
  std::vector<Stored> Messages();

 private:
  const std::string topic_;
  const int partitions_;
  rd_kafka_s* client_ = nullptr;
  rd_kafka_mock_cluster_s* cluster_ = nullptr;
};

}  // namespace millrace::kafka
