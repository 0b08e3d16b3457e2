import { write } from "./outbox.js";
import { answering, bodyOf, environment } from "./request.js";

export const handler = answering(async (event) => {
  const [table] = environment("BOOKS_TABLE");
  const { name, authors, year } = bodyOf(event);
  if (!name || !authors || !year)
    throw new Error('Invalid input! Please provide "name" (string), "authors" (array of strings), and "year" (number) fields.');
  const item = { pk: { S: name }, authors: { SS: authors }, publishedYear: { N: String(year) } };
  await write({ Put: { TableName: table, Item: item } }, "BookAdded", { name, authors, year });
  return 201;
});
