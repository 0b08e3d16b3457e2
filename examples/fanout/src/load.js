// Three todos, each written twice, as a client does that has not heard the first answer; then two writers of one version.
// One line of JSON tells what became of each write.
import { Conflict, TodoDao } from "./dao.js";

const dao = new TodoDao();
const at = "2020-01-18T00:00:00.000Z";
const tell = async (todo) => {
  try {
    return await dao.put(todo);
  } catch (error) {
    if (error instanceof Conflict) return "conflict";
    throw error;
  }
};

for (const number of [1, 2, 3]) {
  const todo = { id: `todo-${number}`, description: `todo number ${number}`, lastUpdatedDateTime: at, version: 1 };
  console.log(JSON.stringify({ id: todo.id, first: await tell(todo), again: await tell(todo) }));
}
const [one, other] = await Promise.all(
  ["one", "the other"].map((who) => tell({ id: "todo-1", description: `done by ${who}`, lastUpdatedDateTime: at, version: 2 })),
);
console.log(JSON.stringify({ id: "todo-1", writers: [one, other].sort() }));
