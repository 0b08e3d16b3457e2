#include "http/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace millrace::http {
namespace {

constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kMd5Bytes = 16;

unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string Sha256(std::string_view message) {
  std::string digest(kSha256Bytes, '\0');
  unsigned count = 0;
  const int done = EVP_Digest(message.data(), message.size(), Bytes(digest), &count, EVP_sha256(), nullptr);
  CHECK(done == 1 && count == kSha256Bytes);
  return digest;
}

std::string HmacSha256(std::string_view key, std::string_view message) {
  std::string digest(kSha256Bytes, '\0');
  unsigned count = 0;
  CHECK(key.size() <= 1 << 20);
  // An empty view may have no address, and a key without one would mean "the previous key".
  const char* key_begin = key.empty() ? "" : key.data();
  CHECK(HMAC(EVP_sha256(), key_begin, static_cast<int>(key.size()), Bytes(message), message.size(), Bytes(digest),
             &count) != nullptr);
  CHECK(count == kSha256Bytes);
  return digest;
}

std::string Md5(std::string_view message) {
  std::string digest(kMd5Bytes, '\0');
  unsigned count = 0;
  const int done = EVP_Digest(message.data(), message.size(), Bytes(digest), &count, EVP_md5(), nullptr);
  CHECK(done == 1 && count == kMd5Bytes);
  return digest;
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 0xf]);
  }
  return text;
}

}  // namespace millrace::http
