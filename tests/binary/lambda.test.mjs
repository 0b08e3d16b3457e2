// Proves that the AWS SDK for JavaScript v3 understands the Lambda API: functions, answers, errors by their types, pages.
// What the operations do in detail is proved in Python beside this. PACKAGE is a deployment package in Base64.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";

const require = createRequire(join(process.env.MILLRACE_NODE_MODULES, "package.json"));
const l = require("@aws-sdk/client-lambda");
const client = new l.LambdaClient({ maxAttempts: 1 });
const FunctionName = `javascript-${process.pid}`;
const call = (command, input) => client.send(new command({ FunctionName, ...input }));
const text = (bytes) => new TextDecoder().decode(bytes);

before(async () => {
  const made = await call(l.CreateFunctionCommand, {
    Runtime: "nodejs20.x", Role: "arn:aws:iam::000000000000:role/r", Handler: "index.handler", Timeout: 20,
    Code: { ZipFile: Buffer.from(process.env.PACKAGE, "base64") }, Environment: { Variables: { WORD: "word" } },
  });
  assert.equal(made.FunctionName, FunctionName);
  await l.waitUntilFunctionActiveV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
});
after(() => call(l.DeleteFunctionCommand, {}));

test("an invocation answers with its payload and the end of its log", async () => {
  const answer = await call(l.InvokeCommand, { Payload: JSON.stringify({ n: 4 }), LogType: "Tail" });
  assert.equal(answer.StatusCode, 200);
  assert.equal(answer.FunctionError, undefined);
  assert.equal(answer.ExecutedVersion, "$LATEST");
  assert.deepEqual(JSON.parse(text(answer.Payload)).twice, 8);
  assert.match(Buffer.from(answer.LogResult, "base64").toString(), /^START RequestId: [^]*REPORT RequestId: /);
});

test("an error of the function is an answer", async () => {
  const answer = await call(l.InvokeCommand, { Payload: JSON.stringify({ fail: "no" }) });
  assert.equal(answer.FunctionError, "Unhandled");
  assert.equal(JSON.parse(text(answer.Payload)).errorType, "RangeError");
});

test("an event is accepted, a dry run is not carried out", async () => {
  assert.equal((await call(l.InvokeCommand, { InvocationType: "Event", Payload: "{}" })).StatusCode, 202);
  assert.equal((await call(l.InvokeCommand, { InvocationType: "DryRun" })).StatusCode, 204);
});

test("an absent function is an exception of its own", async () => {
  await assert.rejects(client.send(new l.InvokeCommand({ FunctionName: "absent" })),
    (error) => error instanceof l.ResourceNotFoundException && error.$metadata.httpStatusCode === 404
      && error.message === "Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent");
  await assert.rejects(call(l.UpdateFunctionConfigurationCommand, { Environment: { Variables: { AWS_REGION: "x" } } }),
    (error) => error instanceof l.InvalidParameterValueException);
});

test("versions, aliases and pages", async () => {
  assert.equal((await call(l.PublishVersionCommand, {})).Version, "1");
  await call(l.CreateAliasCommand, { Name: "live", FunctionVersion: "1" });
  assert.equal((await call(l.InvokeCommand, { Qualifier: "live", Payload: '{"n":1}' })).ExecutedVersion, "1");
  const versions = [];
  for await (const page of l.paginateListVersionsByFunction({ client, pageSize: 1 }, { FunctionName }))
    versions.push(...page.Versions.map((version) => version.Version));
  assert.deepEqual(versions, ["$LATEST", "1"]);
});
