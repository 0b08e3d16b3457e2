// Proves that the AWS SDK for JavaScript v3 understands the EventBridge API: events that reach a table, paginated lists, errors as exceptions.
import assert from "node:assert/strict";
import { test } from "node:test";

import { db, dynamodb, eventbridge as e } from "./sdk.mjs";

const events = new e.EventBridgeClient({ maxAttempts: 1 });
const table = process.env.TABLE;
const bus = `javascript-${process.pid}`;

test("an event that is put reaches the target of a rule", async () => {
  const { EventBusArn } = await events.send(new e.CreateEventBusCommand({ Name: bus }));
  assert.match(EventBusArn, new RegExp(`event-bus/${bus}$`));
  await events.send(new e.PutRuleCommand({ Name: "seen", EventBusName: bus, EventPattern: JSON.stringify({ source: ["shop"] }) }));
  const Targets = [{ Id: "t", Arn: `arn:aws:dynamodb:us-east-1:000000000000:table/${table}`, InputPath: "$.detail" }];
  assert.equal((await events.send(new e.PutTargetsCommand({ Rule: "seen", EventBusName: bus, Targets }))).FailedEntryCount, 0);
  const Entries = [{ Source: "shop", DetailType: "t", Detail: JSON.stringify({ id: bus }), EventBusName: bus, Time: new Date() }, { Source: "shop" }];
  const answer = await events.send(new e.PutEventsCommand({ Entries }));
  assert.equal(answer.FailedEntryCount, 1);
  assert.equal(answer.Entries[1].ErrorCode, "InvalidArgument");
  const get = new dynamodb.GetItemCommand({ TableName: table, Key: { id: { S: bus } }, ConsistentRead: true });
  const deadline = Date.now() + 60_000;
  while (!(await db.send(get)).Item) assert.ok(Date.now() < deadline, "the event did not arrive");
});

test("what is listed comes as it should", async () => {
  const rule = await events.send(new e.DescribeRuleCommand({ Name: "seen", EventBusName: bus }));
  assert.equal(rule.State, "ENABLED");
  const { EventBuses } = await events.send(new e.ListEventBusesCommand({ NamePrefix: bus }));
  assert.ok(EventBuses[0].CreationTime instanceof Date);
});

test("errors are exceptions of their own", async () => {
  const name = (type) => (error) => error.name === type && error.$metadata.httpStatusCode === 400;
  await assert.rejects(events.send(new e.DescribeRuleCommand({ Name: "absent" })), (error) => error instanceof e.ResourceNotFoundException);
  await assert.rejects(events.send(new e.CreateEventBusCommand({ Name: bus })), (error) => error instanceof e.ResourceAlreadyExistsException);
  await assert.rejects(events.send(new e.PutRuleCommand({ Name: "bad", EventPattern: "{" })), (error) => error instanceof e.InvalidEventPatternException);
  await assert.rejects(events.send(new e.PutRuleCommand({ Name: "bad" })), name("ValidationException"));
  await events.send(new e.DeleteEventBusCommand({ Name: bus }));
});
