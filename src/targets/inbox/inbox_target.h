// InboxTarget lets each record take effect once at the target behind it, however often it is delivered: it notes in a
// table which records are under way and which are done.
//
//   {KEY: "CONSUMER#RECORD ID", "status": "IN_PROGRESS" | "COMPLETED", "expiresAt": epoch seconds}
//
// Before a record is delivered its row is put, IN_PROGRESS, on the condition that there is none or it has expired;
// after it was taken the row is COMPLETED and remembered for a while; if it was not taken the row goes. A record whose
// row is COMPLETED is done without the target being asked; one whose row is IN_PROGRESS is tried again later.
//
// What "once" rests on: the row. It holds for the time that rows are remembered, and but for one window: if this
// process ends between the effect and COMPLETED, nobody can know whether the effect took place; when the row's lock has
// expired, the record is delivered again. A target that does its work and writes such a row in one transaction has no
// such window.
//
// The same idea, and the names: https://docs.powertools.aws.dev/lambda/typescript/latest/features/idempotency/
//
// Threads:   thread-safe.
// Ownership: engine, clock and the target outlive it; the target is opened and closed with it.
// Failure:   Open: FailedPrecondition unless the table has a partition key of type S and no sort key. A table that
//            cannot be written is a target that is down.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "engine/engine.h"
#include "flow/target.h"

namespace millrace::targets {

struct InboxOptions {
  std::string consumer = {};  // whose effect it is: rows of different consumers do not meet
  std::chrono::milliseconds remember = std::chrono::seconds(300);  // how long a record is known to be done
  std::chrono::milliseconds lock = std::chrono::seconds(60);  // how long one may be under way; longer than it can take
};

class InboxTarget final : public flow::Target {
 public:
  InboxTarget(InboxOptions options, engine::Engine& engine, engine::TableId table, flow::Target& target,
              const Clock& clock);

  const std::string& name() const override { return target_.name(); }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override;
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override { target_.Close(); }

 private:
  struct Delivery;
  using DeliveryPtr = std::shared_ptr<Delivery>;

  Result<engine::ItemAction> RowOf(const flow::Record& record, std::string_view status,
                                   std::chrono::milliseconds expires) const;
  void OnBegun(const DeliveryPtr& delivery, Result<engine::WriteResult> begun);
  void Finish(const DeliveryPtr& delivery, flow::WriteReport report);

  const InboxOptions options_;
  engine::Engine& engine_;
  const engine::TableId table_;
  flow::Target& target_;
  const Clock& clock_;
  const flow::TargetTraits traits_;
};

}  // namespace millrace::targets
