// A write and the event that tells of it, in one transaction: there is never one without the other.
import { randomUUID } from "node:crypto";
import { DynamoDBClient, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";

const db = new DynamoDBClient({});

// Without an outbox the table's own changes are the events. False: the write's condition does not hold.
export async function write(operation, eventType, eventData) {
  const actions = [operation];
  if (process.env.OUTBOX_TABLE) {
    actions.push({
      Put: {
        TableName: process.env.OUTBOX_TABLE,
        Item: {
          pk: { S: randomUUID() },
          sk: { S: String(Math.floor(Date.now() / 1000)) },
          eventType: { S: eventType },
          eventData: { S: JSON.stringify(eventData) },
        },
      },
    });
  }
  try {
    await db.send(new TransactWriteItemsCommand({ TransactItems: actions, ClientRequestToken: randomUUID() }));
    return true;
  } catch (error) {
    if (error.CancellationReasons?.some((reason) => reason.Code === "ConditionalCheckFailed")) return false;
    throw error;
  }
}
