#include "api/admin/dead_letters.h"

#include <algorithm>
#include <map>
#include <set>

#include "api/admin/reply.h"
#include "json/parse.h"
#include "json/write.h"
#include "transform/envelope.h"

namespace millrace::api::admin {
namespace {

constexpr std::size_t kListed = 100;
constexpr std::size_t kListedMax = 1'000;
constexpr std::size_t kPage = 16;  // letters in memory at once: each may have a megabyte
constexpr std::size_t kRemovedBytes = std::size_t{4} << 20;
constexpr std::size_t kChosenMax = 10'000;  // numbers, and ranges

void Write(json::Writer& writer, const flow::DeadLetter& letter) {
  const auto text = [&](std::string_view name, std::string_view value) {
    writer.Key(name);
    writer.String(Utf8(value));
  };
  writer.Key("number");
  writer.Unsigned(letter.number);
  text("reason", DeadReasonName(letter.reason));
  text("cause", letter.cause);
  writer.Key("attempts");
  writer.Unsigned(letter.attempts);
  writer.Key("holds_key");
  writer.Bool(letter.holds_key);
  text("dead", transform::FormatTimeMillis(letter.dead_ms));
  text("time", transform::FormatTimeMillis(letter.record.time_ms));
  text("order_key", OrderKeyText(letter.record.order_key));
  text("id", letter.record.id);
  text("shard", letter.record.shard);
  text("offset", letter.record.offset);
  writer.Key("bytes");
  writer.Unsigned(letter.record.body.size());
}

// Calls visit with every letter after `after` until it returns false.
template <class Visit>
Status ForEach(flow::Subscription& subscription, std::uint64_t after, Visit visit) {
  for (;;) {
    ASSIGN_OR_RETURN(const auto letters, subscription.DeadLetters(after, kPage));
    for (const flow::DeadLetter& letter : letters)
      if (!visit(letter)) return Ok();
    if (letters.size() < kPage) return Ok();
    after = letters.back().number;
  }
}

// What is asked to be removed.
struct Choice {
  std::string flow;
  bool all = false;
  std::set<std::uint64_t> numbers;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;

  bool Has(std::uint64_t number) const {
    return all || numbers.contains(number) || std::ranges::any_of(ranges, [&](const auto& range) {
             return range.first <= number && number <= range.second;
           });
  }
};

Result<std::uint64_t> NumberOf(const json::Value& value) {
  const auto number = value.is_number() ? ParseNumber(value.number()) : std::nullopt;
  if (!number || *number == 0) return InvalidArgument("the number of a dead letter is a whole number from 1");
  return *number;
}

Result<Choice> ReadChoice(std::string_view body) {
  json::Document document;
  TRY(document.Parse(body));
  if (!document.root().is_object()) return InvalidArgument("the body must be a JSON object");
  Choice choice;
  for (const json::Member& member : document.root().object()) {
    if (member.name == "flow" && member.value.is_string()) {
      choice.flow = member.value.string();
    } else if (member.name == "all" && member.value.is_bool()) {
      choice.all = member.value.boolean();
    } else if (member.name == "numbers" && member.value.is_array() && member.value.array().size() <= kChosenMax) {
      for (const json::Value& each : member.value.array()) {
        ASSIGN_OR_RETURN(const std::uint64_t number, NumberOf(each));
        choice.numbers.insert(number);
      }
    } else if (member.name == "ranges" && member.value.is_array() && member.value.array().size() <= kChosenMax) {
      for (const json::Value& each : member.value.array()) {
        if (!each.is_array() || each.array().size() != 2) return InvalidArgument("a range is [first, last]");
        ASSIGN_OR_RETURN(const std::uint64_t first, NumberOf(each.array()[0]));
        ASSIGN_OR_RETURN(const std::uint64_t last, NumberOf(each.array()[1]));
        if (last < first) return InvalidArgument("the range {}-{} is empty", first, last);
        choice.ranges.emplace_back(first, last);
      }
    } else {
      return InvalidArgument(
          "'{}' is not understood: give flow, and all (true) or numbers and ranges (lists of at most {})",
          Utf8(member.name.substr(0, 100)), kChosenMax);
    }
  }
  if (choice.all == (!choice.numbers.empty() || !choice.ranges.empty()))
    return InvalidArgument("say which dead letters: all, or numbers and ranges");
  return choice;
}

struct Chosen {
  std::size_t key = 0;  // a hash of the order key
  std::uint64_t number = 0;
  std::size_t bytes = 0;
};

}  // namespace

Result<std::string> ListLetters(const Plant& plant, const Parameters& parameters) {
  ASSIGN_OR_RETURN(const RunningFlow flow, FindFlow(plant, parameters.Text("flow")));
  ASSIGN_OR_RETURN(const std::uint64_t after, parameters.Number("after", 0, UINT64_MAX, 0));
  ASSIGN_OR_RETURN(const std::uint64_t limit, parameters.Number("limit", 1, kListedMax, kListed));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("flow");
  writer.String(flow.name);
  writer.Key("total");
  writer.Unsigned(flow.subscription->stats().dead_letters);
  writer.Key("letters");
  writer.BeginArray();
  std::uint64_t last = 0;
  std::size_t listed = 0;
  bool more = false;
  TRY(ForEach(*flow.subscription, after, [&](const flow::DeadLetter& letter) {
    more = listed == limit;
    if (more) return false;
    writer.BeginObject();
    Write(writer, letter);
    writer.EndObject();
    last = letter.number;
    ++listed;
    return true;
  }));
  writer.EndArray();
  if (more) {
    writer.Key("next");
    writer.Unsigned(last);
  }
  writer.EndObject();
  return body;
}

Result<std::string> ShowLetter(const Plant& plant, const Parameters& parameters) {
  ASSIGN_OR_RETURN(const RunningFlow flow, FindFlow(plant, parameters.Text("flow")));
  ASSIGN_OR_RETURN(const std::uint64_t number, parameters.Number("number", 1, UINT64_MAX, 0));
  if (number == 0) return InvalidArgument("which dead letter? Give `number`");
  ASSIGN_OR_RETURN(const auto letters, flow.subscription->DeadLetters(number - 1, 1));
  if (letters.empty() || letters[0].number != number)
    return Err(ErrorCode::kNotFound, {}, "{} has no dead letter {}", flow.name, number);
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("flow");
  writer.String(flow.name);
  Write(writer, letters[0]);
  writer.Key("record");
  json::Document record;
  if (record.Parse(letters[0].record.body, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok()) {
    writer.Raw(letters[0].record.body);
  } else {
    writer.String(Utf8(letters[0].record.body));
  }
  writer.EndObject();
  return body;
}

Result<std::string> RemoveLetters(const Plant& plant, std::string_view body, Removal removal) {
  ASSIGN_OR_RETURN(Choice choice, ReadChoice(body));
  ASSIGN_OR_RETURN(const RunningFlow flow, FindFlow(plant, choice.flow));
  std::vector<Chosen> chosen;
  TRY(ForEach(*flow.subscription, 0, [&](const flow::DeadLetter& letter) {
    if (choice.Has(letter.number))
      chosen.push_back({std::hash<std::string>()(letter.record.order_key), letter.number, letter.record.SizeBytes()});
    return true;
  }));
  for (const Chosen& each : chosen) choice.numbers.erase(each.number);
  // The letters of a key go together, or the later ones would be in front of the earlier. Not all keys together,
  // because what is redriven is in memory until it is stored.
  std::ranges::sort(
      chosen, [](const Chosen& a, const Chosen& b) { return a.key != b.key ? a.key < b.key : a.number < b.number; });
  std::size_t removed = 0;
  for (std::size_t at = 0; at < chosen.size();) {
    std::vector<std::uint64_t> numbers;
    std::size_t bytes = 0;
    for (bool same_key = false; at < chosen.size() && (same_key || bytes < kRemovedBytes); ++at) {
      numbers.push_back(chosen[at].number);
      bytes += chosen[at].bytes;
      same_key = at + 1 < chosen.size() && chosen[at + 1].key == chosen[at].key;
    }
    ASSIGN_OR_RETURN(const std::size_t count, removal == Removal::kRedrive ? flow.subscription->Redrive(numbers)
                                                                           : flow.subscription->Drop(numbers));
    removed += count;
    TRY(flow.subscription->AwaitStored());
  }
  std::string answer;
  json::Writer writer(&answer);
  writer.BeginObject();
  writer.Key("flow");
  writer.String(flow.name);
  writer.Key(removal == Removal::kRedrive ? "redriven" : "dropped");
  writer.Unsigned(removed);
  writer.Key("missing");
  writer.BeginArray();
  for (const std::uint64_t number : choice.all ? std::set<std::uint64_t>() : choice.numbers) writer.Unsigned(number);
  writer.EndArray();
  writer.EndObject();
  return answer;
}

}  // namespace millrace::api::admin
