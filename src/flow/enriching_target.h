// EnrichingTarget asks an enricher about each batch before it writes what came back to the target behind it.
//
//   records ─► question ─► enricher ─► answer: JSON ─► records ─► target
//
// An answer that is an array of as many elements as were asked about gives each record its element. An array of another
// length belongs to all records of its question: they succeed or fail together. Any other JSON value is one record.
// Nothing, "", {} and [] are nothing to deliver: the records are done. [{}] is one record with an empty object. These
// are EventBridge Pipes' rules: https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html
//
// A first record keeps its question's id; further ones have ids that follow from it, so that a repetition has the same.
//
// Threads:   as flow/target.h says; `shape` is called by several threads at once.
// Ownership: enricher and target outlive it; the target is opened and closed with it.
// Failure:   a record that the enricher or the target did not take is reported as not taken, and is asked about again
//            when it is tried again.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "flow/enricher.h"
#include "flow/subscription.h"
#include "flow/target.h"

namespace millrace::flow {

class EnrichingTarget final : public Target {
 public:
  // `shape` makes of an answered record what the target gets; null: the answer. An error rejects the record.
  using Shape = std::function<Result<Verdict>(Record&)>;

  EnrichingTarget(Enricher& enricher, Target& target, Shape shape);

  const std::string& name() const override { return target_.name(); }
  const TargetTraits& traits() const override { return traits_; }
  Status Open() override { return target_.Open(); }
  void Write(std::span<const Record> batch, std::vector<StateRow> state, Done done) override;
  void Close() override { target_.Close(); }

 private:
  struct Delivery;
  struct Question;
  using DeliveryPtr = std::shared_ptr<Delivery>;

  void Ask(const DeliveryPtr& delivery);
  void OnAnswered(const DeliveryPtr& delivery, const WriteReport& report);
  void Collect(Delivery& delivery) const;
  void Read(Delivery& delivery, Question& question) const;
  void Add(Delivery& delivery, std::size_t begin, std::size_t count, std::size_t place, std::string body) const;
  void WriteNext(const DeliveryPtr& delivery);
  void OnWritten(Delivery& delivery, WriteReport report) const;

  Enricher& enricher_;
  Target& target_;
  const Shape shape_;
  const TargetTraits traits_;
};

}  // namespace millrace::flow
