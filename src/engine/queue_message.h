// QueueMessage is how messages, leases, remembered deduplication ids and receipts are written down.
//
// Threads: pure functions.
// Failure: decoding returns Corruption; a receipt that is none is nothing.
// Format:  docs/design/storage.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "engine/catalogue.h"
#include "engine/queue.h"

namespace millrace::engine {

// A message as it is stored. The views are into the stored bytes.
struct StoredMessage {
  std::int64_t time_ms = 0;  // when it came into this queue
  std::int64_t sent_ms = 0;  // when it was sent: before time_ms if it was moved here
  std::int64_t delay_ms = 0;
  std::string_view id;
  std::string_view group;
  std::string_view deduplication_id;
  std::string_view dead_letter_source;
  std::string_view sender;
  std::string_view attributes;
  std::string_view body;
};
// `sent_ms` 0: when it comes into the queue, which StampMessage says.
std::string EncodeMessage(const StoredMessage& message);
// Sets the time of an encoded message.
void StampMessage(std::string& encoded, std::int64_t time_ms);
Result<StoredMessage> DecodeMessage(std::string_view encoded);

struct Lease {
  std::int64_t visible_ms = 0;  // until then nobody else is given the message
  std::int64_t first_ms = 0;    // when it was received first
  std::uint64_t nonce = 0;      // tells this lease from others
  std::uint32_t receives = 0;
};
std::string EncodeLease(const Lease& lease);
Result<Lease> DecodeLease(std::string_view encoded);

struct Receipt {
  QueueId queue;
  SequenceNumber sequence;
  std::uint64_t nonce = 0;
};
std::string EncodeReceipt(const Receipt& receipt);
std::optional<Receipt> DecodeReceipt(std::string_view text);

// What is remembered of a message for five minutes.
struct Remembered {
  std::int64_t time_ms = 0;
  SequenceNumber sequence;
  std::string id;
};
std::string EncodeRemembered(const Remembered& remembered);
Result<Remembered> DecodeRemembered(std::string_view encoded);

struct StoredCounts {
  std::uint64_t messages = 0;
  SequenceNumber front;  // no message is before it
};
std::string EncodeCounts(const StoredCounts& counts);
Result<StoredCounts> DecodeCounts(std::string_view encoded);

}  // namespace millrace::engine
