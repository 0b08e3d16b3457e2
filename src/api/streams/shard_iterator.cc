#include "api/streams/shard_iterator.h"

#include "base/bytes.h"
#include "model/base64.h"

namespace millrace::api::streams {
namespace {

constexpr char kSeparator = '|';
constexpr std::string_view kMiddle = "|1|";  // as AWS's tokens look
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCheckBytes = 8;

// FNV-1a, finished so that every input bit reaches every output bit.
std::uint64_t CheckOf(std::string_view arn, std::string_view position) {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  const auto mix = [&](std::string_view bytes) {
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  };
  mix(arn);
  mix(kMiddle);
  mix(position);
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdull;
  return hash ^ (hash >> 33);
}

Error Invalid() {
  return InvalidArgument("Invalid ShardIterator");
}

}  // namespace

std::string FormatShardIterator(const ShardIterator& iterator) {
  std::string position(1, static_cast<char>(kVersion));
  PutBigEndian(position, iterator.after.value());
  PutBigEndian(position, static_cast<std::uint64_t>(iterator.issued_ms));
  position += iterator.shard_id;
  PutBigEndian(position, CheckOf(iterator.stream_arn, position));
  std::string token = iterator.stream_arn;
  token += kMiddle;
  model::AppendBase64(token, position);
  return token;
}

Result<ShardIterator> ParseShardIterator(std::string_view token) {
  if (token.size() > kIteratorBytesMax) return Invalid();
  const std::size_t end_of_arn = token.find(kSeparator);
  if (end_of_arn == std::string_view::npos || token.substr(end_of_arn, kMiddle.size()) != kMiddle) return Invalid();
  const std::string_view arn = token.substr(0, end_of_arn);
  const auto decoded = model::Base64Decode(token.substr(end_of_arn + kMiddle.size()));
  if (!decoded || decoded->size() < kCheckBytes) return Invalid();
  const std::string_view position = std::string_view(*decoded).substr(0, decoded->size() - kCheckBytes);
  if (GetBigEndian<std::uint64_t>(decoded->data() + position.size()) != CheckOf(arn, position)) return Invalid();

  ByteReader reader(position);
  const std::uint8_t version = reader.Byte();
  ShardIterator iterator;
  iterator.stream_arn = arn;
  iterator.after = engine::SequenceNumber(reader.BigEndian<std::uint64_t>());
  iterator.issued_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
  if (!reader.ok() || version != kVersion) return Invalid();
  iterator.shard_id = reader.rest();
  return iterator;
}

}  // namespace millrace::api::streams
