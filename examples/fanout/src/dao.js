// Writes that may be repeated: each has the version that it makes, and takes effect only on the version before it.
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";

const TABLE = "TodoTable-20200118";

export class Conflict extends Error {}

export class TodoDao {
  constructor(client = new DynamoDBClient({})) {
    this.client = client;
  }

  // "written", or "repeated" if this very write took effect before. Throws Conflict if another one did.
  async put(todo) {
    const item = {
      id: { S: todo.id },
      description: { S: todo.description },
      lastUpdatedDateTime: { S: todo.lastUpdatedDateTime },
      version: { N: String(todo.version) },
    };
    try {
      await this.client.send(
        new PutItemCommand({
          TableName: TABLE,
          Item: item,
          ConditionExpression: todo.version === 1 ? "attribute_not_exists(id)" : "version = :before",
          ...(todo.version > 1 && { ExpressionAttributeValues: { ":before": { N: String(todo.version - 1) } } }),
        }),
      );
      return "written";
    } catch (error) {
      if (error.name !== "ConditionalCheckFailedException") throw error;
      const { Item: found } = await this.client.send(new GetItemCommand({ TableName: TABLE, Key: { id: item.id }, ConsistentRead: true }));
      const same = found && Object.keys(item).every((name) => JSON.stringify(found[name]) === JSON.stringify(item[name]));
      if (same) return "repeated";
      throw new Conflict(`todo ${todo.id}: version ${todo.version} was written by somebody else`);
    }
  }
}
