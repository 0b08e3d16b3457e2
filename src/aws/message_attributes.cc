#include "aws/message_attributes.h"

#include <algorithm>

#include "base/bytes.h"
#include "http/digest.h"

namespace millrace::aws {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kBinary = 1;
constexpr std::uint8_t kSystem = 2;

// What is hashed: lengths as four bytes, then the bytes.
void PutCounted(std::string& out, std::string_view bytes) {
  PutBigEndian(out, static_cast<std::uint32_t>(bytes.size()));
  out.append(bytes);
}

}  // namespace

std::string EncodeMessageAttributes(const std::vector<MessageAttribute>& attributes) {
  std::string out;
  if (attributes.empty()) return out;
  out.push_back(static_cast<char>(kVersion));
  for (const MessageAttribute& attribute : attributes) {
    out.push_back(static_cast<char>((attribute.binary ? kBinary : 0) | (attribute.system ? kSystem : 0)));
    PutBytes(out, attribute.name);
    PutBytes(out, attribute.type);
    PutBytes(out, attribute.value);
  }
  return out;
}

Result<std::vector<MessageAttribute>> DecodeMessageAttributes(std::string_view bytes) {
  std::vector<MessageAttribute> attributes;
  if (bytes.empty()) return attributes;
  ByteReader reader(bytes);
  bool known = reader.Byte() == kVersion;
  while (known && reader.ok() && !reader.empty()) {
    const std::uint8_t flags = reader.Byte();
    MessageAttribute attribute;
    attribute.name = reader.Bytes();
    attribute.type = reader.Bytes();
    attribute.value = reader.Bytes();
    attribute.binary = (flags & kBinary) != 0;
    attribute.system = (flags & kSystem) != 0;
    attributes.push_back(std::move(attribute));
  }
  if (!known || !reader.ok()) return Err(ErrorCode::kCorruption, {}, "the attributes of a message are damaged");
  return attributes;
}

std::string Md5OfMessageAttributes(const std::vector<MessageAttribute>& attributes, AttributeKind kind) {
  std::vector<const MessageAttribute*> sorted;
  for (const MessageAttribute& attribute : attributes)
    if (attribute.system == (kind == AttributeKind::kSystem)) sorted.push_back(&attribute);
  if (sorted.empty()) return {};
  std::ranges::sort(sorted, {},
                    [](const MessageAttribute* attribute) -> const std::string& { return attribute->name; });
  std::string text;
  for (const MessageAttribute* attribute : sorted) {
    PutCounted(text, attribute->name);
    PutCounted(text, attribute->type);
    text.push_back(attribute->binary ? 2 : 1);
    PutCounted(text, attribute->value);
  }
  return http::Hex(http::Md5(text));
}

std::string Md5OfMessageBody(std::string_view body) {
  return http::Hex(http::Md5(body));
}

}  // namespace millrace::aws
