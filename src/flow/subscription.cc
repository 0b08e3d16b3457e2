#include "flow/subscription.h"

#include "flow/machine.h"

namespace millrace::flow {

std::string_view SubscriptionStateName(SubscriptionState state) {
  switch (state) {
    case SubscriptionState::kStarting:
      return "starting";
    case SubscriptionState::kRunning:
      return "running";
    case SubscriptionState::kPaused:
      return "paused";
    case SubscriptionState::kBackingOff:
      return "backing off";
    case SubscriptionState::kFinished:
      return "finished";
    case SubscriptionState::kFailed:
      return "failed";
    case SubscriptionState::kStopped:
      return "stopped";
  }
  return "unknown";
}

Subscription::Subscription(SubscriptionOptions options, Feed& feed, Target& target, StateStore& state,
                           Executor& executor, Random& random, SubscriptionObserver observer)
    : machine_(std::make_shared<Machine>(std::move(options), &feed, nullptr, target, state, executor, random,
                                         std::move(observer))) {}
Subscription::Subscription(SubscriptionOptions options, Queue& queue, Target& target, StateStore& state,
                           Executor& executor, Random& random, SubscriptionObserver observer)
    : machine_(std::make_shared<Machine>(std::move(options), nullptr, &queue, target, state, executor, random,
                                         std::move(observer))) {}
Subscription::~Subscription() {
  Stop();
}

Status Subscription::Start() {
  return machine_->Start();
}
void Subscription::Stop() {
  machine_->Stop();
}
Status Subscription::Pause() {
  return machine_->SetPaused(true);
}
Status Subscription::Resume() {
  return machine_->SetPaused(false);
}
Status Subscription::Seek(const flow::Start& start) {
  return machine_->Seek(start);
}
Result<std::vector<DeadLetter>> Subscription::DeadLetters(std::uint64_t after, std::size_t letters_max) {
  return machine_->DeadLetters(after, letters_max);
}
Result<std::size_t> Subscription::Redrive(const std::vector<std::uint64_t>& numbers) {
  return machine_->Remove(numbers, Machine::Way::kRedrive);
}
Result<std::size_t> Subscription::Drop(const std::vector<std::uint64_t>& numbers) {
  return machine_->Remove(numbers, Machine::Way::kDrop);
}
Status Subscription::AwaitStored() {
  return machine_->AwaitStored();
}
Result<SubscriptionLag> Subscription::Lag(std::size_t records_max) const {
  return machine_->Lag(records_max);
}
const std::string& Subscription::name() const {
  return machine_->name();
}
SubscriptionState Subscription::state() const {
  return machine_->state();
}
std::optional<Error> Subscription::error() const {
  return machine_->error();
}
SubscriptionStats Subscription::stats() const {
  return machine_->stats();
}
Position Subscription::position() const {
  return machine_->position();
}

}  // namespace millrace::flow
