#include "flow/enriching_target.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/check.h"
#include "json/parse.h"
#include "json/write.h"

namespace millrace::flow {
namespace {

// Of one batch, at the same time.
constexpr std::size_t kQuestionsMax = 16;

TargetTraits TraitsOf(const Enricher& enricher, const TargetTraits& target) {
  // One batch may become several of the target's, so that it is never atomic.
  return {.kind = target.kind == BatchKind::kPerEntry ? BatchKind::kPerEntry : BatchKind::kPrefix,
          .batch_records_max = std::max(target.batch_records_max, enricher.question_records_max()),
          .batch_bytes_max = Enricher::kAnswerBytesMax};
}

// 32 hexadecimal digits, as ids of changes have.
std::string FollowingId(std::string_view id, std::size_t place) {
  const auto hash = [&](std::uint64_t state) {
    for (const char c : fmt::format("{}/{}", id, place)) {
      state ^= static_cast<unsigned char>(c);
      state *= 0x100000001b3;
    }
    return state;
  };
  return fmt::format("{:016x}{:016x}", hash(0xcbf29ce484222325), hash(0x84222325cbf29ce4));
}

bool IsNothing(const json::Value& value) {
  if (value.is_string()) return value.string().empty();
  if (value.is_object()) return value.object().empty();
  return value.is_array() && value.array().empty();
}

}  // namespace

// The records of a batch that are asked about at once.
struct EnrichingTarget::Question {
  std::size_t begin = 0;
  std::size_t count = 0;
  Enriched enriched = {};
};

struct EnrichingTarget::Delivery {
  // What came back, and for which run of the batch.
  struct Output {
    Record record;
    std::size_t begin = 0;
    std::size_t count = 0;
  };
  struct Range {
    std::size_t begin = 0;
    std::size_t count = 0;
  };

  std::span<const Record> batch;
  Done done;
  std::vector<Question> questions;

  std::mutex mutex;
  std::size_t asked = 0;     // guarded by mutex
  std::size_t answered = 0;  // guarded by mutex
  bool over = false;         // nothing more is asked; guarded by mutex

  // Behind the last answer, one thread at a time goes on.
  WriteReport report;
  std::vector<Output> outputs;
  std::vector<Range> to_write;  // of the outputs; the last one is the next
  Range under_way;
  std::vector<Record> records;  // of it

  bool Fine(std::size_t begin, std::size_t count) const {
    return std::ranges::all_of(std::span(report.entries).subspan(begin, count),
                               [](EntryOutcome entry) { return entry == EntryOutcome::kTaken; });
  }
  void Fail(std::size_t begin, std::size_t count, EntryOutcome outcome, const std::optional<Error>& why) {
    for (EntryOutcome& entry : std::span(report.entries).subspan(begin, count))
      if (entry != EntryOutcome::kReject) entry = outcome;
    if (!why) return;
    if (!report.error) report.error = why;
    for (std::size_t i = begin; i < begin + count; ++i) report.causes.emplace(i, *why);
  }
  // What a report says of all records alike.
  void Merge(const WriteReport& other) {
    report.target_down |= other.target_down;
    report.throttled |= other.throttled;
    if (other.retry_after)
      report.retry_after = std::max(report.retry_after.value_or(*other.retry_after), *other.retry_after);
  }
};

EnrichingTarget::EnrichingTarget(Enricher& enricher, Target& target, Shape shape)
    : enricher_(enricher), target_(target), shape_(std::move(shape)), traits_(TraitsOf(enricher, target.traits())) {}

void EnrichingTarget::Write(std::span<const Record> batch, std::vector<StateRow>, Done done) {
  CHECK(!batch.empty());
  auto delivery = std::make_shared<Delivery>();
  delivery->batch = batch;
  delivery->done = std::move(done);
  delivery->report = WriteReport::AllTaken(batch.size());
  const std::size_t most = std::max<std::size_t>(1, enricher_.question_records_max());
  for (std::size_t begin = 0; begin < batch.size(); begin += most)
    delivery->questions.push_back({begin, std::min(most, batch.size() - begin)});
  Ask(delivery);
}

void EnrichingTarget::Ask(const DeliveryPtr& delivery) {
  Delivery& d = *delivery;
  for (;;) {
    Question* question = nullptr;
    {
      std::lock_guard lock(d.mutex);
      if (d.over || d.asked == d.questions.size() || d.asked - d.answered >= kQuestionsMax) return;
      question = &d.questions[d.asked++];
    }
    enricher_.Enrich(d.batch.subspan(question->begin, question->count), [this, delivery, question](Enriched enriched) {
      question->enriched = std::move(enriched);
      OnAnswered(delivery, question->enriched.report);
    });
  }
}

void EnrichingTarget::OnAnswered(const DeliveryPtr& delivery, const WriteReport& report) {
  Delivery& d = *delivery;
  bool last = false;
  {
    std::lock_guard lock(d.mutex);
    ++d.answered;
    d.over |= report.target_down || report.throttled || d.asked == d.questions.size();
    last = d.over && d.answered == d.asked;
  }
  if (!last) return Ask(delivery);
  Collect(d);
  WriteNext(delivery);
}

// Makes outputs of the answers.
void EnrichingTarget::Collect(Delivery& d) const {
  for (std::size_t i = 0; i < d.questions.size(); ++i) {
    Question& question = d.questions[i];
    const WriteReport& report = question.enriched.report;
    d.Merge(report);
    if (i >= d.asked) {
      d.Fail(question.begin, question.count, EntryOutcome::kRetry, report.error);
    } else if (std::ranges::any_of(report.entries, [](EntryOutcome entry) { return entry != EntryOutcome::kTaken; })) {
      // There is no answer. Those that were not to blame are asked about again without the others.
      for (std::size_t j = 0; j < question.count; ++j) {
        const bool to_blame = report.entries[j] == EntryOutcome::kReject;
        d.Fail(question.begin + j, 1, to_blame ? EntryOutcome::kReject : EntryOutcome::kRetry, report.error);
      }
    } else {
      Read(d, question);
    }
  }
  if (!d.outputs.empty()) d.to_write = {{0, d.outputs.size()}};
}

void EnrichingTarget::Read(Delivery& d, Question& question) const {
  const std::string answer = std::move(question.enriched.answer);
  if (answer.find_first_not_of(" \t\r\n") == std::string::npos) return;
  json::Document document;
  if (Status parsed = document.Parse(answer); !parsed.ok())
    return d.Fail(question.begin, question.count, EntryOutcome::kRetry,
                  parsed.error().WithContext("the enrichment's answer is not JSON"));
  const json::Value& root = document.root();
  if (IsNothing(root)) return;
  const auto text = [](const json::Value& value) {
    std::string body;
    json::AppendValue(body, value);
    return body;
  };
  if (!root.is_array()) return Add(d, question.begin, question.count, 0, text(root));
  const auto elements = root.array();
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements.size() == question.count) {
      Add(d, question.begin + i, 1, 0, text(elements[i]));
    } else {
      Add(d, question.begin, question.count, i, text(elements[i]));
    }
  }
}

void EnrichingTarget::Add(Delivery& d, std::size_t begin, std::size_t count, std::size_t place,
                          std::string body) const {
  Record record = d.batch[begin];
  record.body = std::move(body);
  if (place > 0) record.id = FollowingId(record.id, place);
  if (shape_) {
    const Result<Verdict> verdict = shape_(record);
    if (!verdict.ok()) return d.Fail(begin, count, EntryOutcome::kReject, verdict.error());
    if (*verdict == Verdict::kSkip) return;
  }
  if (const std::size_t bytes_max = target_.traits().batch_bytes_max; record.body.size() > bytes_max)
    return d.Fail(begin, count, EntryOutcome::kReject,
                  Error(ErrorCode::kInvalidArgument, {},
                        fmt::format("the enrichment made {} bytes of it, and {} takes at most {}", record.body.size(),
                                    name(), bytes_max)));
  d.outputs.push_back({std::move(record), begin, count});
}

// Writes what comes next, or reports.
void EnrichingTarget::WriteNext(const DeliveryPtr& delivery) {
  Delivery& d = *delivery;
  const TargetTraits& traits = target_.traits();
  const bool in_order = traits_.kind == BatchKind::kPrefix;
  const auto failed_before = [&](std::size_t record) { return in_order && !d.Fine(0, record); };
  while (!d.to_write.empty()) {
    Delivery::Range next = d.to_write.back();
    d.to_write.pop_back();
    // Nothing goes on behind what failed.
    while (next.count > 0) {
      const Delivery::Output& first = d.outputs[next.begin];
      if (d.Fine(first.begin, first.count) && !failed_before(first.begin)) break;
      ++next.begin;
      --next.count;
    }
    if (next.count == 0) continue;
    std::size_t bytes = 0;
    std::size_t end = next.begin;
    std::set<std::string_view> keys;
    for (; end < next.begin + next.count && end - next.begin < traits.batch_records_max; ++end) {
      const Delivery::Output& output = d.outputs[end];
      if (!d.Fine(output.begin, output.count) || failed_before(output.begin)) break;
      bytes += output.record.body.size();
      if (end > next.begin && bytes > traits.batch_bytes_max) break;
      if (traits.kind == BatchKind::kPerEntry && !keys.insert(output.record.order_key).second) break;
    }
    if (end < next.begin + next.count) d.to_write.push_back({end, next.begin + next.count - end});
    d.under_way = {next.begin, end - next.begin};
    d.records.clear();
    for (std::size_t i = next.begin; i < end; ++i) d.records.push_back(d.outputs[i].record);
    target_.Write(d.records, {}, [this, delivery](WriteReport report) {
      OnWritten(*delivery, std::move(report));
      WriteNext(delivery);
    });
    return;
  }
  if (in_order) {
    const auto first =
        std::ranges::find_if(d.report.entries, [](EntryOutcome entry) { return entry != EntryOutcome::kTaken; });
    if (first != d.report.entries.end()) std::fill(first + 1, d.report.entries.end(), EntryOutcome::kRetry);
  }
  const Done done = std::move(d.done);
  done(std::move(d.report));
}

void EnrichingTarget::OnWritten(Delivery& d, WriteReport report) const {
  const Delivery::Range range = d.under_way;
  const auto failed =
      std::ranges::find_if(report.entries, [](EntryOutcome entry) { return entry != EntryOutcome::kTaken; });
  if (failed == report.entries.end()) return;
  const bool general = report.target_down || report.throttled;
  if (target_.traits().kind == BatchKind::kAtomic && range.count > 1 && !general) {
    // Who is at fault?
    const std::size_t half = range.count / 2;
    d.to_write.push_back({range.begin + half, range.count - half});
    d.to_write.push_back({range.begin, half});
    return;
  }
  d.Merge(report);
  for (std::size_t i = 0; i < range.count; ++i) {
    const Delivery::Output& output = d.outputs[range.begin + i];
    if (report.entries[i] == EntryOutcome::kTaken) continue;
    const auto own = report.causes.find(i);
    d.Fail(output.begin, output.count, report.entries[i], own == report.causes.end() ? report.error : own->second);
  }
  if (!general) return;
  for (const Delivery::Range& rest : d.to_write)
    for (std::size_t i = 0; i < rest.count; ++i)
      d.Fail(d.outputs[rest.begin + i].begin, d.outputs[rest.begin + i].count, EntryOutcome::kRetry, report.error);
  d.to_write.clear();
}

}  // namespace millrace::flow
