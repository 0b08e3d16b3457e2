// Three consumers of one stream.

export const logInput = async (event) => {
  console.log(JSON.stringify(event));
  return null;
};

function todoOf(record) {
  const image = record.dynamodb.NewImage;
  if (!image?.id?.S) throw new Error("Unexpected error: could not unmarshall todo from DynamoDB stream event object");
  return { id: image.id.S, description: image.description?.S, version: Number(image.version?.N ?? 0) };
}

// What was removed has no new image, and nothing is to be done for it.
export const handleTodos = async (event) => {
  const todos = event.Records.filter((record) => record.eventName !== "REMOVE").map(todoOf);
  for (const todo of todos) console.log(`todo ${todo.id} version ${todo.version}`);
  return todos.map((todo) => todo.id);
};

export const alwaysFails = async () => {
  throw new Error("this one always fails");
};
