// The work of an event and the note that it was done, in one transaction: however often the event comes, it is done once.
import { DynamoDBClient, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";

const db = new DynamoDBClient({});
const REMEMBERED_SECONDS = 300;

// A consumer as consumers are: it fails now and then, before its work or after it, with and without saying so.
function failAtRandom(moment) {
  if (Math.random() >= Number(process.env.FAILURE_RATE ?? 0)) return;
  if (Math.random() < 0.2) process.exit(1);
  throw new Error(`failed ${moment}`);
}

// False: it was done before.
export async function once(id, work) {
  failAtRandom("before the work");
  const now = Math.floor(Date.now() / 1000);
  const note = {
    Put: {
      TableName: process.env.INBOX_TABLE,
      Item: { pk: { S: id }, expiresAt: { N: String(now + REMEMBERED_SECONDS) } },
      ConditionExpression: "attribute_not_exists(pk) OR expiresAt < :now",
      ExpressionAttributeValues: { ":now": { N: String(now) } },
    },
  };
  let done = true;
  try {
    await db.send(new TransactWriteItemsCommand({ TransactItems: [note, work] }));
  } catch (error) {
    if (!error.CancellationReasons?.some((reason) => reason.Code === "ConditionalCheckFailed")) throw error;
    done = false;
  }
  failAtRandom("after the work");
  return done;
}

// What is on the shelf counts what was done.
export const count = (name, what) => ({
  Update: {
    TableName: process.env.SHELF_TABLE,
    Key: { pk: { S: name } },
    UpdateExpression: "ADD #what :one",
    ExpressionAttributeNames: { "#what": what },
    ExpressionAttributeValues: { ":one": { N: "1" } },
  },
});

// Of the outbox an event is {id, eventData}; of change data capture it is an event of the bus.
export const read = (event) =>
  event.eventData ? { id: event.id, ...JSON.parse(event.eventData) } : { id: event.id, ...event.detail, year: event.detail.publishedYear };
