#include "api/admin/tail.h"

#include <algorithm>

#include "api/admin/reply.h"
#include "json/parse.h"
#include "json/write.h"
#include "pattern/matcher.h"
#include "transform/envelope.h"

namespace millrace::api::admin {
namespace {

constexpr std::uint64_t kRecords = 100;
constexpr std::uint64_t kRecordsMax = 1'000;
constexpr std::uint64_t kWaitSecondsMax = 30;
constexpr std::size_t kAnswerBytes = std::size_t{4} << 20;
// Looked at for one answer: it is given after so many even if none of them matched.
constexpr std::size_t kScannedMax = 100'000;
constexpr std::string_view kPositionPrefix = "@";

std::string Token(const flow::Position& position) {
  std::string token(kPositionPrefix);
  for (const char c : position.Encode()) token += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return token;
}

Result<flow::Position> PositionOf(std::string_view token) {
  token.remove_prefix(kPositionPrefix.size());
  std::string bytes;
  for (std::size_t i = 0; i + 1 < token.size(); i += 2) {
    int value = 0;
    for (const char c : token.substr(i, 2)) {
      const bool digit = c >= '0' && c <= '9';
      if (!digit && (c < 'a' || c > 'f')) return InvalidArgument("`from` is not the `next` of an answer");
      value = value * 16 + (digit ? c - '0' : c - 'a' + 10);
    }
    bytes += static_cast<char>(value);
  }
  auto position =
      token.size() % 2 == 0 ? flow::Position::Decode(bytes) : Result<flow::Position>(InvalidArgument("odd"));
  if (!position.ok()) return InvalidArgument("`from` is not the `next` of an answer");
  return position;
}

}  // namespace

struct Tail::Poll {
  ~Poll() {
    if (watch != 0) log->Unwatch(watch);
  }

  std::unique_ptr<flow::Log> log;
  flow::Position position;
  std::unique_ptr<pattern::Matcher> matcher;  // null: everything
  std::unique_ptr<pattern::MatchReader> reader;
  std::uint64_t limit = 0;
  MonoTime deadline;
  http::Responder responder;
  std::uint64_t watch = 0;

  // Guarded by the Tail's mutex. By itself, because who wakes must not keep alive what stops watching when it dies.
  const std::shared_ptr<bool> woken = std::make_shared<bool>(true);
  std::string records;
  std::size_t found = 0;
  std::size_t scanned = 0;
};

Tail::Tail(const Plant& plant, const Clock& clock)
    : plant_(plant), clock_(clock), thread_(ThreadRole::kBackground, "mr-tail", [this] { Run(); }) {}

Tail::~Tail() {
  Stop();
}

Result<std::shared_ptr<Tail::Poll>> Tail::Begin(const Parameters& parameters) {
  auto poll = std::make_shared<Poll>();
  if (parameters.Text("log").empty()) return InvalidArgument("which log? Give `log`, e.g. table/NAME or bus/NAME");
  ASSIGN_OR_RETURN(poll->limit, parameters.Number("limit", 1, kRecordsMax, kRecords));
  ASSIGN_OR_RETURN(const std::uint64_t wait, parameters.Number("wait", 0, kWaitSecondsMax, 0));
  poll->deadline = clock_.Mono() + std::chrono::seconds(wait);
  if (const std::string& match = parameters.Text("match"); !match.empty()) {
    auto pattern = pattern::Pattern::Parse(match);
    if (!pattern.ok()) return pattern.error().WithContext("`match` is no pattern");
    poll->matcher = std::make_unique<pattern::Matcher>();
    TRY(poll->matcher->Add(0, *pattern));
    poll->reader = std::make_unique<pattern::MatchReader>(*poll->matcher);
  }
  ASSIGN_OR_RETURN(poll->log, plant_.OpenLog(parameters.Text("log")));
  const std::string& from = parameters.Text("from");
  if (from.starts_with(kPositionPrefix)) {
    ASSIGN_OR_RETURN(poll->position, PositionOf(from));
  } else {
    ASSIGN_OR_RETURN(const flow::Start start, ParseStart(from.empty() ? "latest" : from, clock_.NowMillis()));
    ASSIGN_OR_RETURN(poll->position, poll->log->Resolve(start));
  }
  return poll;
}

void Tail::Answer(const Parameters& parameters, http::Responder responder) {
  auto begun = Begin(parameters);
  if (!begun.ok()) return responder.Send(ErrorResponse(begun.error()));
  const std::shared_ptr<Poll> poll = *std::move(begun);
  // Before it reads for the first time, so that nothing is missed in between.
  poll->watch = poll->log->Watch([this, woken = poll->woken] {
    {
      std::lock_guard lock(mutex_);
      *woken = true;
    }
    wake_.notify_one();
  });
  std::optional<Error> refused;
  {
    std::lock_guard lock(mutex_);
    if (closed_) {
      refused = Error(ErrorCode::kUnavailable, {}, "the server is stopping");
    } else if (polls_.size() >= kPollsMax) {
      refused = Err(ErrorCode::kResourceExhausted, {}, "{} tails are open, which is the limit", kPollsMax);
    } else {
      poll->responder = std::move(responder);
      polls_.push_back(poll);
    }
  }
  if (refused) return responder.Send(ErrorResponse(*refused));
  wake_.notify_one();
}

void Tail::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
}

void Tail::Stop() {
  Close();
  thread_.Join();
}

void Tail::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const MonoTime now = clock_.Mono();
    MonoTime next = MonoTime::max();
    std::shared_ptr<Poll> due;
    for (const auto& poll : polls_) {
      if (*poll->woken || closed_ || poll->deadline <= now) {
        due = poll;
        break;
      }
      next = std::min(next, poll->deadline);
    }
    if (due != nullptr) {
      // To the end, so that one who has much to read does not keep the others waiting.
      polls_.remove(due);
      polls_.push_back(due);
      *due->woken = false;
      const bool closing = closed_;
      lock.unlock();
      const bool answered = Advance(*due, closing);
      lock.lock();
      if (answered) polls_.remove(due);
      lock.unlock();
      due.reset();  // unwatches, which waits for a call that wants the lock
      lock.lock();
    } else if (closed_) {
      return;
    } else if (next == MonoTime::max()) {
      wake_.wait(lock);
    } else {
      wake_.wait_for(lock, next - now);
    }
  }
}

bool Tail::Advance(Poll& poll, bool closing) {
  if (!poll.responder.connected()) return true;
  const std::size_t room = poll.matcher != nullptr ? 1'000 : poll.limit - poll.found;
  auto batch = poll.log->Read(poll.position, {.records_max = room});
  if (!batch.ok()) {
    poll.responder.Send(ErrorResponse(batch.error().WithContext(poll.log->name())));
    return true;
  }
  bool full = false;
  std::size_t taken = 0;
  flow::Position reached = poll.position;
  json::Document parsed;
  for (flow::Record& record : batch->records) {
    full = poll.found >= poll.limit || poll.records.size() >= kAnswerBytes;
    if (full) break;
    ++taken;
    reached.Set(record.shard, record.offset);
    poll.log->Describe(record);
    if (poll.reader != nullptr) {
      const auto matched = poll.reader->Match(record.body);
      if (!matched.ok() || matched->empty()) continue;
    }
    if (poll.found++ > 0) poll.records += ',';
    json::Writer writer(&poll.records);
    writer.BeginObject();
    writer.Key("shard");
    writer.String(record.shard);
    writer.Key("offset");
    writer.String(record.offset);
    writer.Key("id");
    writer.String(record.id);
    writer.Key("time");
    writer.String(transform::FormatTimeMillis(record.time_ms));
    writer.Key("record");
    if (parsed.Parse(record.body, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok()) {
      writer.Raw(record.body);
    } else {
      writer.String(Utf8(record.body));
    }
    writer.EndObject();
  }
  poll.scanned += taken;
  const bool at_end = batch->at_end && !full;
  // Where the whole batch was taken, its position also covers what has no records: the ends of shards.
  poll.position = full ? std::move(reached) : std::move(batch->next);
  full |= poll.found >= poll.limit || poll.scanned >= kScannedMax;
  const bool over = closing || clock_.Mono() >= poll.deadline;
  if (!full && !(at_end && (poll.found > 0 || over))) {
    if (!at_end) {
      std::lock_guard lock(mutex_);
      *poll.woken = true;  // there is more to read
    }
    if (!(closing && !at_end)) return false;
  }
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("log");
  writer.String(poll.log->name());
  writer.Key("records");
  writer.Raw("[" + poll.records + "]");
  writer.Key("scanned");
  writer.Unsigned(poll.scanned);
  writer.Key("next");
  writer.String(Token(poll.position));
  writer.Key("at_end");
  writer.Bool(at_end);
  writer.EndObject();
  poll.responder.Send(JsonResponse(std::move(body)));
  return true;
}

}  // namespace millrace::api::admin
