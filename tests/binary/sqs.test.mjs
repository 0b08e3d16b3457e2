// Proves that the AWS SDK for JavaScript v3, which checks the MD5s of what it sends and receives, takes our answers.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";

const require = createRequire(join(process.env.MILLRACE_NODE_MODULES, "package.json"));
const s = require("@aws-sdk/client-sqs");
const sqs = new s.SQSClient({ maxAttempts: 1 });
let QueueUrl;

before(async () => {
  ({ QueueUrl } = await sqs.send(new s.CreateQueueCommand({ QueueName: process.env.QUEUE })));
});

test("messages come back with their checksums", async () => {
  const MessageAttributes = { kind: { DataType: "String", StringValue: "grüße" }, raw: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) } };
  const sent = await sqs.send(new s.SendMessageCommand({ QueueUrl, MessageBody: "hello 😀", MessageAttributes }));
  const { Messages } = await sqs.send(new s.ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 5 }));
  assert.equal(Messages[0].MessageId, sent.MessageId);
  assert.equal(Messages[0].MessageAttributes.kind.StringValue, "grüße");
  assert.deepEqual([...Messages[0].MessageAttributes.raw.BinaryValue], [0, 255]);
  await sqs.send(new s.DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }));
});

test("batches and their failures", async () => {
  const Entries = [{ Id: "a", MessageBody: "1" }, { Id: "b", MessageBody: "2", DelaySeconds: 901 }];
  const answer = await sqs.send(new s.SendMessageBatchCommand({ QueueUrl, Entries }));
  assert.deepEqual([answer.Successful.map((e) => e.Id), answer.Failed.map((e) => e.Code)], [["a"], ["InvalidParameterValue"]]);
});

test("errors are exceptions of their own", async () => {
  await assert.rejects(sqs.send(new s.GetQueueUrlCommand({ QueueName: "absent" })),
    (error) => error instanceof s.QueueDoesNotExist && error.message === "The specified queue does not exist.");
  await assert.rejects(sqs.send(new s.DeleteMessageCommand({ QueueUrl, ReceiptHandle: "x" })), (error) => error instanceof s.ReceiptHandleIsInvalid);
});
