// The AWS SDK for JavaScript v3 from the directory that ./dev test installed it to, and clients for the server under test.
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.MILLRACE_NODE_MODULES, "package.json"));
export const dynamodb = require("@aws-sdk/client-dynamodb");
export const streams = require("@aws-sdk/client-dynamodb-streams");
export const eventbridge = require("@aws-sdk/client-eventbridge");

// The endpoint, the region and the credentials are in the environment, as a user would have them.
export const db = new dynamodb.DynamoDBClient({ maxAttempts: 1 });
export const changes = new streams.DynamoDBStreamsClient({ maxAttempts: 1 });

// Every record of the table's latest stream, shard after shard.
export async function readAll(table) {
  const { Table } = await db.send(new dynamodb.DescribeTableCommand({ TableName: table }));
  const StreamArn = Table.LatestStreamArn;
  const { StreamDescription } = await changes.send(new streams.DescribeStreamCommand({ StreamArn }));
  const records = [];
  for (const { ShardId } of StreamDescription.Shards) {
    const start = new streams.GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" });
    let { ShardIterator } = await changes.send(start);
    while (ShardIterator) {
      const page = await changes.send(new streams.GetRecordsCommand({ ShardIterator }));
      records.push(...page.Records);
      ShardIterator = page.Records.length > 0 ? page.NextShardIterator : undefined;
    }
  }
  return records;
}
