"""The Lambda API as boto3 and the AWS CLI use it, over functions in Node.js and Python; they survive a restart, and no
process of theirs survives the server."""
import base64
import io
import json
import os
import shutil
import subprocess
import time
import zipfile

import pytest
from botocore.exceptions import ClientError

from conftest import ROOT

ROLE = "arn:aws:iam::000000000000:role/anything"

NODE = """
exports.handler = async (event, context) => {
  console.log('seen', event.n);
  if (event.fail) throw new RangeError(event.fail);
  if (event.exit) process.exit(event.exit);
  return { twice: event.n * 2, word: process.env.WORD, pid: process.pid, version: context.functionVersion };
};
"""

PYTHON = """
import os
def handler(event, context):
    print("seen", event)
    return {"keys": sorted(event), "word": os.environ.get("WORD")}
"""

# What a function does with AWS's own SDK, which finds this server by its environment.
CALLS_BACK = """
import json, os, urllib.request
def handler(event, context):
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"] + "/", data=b"{}",
        headers={"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0",
                 "X-Amz-Date": "20260101T000000Z", "Authorization": "AWS4-HMAC-SHA256 Credential=" + os.environ["AWS_ACCESS_KEY_ID"] + "/20260101/"
                 + os.environ["AWS_REGION"] + "/dynamodb/aws4_request, SignedHeaders=host, Signature=0"})
    return json.load(urllib.request.urlopen(request))
"""


def package(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return buffer.getvalue()


def create(client, name, source, runtime="nodejs20.x", **more):
    file, handler = ("index_js", "index.handler") if runtime.startswith("node") else ("app_py", "app.handler")
    return client.create_function(FunctionName=name, Runtime=runtime, Role=ROLE, Handler=handler, Timeout=20,
                                  Code={"ZipFile": package(**{file: source})}, **more)


def invoke(client, name, event, **more):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return answer, json.loads(answer["Payload"].read() or "null")


def code_of(error):
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture(scope="session")
def functions(server):
    return server.client("lambda")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_node_function_from_creation_to_deletion(functions, unique):
    name = unique("node")
    made = create(functions, name, NODE, Environment={"Variables": {"WORD": "one"}}, Tags={"team": "a"})
    assert made["State"] == "Active" and made["Version"] == "$LATEST"
    assert made["FunctionArn"] == f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    answer, payload = invoke(functions, name, {"n": 21}, LogType="Tail")
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST" and "FunctionError" not in answer
    assert payload["twice"] == 42 and payload["word"] == "one"
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert tail.startswith("START RequestId:") and "INFO\tseen 21" in tail and "REPORT RequestId:" in tail

    answer, payload = invoke(functions, name, {"fail": "on purpose"})
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "RangeError" and payload["errorMessage"] == "on purpose" and payload["trace"]
    answer, payload = invoke(functions, name, {"exit": 3})
    assert answer["FunctionError"] == "Unhandled" and payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")

    changed = functions.update_function_code(FunctionName=name, ZipFile=package(index_js="exports.handler = async () => 2;"))
    assert changed["CodeSha256"] != made["CodeSha256"]
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert invoke(functions, name, {})[1] == 2
    functions.update_function_configuration(FunctionName=name, Timeout=5, Description="changed")
    got = functions.get_function(FunctionName=made["FunctionArn"])
    assert got["Configuration"]["Timeout"] == 5 and got["Tags"] == {"team": "a"}
    functions.delete_function(FunctionName=name)
    with pytest.raises(ClientError) as error:
        invoke(functions, name, {})
    assert code_of(error) == ("ResourceNotFoundException", 404)


def test_a_python_function_and_its_environment(functions, unique, db):
    name = unique("python")
    create(functions, name, PYTHON, "python3.11", Environment={"Variables": {"WORD": "grüße"}})
    assert invoke(functions, name, {"b": 1, "a": 2})[1] == {"keys": ["a", "b"], "word": "grüße"}
    functions.delete_function(FunctionName=name)
    create(functions, name, CALLS_BACK, "python3.11")
    assert "TableNames" in invoke(functions, name, {})[1], "a function finds the server that runs it"
    functions.delete_function(FunctionName=name)


def test_versions_and_aliases(functions, unique):
    name = unique("versions")
    create(functions, name, NODE, Environment={"Variables": {"WORD": "first"}})
    assert functions.publish_version(FunctionName=name)["Version"] == "1"
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"WORD": "second"}})
    assert functions.publish_version(FunctionName=name)["Version"] == "2"
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    answer, payload = invoke(functions, name, {"n": 1}, Qualifier="live")
    assert (payload["word"], payload["version"], answer["ExecutedVersion"]) == ("first", "1", "1")
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert invoke(functions, f"{name}:live", {"n": 1})[1]["word"] == "second"
    assert [v["Version"] for v in functions.list_versions_by_function(FunctionName=name)["Versions"]] == ["$LATEST", "1", "2"]
    assert [a["Name"] for a in functions.list_aliases(FunctionName=name)["Aliases"]] == ["live"]
    functions.delete_alias(FunctionName=name, Name="live")
    functions.delete_function(FunctionName=name, Qualifier="1")
    functions.delete_function(FunctionName=name)


def test_policies_tags_concurrency_and_what_terraform_reads(functions, unique):
    name = unique("policy")
    arn = create(functions, name, NODE)["FunctionArn"]
    functions.add_permission(FunctionName=name, StatementId="s", Action="lambda:InvokeFunction",
                             Principal="events.amazonaws.com", SourceArn="arn:aws:events:us-east-1:000000000000:rule/r")
    statement = json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"][0]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"} and statement["Resource"] == arn
    functions.remove_permission(FunctionName=name, StatementId="s")
    with pytest.raises(ClientError) as error:
        functions.get_policy(FunctionName=name)
    assert code_of(error) == ("ResourceNotFoundException", 404)
    functions.tag_resource(Resource=arn, Tags={"a": "1", "b": "2"})
    functions.untag_resource(Resource=arn, TagKeys=["a"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as error:
        invoke(functions, name, {})
    assert code_of(error) == ("TooManyRequestsException", 429)
    functions.delete_function_concurrency(FunctionName=name)
    assert functions.get_function_code_signing_config(FunctionName=name)["FunctionName"] == name
    assert functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"] == 1000
    listed = [f["FunctionName"] for page in functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 1})
              for f in page["Functions"]]
    assert name in listed and len(listed) == len(set(listed))
    functions.delete_function(FunctionName=name)


def test_invocation_types(functions, unique, tmp_path):
    name = unique("event")
    mark = tmp_path / "called"
    create(functions, name, f"exports.handler = async (e) => require('fs').writeFileSync({json.dumps(str(mark))}, e.text);")
    assert functions.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    assert not mark.exists()
    accepted = functions.invoke(FunctionName=name, InvocationType="Event", Payload='{"text":"later"}')
    assert accepted["StatusCode"] == 202
    deadline = time.monotonic() + 30
    while not (mark.exists() and mark.read_text() == "later"):
        assert time.monotonic() < deadline, "the event did not reach the function"
        time.sleep(0.01)
    functions.delete_function(FunctionName=name)


@pytest.mark.parametrize("change, code, status", [
    ({"Runtime": "java21"}, "InvalidParameterValueException", 400),
    ({"MemorySize": 127}, "ValidationException", 400),
    ({"Timeout": 901}, "ValidationException", 400),
    ({"FunctionName": "a b"}, "ValidationException", 400),
    ({"Code": {"ZipFile": b"no archive"}}, "InvalidParameterValueException", 400),
    ({"Code": {"S3Bucket": "b", "S3Key": "k"}}, "InvalidParameterValueException", 400),
    ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", 400),
])
def test_what_cannot_be_made(server, unique, change, code, status):
    client = server.client("lambda", parameter_validation=False)
    arguments = {"FunctionName": unique("f"), "Runtime": "nodejs20.x", "Role": ROLE, "Handler": "index.handler",
                 "Code": {"ZipFile": package(index_js=NODE)}}
    with pytest.raises(ClientError) as error:
        client.create_function(**arguments | change)
    assert code_of(error) == (code, status)


def test_a_package_that_leads_out_writes_nothing(server, functions, unique):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../../../escaped", "x")
    with pytest.raises(ClientError) as error:
        functions.create_function(FunctionName=unique("f"), Runtime="nodejs20.x", Role=ROLE, Handler="index.handler",
                                  Code={"ZipFile": buffer.getvalue()})
    assert code_of(error) == ("InvalidParameterValueException", 400)
    assert not [name for _, _, names in os.walk(server.directory) for name in names if name == "escaped"]


def test_functions_survive_a_restart_and_their_processes_do_not_survive_the_server(new_server):
    server = new_server().start()
    client = server.client("lambda")
    create(client, "kept", NODE, Environment={"Variables": {"WORD": "kept"}})
    client.publish_version(FunctionName="kept")
    pid = invoke(client, "kept", {"n": 1})[1]["pid"]
    assert alive(pid)
    server.kill()
    deadline = time.monotonic() + 30
    while alive(pid):
        assert time.monotonic() < deadline, "the function's process outlives the server"
        time.sleep(0.01)
    server.start()
    client = server.client("lambda")
    assert invoke(client, "kept", {"n": 4})[1]["twice"] == 8
    assert invoke(client, "kept:1", {"n": 4})[1]["word"] == "kept"
    pid = invoke(client, "kept", {"n": 1})[1]["pid"]
    assert server.stop() == 0
    assert not alive(pid)


# Appends what it gets to a file; a record whose value is "poison" fails its batch.
COLLECT = """
const fs = require('fs');
exports.handler = async (event) => {
  fs.appendFileSync(process.env.OUT, JSON.stringify(event) + '\\n');
  if (event.Records.some((r) => r.dynamodb.NewImage?.v?.S === 'poison')) throw new Error('poison');
};
"""


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_an_event_source_mapping_from_a_stream(new_server, tmp_path):
    server = new_server().start()
    client, db, out = server.client("lambda"), server.client("dynamodb"), tmp_path / "out.ndjson"
    create(client, "collect", COLLECT, Environment={"Variables": {"OUT": str(out)}})
    db.create_table(TableName="things", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    stream = db.describe_table(TableName="things")["Table"]["LatestStreamArn"]
    with pytest.raises(ClientError) as error:
        client.create_event_source_mapping(EventSourceArn=stream[:-4] + "none", FunctionName="collect", StartingPosition="LATEST")
    assert code_of(error) == ("InvalidParameterValueException", 400)
    with pytest.raises(ClientError) as error:
        client.create_event_source_mapping(EventSourceArn=stream, FunctionName="collect", StartingPosition="LATEST",
                                           FilterCriteria={"Filters": [{"Pattern": "{"}]})
    assert code_of(error) == ("InvalidParameterValueException", 400)

    made = client.create_event_source_mapping(
        EventSourceArn=stream, FunctionName="collect", StartingPosition="TRIM_HORIZON", BatchSize=3, MaximumRetryAttempts=2,
        FilterCriteria={"Filters": [{"Pattern": json.dumps({"eventName": ["INSERT", "MODIFY"]})}]})
    assert made["State"] == "Creating" and made["ResponseMetadata"]["HTTPStatusCode"] == 202
    uuid = made["UUID"]
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    assert client.list_tags(Resource=made["EventSourceMappingArn"])["Tags"] == {}

    def put(pk, value):
        db.put_item(TableName="things", Item={"pk": {"S": pk}, "v": {"S": value}})

    put("a", "1")
    put("a", "2")
    db.delete_item(TableName="things", Key={"pk": {"S": "a"}})
    wait_for(lambda: sum(len(e["Records"]) for e in lines(out)) >= 2, "the changes did not reach the function")
    records = [r for e in lines(out) for r in e["Records"]]
    assert [(r["eventName"], r["dynamodb"]["NewImage"]["v"]["S"]) for r in records] == [("INSERT", "1"), ("MODIFY", "2")]
    assert records[0]["eventSourceARN"] == stream and records[0]["eventSource"] == "aws:dynamodb"
    assert isinstance(records[0]["dynamodb"]["ApproximateCreationDateTime"], (int, float))

    # Three tries, then the others go on.
    put("b", "poison")
    put("b", "after")
    wait_for(lambda: any(r["dynamodb"]["NewImage"]["v"]["S"] == "after" and len(e["Records"]) == 1
                         for e in lines(out) for r in e["Records"]), "the poison blocks its key for ever")
    poisoned = [e for e in lines(out) if any(r["dynamodb"]["NewImage"]["v"]["S"] == "poison" for r in e["Records"])]
    assert 3 <= len(poisoned) <= 4

    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    put("c", "while disabled")
    server.kill()
    server.start()
    client, db = server.client("lambda"), server.client("dynamodb")
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert not any(r["dynamodb"]["NewImage"]["v"]["S"] == "while disabled" for e in lines(out) for r in e["Records"])
    client.update_event_source_mapping(UUID=uuid, Enabled=True)
    wait_for(lambda: any(r["dynamodb"]["NewImage"]["v"]["S"] == "while disabled" for e in lines(out) for r in e["Records"]),
             "what happened meanwhile is lost")
    assert client.list_event_source_mappings(FunctionName="collect")["EventSourceMappings"][0]["UUID"] == uuid
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    with pytest.raises(ClientError) as error:
        client.get_event_source_mapping(UUID=uuid)
    assert code_of(error) == ("ResourceNotFoundException", 404)


QUEUE = """version: 1
tables:
  things: {key: pk, stream: new}
queues:
  jobs: {visibility: 2s}
pipes:
  in: {from: table/things, to: queue/jobs, input: <$.new.pk>}
"""

# Says of one message, the first time, that it did not take it.
PARTLY = """
const fs = require('fs');
exports.handler = async (event) => {
  fs.appendFileSync(process.env.OUT, JSON.stringify(event) + '\\n');
  const failed = event.Records.filter((r) => r.body.includes('again') && r.attributes.ApproximateReceiveCount === '1');
  return { batchItemFailures: failed.map((r) => ({ itemIdentifier: r.messageId })) };
};
"""


def test_an_event_source_mapping_from_a_queue(new_server, tmp_path):
    config = tmp_path / "millrace.yaml"
    config.write_text(QUEUE)
    server, out = new_server(config=config).start(), tmp_path / "out.ndjson"
    client, db = server.client("lambda"), server.client("dynamodb")
    create(client, "work", PARTLY, Environment={"Variables": {"OUT": str(out)}})
    with pytest.raises(ClientError) as error:
        client.create_event_source_mapping(EventSourceArn="arn:aws:sqs:us-east-1:000000000000:absent", FunctionName="work")
    assert code_of(error) == ("InvalidParameterValueException", 400)
    assert client.list_event_source_mappings()["EventSourceMappings"] == [], "what does not run is not kept"
    made = client.create_event_source_mapping(EventSourceArn="arn:aws:sqs:us-east-1:000000000000:jobs", FunctionName="work",
                                              FunctionResponseTypes=["ReportBatchItemFailures"])
    assert made["BatchSize"] == 10
    for pk in ("one", "again", "two"):
        db.put_item(TableName="things", Item={"pk": {"S": pk}})

    def bodies():
        return sorted(json.loads(r["body"]) for e in lines(out) for r in e["Records"])

    wait_for(lambda: bodies() == ["again", "again", "one", "two"], "the message that failed did not come again, alone")
    record = lines(out)[0]["Records"][0]
    assert record["eventSource"] == "aws:sqs" and record["eventSourceARN"] == "arn:aws:sqs:us-east-1:000000000000:jobs"
    assert record["awsRegion"] == "us-east-1" and record["receiptHandle"] and record["md5OfBody"]
    client.delete_event_source_mapping(UUID=made["UUID"])


def test_with_the_aws_cli(server, unique, tmp_path):
    aws, name = shutil.which("aws"), unique("cli")
    assert aws, "the AWS CLI is part of the tests' environment"
    archive = tmp_path / "function.zip"
    archive.write_bytes(package(index_js=NODE))
    environment = os.environ | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
                                "AWS_ENDPOINT_URL": server.endpoint}

    def run(*words):
        done = subprocess.run([aws, "lambda", *words], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")

    made = run("create-function", "--function-name", name, "--runtime", "nodejs20.x", "--role", ROLE, "--handler",
               "index.handler", "--zip-file", f"fileb://{archive}", "--timeout", "20")
    assert made["FunctionName"] == name
    out = tmp_path / "out.json"
    payload = tmp_path / "in.json"
    payload.write_text('{"n": 5}')
    answer = run("invoke", "--function-name", name, "--payload", f"fileb://{payload}", str(out))
    assert answer["StatusCode"] == 200 and json.loads(out.read_text())["twice"] == 10
    assert name in [f["FunctionName"] for f in run("list-functions")["Functions"]]
    run("delete-function", "--function-name", name)

def test_with_the_sdk_for_javascript(server):
    node = shutil.which("node")
    assert node and os.environ.get("MILLRACE_NODE_MODULES"), "./dev test says where the SDK is"
    environment = server.environment() | {"PACKAGE": base64.b64encode(package(index_js=NODE)).decode()}
    done = subprocess.run([node, "--test", str(ROOT / "tests" / "binary" / "lambda.test.mjs")], env=environment,
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
