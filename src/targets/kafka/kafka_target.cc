#include "targets/kafka/kafka_target.h"

#include <algorithm>

namespace millrace::targets {
namespace {

using flow::EntryOutcome;
using kafka::Delivery;

constexpr std::chrono::milliseconds kWait{20};

EntryOutcome OutcomeOf(const Delivery& delivery) {
  switch (delivery.outcome) {
    case Delivery::Outcome::kStored:
      return EntryOutcome::kTaken;
    case Delivery::Outcome::kRetry:
      return EntryOutcome::kRetry;
    case Delivery::Outcome::kRefused:
      return EntryOutcome::kReject;
  }
  return EntryOutcome::kRetry;
}

// What became of the messages, as what became of the records `sent`.
void Settle(std::vector<Delivery> deliveries, const std::vector<std::size_t>& sent, flow::WriteReport& report) {
  bool throttled = false;
  bool failed = false;
  std::size_t first = report.entries.size();
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    Delivery& delivery = deliveries[i];
    report.entries[sent[i]] = OutcomeOf(delivery);
    report.target_down |= delivery.down;
    throttled |= delivery.wait;
    failed |= delivery.outcome != Delivery::Outcome::kStored && !delivery.wait;
    if (delivery.error && sent[i] < first) {
      first = sent[i];
      report.error = std::move(delivery.error);
    }
  }
  // Of both, the failure is what there is to say.
  report.throttled = throttled && !failed;
  if (throttled) report.retry_after = kWait;
}

}  // namespace

KafkaTarget::KafkaTarget(KafkaTargetOptions options, std::shared_ptr<kafka::Producer> producer)
    : options_(std::move(options)),
      producer_(std::move(producer)),
      traits_{.kind = flow::BatchKind::kPerEntry,
              .batch_records_max = options_.batch_records_max,
              .batch_bytes_max = std::size_t{4} << 20} {}

void KafkaTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) {
  auto report = flow::WriteReport::AllTaken(batch.size());
  std::vector<kafka::Message> messages;
  std::vector<std::string> values(batch.size());
  std::vector<std::size_t> sent;
  messages.reserve(batch.size());
  sent.reserve(batch.size());
  std::optional<Error> unmade;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto message = options_.message(batch[i], values[i]);
    if (message.ok()) {
      messages.push_back(*std::move(message));
      sent.push_back(i);
      continue;
    }
    report.entries[i] = EntryOutcome::kReject;
    if (!unmade) unmade = message.error().WithContext(options_.name);
  }
  if (messages.empty()) {
    report.error = std::move(unmade);
    return done(std::move(report));
  }
  producer_->Send(messages, [report = std::move(report), sent = std::move(sent), unmade = std::move(unmade),
                             done = std::move(done)](std::vector<Delivery> deliveries) mutable {
    Settle(std::move(deliveries), sent, report);
    const auto bad = std::ranges::find_if(report.entries, [](auto entry) { return entry != EntryOutcome::kTaken; });
    const bool was_sent = std::ranges::binary_search(sent, static_cast<std::size_t>(bad - report.entries.begin()));
    if (unmade && (!was_sent || !report.error)) report.error = std::move(unmade);
    done(std::move(report));
  });
}

}  // namespace millrace::targets
