#include "targets/kafka/kafka_target.h"

#include <map>

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

// The first of a batch's reasons is its error, the others stand by their places.
void Blame(std::size_t place, Error why, flow::WriteReport& report) {
  if (report.error)
    report.causes.emplace(place, std::move(why));
  else
    report.error = std::move(why);
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
  std::map<std::size_t, Error> unmade;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto message = options_.message(batch[i], values[i]);
    if (message.ok()) {
      messages.push_back(*std::move(message));
      sent.push_back(i);
      continue;
    }
    report.entries[i] = EntryOutcome::kReject;
    unmade.emplace(i, message.error().WithContext(options_.name));
  }
  auto finish = [report = std::move(report), sent = std::move(sent), unmade = std::move(unmade),
                 done = std::move(done)](std::vector<Delivery> deliveries) mutable {
    bool throttled = false;
    bool failed = false;
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
      Delivery& delivery = deliveries[i];
      report.entries[sent[i]] = OutcomeOf(delivery);
      report.target_down |= delivery.down;
      throttled |= delivery.wait;
      failed |= delivery.outcome != Delivery::Outcome::kStored && !delivery.wait;
      if (delivery.error) unmade.emplace(sent[i], *std::move(delivery.error));
    }
    // Of both, the failure is what there is to say.
    report.throttled = throttled && !failed;
    if (throttled) report.retry_after = kWait;
    for (auto& [place, why] : unmade) Blame(place, std::move(why), report);
    done(std::move(report));
  };
  if (messages.empty()) return finish({});
  producer_->Send(messages, std::move(finish));
}

}  // namespace millrace::targets
