#include "targets/http/signature.h"

#include "http/digest.h"
#include "model/base64.h"

namespace millrace::targets {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";

}  // namespace

Result<Signer> Signer::Create(const HttpTargetOptions& options) {
  Signer signer;
  if (options.standard_webhooks) {
    const std::vector<Secret>& secrets = options.standard_webhooks->secrets;
    if (secrets.empty() || secrets.size() > HttpTargetOptions::kSigningSecretsMax)
      return InvalidArgument("standard webhooks: {} secrets; 1 to {} are allowed", secrets.size(),
                             HttpTargetOptions::kSigningSecretsMax);
    for (const Secret& secret : secrets) {
      const std::string_view text = secret.Reveal();
      if (!text.starts_with(kSecretPrefix)) {
        signer.webhook_keys_.push_back(secret);
      } else if (auto key = model::Base64Decode(text.substr(kSecretPrefix.size()))) {
        signer.webhook_keys_.emplace_back(*std::move(key));
      } else {
        return InvalidArgument("standard webhooks: what follows whsec_ in a secret is not base64");
      }
      if (signer.webhook_keys_.back().empty()) return InvalidArgument("standard webhooks: a secret is empty");
    }
  }
  if (options.body_signature && options.body_signature->secret.empty())
    return InvalidArgument("the secret for the signature header {} is empty", options.body_signature->header);
  signer.body_signature_ = options.body_signature;
  return signer;
}

void Signer::Sign(std::string_view id, WallTime now, std::string_view body, http::Headers& headers) const {
  if (!webhook_keys_.empty()) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    const std::string content = fmt::format("{}.{}.{}", id, seconds, body);
    std::string signatures;
    for (const Secret& key : webhook_keys_) {
      signatures.append(signatures.empty() ? "v1," : " v1,");
      model::AppendBase64(signatures, http::HmacSha256(key.Reveal(), content));
    }
    headers.Set("webhook-id", id);
    headers.Set("webhook-timestamp", std::to_string(seconds));
    headers.Set("webhook-signature", signatures);
  }
  if (body_signature_) {
    const std::string digest = http::HmacSha256(body_signature_->secret.Reveal(), body);
    headers.Set(body_signature_->header,
                body_signature_->prefix + (body_signature_->encoding == BodySignature::Encoding::kHex
                                               ? http::Hex(digest)
                                               : model::Base64Encode(digest)));
  }
}

}  // namespace millrace::targets
