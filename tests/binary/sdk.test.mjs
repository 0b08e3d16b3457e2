// Proves that the AWS SDK for JavaScript v3 understands every operation's answer and every error's type. What the
// operations do in detail is proved in Python beside this.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { db, dynamodb as d, readAll } from "./sdk.mjs";

const TableName = `javascript-${process.pid}`;
const call = (command, input) => db.send(new command({ TableName, ...input }));
const key = (pk) => ({ pk: { S: pk } });

before(async () => {
  await call(d.CreateTableCommand, {
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }], AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST", StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
  });
  await d.waitUntilTableExists({ client: db, maxWaitTime: 60, minDelay: 1 }, { TableName });
});
after(() => call(d.DeleteTableCommand, {}));

test("all ten types come back as they went in", async () => {
  const Item = {
    ...key("types"), s: { S: "grüße 😀" }, n: { N: "12345678901234567890123456789012345678" }, b: { B: new Uint8Array([0, 255]) },
    yes: { BOOL: true }, nothing: { NULL: true }, l: { L: [{ S: "a" }, { N: "1" }] }, m: { M: { k: { BOOL: false } } },
    ss: { SS: ["a"] }, ns: { NS: ["1.5"] }, bs: { BS: [new Uint8Array([1])] },
  };
  await call(d.PutItemCommand, { Item });
  assert.deepEqual((await call(d.GetItemCommand, { Key: key("types") })).Item, Item);
});

test("conditions fail as exceptions of their own with the item", async () => {
  await call(d.PutItemCommand, { Item: { ...key("a"), x: { N: "1" } } });
  await assert.rejects(
    call(d.PutItemCommand, { Item: key("a"), ConditionExpression: "attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
    (error) => error instanceof d.ConditionalCheckFailedException && error.Item.x.N === "1");
});

test("an absent table is an exception of its own", async () => {
  await assert.rejects(db.send(new d.GetItemCommand({ TableName: "absent", Key: key("a") })),
    (error) => error instanceof d.ResourceNotFoundException && error.message === "Requested resource not found" && error.$metadata.httpStatusCode === 400);
});

test("queries and scans page", async () => {
  const Items = Array.from({ length: 5 }, (_, i) => ({ PutRequest: { Item: key(`page${i}`) } }));
  assert.deepEqual((await db.send(new d.BatchWriteItemCommand({ RequestItems: { [TableName]: Items } }))).UnprocessedItems, {});
  let count = 0;
  for await (const page of d.paginateScan({ client: db, pageSize: 2 }, { TableName, FilterExpression: "begins_with(pk, :p)", ExpressionAttributeValues: { ":p": { S: "page" } } })) {
    count += page.Count;
  }
  assert.equal(count, 5);
  const found = await call(d.QueryCommand, { KeyConditionExpression: "pk = :p", ExpressionAttributeValues: { ":p": { S: "page1" } } });
  assert.deepEqual(found.Items, [key("page1")]);
  const batch = await db.send(new d.BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key("page1"), key("absent")] } } }));
  assert.deepEqual(batch.Responses, { [TableName]: [key("page1")] });
});

test("transactions happen whole or say why not", async () => {
  await db.send(new d.TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: key("t1") } }, { Put: { TableName, Item: key("t2") } }] }));
  const read = await db.send(new d.TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key: key("t1") } }, { Get: { TableName, Key: key("t3") } }] }));
  assert.deepEqual(read.Responses, [{ Item: key("t1") }, {}]);
  await assert.rejects(
    db.send(new d.TransactWriteItemsCommand({ TransactItems: [
      { Put: { TableName, Item: key("t3") } }, { ConditionCheck: { TableName, Key: key("t4"), ConditionExpression: "attribute_exists(pk)" } }] })),
    (error) => error instanceof d.TransactionCanceledException && error.CancellationReasons[1].Code === "ConditionalCheckFailed");
});

test("the table is described, listed and streamed", async () => {
  const { Table } = await call(d.DescribeTableCommand, {});
  assert.equal(Table.TableStatus, "ACTIVE");
  assert.ok(Table.CreationDateTime instanceof Date && Table.StreamSpecification.StreamEnabled);
  assert.ok((await db.send(new d.ListTablesCommand({}))).TableNames.includes(TableName));
  const records = await readAll(TableName);
  assert.ok(records.length > 0 && records.every((record) => record.dynamodb.ApproximateCreationDateTime instanceof Date));
});

test("what is not there yet is an unknown operation", async () => {
  await assert.rejects(call(d.CreateBackupCommand, { BackupName: "backup" }), (error) => error.name === "UnknownOperationException");
});
