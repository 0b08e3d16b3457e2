// Calls operations with the AWS SDK for JavaScript v3: reads {service, operation, parameters} and writes {answer} or {error}, one JSON text per line.
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.env.MILLRACE_NODE_MODULES, "package.json"));
const PACKAGES = { events: "eventbridge" };
const clients = {};

function client(service) {
  if (!clients[service]) {
    const sdk = require(`@aws-sdk/client-${PACKAGES[service] ?? service}`);
    const name = Object.keys(sdk).find((each) => each.endsWith("Client") && each !== "__Client");
    // Some versions of the SDK know of AWS_ENDPOINT_URL, and some do not.
    clients[service] = { sdk, client: new sdk[name]({ maxAttempts: 1, endpoint: process.env.AWS_ENDPOINT_URL }) };
  }
  return clients[service];
}

// What the SDK wants as bytes and as dates.
function typed(operation, parameters) {
  const bytes = (text) => Buffer.from(text, "base64");
  if (parameters.Code?.ZipFile) parameters.Code.ZipFile = bytes(parameters.Code.ZipFile);
  if (parameters.ZipFile) parameters.ZipFile = bytes(parameters.ZipFile);
  for (const name of ["EventStartTime", "EventEndTime"]) if (parameters[name]) parameters[name] = new Date(parameters[name]);
  return parameters;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { service, operation, parameters } = JSON.parse(line);
  let result;
  try {
    const { sdk, client: to } = client(service);
    const answer = await to.send(new sdk[`${operation}Command`](typed(operation, parameters)));
    if (answer.Payload) answer.Payload = JSON.parse(Buffer.from(answer.Payload).toString() || "null");
    result = { answer };
  } catch (error) {
    result = { error: error.name, message: String(error.message) };
  }
  process.stdout.write(JSON.stringify(result) + "\n");
}
