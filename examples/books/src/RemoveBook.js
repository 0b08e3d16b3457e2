import { write } from "./outbox.js";
import { answering, bodyOf, environment } from "./request.js";

export const handler = answering(async (event) => {
  const [table] = environment("BOOKS_TABLE");
  const { name } = bodyOf(event);
  if (!name) throw new Error('Missing "name" in input!');
  // A book that is not there is not removed, and nobody is told that it was.
  const operation = { Delete: { TableName: table, Key: { pk: { S: name } }, ConditionExpression: "attribute_exists(pk)" } };
  await write(operation, "BookRemoved", { name });
  return 204;
});
