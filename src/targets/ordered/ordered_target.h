// OrderedTarget stands before a target and sends the rows of an event store in the order of their versions, stream by
// stream, in whichever order the changes come. What was sent it keeps in a table of {id, version}.
//
// A change whose version is the last one sent plus one goes out as it is. Otherwise the rows behind the last one sent
// are read from the table, consistently, and as many as follow each other without a gap go out, each when the one
// before it was acknowledged. Only then the table of offsets moves, and only forwards. So, whoever else sends too, and
// whatever crashes: of the versions of a stream, the first occurrences are in order and without gaps; a version may
// come twice.
//
// Behind a version that is not there, nothing is sent: the record is not taken, and tried again. It is skipped, or the
// record is given up, when that is older than the options allow.
//
// Threads:   thread-safe; completions come from the target's threads and the engine's writer.
// Ownership: engine and clock outlive it; the target is shared. Records of one stream share an order key.
// Failure:   as the target's; FailedPrecondition from Open if the tables are not what they have to be.
// Format:    the table of offsets: {id: S, version: N}, as ddb-eventstore-dispatcher has it.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "engine/engine.h"
#include "flow/target.h"

namespace millrace::targets {

enum class GapPolicy : std::uint8_t { kWait, kSkip, kFail };

struct OrderedTargetOptions {
  std::optional<std::int64_t> first = 0;  // the first version; nothing: 0, or 1 where there is no 0
  GapPolicy gap = GapPolicy::kWait;
  std::chrono::milliseconds gap_after = std::chrono::minutes(5);  // age of the record behind it
};

class OrderedTarget final : public flow::Target {
 public:
  OrderedTarget(OrderedTargetOptions options, engine::Engine& engine, engine::TableId events, engine::TableId offsets,
                std::shared_ptr<flow::Target> target, const Clock& clock);

  const std::string& name() const override { return target_->name(); }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override;
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override { target_->Close(); }

  // How often the table of events was read.
  std::uint64_t reads() const { return reads_; }

 private:
  struct Stream;
  struct Delivery;
  using DeliveryPtr = std::shared_ptr<Delivery>;
  using TablePtr = std::shared_ptr<const engine::Table>;

  // What is to be sent for a record. An error: the record can never be sent.
  Status Plan(const flow::Record& record, Stream& stream);
  // The last version that was sent.
  Result<std::int64_t> LastSent(const Stream& stream);
  Status ReadRows(const flow::Record& record, Stream& stream);
  // Sends the next row of every stream that has one, or reports.
  void Round(const DeliveryPtr& delivery);
  void OnSent(const DeliveryPtr& delivery, flow::WriteReport report);
  void OnKept(const DeliveryPtr& delivery, Result<engine::WriteResult> kept);
  Result<engine::ItemAction> Keep(const std::string& id, std::int64_t version, const TablePtr& offsets) const;
  void Remember(const std::string& id, std::int64_t version);
  void Forget(const std::string& id);

  const OrderedTargetOptions options_;
  engine::Engine& engine_;
  const engine::TableId events_;
  const engine::TableId offsets_;
  const std::shared_ptr<flow::Target> target_;
  const Clock& clock_;
  const flow::TargetTraits traits_;
  std::atomic<std::uint64_t> reads_{0};

  std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> sent_;  // by id, the last version; guarded by mutex_
};

}  // namespace millrace::targets
