#include "kafka/consumer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "base/thread.h"
#include "kafka/client_conf.h"

namespace millrace::kafka {
namespace {

constexpr int kPollMs = 200;
constexpr int kAskMs = 5000;
constexpr int kPollsPerLook = 150;     // for new partitions: every 30 s
constexpr int kPollsPerFirstLook = 5;  // as long as none is known: every second
constexpr const char* kQueuedMessages = "10000";
constexpr const char* kQueuedKib = "16384";

struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using List = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;

List ListOf(const std::string& topic, int partitions, const std::function<std::int64_t(std::int32_t)>& offset) {
  List list(rd_kafka_topic_partition_list_new(partitions));
  for (std::int32_t partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset(partition);
  return list;
}

Received ReceivedOf(const rd_kafka_message_t& message) {
  Received received;
  received.partition = message.partition;
  received.offset = message.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  received.time_ms = std::max<std::int64_t>(0, rd_kafka_message_timestamp(&message, &type));
  received.append_time = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
  if (message.key != nullptr) received.key.emplace(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) received.value.emplace(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return received;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    received.headers.emplace_back(name, std::string(static_cast<const char*>(value), value == nullptr ? 0 : size));
  return received;
}

}  // namespace

class Consumer::Client {
 public:
  explicit Client(ConsumerOptions options) : options_(std::move(options)), events_(options_.client) {}

  Status Begin();
  Result<Offsets> Ask(const std::function<rd_kafka_resp_err_t(rd_kafka_topic_partition_list_t*)>& ask);
  Result<Offsets> End();
  Result<Offsets> AtTime(std::int64_t time_ms);
  Result<Taken> Take(const Offsets& from, std::size_t messages_max, std::size_t bytes_max);
  std::uint64_t Behind(const Offsets& from);
  void Close();

 private:
  static void OnMore(rd_kafka_t*, void* client) { static_cast<Client*>(client)->options_.wake(); }
  Error Unreachable(std::string_view what) const;
  void Run();
  // Learns how many partitions there are.
  Status Look();
  Status Assign(const Offsets& from);

  const ConsumerOptions options_;
  Events events_;
  rd_kafka_t* client_ = nullptr;  // constant between Begin and Close, as is what follows
  rd_kafka_queue_t* main_ = nullptr;
  rd_kafka_queue_t* messages_ = nullptr;
  Thread thread_;

  std::mutex mutex_;
  // Guarded by mutex_:
  bool closed_ = false;
  int partitions_ = 0;
  std::optional<Error> lost_;  // why partitions are not known
  int assigned_ = 0;           // partitions
  Offsets next_;               // of what is assigned
};

Status Consumer::Client::Begin() {
  ClientConf conf;
  TRY(conf.Fill(options_.client));
  // Needed to read at all; nothing is ever stored under it.
  TRY(conf.Set("group.id", options_.client.client_id));
  TRY(conf.Set("enable.auto.commit", "false"));
  TRY(conf.Set("enable.auto.offset.store", "false"));
  TRY(conf.Set("auto.offset.reset", "error"));
  TRY(conf.Set("isolation.level", "read_committed"));
  TRY(conf.Set("queued.min.messages", kQueuedMessages));
  TRY(conf.Set("queued.max.messages.kbytes", kQueuedKib));
  char why[512];
  client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), why, sizeof why);
  if (client_ == nullptr) return InvalidArgument("{}", why);
  conf.Release();
  main_ = rd_kafka_queue_get_main(client_);
  messages_ = rd_kafka_queue_get_consumer(client_);
  rd_kafka_queue_cb_event_enable(messages_, OnMore, this);
  thread_ = Thread(ThreadRole::kBackground, "kafka", [this] { Run(); });
  return Ok();
}

Error Consumer::Client::Unreachable(std::string_view what) const {
  const std::string why = events_.last_error();
  return Err(ErrorCode::kUnavailable, {}, "topic {} at {}: {}{}{}", options_.topic, options_.client.servers, what,
             why.empty() ? "" : ": ", why);
}

void Consumer::Client::Run() {
  int until_look = 0;
  while (true) {
    bool known = false;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      known = partitions_ > 0;
    }
    if (until_look-- <= 0) {
      const Status looked = Look();
      bool first = false;
      {
        std::lock_guard lock(mutex_);
        first = !known && partitions_ > 0;
        known = partitions_ > 0;
        lost_.reset();
        if (!looked.ok() && !known) lost_ = looked.error();
      }
      if (first) options_.wake();
      until_look = known ? kPollsPerLook : kPollsPerFirstLook;
    }
    if (rd_kafka_event_t* const event = rd_kafka_queue_poll(main_, kPollMs)) {
      events_.Serve(client_, event);
      rd_kafka_event_destroy(event);
    }
  }
}

Status Consumer::Client::Look() {
  rd_kafka_topic_t* const topic = rd_kafka_topic_new(client_, options_.topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t asked = rd_kafka_metadata(client_, 0, topic, &metadata, kAskMs);
  rd_kafka_topic_destroy(topic);
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return Unreachable(rd_kafka_err2str(asked));
  const rd_kafka_resp_err_t error =
      metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
  const int partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || partitions == 0) return Unreachable(rd_kafka_err2str(error));
  std::lock_guard lock(mutex_);
  if (partitions_ != 0 && partitions != partitions_)
    log::Info("{}: topic {} has {} partitions now", options_.client.name, options_.topic, partitions);
  partitions_ = std::max(partitions_, partitions);
  return Ok();
}

Result<Offsets> Consumer::Client::Ask(const std::function<rd_kafka_resp_err_t(rd_kafka_topic_partition_list_t*)>& ask) {
  TRY(Look());
  int partitions = 0;
  {
    std::lock_guard lock(mutex_);
    partitions = partitions_;
  }
  const List list = ListOf(options_.topic, partitions, [](std::int32_t) { return 0; });
  if (const rd_kafka_resp_err_t asked = ask(list.get()); asked != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Unreachable(rd_kafka_err2str(asked));
  Offsets offsets;
  for (int i = 0; i < list->cnt; ++i) offsets[list->elems[i].partition] = list->elems[i].offset;
  return offsets;
}

Result<Offsets> Consumer::Client::End() {
  return Ask([this](rd_kafka_topic_partition_list_t* list) {
    for (int i = 0; i < list->cnt; ++i) {
      std::int64_t low = 0;
      const rd_kafka_resp_err_t asked = rd_kafka_query_watermark_offsets(
          client_, options_.topic.c_str(), list->elems[i].partition, &low, &list->elems[i].offset, kAskMs);
      if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return asked;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  });
}

Result<Offsets> Consumer::Client::AtTime(std::int64_t time_ms) {
  ASSIGN_OR_RETURN(const Offsets end, End());
  ASSIGN_OR_RETURN(Offsets offsets, Ask([&](rd_kafka_topic_partition_list_t* list) {
                     for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = time_ms;
                     return rd_kafka_offsets_for_times(client_, list, kAskMs);
                   }));
  for (auto& [partition, offset] : offsets)
    if (offset < 0) offset = end.contains(partition) ? end.at(partition) : 0;  // nothing is as young
  return offsets;
}

// REQUIRES: mutex_ is held.
Status Consumer::Client::Assign(const Offsets& from) {
  const List list = ListOf(options_.topic, partitions_, [&](std::int32_t partition) -> std::int64_t {
    const auto place = from.find(partition);
    return place == from.end() ? RD_KAFKA_OFFSET_BEGINNING : place->second;
  });
  if (const rd_kafka_resp_err_t done = rd_kafka_assign(client_, list.get()); done != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Unreachable(rd_kafka_err2str(done));
  assigned_ = partitions_;
  next_ = from;
  return Ok();
}

Result<Consumer::Taken> Consumer::Client::Take(const Offsets& from, std::size_t messages_max, std::size_t bytes_max) {
  std::lock_guard lock(mutex_);
  if (closed_) return Err(ErrorCode::kUnavailable, {}, "{} is closed", options_.client.name);
  Taken taken{.messages = {}, .next = from, .at_end = true};
  if (partitions_ == 0) {
    if (lost_) return *lost_;
    return taken;
  }
  if (assigned_ != partitions_ || next_ != from) TRY(Assign(from));
  std::size_t bytes = 0;
  while (taken.messages.size() < messages_max && bytes < bytes_max) {
    rd_kafka_message_t* const message = rd_kafka_consume_queue(messages_, 0);
    if (message == nullptr) break;
    const rd_kafka_resp_err_t error = message->err;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset >= next_[message->partition]) {
      taken.messages.push_back(ReceivedOf(*message));
      bytes += taken.messages.back().SizeBytes();
      next_[message->partition] = message->offset + 1;
    }
    const std::int32_t partition = message->partition;
    rd_kafka_message_destroy(message);
    if (error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      assigned_ = 0;
      return Err(ErrorCode::kFailedPrecondition, reason::kGone,
                 "messages of partition {} of topic {} behind the position are gone", partition, options_.topic);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      log::Debug("{}: partition {} of {}: {}", options_.client.name, partition, options_.topic,
                 rd_kafka_err2str(error));
  }
  std::erase_if(next_, [](const auto& each) { return each.second == 0; });
  taken.next = next_;
  taken.at_end = taken.messages.size() < messages_max && bytes < bytes_max;
  if (!taken.messages.empty()) events_.Forget();
  return taken;
}

std::uint64_t Consumer::Client::Behind(const Offsets& from) {
  std::lock_guard lock(mutex_);
  std::uint64_t behind = 0;
  for (std::int32_t partition = 0; !closed_ && partition < partitions_; ++partition) {
    std::int64_t low = 0, high = 0;
    if (rd_kafka_get_watermark_offsets(client_, options_.topic.c_str(), partition, &low, &high) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
      continue;
    const auto place = from.find(partition);
    const std::int64_t next = place == from.end() ? std::max<std::int64_t>(low, 0) : place->second;
    if (high > next) behind += static_cast<std::uint64_t>(high - next);
  }
  return behind;
}

void Consumer::Client::Close() {
  {
    std::lock_guard lock(mutex_);
    if (closed_ || client_ == nullptr) return;
    closed_ = true;
  }
  thread_.Join();
  rd_kafka_queue_cb_event_enable(messages_, nullptr, nullptr);
  rd_kafka_queue_destroy(messages_);
  rd_kafka_queue_destroy(main_);
  rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Consumer::Consumer(std::unique_ptr<Client> client) : client_(std::move(client)) {}

Consumer::~Consumer() {
  Close();
}

Result<std::unique_ptr<Consumer>> Consumer::Create(ConsumerOptions options) {
  const std::string name = options.client.name;
  auto client = std::make_unique<Client>(std::move(options));
  if (Status begun = client->Begin(); !begun.ok()) return begun.error().WithContext(name);
  return std::unique_ptr<Consumer>(new Consumer(std::move(client)));
}

Result<Offsets> Consumer::End() {
  return client_->End();
}
Result<Offsets> Consumer::AtTime(std::int64_t time_ms) {
  return client_->AtTime(time_ms);
}
Result<Consumer::Taken> Consumer::Take(const Offsets& from, std::size_t messages_max, std::size_t bytes_max) {
  return client_->Take(from, messages_max, bytes_max);
}
std::uint64_t Consumer::Behind(const Offsets& from) {
  return client_->Behind(from);
}
void Consumer::Close() {
  client_->Close();
}

}  // namespace millrace::kafka
