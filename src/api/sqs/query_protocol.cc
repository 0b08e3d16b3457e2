#include "api/sqs/query_protocol.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "json/write.h"

namespace millrace::api::sqs {
namespace {

constexpr std::size_t kFieldsMax = 2000;
constexpr std::size_t kDepthMax = 8;

// How a list of numbered fields appears in JSON.
struct ListName {
  std::string_view in_form;  // "Attribute.1.Name"
  std::string_view in_json;  // "Attributes"
  std::string_view key;      // of a map: "Name"; empty: a list
  std::string_view value;    // of a map: "Value"
};
constexpr ListName kLists[] = {
    {"Attribute", "Attributes", "Name", "Value"},
    {"MessageAttribute", "MessageAttributes", "Name", "Value"},
    {"MessageSystemAttribute", "MessageSystemAttributes", "Name", "Value"},
    {"Tag", "Tags", "Key", "Value"},
    {"TagKey", "TagKeys", {}, {}},
    {"AttributeName", "AttributeNames", {}, {}},
    {"MessageAttributeName", "MessageAttributeNames", {}, {}},
    {"MessageSystemAttributeName", "MessageSystemAttributeNames", {}, {}},
    {"SendMessageBatchRequestEntry", "Entries", {}, {}},
    {"DeleteMessageBatchRequestEntry", "Entries", {}, {}},
    {"ChangeMessageVisibilityBatchRequestEntry", "Entries", {}, {}},
};
constexpr std::string_view kNumbers[] = {"DelaySeconds",    "MaxNumberOfMessages", "VisibilityTimeout",
                                         "WaitTimeSeconds", "MaxResults",          "MaxNumberOfMessagesPerSecond"};

// How a list or a map of an answer appears in XML: flattened, under the name of one element.
struct ElementName {
  std::string_view in_json;
  std::string_view in_xml;
  std::string_view key;
  std::string_view value;
};
constexpr ElementName kElements[] = {
    {"Messages", "Message", {}, {}},
    {"QueueUrls", "QueueUrl", {}, {}},
    {"queueUrls", "QueueUrl", {}, {}},
    {"Failed", "BatchResultErrorEntry", {}, {}},
    {"Results", "ListMessageMoveTasksResultEntry", {}, {}},
    {"Attributes", "Attribute", "Name", "Value"},
    {"MessageAttributes", "MessageAttribute", "Name", "Value"},
    {"Tags", "Tag", "Key", "Value"},
};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// The dotted names as a tree; numbers stay in the order of their value.
struct Node {
  std::optional<std::string> text;
  std::map<std::string, Node> named;
  std::map<std::uint32_t, Node> numbered;
};

Node* Descend(Node& node, std::string_view name, std::size_t depth) {
  if (depth > kDepthMax) return nullptr;
  const std::size_t dot = name.find('.');
  const std::string_view part = name.substr(0, dot);
  std::uint32_t number = 0;
  const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), number);
  const bool numeric = !part.empty() && code == std::errc() && end == part.data() + part.size();
  Node& next = numeric ? node.numbered[number] : node.named[std::string(part)];
  return dot == std::string_view::npos ? &next : Descend(next, name.substr(dot + 1), depth + 1);
}

void WriteNode(json::Writer& out, const Node& node, std::string_view action);

void WriteMember(json::Writer& out, const std::string& name, const Node& node, std::string_view action) {
  for (const ListName& list : kLists) {
    if (list.in_form != name || node.numbered.empty()) continue;
    // The one map whose name begins with a small letter.
    out.Key(name == "Tag" && action == "CreateQueue" ? "tags" : list.in_json);
    if (list.key.empty()) {
      out.BeginArray();
      for (const auto& [number, element] : node.numbered) WriteNode(out, element, action);
      return out.EndArray();
    }
    out.BeginObject();
    for (const auto& [number, element] : node.numbered) {
      const auto key = element.named.find(std::string(list.key));
      const auto value = element.named.find(std::string(list.value));
      if (key == element.named.end() || !key->second.text) continue;
      out.Key(*key->second.text);
      if (value == element.named.end()) {
        out.String("");
      } else {
        WriteNode(out, value->second, action);
      }
    }
    return out.EndObject();
  }
  out.Key(name);
  std::int64_t number = 0;
  if (node.text && std::ranges::find(kNumbers, name) != std::end(kNumbers)) {
    const char* end = node.text->data() + node.text->size();
    const auto [stop, code] = std::from_chars(node.text->data(), end, number);
    if (code == std::errc() && stop == end && !node.text->empty()) return out.Integer(number);
  }
  WriteNode(out, node, action);
}

void WriteNode(json::Writer& out, const Node& node, std::string_view action) {
  if (node.text) return out.String(*node.text);
  out.BeginObject();
  for (const auto& [name, child] : node.named) WriteMember(out, name, child, action);
  out.EndObject();
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xD;";  // a parser would turn it into a line feed
        break;
      default:
        out.push_back(c);
    }
  }
}

void AppendElement(std::string& out, std::string_view name, const json::Value& value, std::string_view action);

void AppendContent(std::string& out, const json::Value& value, std::string_view action) {
  switch (value.type()) {
    case json::Type::kString:
      return AppendEscaped(out, value.string());
    case json::Type::kNumber:
      out += value.number();
      return;
    case json::Type::kBool:
      out += value.boolean() ? "true" : "false";
      return;
    case json::Type::kObject:
      for (const json::Member& member : value.object()) AppendElement(out, member.name, member.value, action);
      return;
    default:
      return;
  }
}

void AppendWrapped(std::string& out, std::string_view name, const json::Value& value, std::string_view action) {
  out.append("<").append(name).append(">");
  AppendContent(out, value, action);
  out.append("</").append(name).append(">");
}

void AppendElement(std::string& out, std::string_view name, const json::Value& value, std::string_view action) {
  std::string successful;
  if (name == "Successful") successful = fmt::format("{}ResultEntry", action);
  for (const ElementName& element : kElements) {
    if (element.in_json != name) continue;
    if (value.is_array())
      for (const json::Value& each : value.array()) AppendWrapped(out, element.in_xml, each, action);
    if (value.is_object()) {
      for (const json::Member& member : value.object()) {
        out.append("<").append(element.in_xml).append(">");
        AppendWrapped(out, element.key, json::Value::String(member.name), action);
        AppendWrapped(out, element.value, member.value, action);
        out.append("</").append(element.in_xml).append(">");
      }
    }
    return;
  }
  if (!successful.empty()) {
    for (const json::Value& each : value.array()) AppendWrapped(out, successful, each, action);
    return;
  }
  AppendWrapped(out, name, value, action);
}

}  // namespace

Result<Fields> ParseForm(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    if (fields.size() >= kFieldsMax)
      return Wrong(reason::kInvalidParameterValue, "A request has at most {} parameters.", kFieldsMax);
    const std::size_t equals = pair.find('=');
    fields.emplace_back(Decode(pair.substr(0, equals)),
                        equals == std::string_view::npos ? std::string() : Decode(pair.substr(equals + 1)));
  }
  return fields;
}

std::string_view FieldOf(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields)
    if (key == name) return value;
  return {};
}

Result<std::string> JsonOfForm(std::string_view action, const Fields& fields) {
  Node root;
  for (const auto& [name, value] : fields) {
    if (name == "Action" || name == "Version" || name.starts_with("X-Amz-") || name == "Signature" ||
        name == "AWSAccessKeyId" || name == "Timestamp" || name == "SignatureVersion" || name == "SignatureMethod")
      continue;
    Node* node = Descend(root, name, 0);
    if (node == nullptr) return Wrong(reason::kInvalidParameterValue, "The parameter {} is unknown.", name);
    node->text = value;
  }
  std::string out;
  json::Writer writer(&out);
  writer.BeginObject();
  for (const auto& [name, node] : root.named) WriteMember(writer, name, node, action);
  writer.EndObject();
  return out;
}

std::string XmlOfAnswer(std::string_view action, const json::Value& answer, std::string_view request_id) {
  std::string out =
      fmt::format("<?xml version=\"1.0\"?>\n<{}Response xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">", action);
  if (answer.is_object() && !answer.object().empty())
    AppendWrapped(out, fmt::format("{}Result", action), answer, action);
  out += fmt::format("<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>", request_id, action);
  return out;
}

std::string XmlOfError(const SqsError& error, std::string_view request_id) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>{}"
      "</Type><Code>{}</Code><Message>",
      error.sender_fault ? "Sender" : "Receiver", error.query_code);
  AppendEscaped(out, error.message);
  out += fmt::format("</Message><Detail/></Error><RequestId>{}</RequestId></ErrorResponse>", request_id);
  return out;
}

}  // namespace millrace::api::sqs
