import { count, once, read } from "./inbox.js";

export const handler = async (event) => {
  const { id, name } = read(event);
  if (await once(id, count(name, "removed"))) console.log(`${name} was removed!`);
  else console.log("Book has already been presented...");
};
