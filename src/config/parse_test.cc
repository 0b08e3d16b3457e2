// Parse: a configuration becomes exactly the types it says; each way of being wrong has its code, its place and its
// resource; several problems are reported at once; and no mutation of a good file crashes it.
#include "config/parse.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "config/limits.h"
#include "config/source_text.h"
#include "config/spec.h"
#include "config/url.h"
#include "json/parse.h"

namespace millrace::config {
namespace {

constexpr std::string_view kFull = R"(version: 1
name: everything
x-note: &start trim-horizon
settings: {account: "123456789012", region: eu-north-1, listen: "127.0.0.1:9999", data: state, x-a: 1}
tables:
  users: {key: id, stream: new-and-old}
  events: {key: [ID, "Timestamp:N"], stream: keys, shards: 4, retain: 14d, x-why: tests}
  blobs: {key: ["hash:B"], stream: false}
  x-skipped: {anything: goes}
buses:
  crm: {retain: 1h30m}
  plain:
pipes:
  all:
    from: table/users
    to: bus/crm
    match: [{eventName: [INSERT]}, {dynamodb: {NewImage: {age: {N: ["1.50"]}}}}]
    format: crud
    source: my-users
    field-case: camel
    start: *start
    batch: 10
    order: {by: partition}
  defaults: {from: table/events, to: target/log}
rules:
  r:
    from: bus/crm
    match:
      source: [my-users]
      detail: {values: {n: [{numeric: [">", 1.50, "<=", 012]}], s: ["no", no, "1", 1], e: [{exists: false}, null, true]}}
    to: [target/web, target/log]
targets:
  web: {http: {url: "https://[::1]:8443/a?b=c", headers: {X-Key: "1"}, timeout: 250ms}}
  log: {file: out.ndjson}
  screen: {stdout: {}}
)";

ParseOutcome ParseText(std::string_view text) {
  return Parse("millrace.yaml", text);
}

std::string Described(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
  std::string out;
  for (const Diagnostic& d : diagnostics) out += RenderText(d, text, false);
  return out;
}

TEST(Parse, KeysWithoutEffectAreMisunderstandings) {
  constexpr std::string_view kBase = R"(version: 1
tables: {users: {key: id, stream: new-and-old}, copies: {key: id}}
buses: {crm: {}, other: {}}
targets: {log: {file: out.ndjson}}
)";
  for (const auto& [text, wrong] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"pipes: {p: {from: table/users, to: target/log, event: {source: x}}}", "event has no effect"},
           {"pipes: {p: {from: table/users, to: target/log, unless-exists: true}}", "unless-exists has no effect"},
           {"pipes: {p: {from: bus/crm, to: target/log, format: crud}}", "format has no effect"},
           {"pipes: {p: {from: bus/crm, to: target/log, order: {by: partition}}}", "order has no effect"},
           {"rules: {r: {from: bus/crm, match: {source: [x]}, to: bus/other, input: {path: $.detail}}}",
            "input has no effect"},
           {"pipes: {p: {from: bus/crm, to: bus/other}, q: {from: bus/other, to: bus/crm}}", "sends what it reads"},
           {"pipes: {p: {from: table/users, to: target/log, start: yesterday}}", "start must be"},
           {"pipes: {p: {from: table/users, to: target/log, input: {path: $.a, json: 1}}}", "takes one of"},
           {"pipes: {p: {from: table/users, to: target/log, input: '{\"a\": <$.x'}}", "input"},
           {"rules: {r: {from: bus/crm, to: target/log}}", "match is missing"},
           {"rules: {r: {from: bus/crm, schedule: rate(1 minutes), to: target/log}}", "schedule must be"}}) {
    const std::string file = std::string(kBase) + std::string(text) + "\n";
    const ParseOutcome outcome = ParseText(file);
    EXPECT_FALSE(outcome.config) << text;
    EXPECT_NE(Described(outcome.diagnostics, file).find(wrong), std::string::npos)
        << text << "\n"
        << Described(outcome.diagnostics, file);
  }
}

TEST(Parse, EveryKeyOfDeliveryReachesItsType) {
  constexpr std::string_view kText = R"(version: 1
tables:
  users: {key: id, stream: new-and-old}
  copies: {key: id}
buses:
  crm: {archive: {retain: 30d, match: {source: [users]}}}
  other: {archive: {}}
pipes:
  full:
    from: table/users
    to: bus/crm
    format: cloudevents
    event: {source: $.new.kind, detail-type: Changed}
    input: '{"who": <$.new.name>, "at": "<aws.pipes.pipe-name>"}'
    start: 2026-01-01T00:00:00Z
    window: 10s
    parallel: 3
    order: {by: "$.new.customer"}
    retries: 3
    max-age: 1h
    bisect: false
    after-failure: continue
    state: stopped
  copy: {from: bus/crm, to: table/copies, input: {path: $.detail}, item: dynamodb-json, unless-exists: true, retries: forever}
rules:
  tick: {from: bus/crm, schedule: rate(5 minutes), to: target/log, input: {json: {tick: 012}}}
  r:
    from: bus/crm
    match: {source: [users]}
    to: [target/log, bus/other, table/copies]
    input: {paths: {id: $.detail.id}, template: '{"id": <id>}'}
    retry: {attempts: 5, max-age: 2h}
    after-failure: hold
    enabled: false
targets:
  log: {file: out.ndjson}
)";
  const ParseOutcome outcome = ParseText(kText);
  ASSERT_TRUE(outcome.config) << Described(outcome.diagnostics, kText);
  const Config& c = *outcome.config;
  EXPECT_EQ(c.buses[0].archive->retain, std::chrono::hours(24 * 30));
  EXPECT_EQ(c.buses[0].archive->match->json, R"({"source":["users"]})");
  EXPECT_EQ(c.buses[1].archive->retain.count(), 0);

  const Pipe& full = c.pipes[0];
  EXPECT_EQ(full.format, Format::kCloudEvents);
  EXPECT_FALSE(full.event.source->is_literal());
  EXPECT_EQ(full.event.detail_type->text(), "Changed");
  EXPECT_FALSE(full.input.is_whole_event());
  EXPECT_EQ(full.start.kind, Start::Kind::kTime);
  EXPECT_EQ(full.start.time_ms, 1'767'225'600'000);
  EXPECT_EQ(full.window, std::chrono::seconds(10));
  EXPECT_EQ(full.parallel, 3u);
  EXPECT_EQ(full.order.by, Order::By::kPath);
  EXPECT_EQ(full.order.path, "$.new.customer");
  EXPECT_EQ(full.retry.retries_max, 3u);
  EXPECT_EQ(full.retry.age_max, std::chrono::hours(1));
  EXPECT_FALSE(full.bisect);
  EXPECT_EQ(full.after_failure, AfterFailure::kContinue);
  EXPECT_FALSE(full.running);
  const Pipe& copy = c.pipes[1];
  EXPECT_EQ(copy.item.json, ItemWrite::Json::kDynamoDb);
  EXPECT_TRUE(copy.item.unless_exists);
  EXPECT_EQ(copy.retry.retries_max, std::nullopt);
  EXPECT_EQ(copy.after_failure, AfterFailure::kHold);
  EXPECT_TRUE(copy.bisect);

  const Rule& tick = c.rules[0];
  EXPECT_EQ(tick.schedule, "rate(5 minutes)");
  EXPECT_FALSE(tick.match);
  EXPECT_EQ(tick.to[0].retry.retries_max, std::nullopt);
  EXPECT_EQ(tick.to[0].retry.age_max, std::chrono::hours(24));
  EXPECT_EQ(tick.after_failure, AfterFailure::kContinue);
  const Rule& rule = c.rules[1];
  EXPECT_EQ(rule.to[1].ref.kind, RefKind::kBus);
  EXPECT_EQ(rule.to[2].ref.kind, RefKind::kTable);
  EXPECT_EQ(rule.to[0].retry.retries_max, 5u);
  EXPECT_EQ(rule.to[0].retry.age_max, std::chrono::hours(2));
  EXPECT_EQ(rule.after_failure, AfterFailure::kHold);
  EXPECT_FALSE(rule.enabled);
}

TEST(Parse, EveryKeyReachesItsType) {
  const ParseOutcome outcome = ParseText(kFull);
  ASSERT_TRUE(outcome.config) << Described(outcome.diagnostics, kFull);
  const Config& c = *outcome.config;
  EXPECT_EQ(c.name, "everything");
  EXPECT_EQ(c.settings.account, "123456789012");
  EXPECT_EQ(c.settings.region, "eu-north-1");
  EXPECT_EQ(c.settings.listen, "127.0.0.1:9999");
  EXPECT_EQ(c.settings.data, "state");

  ASSERT_EQ(c.tables.size(), 3u);
  EXPECT_EQ(c.tables[0].name, "users");
  EXPECT_EQ(c.tables[0].span, (Span{6, 3, 8}));
  EXPECT_EQ(c.tables[0].stream, StreamView::kNewAndOldImages);
  EXPECT_EQ(c.tables[0].key, (model::KeySchema{{"id", model::AttributeType::kS}, std::nullopt}));
  EXPECT_EQ(c.tables[0].shards, 1u);
  EXPECT_EQ(c.tables[0].retain, std::chrono::hours(24));
  EXPECT_EQ(c.tables[1].key, (model::KeySchema{{"ID", model::AttributeType::kS},
                                               model::KeyAttribute{"Timestamp", model::AttributeType::kN}}));
  EXPECT_EQ(c.tables[1].stream, StreamView::kKeysOnly);
  EXPECT_EQ(c.tables[1].shards, 4u);
  EXPECT_EQ(c.tables[1].retain, std::chrono::hours(24 * 14));
  EXPECT_EQ(c.tables[2].key.partition, (model::KeyAttribute{"hash", model::AttributeType::kB}));
  EXPECT_EQ(c.tables[2].stream, StreamView::kNone);

  ASSERT_EQ(c.buses.size(), 2u);
  EXPECT_EQ(c.buses[0].retain, std::chrono::minutes(90));
  EXPECT_EQ(c.buses[1].name, "plain");

  ASSERT_EQ(c.pipes.size(), 2u);
  const Pipe& all = c.pipes[0];
  EXPECT_EQ(all.from.ToString(), "table/users");
  EXPECT_EQ(all.to.ToString(), "bus/crm");
  ASSERT_EQ(all.match.size(), 2u);
  EXPECT_EQ(all.match[0].json, R"({"eventName":["INSERT"]})");
  EXPECT_EQ(all.match[1].json, R"({"dynamodb":{"NewImage":{"age":{"N":["1.50"]}}}})");
  EXPECT_EQ(all.format, Format::kCrud);
  EXPECT_EQ(all.source, "my-users");
  EXPECT_EQ(all.field_case, FieldCase::kCamel);
  EXPECT_EQ(all.start.kind, Start::Kind::kTrimHorizon);
  EXPECT_EQ(all.batch, 10u);
  EXPECT_EQ(all.order.by, Order::By::kPartition);
  const Pipe& defaults = c.pipes[1];
  EXPECT_EQ(defaults.to.kind, RefKind::kTarget);
  EXPECT_EQ(defaults.format, Format::kStreamRecord);
  EXPECT_EQ(defaults.source, std::nullopt);
  EXPECT_EQ(defaults.start.kind, Start::Kind::kLatest);
  EXPECT_EQ(defaults.batch, 100u);

  ASSERT_EQ(c.rules.size(), 1u);
  EXPECT_EQ(c.rules[0].match->json,
            R"({"source":["my-users"],"detail":{"values":{"n":[{"numeric":[">",1.50,"<=",12]}],)"
            R"("s":["no","no","1",1],"e":[{"exists":false},null,true]}}})");
  ASSERT_EQ(c.rules[0].to.size(), 2u);
  EXPECT_EQ(c.rules[0].to[1].ref.name, "log");

  ASSERT_EQ(c.targets.size(), 3u);
  const auto& web = std::get<HttpTarget>(c.targets[0].to);
  EXPECT_EQ(web.url, "https://[::1]:8443/a?b=c");
  EXPECT_EQ(web.timeout, std::chrono::milliseconds(250));
  ASSERT_EQ(web.headers.size(), 1u);
  EXPECT_EQ(web.headers[0].second, "1");
  EXPECT_EQ(std::get<FileTarget>(c.targets[1].to).path, "out.ndjson");
  EXPECT_TRUE(std::holds_alternative<StdoutTarget>(c.targets[2].to));
  EXPECT_EQ(c.FindTable("users"), &c.tables[0]);
  EXPECT_EQ(c.FindTarget("nobody"), nullptr);
}

TEST(Parse, EveryKeyOfAnHttpTargetReachesItsType) {
  constexpr std::string_view kText = R"(version: 1
secrets:
  one: {env: ONE}
  two: {file: secrets/two}
targets:
  oauth:
    http:
      url: https://example.com/a
      method: PATCH
      headers: {X-A: "1", User-Agent: mine}
      query: {q: "a b", line: "1\n2"}
      timeout: 3s
      content: cloudevents-structured
      auth:
        oauth:
          url: https://login.example.com/token
          client-id: me
          client-secret: secret/one
          method: PUT
          credentials: body
          headers: {X-B: "2"}
          query: {r: s}
          body: {scope: all}
      sign:
        standard-webhooks: [secret/one, secret/two]
        body: {header: X-Signature, secret: secret/two, prefix: "sha256=", encoding: base64}
      rate: 20/s
      batch: {records: 50, bytes: 2000, failures: from-first}
      addresses: public
  basic: {http: {url: "http://x", auth: {basic: {user: u, password: secret/two}}, sign: {standard-webhooks: secret/one}}}
  key: {http: {url: "http://x", auth: {api-key: {header: X-Key, value: secret/one}}, addresses: any, method: GET}}
)";
  const ParseOutcome outcome = ParseText(kText);
  ASSERT_TRUE(outcome.config) << Described(outcome.diagnostics, kText);
  const Config& c = *outcome.config;
  ASSERT_EQ(c.secrets.size(), 2u);
  EXPECT_EQ(c.FindSecret("one")->in, SecretSource::In::kEnvironment);
  EXPECT_EQ(c.FindSecret("one")->where, "ONE");
  EXPECT_EQ(c.FindSecret("two")->in, SecretSource::In::kFile);
  EXPECT_EQ(c.FindSecret("two")->where, "secrets/two");

  const auto& to = std::get<HttpTarget>(c.targets[0].to);
  using Texts = HttpTarget::Texts;
  EXPECT_EQ(to.method, "PATCH");
  EXPECT_EQ(to.headers, (Texts{{"X-A", "1"}, {"User-Agent", "mine"}}));
  EXPECT_EQ(to.query, (Texts{{"q", "a b"}, {"line", "1\n2"}}));
  EXPECT_EQ(to.timeout, std::chrono::seconds(3));
  EXPECT_EQ(to.content, HttpTarget::Content::kCloudEventsStructured);
  EXPECT_EQ(to.requests_per_second, 20u);
  EXPECT_EQ(to.batch.records_max, 50u);
  EXPECT_EQ(to.batch.bytes_max, 2000u);
  EXPECT_TRUE(to.batch.stops_at_first_failure);
  EXPECT_EQ(to.addresses, HttpTarget::Addresses::kPublic);
  const auto& oauth = std::get<HttpTarget::OAuth>(to.auth);
  EXPECT_EQ(oauth.url, "https://login.example.com/token");
  EXPECT_EQ(oauth.client_id, "me");
  EXPECT_EQ(oauth.client_secret.ToString(), "secret/one");
  EXPECT_EQ(oauth.method, "PUT");
  EXPECT_TRUE(oauth.credentials_in_body);
  EXPECT_EQ(oauth.headers, (Texts{{"X-B", "2"}}));
  EXPECT_EQ(oauth.query, (Texts{{"r", "s"}}));
  EXPECT_EQ(oauth.body, (Texts{{"scope", "all"}}));
  ASSERT_EQ(to.sign.standard_webhooks.size(), 2u);
  EXPECT_EQ(to.sign.standard_webhooks[1].name, "two");
  EXPECT_EQ(to.sign.body->header, "X-Signature");
  EXPECT_EQ(to.sign.body->secret.name, "two");
  EXPECT_EQ(to.sign.body->prefix, "sha256=");
  EXPECT_TRUE(to.sign.body->base64);

  const auto& basic = std::get<HttpTarget>(c.targets[1].to);
  EXPECT_EQ(std::get<HttpTarget::Basic>(basic.auth).user, "u");
  EXPECT_EQ(std::get<HttpTarget::Basic>(basic.auth).password.name, "two");
  ASSERT_EQ(basic.sign.standard_webhooks.size(), 1u);
  EXPECT_FALSE(basic.sign.body);
  EXPECT_EQ(basic.method, "POST");
  EXPECT_EQ(basic.batch.records_max, 1u);
  EXPECT_EQ(basic.requests_per_second, 0u);
  EXPECT_EQ(basic.addresses, HttpTarget::Addresses::kNoLinkLocal);
  const auto& key = std::get<HttpTarget>(c.targets[2].to);
  EXPECT_EQ(std::get<HttpTarget::ApiKey>(key.auth).header, "X-Key");
  EXPECT_EQ(key.method, "GET");
  EXPECT_EQ(key.addresses, HttpTarget::Addresses::kAny);
}

// Somebody who writes the secret itself sees it neither in the terminal nor in the log of a build.
TEST(Parse, ASecretThatIsWrittenOutIsNotRepeated) {
  constexpr std::string_view kText = R"(version: 1
targets:
  t:
    http:
      url: http://x
      auth: {basic: {user: u, password: hunter2}}
      sign: {standard-webhooks: [whsec_hunter2], body: {header: X-S, secret: hunter2/hunter2}}
)";
  const ParseOutcome outcome = ParseText(kText);
  EXPECT_FALSE(outcome.config);
  EXPECT_EQ(outcome.diagnostics.size(), 3u);
  for (const Diagnostic& d : outcome.diagnostics) {
    EXPECT_EQ(d.code, code::kBadValue);
    EXPECT_GT(d.span.line, 0u);
    EXPECT_NE(d.message.find("must be a reference: secret/NAME"), std::string::npos) << d.message;
    EXPECT_EQ(RenderText(d, kText, false).find("hunter2"), std::string::npos) << RenderText(d, kText, false);
    EXPECT_EQ(RenderJson(d).find("hunter2"), std::string::npos);
  }
}

TEST(Parse, TheSmallestFileIsAVersion) {
  const ParseOutcome outcome = ParseText("version: 1\n");
  ASSERT_TRUE(outcome.config);
  EXPECT_TRUE(outcome.diagnostics.empty());
  EXPECT_EQ(outcome.config->settings.account, "000000000000");
}

struct Wrong {
  std::string_view text;  // after "version: 1\n"; what stands between « and » is the place
  std::string_view code;
  std::string_view says;  // part of the message, the reason or the fix
};

// One problem each.
const Wrong kWrongs[] = {
    {"«tabels»: {}", code::kUnknownKey, "did you mean tables?"},
    {"«Tables»: {}", code::kUnknownKey, "did you mean tables?"},
    {"queues: {q: {«dedup»: id}}", code::kBadValue, "only FIFO queues deduplicate"},
    {"functions: {«f»: {run: node}}", code::kMissingKey, "handler: src/index.handler"},
    {"functions: {f: {run: «ruby», handler: a.b}}", code::kBadValue, "node, python or native"},
    {"functions: {f: {run: node, handler: a.b, http: «\"GET book\"»}}", code::kBadValue, "a method and a path"},
    {"queues: {a.fifo: {dlq: {queue: «queue/b», after: 2}}, b: {}}", code::kBadValue, "let both names end in .fifo"},
    {"queues: {a: {dlq: {queue: «queue/a», after: 2}}}", code::kBadValue, "name another queue"},
    {"settings: {«auth»: any}", code::kNotSupported, "settings.auth is not supported yet"},
    {"settings: {account: «000000000000»}", code::kWrongType, "put it in quotes: \"000000000000\""},
    {"settings: {account: «\"12\"»}", code::kBadValue, "twelve digits"},
    {"settings: {region: «Mars»}", code::kBadValue, "eu-north-1"},
    {"settings: {listen: «\"0.0.0.0:80\"»}", code::kBadValue, "loopback"},
    {"settings: {listen: «\"127.0.0.1\"»}", code::kBadValue, "loopback"},
    {"settings: {listen: «\"127.0.0.1:65536\"»}", code::kBadValue, "loopback"},
    {"settings: {«data»: }", code::kWrongType, "data has no value"},
    {"settings: «5»", code::kWrongType, "expected a mapping in settings"},
    {"name: «[a]»", code::kWrongType, "name must be text, not a list"},
    {"name: «\"{% $x %}\"»", code::kNotSupported, "expressions"},
    {"tables: «[users]»", code::kWrongType, "a mapping of names"},
    {"tables: {«ab»: {key: id}}", code::kBadName, "3 to 255"},
    {"tables: {«\"a b c\"»: {key: id}}", code::kBadName, "cannot be the name of a table"},
    {"tables: {«users»: }", code::kMissingKey, "table/users: key is missing"},
    {"tables: {users: {key: «\"a:X\"»}}", code::kBadValue, "Timestamp:N"},
    {"tables: {users: {key: «\":N\"»}}", code::kBadValue, "name of an attribute"},
    {"tables: {users: {key: «[a, b, c]»}}", code::kBadValue, "one or two attributes, not 3"},
    {"tables: {users: {key: «[]»}}", code::kBadValue, "not 0"},
    {"tables: {users: {key: [a, «\"a:N\"»]}}", code::kBadValue, "the same attribute"},
    {"tables: {users: {key: «{a: b}»}}", code::kWrongType, "key must be"},
    {"tables: {users: {key: id, stream: «newandold»}}", code::kBadValue, "did you mean new-and-old?"},
    {"tables: {users: {key: id, stream: «true»}}", code::kBadValue, "or false"},
    {"tables: {users: {key: id, shards: «0»}}", code::kBadValue, "from 1 to 256"},
    {"tables: {users: {key: id, shards: «257»}}", code::kBadValue, "from 1 to 256"},
    {"tables: {users: {key: id, shards: «\"2\"»}}", code::kBadValue, "a whole number"},
    {"tables: {users: {key: id, shards: «99999999999999999999»}}", code::kBadValue, "a whole number"},
    {"tables: {users: {key: id, retain: «30»}}", code::kBadValue, "add a unit: 30s"},
    {"tables: {users: {key: id, retain: «1s»}}", code::kBadValue, "from 1m to 365d"},
    {"tables: {users: {key: id, «ttl»: x}}", code::kNotSupported, "ttl is not supported yet"},
    {"buses: {crm: {retain: 14d, «retian»: 1d}}", code::kUnknownKey, "did you mean retain?"},
    {"buses: {crm: «yes»}", code::kWrongType, "expected a mapping"},
    {"pipes: {«p»: {from: table/users}}", code::kMissingKey, "to is missing"},
    {"pipes: {p: {from: «table/none», to: bus/none}}", code::kUnknownReference, "declare it under tables"},
    {"pipes: {p: {from: «users», to: bus/x}}", code::kBadValue, "table/users"},
    {"pipes: {p: {from: «tables/users», to: bus/x}}", code::kWrongKind, "did you mean table?"},
    {"pipes: {p: {from: «target/q», to: bus/x}}", code::kUnknownReference, "does not exist"},
    {"pipes: {p: {from: «queue/q», to: bus/x}}", code::kUnknownReference, "queue/q, which does not exist"},
    {"pipes: {p: {from: queue/q, to: bus/x, «start»: latest}}", code::kBadValue, "a queue has no positions"},
    {"pipes: {p: {from: table/t, to: bus/x, enrich: {with: «bus/x»}}}", code::kWrongKind, "function/NAME"},
    {"pipes: {p: {from: table/t, to: bus/x, «partial»: true}}", code::kBadValue, "function's answer"},
    {"pipes: {p: {from: «rule/q», to: bus/x}}", code::kWrongKind, "from takes table/NAME"},
    {"pipes: {p: {from: «table/a b», to: bus/x}}", code::kBadValue, "a reference"},
    {"rules: {r: {from: bus/x, match: «[]», to: target/y}}", code::kWrongType, "an event pattern"},
    {"rules: {r: {from: bus/x, match: {a: [«.inf»]}, to: target/y}}", code::kBadValue, "finite"},
    {"rules: {r: {from: bus/x, match: {a: [«\"{% a %}\"»]}, to: target/y}}", code::kNotSupported, "expressions"},
    {"rules: {r: {from: bus/x, match: {a: «x»}, to: target/y}}", code::kBadPattern, "the event pattern is not valid: "},
    {"rules: {r: {from: bus/x, match: {a: [{«prefxi»: x}]}, to: target/y}}", code::kBadPattern, "prefxi"},
    {"rules: {r: {from: bus/x, match: {\"é😀\": [y], a: [{numeric: [\">\", «\"5\"»]}]}, to: target/y}}",
     code::kBadPattern, "numeric"},
    {"rules: {r: {from: bus/x, match: {a: [1]}, «to»: []}}", code::kTooMany, "1 to 5 references, not 0"},
    {"rules: {r: {from: bus/x, match: {a: [1]}, «to»: [target/a, target/b, target/c, target/d, target/e, target/f]}}",
     code::kTooMany, "1 to 5 references, not 6"},
    {"rules: {r: {from: bus/x, match: {a: [1]}, to: [target/a, «target/a»]}}", code::kBadValue, "twice"},
    {"rules: {r: {from: bus/x, match: {a: [1]}, to: «http/f»}}", code::kNotSupported, "to takes"},
    {"rules: {r: {from: bus/x, match: {a: [1]}, to: «function/f»}}", code::kUnknownReference, "function/f"},
    {"targets: {«t»: {}}", code::kExactlyOne, "exactly one of http, file, stdout or kafka"},
    {"targets: {t: {stdout: {}, «file»: a}}", code::kExactlyOne, "found 2"},
    {"targets: {t: {kafka: {servers: «a», topic: t}}}", code::kBadValue, "host:port"},
    {"targets: {t: {kafka: {servers: \"a:1\", topic: «..»}}}", code::kBadValue, "a topic's name"},
    {"targets: {t: {kafka: {servers: \"a:1\", topic: t, «transactional»: true}}}", code::kNotSupported,
     "transactional is not supported yet"},
    {"targets: {t: {kafka: {servers: \"a:1\", topic: t, «headers»: {a: $.}}}}", code::kBadValue, "not a path"},
    {"targets: {t: {kafka: {servers: \"a:1\", topic: t, tls: {«certificate»: a}}}}", code::kMissingKey,
     "tls.key is missing"},
    {"targets: {t: {kafka: {servers: \"a:1\", topic: t, sasl: {mechanism: PLAIN, secret: «a»}}}}", code::kBadValue, ""},
    {"targets: {t: {«http»: {}}}", code::kMissingKey, "http.url is missing"},
    {"targets: {t: {http: {url: «ftp://x»}}}", code::kBadValue, "http://"},
    {"targets: {t: {http: {url: «\"http://u@x/\"»}}}", code::kBadValue, "without user"},
    {"targets: {t: {http: {url: \"http://x\", headers: {«Host»: x}}}}", code::kBadName, "\"Host\""},
    {"targets: {t: {http: {url: \"http://x\", headers: {A: «\"b\\r\\nc: d\"»}}}}", code::kBadValue, "text in one line"},
    {"targets: {t: {http: {url: \"http://x\", timeout: «1h»}}}", code::kBadValue, "from 10ms to 5m"},
    {"targets: {t: {http: {url: \"http://x\", headers: {«webhook-id»: x}}}}", code::kBadName, "\"webhook-id\""},
    {"targets: {t: {http: {url: \"http://x\", headers: {«Ce-Id»: x}}}}", code::kBadName, "\"Ce-Id\""},
    {"targets: {t: {http: {url: \"http://x\", headers: {«Idempotency-Key»: x}}}}", code::kBadName, "Idempotency"},
    {"targets: {t: {http: {url: \"http://x\", query: {a: «5»}}}}", code::kBadValue, "text"},
    {"targets: {t: {http: {url: \"http://x\", query: {«\"\"»: x}}}}", code::kBadName, "1 to 512"},
    {"targets: {t: {http: {url: \"http://x\", method: «TRACE»}}}", code::kBadValue, "POST, PUT, PATCH"},
    {"targets: {t: {http: {url: \"http://x\", content: «cloudevents»}}}", code::kBadValue, "cloudevents-binary"},
    {"targets: {t: {http: {url: \"http://x\", rate: «20»}}}", code::kWrongType, "text"},
    {"targets: {t: {http: {url: \"http://x\", rate: «0/s»}}}", code::kBadValue, "from 1 to 1000000"},
    {"targets: {t: {http: {url: \"http://x\", rate: «1000001/s»}}}", code::kBadValue, "from 1 to 1000000"},
    {"targets: {t: {http: {url: \"http://x\", rate: «-1/s»}}}", code::kBadValue, "from 1 to 1000000"},
    {"targets: {t: {http: {url: \"http://x\", rate: «20/m»}}}", code::kBadValue, "from 1 to 1000000"},
    {"targets: {t: {http: {url: \"http://x\", addresses: «private»}}}", code::kBadValue, "no-link-local"},
    {"targets: {t: {http: {url: \"http://x\", batch: {records: «0»}}}}", code::kBadValue, "from 1 to 10000"},
    {"targets: {t: {http: {url: \"http://x\", batch: {records: 2, bytes: «16777217»}}}}", code::kBadValue, "16777216"},
    {"targets: {t: {http: {url: \"http://x\", batch: {«failures»: each}}}}", code::kBadValue, "one record"},
    {"targets: {t: {http: {url: \"http://x\", method: GET, «batch»: {records: 2}}}}", code::kBadValue, "no body"},
    {"targets: {t: {http: {url: \"http://x\", method: HEAD, «content»: cloudevents-structured}}}", code::kBadValue,
     "no body"},
    {"targets: {t: {http: {url: \"http://x\", batch: {records: 2}, «content»: cloudevents-binary}}}", code::kBadValue,
     "cannot be batched"},
    {"targets: {t: {http: {url: \"http://x\", «auth»: {}}}}", code::kExactlyOne, "basic, api-key or oauth"},
    {"targets: {t: {http: {url: \"http://x\", auth: {«basic»: {user: u}}}}}", code::kMissingKey, "password is missing"},
    {"targets: {t: {http: {url: \"http://x\", auth: {basic: {user: «\"a:b\"», password: secret/s}}}}}", code::kBadValue,
     "without colons"},
    {"targets: {t: {http: {url: \"http://x\", auth: {basic: {user: u, password: «secret/s»}}}}}",
     code::kUnknownReference, "declare it under secrets"},
    {"targets: {t: {http: {url: \"http://x\", auth: {api-key: {header: «Host», value: secret/s}}}}}", code::kBadValue,
     "the name of a header"},
    {"targets: {t: {http: {url: \"http://x\", auth: {oauth: {url: «x», client-id: a, client-secret: secret/s}}}}}",
     code::kBadValue, "http://"},
    {"targets: {t: {http: {url: \"http://x\", «sign»: {}}}}", code::kMissingKey, "standard-webhooks or"},
    {"targets: {t: {http: {url: \"http://x\", sign: {«standard-webhooks»: []}}}}", code::kTooMany, "1 to 4"},
    {"targets: {t: {http: {url: \"http://x\", sign: {body: {header: X, secret: secret/s, prefix: «\"a\\n\"»}}}}}",
     code::kBadValue, "one line"},
    {"secrets: {«s»: {}}", code::kExactlyOne, "exactly one of env or file"},
    {"secrets: {s: {env: A, «file»: b}}", code::kExactlyOne, "found 2"},
    {"secrets: {s: {env: «\"1A\"»}}", code::kBadValue, "environment variable"},
    {"secrets: {s: {env: «A=B»}}", code::kBadValue, "environment variable"},
    {"secrets: {s: {«vault»: x}}", code::kUnknownKey, "env or file"},
    {"targets: {t: {file: «\"\"»}}", code::kBadValue, "a path"},
    {"targets: {t: {file: «\"a\\0b\"»}}", code::kBadValue, "a path"},
};

TEST(Parse, EachWayOfBeingWrongHasItsCodeAndItsPlace) {
  for (const Wrong& wrong : kWrongs) {
    std::string text = "version: 1\n";
    const std::size_t open = wrong.text.find("«"), close = wrong.text.find("»");
    constexpr std::size_t kMark = std::string_view("«").size();
    text += wrong.text.substr(0, open);
    text += wrong.text.substr(open + kMark, close - open - kMark);
    text += wrong.text.substr(close + kMark);
    const std::size_t col = CodePoints(wrong.text.substr(0, open)) + 1;
    const ParseOutcome outcome = ParseText(text);
    EXPECT_FALSE(outcome.config) << text;
    bool found = false;
    for (const Diagnostic& d : outcome.diagnostics)
      found |= d.code == wrong.code && d.span.line == 2 && d.span.col == col &&
               (d.message + d.why + d.fix).find(wrong.says) != std::string::npos;
    EXPECT_TRUE(found) << wrong.code << " at column " << col << " expected of\n"
                       << text << "\ngot\n"
                       << Described(outcome.diagnostics, text);
  }
}

TEST(Parse, ATriggerIsAPipeToItsFunction) {
  const auto config = ParseText(R"(version: 1
tables: {todos: {key: id, stream: new}}
queues: {failed: {}, jobs.fifo: {dedup: content, visibility: 1m}}
functions:
  todo:
    run: node
    handler: src/handlers.todo
    dir: app
    env: {A: b}
    timeout: 10s
    http: POST /todos/{id}
    triggers:
      - {from: table/todos, start: trim-horizon, batch: 3, window: 10s, retries: 3, partial: true, on-failure: queue/failed}
      - {from: queue/jobs.fifo, batch: 5}
)")
                          .config;
  ASSERT_TRUE(config);
  ASSERT_EQ(config->functions.size(), 1u);
  const Function& function = config->functions[0];
  EXPECT_EQ(function.handler, "src/handlers.todo");
  EXPECT_EQ(function.timeout, std::chrono::seconds(10));
  ASSERT_TRUE(function.http);
  EXPECT_EQ(function.http->method, "POST");
  ASSERT_EQ(config->pipes.size(), 2u);
  const Pipe& first = config->pipes[0];
  EXPECT_TRUE(first.trigger);
  EXPECT_EQ(first.name, "todo/todos");
  EXPECT_EQ(first.to.ToString(), "function/todo");
  EXPECT_EQ(first.batch, 3u);
  EXPECT_EQ(first.retry.retries_max, 3u);
  EXPECT_TRUE(first.partial);
  ASSERT_TRUE(first.on_failure);
  EXPECT_EQ(first.on_failure->ToString(), "queue/failed");
  EXPECT_EQ(first.after_failure, AfterFailure::kContinue);
  EXPECT_EQ(config->pipes[1].from.ToString(), "queue/jobs.fifo");
  EXPECT_TRUE(config->FindQueue("jobs.fifo")->fifo);
  EXPECT_TRUE(config->FindQueue("jobs.fifo")->content_deduplication);
}

TEST(Parse, TheVersionIsOne) {
  EXPECT_EQ(ParseText("").diagnostics.at(0).code, code::kMissingKey);
  EXPECT_EQ(ParseText("name: x").diagnostics.at(0).code, code::kMissingKey);
  for (const auto* text : {"version: 2", "version: \"1\"", "version: 1.0", "version: [1]", "version: 01x"})
    EXPECT_FALSE(ParseText(text).config) << text;
  EXPECT_FALSE(ParseText("[1, 2]").config);
  EXPECT_FALSE(ParseText("just text").config);
}

TEST(Parse, SeveralProblemsAreReportedAtOnce) {
  const auto outcome = ParseText("version: 3\ntabels: {}\nbuses: {crm: {retain: 5}}\nrules: {r: {}}\n");
  ASSERT_GE(outcome.diagnostics.size(), 5u);
  for (std::size_t i = 1; i < outcome.diagnostics.size(); ++i)
    EXPECT_LE(outcome.diagnostics[i - 1].span.line, outcome.diagnostics[i].span.line);
}

TEST(Parse, ResourcesAreNamedInWhatIsWrong) {
  const auto outcome = ParseText("version: 1\ntables: {users: {key: id, shards: 0}}\n");
  ASSERT_EQ(outcome.diagnostics.size(), 1u);
  EXPECT_EQ(outcome.diagnostics[0].ref, "table/users");
  EXPECT_EQ(outcome.diagnostics[0].file, "millrace.yaml");
}

TEST(Parse, MoreResourcesThanTheLimitAreRefused) {
  std::string text = "version: 1\nbuses:\n";
  for (std::size_t i = 0; i <= limits::kResourcesMax; ++i) text += fmt::format("  b{}: {{}}\n", i);
  const auto outcome = ParseText(text);
  ASSERT_EQ(outcome.diagnostics.size(), 1u);
  EXPECT_EQ(outcome.diagnostics[0].code, code::kTooMany);
}

TEST(Parse, APatternBeyondTheLimitIsRefused) {
  const std::string text =
      "version: 1\nrules: {r: {from: bus/x, to: target/y, match: {a: [" + std::string(4097, 'x') + "]}}}\n";
  const auto outcome = ParseText(text);
  EXPECT_TRUE(std::any_of(outcome.diagnostics.begin(), outcome.diagnostics.end(),
                          [](const Diagnostic& d) { return d.code == code::kTooMany; }));
}

constexpr std::string_view kIngestion = R"(version: 1
schemas: {event: {json: {type: object, required: [ID]}}}
tables: {events: {key: [ID, "Timestamp:N"]}, plain: {key: id}}
queues: {in: {max-size: 2048}, rejected: {}}
pipes:
  store:
    from: queue/in
    validate: {schema: schema/event, at: $.body.x}
    to: table/events
    beside: {step: "1e-9", mark: seq, places: 7}
    on-failure: queue/rejected
)";

TEST(Parse, ReadsSchemasValidationAndPlacesBesideOthers) {
  const ParseOutcome outcome = ParseText(kIngestion);
  ASSERT_TRUE(outcome.config) << Described(outcome.diagnostics, kIngestion);
  const Pipe& pipe = outcome.config->pipes[0];
  EXPECT_EQ(outcome.config->FindQueue("in")->message_bytes_max, 2048u);
  EXPECT_EQ(outcome.config->FindQueue("rejected")->message_bytes_max, std::nullopt);
  ASSERT_TRUE(pipe.validation);
  EXPECT_EQ(pipe.validation->at, "$.body.x");
  ASSERT_NE(pipe.validation->compiled, nullptr);
  EXPECT_NE(pipe.validation->compiled->ValidateText("{}"), std::nullopt);
  ASSERT_TRUE(pipe.item.beside);
  EXPECT_EQ(pipe.item.beside->step, "1e-9");
  EXPECT_EQ(pipe.item.beside->mark, "seq");
  EXPECT_EQ(pipe.item.beside->places_max, 7u);
}

TEST(Parse, SaysWhatIsWrongWithValidationAndPlaces) {
  const auto replaced = [](std::string_view from, std::string_view to) {
    std::string text(kIngestion);
    return text.replace(text.find(from), from.size(), to);
  };
  for (const auto& [text, code, says] : std::vector<std::tuple<std::string, std::string_view, std::string_view>>{
           {replaced("required: [ID]", "requird: [ID]"), code::kBadSchema, "did you mean 'required'?"},
           {replaced("schema/event", "schema/evnt"), code::kUnknownReference, "schema/evnt, which does not exist"},
           {replaced("$.body.x", "body"), code::kBadValue, "validate.at"},
           {replaced("1e-9", "0"), code::kBadValue, "beside.step"},
           {replaced("1e-9", "-1"), code::kBadValue, "beside.step"},
           {replaced("table/events", "table/plain"), code::kBadValue, "needs a number as the sort key"},
           {replaced("places: 7}", "places: 7}\n    unless-exists: true"), code::kBadValue, "unless-exists"},
           {replaced("{schema: schema/event", "{schema: schema/event, reject: queue/rejected"), code::kNotSupported,
            "validate.reject"},
           {replaced("2048", "10"), code::kBadValue, "max-size"}}) {
    const ParseOutcome outcome = ParseText(text);
    EXPECT_FALSE(outcome.config) << text;
    ASSERT_EQ(outcome.diagnostics.size(), 1u) << Described(outcome.diagnostics, text);
    EXPECT_EQ(outcome.diagnostics[0].code, code) << Described(outcome.diagnostics, text);
    EXPECT_NE(outcome.diagnostics[0].message.find(says), std::string::npos) << outcome.diagnostics[0].message;
  }
}

TEST(Parse, AMillionProblemsAreBounded) {
  std::string text = "version: 1\n";
  while (text.size() < limits::kFileBytesMax - 32) text += fmt::format("k{}: 1\n", text.size());
  const auto outcome = ParseText(text);
  EXPECT_EQ(outcome.diagnostics.size(), limits::kDiagnosticsMax + 1);
}

TEST(Parse, NoMutationOfAGoodFileCrashesIt) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  constexpr std::string_view kBytes = "{}[]:,&*!|>'\"#%@`-?~ \n\t\\019azAZ/.\xc3\xa9\xff\x01";
  int good = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string text(kFull);
    for (std::uint64_t n = 1 + random.Below(4); n > 0; --n) {
      const std::size_t at = random.Below(text.size());
      switch (random.Below(4)) {
        case 0:
          text[at] = kBytes[random.Below(kBytes.size())];
          break;
        case 1:
          text.erase(at, 1 + random.Below(8));
          break;
        case 2:
          text.insert(at, 1, kBytes[random.Below(kBytes.size())]);
          break;
        default:
          text.insert(random.Below(text.size()), text.substr(at, random.Below(60)));
      }
    }
    const ParseOutcome outcome = ParseText(text);
    ASSERT_EQ(outcome.config.has_value(), !HasErrors(outcome.diagnostics)) << text;
    good += outcome.config ? 1 : 0;
    json::Document document;
    for (const Diagnostic& d : outcome.diagnostics) {
      ASSERT_FALSE(RenderText(d, text, false).empty());
      ASSERT_TRUE(document.Parse(RenderJson(d)).ok()) << RenderJson(d);
    }
    if (!outcome.config) continue;
    for (const Rule& rule : outcome.config->rules) {
      ASSERT_TRUE(document.Parse(rule.match->json).ok()) << rule.match->json;
    }
  }
  EXPECT_GT(good, 100);
}

TEST(Url, IsTakenApartOrRefused) {
  const auto url = ParseUrl("http://Example.com:8099/a/b?c=d");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "Example.com");
  EXPECT_EQ(url->port, 8099);
  EXPECT_EQ(url->path, "/a/b?c=d");
  EXPECT_EQ(ParseUrl("https://x?y")->path, "/?y");
  EXPECT_EQ(ParseUrl("https://x")->port, 443);
  EXPECT_EQ(ParseUrl("http://[::1]/")->host, "::1");
  for (const auto* text : {"", "http://", "http:///x", "http://:80/", "http://x:0/", "http://x:65536/", "http://x:/",
                           "http://a@b/", "http://a#b", "http://a/#b", "http://a b/", "http://[::1/", "http://[]/",
                           "http://[::1]x/", "ws://a", "//a", "http://a/\x01", "http://a/é"})
    EXPECT_FALSE(ParseUrl(text)) << text;
}

TEST(Spec, OnlyThisMachineIsLoopback) {
  for (const auto* host : {"127.0.0.1", "127.1.2.3", "localhost", "::1"}) EXPECT_TRUE(IsLoopbackHost(host)) << host;
  for (const auto* host : {"", "0.0.0.0", "127.0.0.1.evil.com", "127.1", "127.0.0.256", "127.0.0.01", "127.0.0.1.",
                           "127.-1.0.0", "localhost.evil.com", "::", "::ffff:127.0.0.1", "10.0.0.1", "127.0.0.1 "})
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
}

TEST(ReadConfigFile, SaysWhatIsWrongWithTheFile) {
  EXPECT_EQ(ReadConfigFile("/nonexistent/millrace.yaml").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(ReadConfigFile(MILLRACE_SOURCE_DIR).error().code(), ErrorCode::kIo);
  EXPECT_EQ(ReadConfigFile("/dev/zero").error().code(), ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace millrace::config
