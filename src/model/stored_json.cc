// From stored bytes to DynamoDB JSON in one pass, without a tree: the fast path of reads.
#include "json/write.h"
#include "model/base64.h"
#include "model/codec.h"
#include "model/decimal.h"
#include "model/stored_reader.h"

namespace millrace::model {
namespace {

class Renderer {
 public:
  Renderer(std::string& out, std::string_view bytes) : out_(out), reader_(bytes) {}

  bool Render() { return reader_.TakeVersion() && RenderMap(0) && reader_.at_end(); }

 private:
  bool RenderMap(int depth) {
    std::size_t count = 0;
    if (!reader_.TakeCount(count)) return false;
    out_.push_back('{');
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out_.push_back(',');
      if (!RenderText()) return false;
      out_.push_back(':');
      if (!RenderValue(depth)) return false;
    }
    out_.push_back('}');
    return true;
  }

  bool RenderText() {
    std::string_view text;
    if (!reader_.TakeBytes(text)) return false;
    json::AppendString(out_, text);
    return true;
  }

  bool RenderNumber() {
    Decimal decimal;
    if (!reader_.TakeDecimal(decimal)) return false;
    out_.push_back('"');
    AppendDecimalText(out_, decimal);
    out_.push_back('"');
    return true;
  }

  bool RenderBinary() {
    std::string_view bytes;
    if (!reader_.TakeBytes(bytes)) return false;
    out_.push_back('"');
    AppendBase64(out_, bytes);
    out_.push_back('"');
    return true;
  }

  template <class RenderOne>
  bool RenderEach(RenderOne render_one) {
    std::size_t count = 0;
    if (!reader_.TakeCount(count)) return false;
    out_.push_back('[');
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out_.push_back(',');
      if (!render_one()) return false;
    }
    out_.push_back(']');
    return true;
  }

  // `depth` is the number of lists and maps around the value.
  bool RenderValue(int depth) {
    StoredType type{};
    if (!reader_.TakeType(type)) return false;
    bool ok = false;
    switch (type) {
      case StoredType::kS:
        out_.append("{\"S\":");
        ok = RenderText();
        break;
      case StoredType::kN:
        out_.append("{\"N\":");
        ok = RenderNumber();
        break;
      case StoredType::kB:
        out_.append("{\"B\":");
        ok = RenderBinary();
        break;
      case StoredType::kFalse:
        out_.append("{\"BOOL\":false");
        ok = true;
        break;
      case StoredType::kTrue:
        out_.append("{\"BOOL\":true");
        ok = true;
        break;
      case StoredType::kNull:
        out_.append("{\"NULL\":true");
        ok = true;
        break;
      case StoredType::kM:
        out_.append("{\"M\":");
        ok = depth < kStoredDepthMax && RenderMap(depth + 1);
        break;
      case StoredType::kL:
        out_.append("{\"L\":");
        ok = depth < kStoredDepthMax && RenderEach([&] { return RenderValue(depth + 1); });
        break;
      case StoredType::kSs:
        out_.append("{\"SS\":");
        ok = RenderEach([&] { return RenderText(); });
        break;
      case StoredType::kNs:
        out_.append("{\"NS\":");
        ok = RenderEach([&] { return RenderNumber(); });
        break;
      case StoredType::kBs:
        out_.append("{\"BS\":");
        ok = RenderEach([&] { return RenderBinary(); });
        break;
    }
    if (ok) out_.push_back('}');
    return ok;
  }

  std::string& out_;
  StoredReader reader_;
};

}  // namespace

Status AppendStoredAsDynamoDbJson(std::string& out, std::string_view encoded_item) {
  const std::size_t before = out.size();
  if (Renderer(out, encoded_item).Render()) return Ok();
  out.resize(before);
  return NotAnItem(encoded_item);
}

}  // namespace millrace::model
