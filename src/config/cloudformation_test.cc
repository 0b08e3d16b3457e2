// What CloudFormation says under `aws:` becomes exactly what Millrace's own keys would have said; what is said twice,
// is unknown, out of range or not there yet has its code and its place; functions stand only where nothing is read.
#include "config/cloudformation.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "config/parse.h"
#include "json/parse.h"

namespace millrace::config {
namespace {

constexpr std::string_view kBase = R"(version: 1
tables:
  users: {key: id, stream: new-and-old, shards: 3}
  many: {key: id, stream: new-and-old, shards: 256}
buses: {crm: {}, other: {}}
targets: {t: {stdout: {}}, u: {stdout: {}}, api: {http: {url: "http://127.0.0.1/*"}}}
queues: {in: {}, out.fifo: {}}
)";

std::string Described(const ParseOutcome& outcome, std::string_view text) {
  std::string out;
  for (const Diagnostic& d : outcome.diagnostics) out += RenderText(d, text, false);
  return out;
}

// The configuration of a text without errors.
Config Good(const std::string& more) {
  const std::string text = std::string(kBase) + more;
  ParseOutcome outcome = Parse("f", text);
  if (!outcome.config) ADD_FAILURE() << Described(outcome, text);
  return outcome.config ? *std::move(outcome.config) : Config();
}
Pipe GoodPipe(std::string_view pipe) {
  const Config config = Good(fmt::format("pipes:\n  p: {}\n", pipe));
  return config.pipes.empty() ? Pipe() : config.pipes[0];
}
Rule GoodRule(std::string_view rule) {
  const Config config = Good(fmt::format("rules:\n  r: {}\n", rule));
  return config.rules.empty() ? Rule() : config.rules[0];
}

std::string Rendered(const transform::Input& input, std::string_view event) {
  json::Document document;
  EXPECT_TRUE(document.Parse(event).ok());
  std::string out;
  EXPECT_TRUE(input.Render(document.root(), {}, out).ok());
  return out;
}

TEST(CloudFormation, EveryPropertyOfAPipeReachesItsType) {
  const Pipe pipe = GoodPipe(R"(
    from: table/users
    to: bus/crm
    order: {by: partition}
    aws:
      Name: p
      Description: [what, "people", {like: 1}]
      DesiredState: STOPPED
      Source: !GetAtt Users.StreamArn
      Target: {"Fn::GetAtt": [Bus, Arn]}
      RoleArn: !Sub "arn:aws:iam::${AWS::AccountId}:role/x"
      x-mine: anything
      SourceParameters:
        FilterCriteria:
          Filters:
            - Pattern: '{"eventName": ["INSERT"]}'
            - {Pattern: '{"dynamodb":{"NewImage":{"age":{"N":["1.50"]}}}}'}
        DynamoDBStreamParameters:
          BatchSize: 7
          MaximumBatchingWindowInSeconds: 300
          MaximumRecordAgeInSeconds: 60
          MaximumRetryAttempts: 0
          OnPartialBatchItemFailure: AUTOMATIC_BISECT
          ParallelizationFactor: 10
          StartingPosition: TRIM_HORIZON
      TargetParameters:
        InputTemplate: '{"id": <$.dynamodb.Keys.id.S>}'
        EventBridgeEventBusParameters: {Source: $.eventSource, DetailType: Changed}
)");
  ASSERT_EQ(pipe.match.size(), 2u);
  EXPECT_EQ(pipe.match[0].json, R"({"eventName": ["INSERT"]})");
  EXPECT_EQ(pipe.match[1].json, R"({"dynamodb":{"NewImage":{"age":{"N":["1.50"]}}}})");
  EXPECT_EQ(pipe.batch, 7u);
  EXPECT_EQ(pipe.window, std::chrono::minutes(5));
  EXPECT_EQ(pipe.retry.age_max, std::chrono::minutes(1));
  EXPECT_EQ(pipe.retry.retries_max, 0u);
  EXPECT_TRUE(pipe.bisect);
  EXPECT_EQ(pipe.parallel, 30u) << "ten for each of three shards";
  EXPECT_EQ(pipe.start.kind, Start::Kind::kTrimHorizon);
  EXPECT_EQ(pipe.order.by, Order::By::kPartition);
  EXPECT_FALSE(pipe.running);
  EXPECT_FALSE(pipe.event.source->is_literal());
  EXPECT_EQ(pipe.event.detail_type->text(), "Changed");
  EXPECT_EQ(Rendered(pipe.input, R"({"dynamodb":{"Keys":{"id":{"S":"u1"}}}})"), R"({"id":"u1"})");
}

TEST(CloudFormation, WhatIsSaidOfRequestsAndMessagesReachesItsType) {
  const Pipe pipe = GoodPipe(R"(
    from: queue/in
    to: queue/out.fifo
    on-failure: queue/in
    enrich: {with: target/api}
    aws:
      Enrichment: !GetAtt Destination.Arn
      SourceParameters: {SqsQueueParameters: {MaximumBatchingWindowInSeconds: 5}}
      EnrichmentParameters:
        InputTemplate: '{"id": <$.body.id>}'
        HttpParameters:
          HeaderParameters: {X-Kind: $.body.kind}
          QueryStringParameters: {verbose: "1"}
          PathParameterValues: [$.body.id]
      TargetParameters:
        SqsQueueParameters: {MessageGroupId: $.id, MessageDeduplicationId: $.request}
)");
  EXPECT_EQ(pipe.batch, 10u);
  EXPECT_EQ(pipe.window, std::chrono::seconds(5));
  EXPECT_EQ(Rendered(pipe.enrichment->input, R"({"body":{"id":"u1"}})"), R"({"id":"u1"})");
  const RecordParameters& request = pipe.enrichment->parameters;
  ASSERT_EQ(request.headers.size() + request.query.size() + request.path.size(), 3u);
  EXPECT_EQ(request.headers[0].first, "X-Kind");
  EXPECT_FALSE(request.headers[0].second.is_literal());
  EXPECT_TRUE(request.query[0].second.is_literal());
  EXPECT_FALSE(request.path[0].is_literal());
  EXPECT_EQ(pipe.parameters.group->text(), "$.id");
  EXPECT_EQ(pipe.parameters.deduplication_id->text(), "$.request");
  const Rule rule = GoodRule(R"({from: bus/crm, to: [queue/out.fifo, target/api], match: {a: [b]}, on-failure: queue/in,
    aws: {Targets: [{SqsParameters: {MessageGroupId: g}, DeadLetterConfig: {Arn: !GetAtt Q.Arn}},
                    {HttpParameters: {PathParameterValues: [a]}}]}})");
  EXPECT_EQ(rule.to[0].parameters.group->text(), "g");
  EXPECT_FALSE(rule.to[1].parameters.group);
  ASSERT_EQ(rule.to[1].parameters.path.size(), 1u);
}

TEST(CloudFormation, WhatIsLeftOutIsAsWithoutIt) {
  const Pipe without = GoodPipe("{from: table/users, to: target/t}");
  for (const std::string_view aws :
       {"", "{}", "{DesiredState: RUNNING}", "{SourceParameters: {}, TargetParameters: {InputTemplate: \"\"}}",
        "{SourceParameters: {FilterCriteria: {Filters: []}, DynamoDBStreamParameters: {StartingPosition: LATEST, "
        "MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: -1}}}"}) {
    const Pipe pipe = GoodPipe(fmt::format("{{from: table/users, to: target/t, aws: {}}}", aws));
    EXPECT_EQ(pipe.batch, without.batch) << aws;
    EXPECT_EQ(pipe.window, without.window) << aws;
    EXPECT_EQ(pipe.retry.age_max, std::nullopt) << aws;
    EXPECT_EQ(pipe.retry.retries_max, std::nullopt) << aws;
    EXPECT_EQ(pipe.parallel, without.parallel) << aws;
    EXPECT_EQ(pipe.start.kind, Start::Kind::kLatest) << aws;
    EXPECT_TRUE(pipe.running) << aws;
    EXPECT_TRUE(pipe.match.empty()) << aws;
    EXPECT_TRUE(pipe.input.is_whole_event()) << aws;
  }
}

TEST(CloudFormation, ParallelismEndsWhereTheKeyForItEnds) {
  const Pipe pipe = GoodPipe(
      "{from: table/many, to: target/t, aws: {SourceParameters: {DynamoDBStreamParameters: {ParallelizationFactor: "
      "10}}}}");
  EXPECT_EQ(pipe.parallel, 1000u);
}

TEST(CloudFormation, EveryPropertyOfARuleReachesItsType) {
  const Rule rule = GoodRule(R"(
    from: bus/crm
    to: [target/t, bus/other, target/u]
    aws:
      Name: r
      Description: for people
      EventBusName: !Ref Bus
      RoleArn: !GetAtt [Role, Arn]
      EventPattern: {source: [shop], detail: {n: [{numeric: [">", 012]}]}}
      ScheduleExpression: rate(5 minutes)
      State: DISABLED
      Targets:
        - Arn: !GetAtt Function.Arn
          Id: one
          InputTransformer: {InputPathsMap: {who: $.detail.customer}, InputTemplate: '{"for": <who>}'}
          RetryPolicy: {MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86400}
        - {Arn: "arn:aws:events:…", Input: '{"a": 1.50}', RetryPolicy: {MaximumRetryAttempts: 0}}
        - {InputPath: $.detail, RetryPolicy: {MaximumEventAgeInSeconds: 60}}
)");
  EXPECT_EQ(rule.match->json, R"({"source":["shop"],"detail":{"n":[{"numeric":[">",12]}]}})");
  EXPECT_EQ(rule.schedule, "rate(5 minutes)");
  EXPECT_FALSE(rule.enabled);
  ASSERT_EQ(rule.to.size(), 3u);
  constexpr std::string_view kEvent = R"({"detail":{"customer":"c1"}})";
  EXPECT_EQ(rule.to[0].ref.ToString(), "target/t");
  EXPECT_EQ(Rendered(rule.to[0].input, kEvent), R"({"for":"c1"})");
  EXPECT_EQ(rule.to[0].retry.retries_max, 185u);
  EXPECT_EQ(rule.to[0].retry.age_max, std::chrono::hours(24));
  EXPECT_EQ(Rendered(rule.to[1].input, kEvent), R"({"a": 1.50})");
  EXPECT_EQ(rule.to[1].retry.retries_max, 0u);
  EXPECT_EQ(rule.to[1].retry.age_max, std::chrono::hours(24));
  EXPECT_EQ(rule.to[2].ref.ToString(), "target/u");
  EXPECT_EQ(Rendered(rule.to[2].input, kEvent), R"({"customer":"c1"})");
  EXPECT_EQ(rule.to[2].retry.retries_max, std::nullopt);
  EXPECT_EQ(rule.to[2].retry.age_max, std::chrono::minutes(1));

  EXPECT_TRUE(GoodRule("{from: bus/crm, to: target/t, aws: {EventPattern: {a: [b]}, State: ENABLED}}").enabled);
  // The rule's own keys hold for every target that Targets says nothing about.
  const Rule own = GoodRule(
      "{from: bus/crm, to: [target/t, target/u], match: {a: [b]}, retry: {attempts: 3}, input: {path: $.detail}, aws: "
      "{Targets: [{Arn: a}, {Arn: b}]}}");
  EXPECT_EQ(own.to[1].retry.retries_max, 3u);
  EXPECT_EQ(Rendered(own.to[1].input, kEvent), R"({"customer":"c1"})");
}

struct Wrong {
  std::string_view text;  // what stands between « and » is the place
  std::string_view code;
  std::string_view says;  // part of the message, the reason or the fix
};

const Wrong kWrongPipes[] = {
    {"«LogConfiguration»: {Level: INFO}", code::kNotSupported, "aws.LogConfiguration"},
    {"«KmsKeyIdentifier»: x", code::kNotSupported, "aws.KmsKeyIdentifier"},
    {"«Tags»: {a: b}", code::kNotSupported, "aws.Tags"},
    {"«SourceParameter»: {}", code::kUnknownKey, "did you mean SourceParameters?"},
    {"«Name»: q", code::kBadValue, "use the same name"},
    {"DesiredState: «Running»", code::kBadValue, "did you mean RUNNING?"},
    {"SourceParameters: {DynamoDBStreamParameters: {«BatchSizes»: 1}}", code::kUnknownKey, "did you mean BatchSize?"},
    {"SourceParameters: {DynamoDBStreamParameters: {BatchSize: «0»}}", code::kBadValue, "from 1 to 10000"},
    {"SourceParameters: {DynamoDBStreamParameters: {BatchSize: «!Ref Size»}}", code::kNotSupported,
     "!Ref is not computed"},
    {"SourceParameters: {DynamoDBStreamParameters: «!If [a, b, c]»}", code::kNotSupported, "!If is not computed"},
    {"SourceParameters: {DynamoDBStreamParameters: {MaximumBatchingWindowInSeconds: «301»}}", code::kBadValue,
     "from 0 to 300"},
    {"SourceParameters: {DynamoDBStreamParameters: {MaximumRecordAgeInSeconds: «604801»}}", code::kBadValue, "604800"},
    {"SourceParameters: {DynamoDBStreamParameters: {«MaximumRecordAgeInSeconds»: 59}}", code::kBadValue,
     "60 to 604800"},
    {"SourceParameters: {DynamoDBStreamParameters: {MaximumRetryAttempts: «-2»}}", code::kBadValue, "from -1 to 10000"},
    {"SourceParameters: {DynamoDBStreamParameters: {ParallelizationFactor: «11»}}", code::kBadValue, "from 1 to 10"},
    {"SourceParameters: {DynamoDBStreamParameters: {StartingPosition: «AT_TIMESTAMP»}}", code::kBadValue,
     "TRIM_HORIZON or LATEST"},
    {"SourceParameters: {FilterCriteria: {Filters: «{}»}}", code::kWrongType, "a list"},
    {"SourceParameters: {FilterCriteria: {Filters: [«{}»]}}", code::kMissingKey, "Filters[0].Pattern is missing"},
    {"SourceParameters: {FilterCriteria: {Filters: [{Pattern: «{a: [b]}»}]}}", code::kWrongType, "with quotes"},
    {"SourceParameters: {FilterCriteria: {Filters: [{Pattern: «\"nonsense\"»}]}}", code::kBadPattern, "not valid"},
    {"SourceParameters: {FilterCriteria: {Filters: [{Pattern: «'{\"eventName\":[\"INSRT\"]}'»}]}}", code::kNeverMatches,
     "INSERT"},
    {"SourceParameters: {FilterCriteria: {«Filters»: [{}, {}, {}, {}, {}, {}]}}", code::kTooMany, "at most 5, not 6"},
    {"TargetParameters: {«LambdaFunctionParameters»: {}}", code::kBadValue, "not a function"},
    {"TargetParameters: {«SqsQueueParameters»: {}}", code::kBadValue, "not a queue"},
    {"TargetParameters: {«HttpParameters»: {PathParameterValues: [$.id]}}", code::kBadValue,
     "requests of an HTTP target"},
    {"TargetParameters: {HttpParameters: {«HeaderParameters»: {a: $.b c}}}", code::kBadValue, "begins like a path"},
    {"SourceParameters: {«SqsQueueParameters»: {}}", code::kBadValue, "not a queue"},
    {"SourceParameters: {DynamoDBStreamParameters: {«DeadLetterConfig»: {Arn: !GetAtt Q.Arn}}}", code::kMissingKey,
     "needs on-failure"},
    {"«Enrichment»: !GetAtt F.Arn", code::kMissingKey, "needs enrich"},
    {"«EnrichmentParameters»: {InputTemplate: <$.a>}", code::kMissingKey, "needs enrich"},
    {"TargetParameters: {«InputTemplate»: '{\"a\": <$.b'}", code::kBadValue, "cannot be used"},
    {"TargetParameters: {EventBridgeEventBusParameters: {Source: «aws.x»}}", code::kBadValue, "do not start with"},
    {"TargetParameters: {EventBridgeEventBusParameters: {«Resources»: [a]}}", code::kNotSupported, "Resources"},
};

// Pairs of a key and the property that says the same.
const std::pair<std::string_view, std::string_view> kTwicePipes[] = {
    {"batch: 5", "SourceParameters: {DynamoDBStreamParameters: {«BatchSize»: 5}}"},
    {"window: 5s", "SourceParameters: {DynamoDBStreamParameters: {«MaximumBatchingWindowInSeconds»: 5}}"},
    {"max-age: 1h", "SourceParameters: {DynamoDBStreamParameters: {«MaximumRecordAgeInSeconds»: -1}}"},
    {"retries: 5", "SourceParameters: {DynamoDBStreamParameters: {«MaximumRetryAttempts»: 5}}"},
    {"bisect: true", "SourceParameters: {DynamoDBStreamParameters: {«OnPartialBatchItemFailure»: AUTOMATIC_BISECT}}"},
    {"parallel: 5", "SourceParameters: {DynamoDBStreamParameters: {«ParallelizationFactor»: 5}}"},
    {"start: latest", "SourceParameters: {DynamoDBStreamParameters: {«StartingPosition»: LATEST}}"},
    {"match: {eventName: [INSERT]}",
     "SourceParameters: {FilterCriteria: {«Filters»: [{Pattern: '{\"eventName\":[\"INSERT\"]}'}]}}"},
    {"state: running", "«DesiredState»: RUNNING"},
    {"input: <$.a>", "TargetParameters: {«InputTemplate»: <$.a>}"},
    {"source: a", "TargetParameters: {EventBridgeEventBusParameters: {«Source»: a}}"},
    {"event: {source: a}", "TargetParameters: {EventBridgeEventBusParameters: {«Source»: a}}"},
    {"event: {detail-type: a}", "TargetParameters: {EventBridgeEventBusParameters: {«DetailType»: a}}"},
    {"group: a", "TargetParameters: {SqsQueueParameters: {«MessageGroupId»: a}}"},
    {"deduplication-id: a", "TargetParameters: {SqsQueueParameters: {«MessageDeduplicationId»: a}}"},
    {"request: {path: a}", "TargetParameters: {«HttpParameters»: {PathParameterValues: [a]}}"},
};
const std::pair<std::string_view, std::string_view> kTwiceRules[] = {
    {"match: {a: [b]}", "«EventPattern»: {a: [b]}"},
    {"schedule: rate(1 hour)", "«ScheduleExpression»: rate(1 hour)"},
    {"enabled: true", "«State»: ENABLED"},
    {"input: {path: $.detail}", "Targets: [{«InputPath»: $.detail}]"},
    {"input: {path: $.detail}", "Targets: [{«Input»: \"{}\"}]"},
    {"input: {path: $.detail}", "Targets: [{«InputTransformer»: {InputTemplate: '{}'}}]"},
    {"retry: {attempts: 1}", "Targets: [{«RetryPolicy»: {}}]"},
};

const Wrong kWrongRules[] = {
    {"«Tags»: []", code::kNotSupported, "aws.Tags"},
    {"«EventPatern»: {}", code::kUnknownKey, "did you mean EventPattern?"},
    {"EventPattern: «'{}'»", code::kBadValue, "a mapping: an event pattern"},
    {"EventPattern: {a: [«!Ref A»]}", code::kNotSupported, "!Ref is not computed"},
    {"EventPattern: {a: [{«prefxi»: x}]}", code::kBadPattern, "prefxi"},
    {"ScheduleExpression: «every day»", code::kBadValue, "rate(5 minutes)"},
    {"State: «enabled»", code::kBadValue, "did you mean ENABLED?"},
    {"«Name»: other", code::kBadValue, "use the same name"},
    {"«Targets»: [{}, {}]", code::kBadValue, "has 2, to has 1"},
    {"«Targets»: [{}, {}, {}, {}, {}, {}]", code::kTooMany, "at most 5, not 6"},
    {"Targets: [{«DeadLetterConfig»: {Arn: x}}]", code::kMissingKey, "needs on-failure"},
    {"Targets: [{«SqsParameters»: {MessageGroupId: x}}]", code::kBadValue, "only messages of FIFO queues"},
    {"Targets: [{Input: \"1\", «InputPath»: $.a}]", code::kExactlyOne, "one of Input, InputPath and InputTransformer"},
    {"Targets: [{«Input»: nonsense}]", code::kBadValue, "cannot be used"},
    {"Targets: [{InputPath: «detail»}]", code::kBadValue, "$.detail"},
    {"Targets: [{«InputTransformer»: {InputTemplate: '{\"a\": <b>}'}}]", code::kBadValue, "cannot be used"},
    {"Targets: [{«InputTransformer»: {}}]", code::kMissingKey, "InputTransformer.InputTemplate is missing"},
    {"Targets: [{RetryPolicy: {MaximumRetryAttempts: «186»}}]", code::kBadValue, "from 0 to 185"},
    {"Targets: [{RetryPolicy: {MaximumEventAgeInSeconds: «59»}}]", code::kBadValue, "from 60 to 86400"},
};

void Expect(const std::string& marked, std::string_view code, std::string_view says) {
  const std::size_t open = marked.find("«"), close = marked.find("»");
  constexpr std::size_t kMark = std::string_view("«").size();
  std::string text = marked;
  text.erase(close, kMark).erase(open, kMark);
  const auto line = static_cast<std::uint32_t>(std::count(text.begin(), text.begin() + static_cast<long>(open), '\n'));
  const std::size_t col = open - text.rfind('\n', open);
  const ParseOutcome outcome = Parse("f", text);
  EXPECT_FALSE(outcome.config) << text;
  bool found = false;
  for (const Diagnostic& d : outcome.diagnostics)
    found |= d.code == code && d.span.line == line + 1 && d.span.col == col &&
             (d.message + d.why + d.fix).find(says) != std::string::npos;
  EXPECT_TRUE(found) << code << " '" << says << "' expected of\n" << marked << "\ngot\n" << Described(outcome, text);
}

TEST(CloudFormation, EachWayOfBeingWrongHasItsCodeAndItsPlace) {
  for (const Wrong& wrong : kWrongPipes)
    Expect(fmt::format("{}pipes: {{p: {{from: table/users, to: bus/crm, aws: {{{}}}}}}}\n", kBase, wrong.text),
           wrong.code, wrong.says);
  for (const Wrong& wrong : kWrongRules)
    Expect(fmt::format("{}rules: {{r: {{from: bus/crm, to: target/t, aws: {{{}}}}}}}\n", kBase, wrong.text), wrong.code,
           wrong.says);
}

TEST(CloudFormation, WhatIsSaidInBothWaysIsAnError) {
  for (const auto& [key, property] : kTwicePipes)
    Expect(fmt::format("{}pipes: {{p: {{from: table/users, to: bus/crm, {}, aws: {{{}}}}}}}\n", kBase, key, property),
           code::kExactlyOne, "remove one of the two");
  for (const auto& [key, property] : kTwiceRules)
    Expect(fmt::format("{}rules: {{r: {{from: bus/crm, to: target/t, {}, aws: {{{}}}}}}}\n", kBase, key, property),
           code::kExactlyOne, "remove one of the two");
}

TEST(CloudFormation, WhatHasNoEffectIsAnError) {
  Expect(fmt::format("{}pipes: {{p: {{from: bus/crm, to: target/t, aws: {{SourceParameters: "
                     "{{«DynamoDBStreamParameters»: {{}}}}}}}}}}\n",
                     kBase),
         code::kBadValue, "not a table's stream");
  Expect(fmt::format("{}pipes: {{p: {{from: table/users, to: target/t, aws: {{TargetParameters: "
                     "{{«EventBridgeEventBusParameters»: {{}}}}}}}}}}\n",
                     kBase),
         code::kBadValue, "the pipe feeds target/t");
  Expect(fmt::format("{}rules: {{«r»: {{from: bus/crm, to: target/t, aws: {{State: ENABLED}}}}}}\n", kBase),
         code::kMissingKey, "a pattern, or a schedule");
}

TEST(CloudFormation, FunctionsAreRefusedEverywhereElse) {
  for (const std::string_view text : {"name: «!Ref x»", "pipes: {p: {from: «!Ref x», to: bus/crm}}",
                                      "tables: {users: {key: id, aws: {Arn: «!Ref x»}}}",
                                      "pipes: {p: {from: table/users, to: bus/crm, match: {aws: {a: [«!Ref x»]}}}}",
                                      "pipes: {aws: {from: table/users, to: «!Ref x»}}",
                                      "rules: {r: {from: bus/crm, aws: «!Ref x»}}", "pipes: {p: {aws: {«!Ref x»: y}}}"})
    Expect(fmt::format("version: 1\n{}\n", text), code::kYamlFeature, "the tag \"!Ref\" is not supported");
}

}  // namespace
}  // namespace millrace::config
