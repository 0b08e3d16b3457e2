"""Proves the EventBridge Pipes API over the wire: a pipe that is made carries every change from then on, keeps its place when it is stopped, changed or
cut short, goes through the states that clients wait for, and what is wrong with one is said."""
import json
import subprocess
import time

import pytest
from botocore.exceptions import ClientError
from receiver import Receiver
from tables import create_table, s

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipes"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"


def error_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def stream_of(db, table):
    return db.describe_table(TableName=table)["Table"]["LatestStreamArn"]


def stream(start="TRIM_HORIZON", pattern=None, **more):
    parameters = {"DynamoDBStreamParameters": {"StartingPosition": start, **more}}
    return {**parameters, "FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)}]}} if pattern else parameters


def wait_for_state(pipes, name, state):
    deadline = time.monotonic() + 60
    while (pipe := pipes.describe_pipe(Name=name))["CurrentState"] != state:
        assert time.monotonic() < deadline, pipe
    return pipe


def wait_until_gone(pipes, name):
    deadline = time.monotonic() + 60
    while True:
        try:
            assert pipes.describe_pipe(Name=name)["CurrentState"] == "DELETING"
        except ClientError as error:
            assert error.response["Error"]["Code"] == "NotFoundException"
            return
        assert time.monotonic() < deadline


@pytest.fixture
def receiver():
    with Receiver() as received:
        yield received


class Place:
    """A table with a stream, and an API destination that leads to the receiver."""

    def __init__(self, server, receiver):
        self.db, self.pipes, self.events = server.client(), server.client("pipes"), server.client("events")
        create_table(self.db, "orders", "id:S", view="NEW_AND_OLD_IMAGES")
        self.stream = stream_of(self.db, "orders")
        connection = self.events.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "key"}})["ConnectionArn"]
        self.target = self.events.create_api_destination(Name="d", ConnectionArn=connection, HttpMethod="POST",
                                                         InvocationEndpoint=f"http://127.0.0.1:{receiver.port}/")["ApiDestinationArn"]

    def put(self, name, **more):
        self.db.put_item(TableName="orders", Item={"id": s(name), **more})

    def create(self, name="p", **more):
        return self.pipes.create_pipe(**{"Name": name, "RoleArn": ROLE, "Source": self.stream, "Target": self.target, "SourceParameters": stream(),
                                         **more})


@pytest.fixture
def server(new_server):
    return new_server().start()


@pytest.fixture
def place(server, receiver):
    return Place(server, receiver)


def test_a_pipe_carries_changes_through_its_filter_and_template(place, receiver):
    made = place.create(Description="orders", Tags={"team": "shop"}, SourceParameters=stream(pattern={"eventName": ["INSERT"]}),
                        TargetParameters={"InputTemplate": '{"id": <$.dynamodb.NewImage.id.S>, "pipe": "<aws.pipes.pipe-name>"}'})
    assert (made["Arn"], made["DesiredState"], made["CurrentState"]) == (f"arn:aws:pipes:us-east-1:{ACCOUNT}:pipe/p", "RUNNING", "CREATING")
    described = wait_for_state(place.pipes, "p", "RUNNING")
    assert described["Source"] == place.stream and described["Description"] == "orders" and described["Tags"] == {"team": "shop"}
    assert described["SourceParameters"] == stream(pattern={"eventName": ["INSERT"]})
    place.put("a")
    place.put("a", total=s("5"))
    place.put("b")
    assert receiver.wait_until(lambda got: len(got) == 2)
    assert sorted(each["id"] for each in receiver.events()) == ["a", "b"] and receiver.events()[0]["pipe"] == "p"


def test_its_place_is_kept_while_it_is_stopped_changed_and_cut_short(server, place, receiver):
    place.create(TargetParameters={"InputTemplate": '{"id": <$.dynamodb.Keys.id.S>}'})
    place.put("a")
    receiver.wait_for(1)
    assert place.pipes.stop_pipe(Name="p")["CurrentState"] == "STOPPING"
    wait_for_state(place.pipes, "p", "STOPPED")
    place.put("b")
    server.restart()
    place.pipes, place.db = server.client("pipes"), server.client()
    assert place.pipes.describe_pipe(Name="p")["CurrentState"] == "STOPPED"
    place.put("c")
    changed = place.pipes.update_pipe(Name="p", RoleArn=ROLE, Target=place.target, DesiredState="STOPPED",
                                      TargetParameters={"InputTemplate": '{"id": <$.dynamodb.Keys.id.S>, "changed": true}'})
    assert changed["CurrentState"] == "UPDATING"
    assert place.pipes.start_pipe(Name="p")["CurrentState"] == "STARTING"
    assert receiver.wait_until(lambda got: {each["id"] for each in got} == {"a", "b", "c"})
    assert all(each.get("changed") for each in receiver.events() if each["id"] != "a")
    described = wait_for_state(place.pipes, "p", "RUNNING")
    assert described["SourceParameters"] == stream()
    # The template is cleared by an empty one, as Terraform does it.
    place.pipes.update_pipe(Name="p", RoleArn=ROLE, Target=place.target, TargetParameters={"InputTemplate": ""})
    place.put("d")
    assert receiver.wait_until(lambda got: any(each.get("eventSource") == "aws:dynamodb" for each in got))


def test_a_deleted_pipe_is_gone_and_one_of_its_name_is_another(place, receiver):
    place.create(TargetParameters={"InputTemplate": '{"id": <$.dynamodb.Keys.id.S>}'})
    place.put("a")
    receiver.wait_for(1)
    assert place.pipes.delete_pipe(Name="p")["CurrentState"] == "DELETING"
    wait_until_gone(place.pipes, "p")
    assert error_of(place.pipes.delete_pipe, Name="p") == ("NotFoundException", "Pipe p does not exist.")
    place.put("b")
    place.create(SourceParameters=stream("LATEST"), TargetParameters={"InputTemplate": '{"id": <$.dynamodb.Keys.id.S>}'})
    place.put("c")
    assert receiver.wait_until(lambda got: any(each["id"] == "c" for each in got))
    assert [each["id"] for each in receiver.events()] == ["a", "c"]


def test_a_pipe_feeds_a_bus_with_names_of_its_own(place, receiver):
    place.events.put_rule(Name="r", EventPattern='{"source": ["shop"], "detail-type": ["INSERT"]}')
    place.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": place.target}])
    place.create(Target=BUS, TargetParameters={"EventBridgeEventBusParameters": {"Source": "shop", "DetailType": "$.eventName"}})
    place.put("a")
    event, = receiver.wait_for(1)
    assert event["detail"]["dynamodb"]["Keys"] == {"id": {"S": "a"}}


def test_pipes_are_listed_and_tagged(place):
    for name in ("one", "other", "two"):
        place.create(name, DesiredState="STOPPED")
    first = place.pipes.list_pipes(Limit=2)
    second = place.pipes.list_pipes(Limit=2, NextToken=first["NextToken"])
    assert [pipe["Name"] for pipe in first["Pipes"] + second["Pipes"]] == ["one", "other", "two"]
    assert [pipe["Name"] for pipe in place.pipes.list_pipes(NamePrefix="o")["Pipes"]] == ["one", "other"]
    assert place.pipes.list_pipes(DesiredState="RUNNING")["Pipes"] == []
    arn = first["Pipes"][0]["Arn"]
    place.pipes.tag_resource(resourceArn=arn, tags={"a": "1", "b c": "2"})
    place.pipes.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert place.pipes.list_tags_for_resource(resourceArn=arn)["tags"] == {"b c": "2"}


def test_a_change_says_its_request_and_its_group(place, server, receiver):
    place.events.update_api_destination(Name="d", InvocationEndpoint=f"http://127.0.0.1:{receiver.port}/orders/*")
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="jobs.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    place.create("requests", TargetParameters={"HttpParameters": {
        "PathParameterValues": ["$.dynamodb.Keys.id.S"], "HeaderParameters": {"X-Event": "$.eventName"}}})
    place.create("messages", Target=f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs.fifo", TargetParameters={"SqsQueueParameters": {
        "MessageGroupId": "$.dynamodb.NewImage.customer.S", "MessageDeduplicationId": "$.dynamodb.NewImage.request.S"}})
    place.put("o/1", customer=s("c1"), request=s("r1"))
    place.put("o2", customer=s("c1"), request=s("r1"))  # the same request once more
    place.put("o3", customer=s("c2"), request=s("r2"))
    receiver.wait_for(3)
    assert sorted((call.path, call.headers["x-event"]) for call in receiver.received) == [
        ("/orders/o%2F1", "INSERT"), ("/orders/o2", "INSERT"), ("/orders/o3", "INSERT")]
    groups = []
    while len(groups) < 2:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20, AttributeNames=["All"]).get("Messages", []):
            groups.append((message["Attributes"]["MessageGroupId"], json.loads(message["Body"])["dynamodb"]["Keys"]["id"]["S"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert sorted(groups) == [("c1", "o/1"), ("c2", "o3")]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_what_is_wrong_with_a_pipe_is_said(place):
    wrong = lambda **arguments: error_of(place.create, **arguments)  # noqa: E731
    assert wrong(name="a b")[0] == "ValidationException"
    assert wrong(Source=place.stream[:-1] + "X")[1].endswith("does not exist, or is disabled.")
    assert wrong(Source=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders")[1].endswith("is not the ARN of a stream.")
    assert wrong(SourceParameters={})[1].startswith("SourceParameters.DynamoDBStreamParameters must be specified")
    assert "startingPosition" in wrong(SourceParameters=stream("AT_ONCE"))[1]
    assert "batchSize" in wrong(SourceParameters=stream(BatchSize=0))[1]
    assert wrong(SourceParameters=stream(pattern={"a": "b"}))[1].startswith("Invalid filter pattern definition.")
    assert wrong(TargetParameters={"KinesisStreamParameters": {"PartitionKey": "a"}}) == (
        "ValidationException", "TargetParameters.KinesisStreamParameters is not supported here.")
    assert wrong(Target="arn:aws:logs:us-east-1:000000000000:log-group:g")[0] == "ValidationException"
    assert wrong(Target=place.target.replace("/d/", "/gone/"))[0] == "NotFoundException"
    assert wrong(TargetParameters={"EventBridgeEventBusParameters": {"Source": "a"}})[1].startswith("EventBridgeEventBusParameters do not fit")
    assert error_of(place.pipes.describe_pipe, Name="p") == ("NotFoundException", "Pipe p does not exist.")
    place.create()
    assert wrong() == ("ConflictException", "Pipe p already exists.")


CONFIG = """version: 1
tables: {orders: {key: id, stream: new}}
buses: {crm: {}}
pipes: {declared: {from: table/orders, to: bus/crm, event: {source: shop, detail-type: order}}}
"""


def test_what_the_file_declares_is_shown_and_left_to_it(new_server, tmp_path):
    config = tmp_path / "millrace.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    pipes = new_server("declaring", config=config).start().client("pipes")
    shown, = pipes.list_pipes()["Pipes"]
    assert (shown["Name"], shown["CurrentState"], shown["Target"]) == ("declared", "RUNNING", BUS.replace("default", "crm"))
    code, message = error_of(pipes.delete_pipe, Name="declared")
    assert code == "ConflictException" and message.endswith("which owns it: change it there.")


def test_with_the_command_line(server, place, receiver):
    def aws(*arguments):
        done = subprocess.run(["aws", "pipes", *arguments], env=server.environment(), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout or "{}")

    assert aws("create-pipe", "--name", "cli", "--role-arn", ROLE, "--source", place.stream, "--target", place.target, "--source-parameters",
               json.dumps(stream()))["CurrentState"] == "CREATING"
    place.put("a")
    assert receiver.wait_for(1)[0]["eventName"] == "INSERT"
    assert aws("list-pipes")["Pipes"][0]["Name"] == "cli"
    aws("delete-pipe", "--name", "cli")
