// What each status and each failure means, Retry-After in both forms, and what an error shows of a body.
#include "targets/http/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::targets {
namespace {

using flow::EntryOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WallTime kNow{seconds(1'792'567'680)};  // Wed, 21 Oct 2026 07:28:00 GMT

flow::WriteReport Answer(int status, std::string body = {}, http::Headers headers = {}) {
  return ReportAnswer({.status = status, .headers = std::move(headers), .body = std::move(body)}, 2, "host:80", {},
                      kNow);
}

TEST(Answer, SaysWhatBecameOfTheRecords) {
  const auto outcome = [](int status) { return Answer(status).entries; };
  for (const int status : {200, 201, 202, 204, 299})
    EXPECT_EQ(outcome(status), (std::vector{EntryOutcome::kTaken, EntryOutcome::kTaken})) << status;
  for (const int status : {401, 407, 408, 409, 425, 429, 500, 502, 503, 504, 599})
    EXPECT_EQ(outcome(status), (std::vector{EntryOutcome::kRetry, EntryOutcome::kRetry})) << status;
  for (const int status : {101, 301, 304, 400, 403, 404, 410, 413, 422, 499})
    EXPECT_EQ(outcome(status), (std::vector{EntryOutcome::kReject, EntryOutcome::kReject})) << status;
  for (const int status : {401, 407, 429, 503}) EXPECT_TRUE(Answer(status).target_down) << status;
  for (const int status : {400, 408, 409, 425, 500, 502}) EXPECT_FALSE(Answer(status).target_down) << status;
}

TEST(Answer, ShowsWhyInTheError) {
  EXPECT_EQ(Answer(400, "{\"error\":\r\n  \"no such user\"}").error->message(),
            "host:80 answered 400: {\"error\": \"no such user\"}");
  EXPECT_EQ(Answer(500).error->message(), "host:80 answered 500");
  EXPECT_FALSE(Answer(204).error);
}

TEST(Answer, NamesWhereARedirectWouldGo) {
  EXPECT_EQ(Answer(302, "moved", {{"Location", "https://other.example/login?token=x"}}).error->message(),
            "host:80 answered 302: redirects to other.example:443 are not followed");
  EXPECT_EQ(Answer(307, "", {{"Location", "/elsewhere"}}).error->message(),
            "host:80 answered 307: redirects are not followed");
  EXPECT_EQ(Answer(308).error->message(), "host:80 answered 308: redirects are not followed");
}

TEST(Answer, ReadsRetryAfterAsSecondsOrDate) {
  EXPECT_EQ(ParseRetryAfter("7", kNow), seconds(7));
  EXPECT_EQ(ParseRetryAfter("0", kNow), seconds(0));
  EXPECT_EQ(ParseRetryAfter("99999999999999999999999", kNow), kRetryAfterMax);
  EXPECT_EQ(ParseRetryAfter("Wed, 21 Oct 2026 07:28:30 GMT", kNow), seconds(30));
  EXPECT_EQ(ParseRetryAfter("Wed, 21 Oct 2026 07:27:00 GMT", kNow), seconds(0));
  EXPECT_EQ(ParseRetryAfter("Thu, 22 Oct 2026 07:27:00 GMT", kNow), kRetryAfterMax);
  EXPECT_EQ(ParseRetryAfter("Wed, 21 Oct 2026 07:28:01 GMT", kNow - milliseconds(500)), milliseconds(1500));
  for (const std::string_view text : {"", "-1", "7s", "7.5", "soon"})
    EXPECT_EQ(ParseRetryAfter(text, kNow), std::nullopt);
  EXPECT_EQ(Answer(503, "", {{"Retry-After", "120"}}).retry_after, seconds(120));
  EXPECT_EQ(Answer(500, "", {{"Retry-After", "3"}}).retry_after, seconds(3));
  EXPECT_EQ(Answer(400, "", {{"Retry-After", "3"}}).retry_after, std::nullopt);
}

TEST(Answer, ExcerptsAreShortPlainAndWithoutSecrets) {
  EXPECT_EQ(Excerpt("\n a\tb\x1b[31mc\x7f", {}), "a b [31mc");
  EXPECT_EQ(Excerpt("caf\xc3\xa9 \xff\xc3", {}), "café ??");
  EXPECT_EQ(Excerpt("\xc2\x9b!", {}), "!") << "C1 controls drive terminals too";
  std::string letters;
  for (int i = 0; i < 200; ++i) letters += 'x';
  EXPECT_EQ(Excerpt(letters, {}), letters);
  EXPECT_EQ(Excerpt(letters + "x", {}), letters + "…");
  std::string accents;
  for (int i = 0; i < 300; ++i) accents += "é";
  EXPECT_EQ(Excerpt(accents, {}), accents.substr(0, 400) + "…");
  const std::string_view secrets[] = {"hunter22", "abc", ""};
  EXPECT_EQ(Excerpt("got hunter22 and hunter22, abc", secrets), "got *** and ***, abc");
}

TEST(Answer, TellsABrokenRecordFromATargetThatIsDown) {
  const auto report = [](ErrorCode code, std::string_view reason) {
    return ReportNoAnswer(Error(code, reason, "why"), 1);
  };
  EXPECT_TRUE(report(ErrorCode::kUnavailable, http::reason::kNotConnected).target_down);
  EXPECT_TRUE(report(ErrorCode::kFailedPrecondition, http::reason::kAddressRefused).target_down);
  EXPECT_TRUE(report(ErrorCode::kTimeout, {}).target_down);
  EXPECT_FALSE(report(ErrorCode::kUnavailable, {}).target_down) << "closed before answering: perhaps this record";
  EXPECT_FALSE(report(ErrorCode::kIo, {}).target_down);
  EXPECT_EQ(report(ErrorCode::kIo, {}).entries.front(), EntryOutcome::kRetry);
  EXPECT_EQ(report(ErrorCode::kInvalidArgument, {}).entries.front(), EntryOutcome::kReject);
  EXPECT_TRUE(report(ErrorCode::kResourceExhausted, {}).throttled);
  EXPECT_FALSE(report(ErrorCode::kResourceExhausted, {}).target_down);
  EXPECT_FALSE(report(ErrorCode::kTimeout, {}).throttled);
}

}  // namespace
}  // namespace millrace::targets
