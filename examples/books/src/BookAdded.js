import { count, once, read } from "./inbox.js";

export const handler = async (event) => {
  const { id, name, authors, year } = read(event);
  if (await once(id, count(name, "added"))) console.log(`${name} (${year}) by ${authors.join(",")} was added!`);
  else console.log("Book has already been presented...");
};
