#include "kafka/producer.h"

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>

#include "base/log.h"
#include "base/thread.h"
#include "kafka/client_conf.h"

namespace millrace::kafka {
namespace {

using Outcome = Delivery::Outcome;

constexpr int kPollMs = 200;
constexpr int kPurgePollMs = 20;
constexpr int kQueueMessagesMax = 100'000;
constexpr int kQueueKibMax = 64 * 1024;
constexpr std::size_t kBatchBytesMax = 1'000'000;  // below what a broker takes by default, 1,048,588
constexpr std::chrono::seconds kRenewAgainAfter{1};

// The message itself is at fault, whatever becomes of the cluster.
bool IsRefusal(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return true;
    default:
      return false;
  }
}

bool IsTooLarge(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

// About one topic or partition only: others may do well.
bool IsAboutTopic(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return true;
    default:
      return false;
  }
}

struct Batch;
struct Slot {
  Batch* batch = nullptr;
  std::size_t index = 0;
  std::size_t bytes = 0;
  std::string topic;
};

// The messages of one Send. Whoever settles the last of them answers and deletes it; Send itself counts as one.
struct Batch {
  std::vector<Slot> slots;
  std::vector<Delivery> deliveries;
  Producer::Done done;
  std::atomic<std::size_t> open;

  void Settle() {
    if (open.fetch_sub(1) > 1) return;
    done(std::move(deliveries));
    delete this;
  }
};

Delivery Waiting(std::string_view why) {
  Delivery delivery;
  delivery.wait = true;
  delivery.error = Err(ErrorCode::kUnavailable, {}, "{}", why);
  return delivery;
}

}  // namespace

class Producer::Client {
 public:
  explicit Client(ProducerOptions options) : options_(std::move(options)), events_(options_.client) {}

  Status Check() {
    ClientConf conf;
    return Configure(conf);
  }
  void Send(std::span<const Message> messages, Done done);
  void Close();
  std::uint64_t renewals() const { return renewals_; }

 private:
  enum class Topic : std::uint8_t { kMaking, kThere };

  Status Configure(ClientConf& conf) const;
  Status Begin();
  // Nothing: all of the messages' topics are there.
  std::optional<Delivery> MakeTopics(std::span<const Message> messages);
  void Produce(const Message& message, Slot& slot);
  void Run();
  void Renew(std::unique_lock<std::mutex>& lock);
  void Serve(rd_kafka_t* client, rd_kafka_event_t* event);
  void OnDelivery(const rd_kafka_message_t& message);
  void OnTopicMade(rd_kafka_event_t* event);
  Delivery Judge(rd_kafka_resp_err_t error, const Slot& slot);
  // Answers everything that the client holds, and ends it.
  void End(rd_kafka_t* client, rd_kafka_queue_t* queue);

  const ProducerOptions options_;
  Events events_;
  std::atomic<std::uint64_t> renewals_{0};

  std::mutex closing_;  // held by Close, before mutex_
  std::mutex mutex_;
  std::condition_variable stopped_;
  // Guarded by mutex_:
  rd_kafka_t* client_ = nullptr;  // null: being renewed, or there is none
  rd_kafka_queue_t* queue_ = nullptr;
  bool running_ = false;
  bool stopping_ = false;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<std::string, Error, std::less<>> topic_errors_;
  Thread thread_;  // started under mutex_, joined under closing_

  // Of the thread:
  bool renew_ = false;
  bool ending_ = false;
  bool alone_ = false;       // this client sends each message in a batch of its own
  bool next_alone_ = false;  // and so will the next one
};

Status Producer::Client::Configure(ClientConf& conf) const {
  TRY(conf.Fill(options_.client));
  const auto timeout = std::to_string(options_.client.timeout.count());
  TRY(conf.Set("enable.idempotence", "true"));
  TRY(conf.Set("acks", "all"));
  TRY(conf.Set("partitioner", "murmur2_random"));
  TRY(conf.Set("compression.codec", options_.compression));
  TRY(conf.Set("linger.ms", std::to_string(options_.linger.count())));
  TRY(conf.Set("message.timeout.ms", timeout));
  TRY(conf.Set("request.timeout.ms", timeout));
  TRY(conf.Set("message.max.bytes", std::to_string(options_.message_bytes_max)));
  TRY(conf.Set("batch.size", std::to_string(std::min(options_.message_bytes_max, kBatchBytesMax))));
  TRY(conf.Set("queue.buffering.max.messages", std::to_string(kQueueMessagesMax)));
  TRY(conf.Set("queue.buffering.max.kbytes", std::to_string(kQueueKibMax)));
  if (alone_) TRY(conf.Set("batch.num.messages", "1"));
  return Ok();
}

// REQUIRES: mutex_ is held, or nobody else is there.
Status Producer::Client::Begin() {
  ClientConf conf;
  TRY(Configure(conf));
  char why[512];
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why, sizeof why);
  if (client == nullptr) return InvalidArgument("{}", why);
  conf.Release();
  client_ = client;
  queue_ = rd_kafka_queue_get_main(client);
  return Ok();
}

void Producer::Client::Send(std::span<const Message> messages, Done done) {
  auto* const batch = new Batch;
  batch->done = std::move(done);
  batch->deliveries.resize(messages.size());
  batch->slots.resize(messages.size());
  batch->open = messages.size() + 1;
  {
    std::lock_guard lock(mutex_);
    std::optional<Delivery> instead;
    if (!running_ && !stopping_) {
      if (Status begun = Begin(); begun.ok()) {
        running_ = true;
        thread_ = Thread(ThreadRole::kBackground, "kafka", [this] { Run(); });
      } else {
        instead = Delivery{.down = true, .error = begun.error()};
      }
    }
    if (!instead && client_ == nullptr) instead = Waiting("the client is being renewed");
    if (!instead && options_.create) instead = MakeTopics(messages);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (instead) {
        batch->deliveries[i] = *instead;
        batch->open.fetch_sub(1);
      } else {
        batch->slots[i] = {batch, i, 0, messages[i].topic};
        Produce(messages[i], batch->slots[i]);
      }
    }
  }
  batch->Settle();
}

std::optional<Delivery> Producer::Client::MakeTopics(std::span<const Message> messages) {
  std::optional<Delivery> instead;
  for (const Message& message : messages) {
    if (const auto known = topics_.find(message.topic); known != topics_.end()) {
      if (known->second == Topic::kMaking) instead = Waiting("the topic is being made");
      continue;
    }
    if (const auto failed = topic_errors_.extract(message.topic); !failed.empty())
      return Delivery{.down = true, .error = failed.mapped()};  // and is tried again with the next Send
    char why[256];
    rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(message.topic.c_str(), options_.create->partitions,
                                                       options_.create->replicas, why, sizeof why);
    if (topic == nullptr) return Delivery{.outcome = Outcome::kRefused, .error = InvalidArgument("{}", why)};
    rd_kafka_AdminOptions_t* const how = rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    (void)rd_kafka_AdminOptions_set_request_timeout(how, static_cast<int>(options_.client.timeout.count()), why,
                                                    sizeof why);
    rd_kafka_CreateTopics(client_, &topic, 1, how, queue_);
    rd_kafka_AdminOptions_destroy(how);
    rd_kafka_NewTopic_destroy(topic);
    topics_.emplace(message.topic, Topic::kMaking);
    instead = Waiting("the topic is being made");
  }
  return instead;
}

void Producer::Client::Produce(const Message& message, Slot& slot) {
  rd_kafka_headers_t* headers = nullptr;
  slot.bytes = message.value.size() + (message.key ? message.key->size() : 0);
  if (!message.headers.empty()) {
    headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers) {
      slot.bytes += name.size() + value.size();
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
  }
  rd_kafka_vu_t words[8];
  std::size_t count = 0;
  const auto add = [&](rd_kafka_vtype_t type) -> auto& {
    words[count].vtype = type;
    return words[count++].u;
  };
  add(RD_KAFKA_VTYPE_TOPIC).cstr = message.topic.c_str();
  add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  add(RD_KAFKA_VTYPE_PARTITION).i32 = message.partition.value_or(RD_KAFKA_PARTITION_UA);
  // Copied; the library's interface lacks the const. An empty value is no missing value.
  auto& value = add(RD_KAFKA_VTYPE_VALUE).mem;
  static char nothing[1] = {};
  value.ptr = message.value.empty() ? nothing : const_cast<char*>(message.value.data());
  value.size = message.value.size();
  if (message.key) {
    auto& key = add(RD_KAFKA_VTYPE_KEY).mem;
    key.ptr = message.key->empty() ? nothing : const_cast<char*>(message.key->data());
    key.size = message.key->size();
  }
  if (headers != nullptr) add(RD_KAFKA_VTYPE_HEADERS).headers = headers;
  add(RD_KAFKA_VTYPE_OPAQUE).ptr = &slot;
  rd_kafka_error_t* const error = rd_kafka_produceva(client_, words, count);
  if (error == nullptr) return;  // the headers are the library's now
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  Delivery& delivery = slot.batch->deliveries[slot.index];
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    delivery = Waiting("the queue of messages under way is full");
  } else if (IsTooLarge(code)) {
    delivery.outcome = Outcome::kRefused;
    delivery.error = InvalidArgument("the message has {} bytes, more than {}", slot.bytes, options_.message_bytes_max);
  } else {
    delivery.outcome = IsRefusal(code) ? Outcome::kRefused : Outcome::kRetry;
    delivery.error = Err(ErrorCode::kUnavailable, {}, "{}: {}", message.topic, rd_kafka_err2str(code));
  }
  slot.batch->open.fetch_sub(1);  // never the last: Send counts
}

void Producer::Client::Run() {
  renew_ = false;
  while (true) {
    bool stop = false;
    rd_kafka_t* client = nullptr;
    rd_kafka_queue_t* queue = nullptr;
    {
      std::unique_lock lock(mutex_);
      if (client_ == nullptr && !stopping_) Renew(lock);
      stop = stopping_;
      client = client_;
      queue = queue_;
      if (stop || renew_) {
        client_ = nullptr;
        queue_ = nullptr;
      }
    }
    if (client != nullptr && (stop || renew_)) {
      End(client, queue);
    } else if (client != nullptr) {
      Serve(client, rd_kafka_queue_poll(queue, kPollMs));
    }
    if (stop) return;
  }
}

void Producer::Client::Renew(std::unique_lock<std::mutex>& lock) {
  renew_ = false;
  alone_ = next_alone_;
  topics_.clear();
  if (const Status begun = Begin(); begun.ok()) {
    ++renewals_;
    return;
  } else {
    log::Warn("{}: a new client cannot be made, trying again: {}", options_.client.name, begun.error().message());
  }
  stopped_.wait_for(lock, kRenewAgainAfter, [this] { return stopping_; });
}

void Producer::Client::End(rd_kafka_t* client, rd_kafka_queue_t* queue) {
  ending_ = true;
  rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  while (rd_kafka_outq_len(client) > 0) Serve(client, rd_kafka_queue_poll(queue, kPurgePollMs));
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
  ending_ = false;
}

void Producer::Client::Serve(rd_kafka_t* client, rd_kafka_event_t* event) {
  if (event == nullptr) return;
  if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) OnDelivery(*message);
  } else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATETOPICS_RESULT) {
    OnTopicMade(event);
  } else {
    events_.Serve(client, event);
    char why[1];
    if (!ending_ && rd_kafka_fatal_error(client, why, sizeof why) != RD_KAFKA_RESP_ERR_NO_ERROR) renew_ = true;
  }
  rd_kafka_event_destroy(event);
}

void Producer::Client::OnDelivery(const rd_kafka_message_t& message) {
  auto& slot = *static_cast<Slot*>(message._private);
  Delivery& delivery = slot.batch->deliveries[slot.index];
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    delivery.outcome = Outcome::kStored;
    events_.Forget();
  } else {
    delivery = Judge(message.err, slot);
    // It may come to be stored after what is sent next.
    if (!ending_ && delivery.outcome == Outcome::kRetry &&
        rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED)
      renew_ = true;
    if (!ending_ && message.err == RD_KAFKA_RESP_ERR__FATAL) renew_ = true;
  }
  slot.batch->Settle();
}

Delivery Producer::Client::Judge(rd_kafka_resp_err_t error, const Slot& slot) {
  const ClientOptions& client = options_.client;
  Delivery delivery;
  if (IsTooLarge(error)) {
    if (alone_ || slot.bytes >= std::min(options_.message_bytes_max, kBatchBytesMax)) {
      delivery.outcome = Outcome::kRefused;
      delivery.error = InvalidArgument("the message has {} bytes, more than topic {} takes", slot.bytes, slot.topic);
      return delivery;
    }
    if (!next_alone_)
      log::Warn("{}: topic {} takes smaller batches than is usual; messages go one by one from now on", client.name,
                slot.topic);
    next_alone_ = renew_ = true;
    return Waiting("a batch was too large: its messages go one by one");
  }
  if (IsRefusal(error)) {
    delivery.outcome = Outcome::kRefused;
    delivery.error = InvalidArgument("{}: {}", slot.topic, rd_kafka_err2str(error));
    return delivery;
  }
  if (error == RD_KAFKA_RESP_ERR__PURGE_QUEUE || error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    return Waiting("the client is being renewed");
  delivery.down = !IsAboutTopic(error);
  std::string why = events_.last_error();
  if (error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    why = fmt::format("not stored within {} ms{}{}", client.timeout.count(), why.empty() ? "" : ": ", why);
  else
    why = fmt::format("{}{}{}", rd_kafka_err2str(error), why.empty() ? "" : ": ", why);
  delivery.error = Err(ErrorCode::kUnavailable, {}, "topic {} at {}: {}", slot.topic, client.servers, why);
  return delivery;
}

void Producer::Client::OnTopicMade(rd_kafka_event_t* event) {
  const rd_kafka_resp_err_t whole = rd_kafka_event_error(event);
  std::lock_guard lock(mutex_);
  if (whole != RD_KAFKA_RESP_ERR_NO_ERROR) {
    for (const auto& [name, state] : topics_)
      if (state == Topic::kMaking) {
        const std::string why = events_.last_error();
        topic_errors_.insert_or_assign(
            name, Err(ErrorCode::kUnavailable, {}, "making topic {} at {}: {}{}{}", name, options_.client.servers,
                      rd_kafka_event_error_string(event), why.empty() ? "" : ": ", why));
      }
    std::erase_if(topics_, [](const auto& each) { return each.second == Topic::kMaking; });
    return;
  }
  std::size_t count = 0;
  const rd_kafka_topic_result_t** const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_topic_result_name(results[i]);
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      topics_[name] = Topic::kThere;
    } else {
      topics_.erase(name);
      const char* const why = rd_kafka_topic_result_error_string(results[i]);
      topic_errors_.insert_or_assign(name, Err(ErrorCode::kUnavailable, {}, "making topic {}: {}", name,
                                               why != nullptr ? why : rd_kafka_err2str(error)));
    }
  }
}

void Producer::Client::Close() {
  std::lock_guard closing(closing_);
  {
    std::lock_guard lock(mutex_);
    if (!running_) return;
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.Join();
  std::lock_guard lock(mutex_);
  running_ = stopping_ = false;
  topics_.clear();
}

Producer::Producer(std::unique_ptr<Client> client) : client_(std::move(client)) {}

Producer::~Producer() {
  Close();
}

Result<std::unique_ptr<Producer>> Producer::Create(ProducerOptions options) {
  const std::string name = options.client.name;
  auto client = std::make_unique<Client>(std::move(options));
  if (Status checked = client->Check(); !checked.ok()) return checked.error().WithContext(name);
  return std::unique_ptr<Producer>(new Producer(std::move(client)));
}

void Producer::Send(std::span<const Message> messages, Done done) {
  client_->Send(messages, std::move(done));
}
void Producer::Close() {
  client_->Close();
}
std::uint64_t Producer::renewals() const {
  return client_->renewals();
}

}  // namespace millrace::kafka
