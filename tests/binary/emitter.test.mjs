// Proves the emitter example's scenario with the AWS SDK for JavaScript: the changes are made here, and the endpoint that
// gets the events is checked by test_emitter.py, which starts this.
import assert from "node:assert/strict";
import { test } from "node:test";

import { db, dynamodb, readAll } from "./sdk.mjs";

const TableName = process.env.TABLE;
const Key = { id: { S: "u1" } };

async function setPhone(phone) {
  const answer = await db.send(new dynamodb.UpdateItemCommand({
    TableName, Key, UpdateExpression: "SET #p = :p", ExpressionAttributeNames: { "#p": "phone-number" },
    ExpressionAttributeValues: { ":p": { S: phone } }, ReturnValues: "UPDATED_NEW",
  }));
  assert.deepEqual(answer.Attributes, { "phone-number": { S: phone } });
}

test("a user is made, changes the phone number twice, and is deleted", async () => {
  await db.send(new dynamodb.PutItemCommand({ TableName, Item: { ...Key, "phone-number": { S: "1" } } }));
  await setPhone("2");
  await setPhone("3");
  await db.send(new dynamodb.DeleteItemCommand({ TableName, Key }));
});

test("the stream holds the changes with both images", async () => {
  const records = await readAll(TableName);
  assert.deepEqual(records.map((record) => record.eventName), ["INSERT", "MODIFY", "MODIFY", "REMOVE"]);
  const { OldImage, NewImage, SequenceNumber } = records[1].dynamodb;
  assert.deepEqual([OldImage["phone-number"], NewImage["phone-number"]], [{ S: "1" }, { S: "2" }]);
  assert.match(SequenceNumber, /^\d{21,40}$/);
});
