// The Lambda runtime for Node.js functions: it loads the handler, asks the Runtime API for events and posts answers.
//
// One connection, raw: the answer to one event and the question for the next are one write, so that an event costs one
// read and one write. What a handler sees (context, callbacks, console, errors) is as in AWS's managed runtime.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
'use strict';

const net = require('node:net');
const path = require('node:path');
const fs = require('node:fs');
const { pathToFileURL } = require('node:url');
const { format } = require('node:util');
const { Writable } = require('node:stream');

const [HOST, PORT] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const API = '/2018-06-01/runtime';
const RESPONSE_BYTES_MAX = 6291556;
const STREAM = Symbol('millrace.stream');

let requestId;

// ---------------------------------------------------------------------------------------------------- the console

function patchConsole() {
  const levels = { log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR', debug: 'DEBUG', trace: 'TRACE' };
  for (const [name, level] of Object.entries(levels)) {
    console[name] = (...args) => {
      process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${format(...args)}\n`);
    };
  }
}

// --------------------------------------------------------------------------------------------------- the connection

let socket;
let chunks = [];
let received = 0;
let needed = 1;
const waiting = []; // what to do with each answer that is owed, in order

function connect() {
  socket = net.connect({ host: HOST, port: Number(PORT), noDelay: true });
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    received += chunk.length;
    if (received >= needed) readAnswers();
  });
  // Without a Runtime API there is nothing left to do.
  socket.on('error', () => process.exit(1));
  socket.on('close', () => process.exit(1));
}

function readAnswers() {
  let bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  needed = 1;
  while (bytes.length > 0) {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) break;
    const head = bytes.latin1Slice(0, end + 2);
    const body = end + 4 + Number(headerOf(head, 'Content-Length') || 0);
    if (bytes.length < body) {
      needed = body;
      break;
    }
    const take = waiting.shift();
    const content = bytes.subarray(end + 4, body);
    bytes = bytes.subarray(body);
    take(Number(head.slice(9, 12)), head, content);
  }
  chunks = bytes.length > 0 ? [bytes] : [];
  received = bytes.length;
}

function headerOf(head, name) {
  const at = head.indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const begin = at + name.length + 4;
  return head.slice(begin, head.indexOf('\r\n', begin));
}

function post(target, body, extra) {
  return `POST ${API}${target} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\n` +
    `${extra || ''}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
}

const NEXT = `GET ${API}/invocation/next HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

// ------------------------------------------------------------------------------------------------------------ errors

function errorDocument(error) {
  if (error instanceof Error || (error && typeof error.message === 'string' && error.name)) {
    const trace = typeof error.stack === 'string' ? error.stack.split('\n') : [];
    return { errorType: error.name || 'Error', errorMessage: error.message, trace };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function named(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}

function logError(what, error) {
  const { errorType, errorMessage, trace } = errorDocument(error);
  const extra = error && typeof error === 'object' ? error : {};
  console.error(`${what}\t${JSON.stringify({ errorType, errorMessage, ...extra, stack: trace })}`);
}

function typeHeader(type) {
  return `Lambda-Runtime-Function-Error-Type: ${String(type).replace(/[^\x20-\x7e]/g, '?')}\r\n`;
}

// Ends the process once the last words are out.
function lastWords(target, error, status) {
  const body = JSON.stringify(errorDocument(error));
  waiting.push(() => process.exit(status));
  socket.write(post(target, body, typeHeader(error.name)) + body);
}

// ----------------------------------------------------------------------------------------------------- the handler

// "dir/file.a.b" is export b of export a of dir/file.
function parseHandler(handler) {
  const base = path.basename(handler);
  const match = /^([^.]*)\.(.+)$/.exec(base);
  if (handler.includes('..') || !match) {
    throw named('Runtime.MalformedHandlerName',
      handler.includes('..')
        ? `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`
        : 'Bad handler');
  }
  return { file: path.join(handler.slice(0, handler.length - base.length), match[1]), names: match[2].split('.') };
}

function packageType(directory) {
  for (let at = directory; ; at = path.dirname(at)) {
    try {
      return JSON.parse(fs.readFileSync(path.join(at, 'package.json'), 'utf8')).type === 'module' ? 'module' : 'commonjs';
    } catch (error) {
      if (error.code !== 'ENOENT' || at === path.dirname(at)) return 'commonjs';
    }
  }
}

async function loadModule(root, file) {
  const base = path.resolve(root, file);
  const isFile = (name) => fs.statSync(name, { throwIfNoEntry: false })?.isFile();
  if (isFile(base)) return require(base);
  if (isFile(`${base}.js`)) {
    return packageType(path.dirname(base)) === 'module' ? import(pathToFileURL(`${base}.js`)) : require(`${base}.js`);
  }
  if (isFile(`${base}.mjs`)) return import(pathToFileURL(`${base}.mjs`));
  if (isFile(`${base}.cjs`)) return require(`${base}.cjs`);
  // Node.js from 22.18 on runs TypeScript as it is.
  if (process.features.typescript) {
    for (const extension of ['ts', 'mts', 'cts'])
      if (isFile(`${base}.${extension}`)) return import(pathToFileURL(`${base}.${extension}`));
  }
  return require(require.resolve(file, { paths: [root, path.join(root, 'node_modules')] }));
}

async function loadHandler(root, handler) {
  const { file, names } = parseHandler(handler);
  let loaded;
  try {
    loaded = await loadModule(root, file);
  } catch (error) {
    if (error instanceof SyntaxError) {
      error.name = 'Runtime.UserCodeSyntaxError';
      error.message = `SyntaxError: ${error.message}`;
    } else if (error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND')) {
      error.name = 'Runtime.ImportModuleError';
      error.message = `Error: ${error.message}`;
    }
    throw error;
  }
  let found = loaded;
  for (const name of names) found = found?.[name];
  if (found === undefined && loaded?.default !== undefined) {
    found = loaded.default;
    for (const name of names) found = found?.[name];
  }
  if (found === undefined) {
    throw named('Runtime.HandlerNotFound', `${path.basename(handler)} is undefined or not exported`);
  }
  if (typeof found !== 'function') {
    throw named('Runtime.HandlerNotFound', `${path.basename(handler)} is not a function`);
  }
  return found;
}

// awslambda.streamifyResponse: the stream is gathered and posted whole.
function provideStreaming() {
  class ResponseStream extends Writable {
    constructor() {
      super();
      this.parts = [];
    }
    _write(chunk, encoding, done) {
      this.parts.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
      done();
    }
    setContentType(type) {
      this.contentType = type;
    }
  }
  globalThis.awslambda = {
    streamifyResponse: (handler) => {
      handler[STREAM] = ResponseStream;
      return handler;
    },
    HttpResponseStream: {
      from: (stream, prelude) => {
        stream.setContentType('application/vnd.awslambda.http-integration-response');
        stream.write(Buffer.concat([Buffer.from(JSON.stringify(prelude)), Buffer.alloc(8)]));
        return stream;
      },
    },
  };
}

// ------------------------------------------------------------------------------------------------------- the events

let handler;
let settle; // ends the event in progress; undefined between events

function onEvent(status, head, body) {
  if (status !== 200) process.exit(1);
  const id = headerOf(head, 'Lambda-Runtime-Aws-Request-Id');
  const deadline = Number(headerOf(head, 'Lambda-Runtime-Deadline-Ms'));
  const trace = headerOf(head, 'Lambda-Runtime-Trace-Id');
  const client = headerOf(head, 'Lambda-Runtime-Client-Context');
  requestId = id;
  if (trace) process.env._X_AMZN_TRACE_ID = trace;

  let open = true;
  let answer; // of a callback that waits for the event loop
  const end = (target, content, extra) => {
    if (!open) return;
    open = false;
    settle = undefined;
    socket.ref();
    waiting.push(() => {}, onEvent);
    if (typeof content === 'string') {
      socket.write(post(`/invocation/${id}/${target}`, content, extra) + content + NEXT);
    } else {
      socket.write(Buffer.concat([Buffer.from(post(`/invocation/${id}/${target}`, content, extra)), content,
        Buffer.from(NEXT)]));
    }
  };
  const fail = (error) => {
    if (!open) return;
    logError('Invoke Error', error);
    const document = errorDocument(error);
    end('error', JSON.stringify(document), typeHeader(document.errorType));
  };
  const succeed = (value) => {
    let content;
    try {
      content = Buffer.isBuffer(value) ? value : JSON.stringify(value === undefined ? null : value);
      if (content === undefined) content = 'null';
    } catch (error) {
      return fail(named('Runtime.MarshalError', `Unable to stringify response body: ${error.message}`));
    }
    if (Buffer.byteLength(content) > RESPONSE_BYTES_MAX) {
      return fail(named('Function.ResponseSizeTooLarge', `Response payload size (${Buffer.byteLength(content)} bytes) ` +
        `exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`));
    }
    end('response', content);
  };

  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headerOf(head, 'Lambda-Runtime-Invoked-Function-Arn'),
    awsRequestId: id,
    clientContext: client ? JSON.parse(client) : undefined,
    identity: undefined,
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    done: (error, value) => callback(error, value),
    succeed: (value) => callback(null, value),
    fail: (error) => callback(error === null || error === undefined ? 'handled' : error),
  };
  const callback = (error, value) => {
    if (!open || answer) return;
    answer = () => (error === null || error === undefined ? succeed(value) : fail(error));
    // Otherwise once nothing is left to do.
    if (!context.callbackWaitsForEmptyEventLoop) setImmediate(answer);
  };
  // Nothing is left to do: what was called back is the answer, or there is none.
  settle = { empty: () => (answer ? answer() : succeed(null)), fail, id };
  // The connection alone does not keep an event in progress.
  socket.unref();

  try {
    const event = JSON.parse(body.toString('utf8'));
    if (handler[STREAM]) {
      const stream = new handler[STREAM]();
      stream.on('finish', () => succeed(Buffer.concat(stream.parts)));
      stream.on('error', fail);
      Promise.resolve(handler(event, stream, context)).catch(fail);
      return;
    }
    // What a handler returns that is no promise says nothing, as on AWS: the callback does.
    const returned = handler(event, context, callback);
    if (returned !== null && typeof returned === 'object' && typeof returned.then === 'function') {
      returned.then(succeed, fail);
    }
  } catch (error) {
    fail(error);
  }
}

process.on('beforeExit', () => settle?.empty());
function die(what, error, status) {
  logError(what, error);
  // Between events the connection is taken by the question for the next one.
  if (handler !== undefined && settle === undefined) process.exit(status);
  lastWords(settle === undefined ? '/init/error' : `/invocation/${settle.id}/error`, error, status);
}
process.on('uncaughtException', (error) => die('Uncaught Exception', error, 129));
process.on('unhandledRejection', (reason) => {
  const error = named('Runtime.UnhandledPromiseRejection', String(reason));
  if (reason instanceof Error) error.stack = reason.stack;
  error.reason = reason instanceof Error ? errorDocument(reason) : reason;
  die('Unhandled Promise Rejection', error, 128);
});

patchConsole();
provideStreaming();
connect();
loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER).then(
  (loaded) => {
    handler = loaded;
    waiting.push(onEvent);
    socket.write(NEXT);
  },
  (error) => {
    logError('Uncaught Exception', error);
    lastWords('/init/error', error, 1);
  },
);
