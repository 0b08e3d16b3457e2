"""Proves the EventBridge API over the wire, with boto3 as its clients use it: events reach the targets of every rule that was acknowledged, what was
made is there after a crash, what is wrong is refused in AWS's words, and what the configuration file declares is shown and left to it."""
import json
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError
from receiver import Receiver
from tables import create_table, s
from test_emitter import run_node

ACCOUNT = "000000000000"
ARN = f"arn:aws:events:us-east-1:{ACCOUNT}:"


def error_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture(scope="session")
def events(server):
    return server.client("events")


@pytest.fixture
def new_bus(events, unique):
    made = []

    def make():
        made.append(unique("bus"))
        events.create_event_bus(Name=made[-1])
        return made[-1]

    yield make
    for name in made:
        events.delete_event_bus(Name=name)


def entry(bus=None, source="shop", detail_type="order placed", detail=None, **more):
    made = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail if detail is not None else {"id": "o1"}), **more}
    return {**made, "EventBusName": bus} if bus else made


@pytest.fixture
def receiver():
    with Receiver() as received:
        yield received


@pytest.fixture
def destination(events, unique, receiver):
    """destination(path) is the ARN of an API destination that leads to the receiver; it is taken away after the test."""
    made = []

    def make(path="/orders", client=events, **parameters):
        name = unique("to")
        connection = client.create_connection(Name=name, AuthorizationType="API_KEY", AuthParameters=parameters or {
            "ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "k3y-of-the-shop"}})["ConnectionArn"]
        made.append(name)
        return client.create_api_destination(Name=name, ConnectionArn=connection, HttpMethod="POST",
                                             InvocationEndpoint=f"http://127.0.0.1:{receiver.port}{path}")["ApiDestinationArn"]
    return make


def put_rule(events, name, target, bus=None, pattern=None, target_more=None, **more):
    where = {"EventBusName": bus} if bus else {}
    arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern or {"source": ["shop"]}), **where, **more)["RuleArn"]
    answer = events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": target, **(target_more or {})}], **where)
    assert answer["FailedEntryCount"] == 0, answer
    return arn


def test_an_event_reaches_the_targets_of_every_rule_that_was_acknowledged(events, new_bus, destination, receiver, unique):
    bus, rule = new_bus(), unique("rule")
    put_rule(events, rule, destination(), bus)
    when = datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=timezone.utc)
    answer = events.put_events(Entries=[entry(bus, detail={"id": "o1", "n": 1.50}, Time=when, Resources=["arn:aws:x:::y"]),
                                        entry(bus, source="elsewhere")])
    assert answer["FailedEntryCount"] == 0 and len(answer["Entries"]) == 2
    event, = receiver.wait_for(1)
    assert event == {"version": "0", "id": answer["Entries"][0]["EventId"], "detail-type": "order placed", "source": "shop", "account": ACCOUNT,
                     "time": "2026-01-02T03:04:05Z", "region": "us-east-1", "resources": ["arn:aws:x:::y"], "detail": {"id": "o1", "n": 1.5}}
    assert list(event) == ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]
    assert receiver.received[0].headers["x-api-key"] == "k3y-of-the-shop"
    # Another pattern, at once; then off, then on.
    events.put_rule(Name=rule, EventBusName=bus, EventPattern='{"detail": {"id": ["o2"]}}')
    events.put_events(Entries=[entry(bus), entry(bus, detail={"id": "o2", "n": 2})])
    events.disable_rule(Name=rule, EventBusName=bus)
    events.put_events(Entries=[entry(bus, detail={"id": "o2", "n": 3})])
    assert events.describe_rule(Name=rule, EventBusName=bus)["State"] == "DISABLED"
    events.enable_rule(Name=rule, EventBusName=bus)
    events.put_events(Entries=[entry(bus, detail={"id": "o2", "n": 4})])
    assert receiver.wait_until(lambda got: any(each["detail"].get("n") == 4 for each in got))
    assert sorted(each["detail"].get("n") for each in receiver.events()) == [1.5, 2, 4]


def test_entries_fail_for_themselves(events):
    answer = events.put_events(Entries=[
        entry(), {"DetailType": "a", "Detail": "{}"}, {"Source": "a", "Detail": "{}"}, {"Source": "a", "DetailType": "a"},
        entry(detail_type="t") | {"Detail": "[1]"}, entry(detail_type="t") | {"Detail": "{"}, entry(source="aws.s3")])
    assert answer["FailedEntryCount"] == 6
    assert "EventId" in answer["Entries"][0]
    assert [(each["ErrorCode"], each["ErrorMessage"]) for each in answer["Entries"][1:]] == [
        ("InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        ("InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is a required argument."),
        ("InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."),
        ("MalformedDetail", "Detail is malformed."), ("MalformedDetail", "Detail is malformed."),
        ("NotAuthorizedForSourceException", "Not authorized for the source.")]


def test_a_request_that_is_too_large_fails_as_a_whole(events):
    code, message = error_of(events.put_events, Entries=[entry()] * 11)
    assert code == "ValidationException"
    one = ('PutEventsRequestEntry(time=null, source=shop, resources=null, detailType=order placed, detail={"id": "o1"}, eventBusName=null, '
           "traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)")
    assert message == (f"1 validation error detected: Value '[{', '.join([one] * 11)}]' at 'entries' failed to satisfy constraint: "
                       "Member must have length less than or equal to 10")
    too_much = ("ValidationException", "Total size of the entries in the request is over the limit.")
    filler = 1024 * 1024 - len("shop") - len("t") - len('{"a": ""}')
    assert error_of(events.put_events, Entries=[entry(detail_type="t", detail={"a": "x" * (filler + 1)})]) == too_much
    assert events.put_events(Entries=[entry(detail_type="t", detail={"a": "x" * filler})])["FailedEntryCount"] == 0
    assert error_of(events.put_events, Entries=[])[0] == "ValidationException"


def test_an_event_for_an_unknown_bus_succeeds_and_the_log_says_where_it_went(new_server):
    server = new_server().start()
    client = server.client("events")
    client.create_event_bus(Name="orders")
    answer = client.put_events(Entries=[entry("ordres")])
    assert answer["FailedEntryCount"] == 0 and answer["Entries"][0]["EventId"]
    assert 'went nowhere: bus/ordres does not exist; did you mean orders?' in server.log()


def test_buses(events, unique):
    name = unique("bus")
    arn = events.create_event_bus(Name=name, Description="orders", Tags=[{"Key": "team", "Value": "shop"}])["EventBusArn"]
    assert arn == f"{ARN}event-bus/{name}"
    described = events.describe_event_bus(Name=name)
    assert (described["Name"], described["Arn"], described["Description"]) == (name, arn, "orders")
    assert events.describe_event_bus(Name=arn)["Name"] == name
    assert events.describe_event_bus()["Arn"] == f"{ARN}event-bus/default"
    assert events.update_event_bus(Name=name, Description="all orders")["Description"] == "all orders"
    assert [bus["Description"] for bus in events.list_event_buses(NamePrefix=name)["EventBuses"]] == ["all orders"]
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "shop"}]
    events.put_permission(EventBusName=name, Action="events:PutEvents", Principal="111111111111", StatementId="one")
    events.put_permission(EventBusName=name, Action="events:PutEvents", Principal="*", StatementId="two")
    policy = json.loads(events.describe_event_bus(Name=name)["Policy"])
    assert policy == {"Version": "2012-10-17", "Statement": [
        {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "events:PutEvents", "Resource": arn},
        {"Sid": "two", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": arn}]}
    events.remove_permission(EventBusName=name, StatementId="one")
    assert error_of(events.remove_permission, EventBusName=name, StatementId="one") == (
        "ResourceNotFoundException", "Statement with the provided id does not exist.")
    events.remove_permission(EventBusName=name, RemoveAllPermissions=True)
    assert "Policy" not in events.describe_event_bus(Name=name)
    assert error_of(events.create_event_bus, Name=name) == ("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
    events.delete_event_bus(Name=name)
    events.delete_event_bus(Name=name)
    assert error_of(events.describe_event_bus, Name=name) == ("ResourceNotFoundException", f"Event bus {name} does not exist.")
    assert error_of(events.delete_event_bus, Name="default") == ("ValidationException", "Cannot delete event bus default.")
    code, message = error_of(events.create_event_bus, Name="a b")
    assert code == "ValidationException" and message.startswith("1 validation error detected: Value 'a b' at 'name' failed to satisfy")


def test_rules(events, new_bus, unique):
    bus, rule = new_bus(), unique("rule")
    arn = events.put_rule(Name=rule, EventBusName=bus, EventPattern='{"source": ["a"]}', Description="one", RoleArn="arn:aws:iam::1:role/r",
                          Tags=[{"Key": "k", "Value": "v"}])["RuleArn"]
    assert arn == f"{ARN}rule/{bus}/{rule}"
    described = events.describe_rule(Name=rule, EventBusName=bus)
    described.pop("ResponseMetadata")
    assert described == {"Name": rule, "Arn": arn, "EventPattern": '{"source": ["a"]}', "State": "ENABLED", "Description": "one",
                         "RoleArn": "arn:aws:iam::1:role/r", "EventBusName": bus, "CreatedBy": ACCOUNT}
    scheduled = unique("scheduled")
    assert events.put_rule(Name=scheduled, ScheduleExpression="rate(1 day)", State="DISABLED")["RuleArn"] == f"{ARN}rule/{scheduled}"
    assert events.list_rules(NamePrefix=scheduled)["Rules"][0]["ScheduleExpression"] == "rate(1 day)"
    for number in range(3):
        events.put_rule(Name=f"{rule}-{number}", EventBusName=bus, EventPattern='{"source": ["a"]}')
    first = events.list_rules(EventBusName=bus, Limit=3)
    second = events.list_rules(EventBusName=bus, Limit=3, NextToken=first["NextToken"])
    assert [each["Name"] for each in first["Rules"] + second["Rules"]] == [rule, f"{rule}-0", f"{rule}-1", f"{rule}-2"]
    assert "NextToken" not in second
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": "w"}, {"Key": "l", "Value": "x"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["l"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "w"}]
    events.delete_rule(Name=rule, EventBusName=bus)
    events.delete_rule(Name=rule, EventBusName=bus)
    events.delete_rule(Name=scheduled)
    missing = ("ResourceNotFoundException", f"Rule {rule} does not exist on EventBus {bus}.")
    assert error_of(events.describe_rule, Name=rule, EventBusName=bus) == missing
    assert error_of(events.list_tags_for_resource, ResourceARN=arn) == missing
    assert error_of(events.put_targets, Rule=rule, EventBusName=bus, Targets=[{"Id": "a", "Arn": f"{ARN}event-bus/default"}]) == missing


def test_what_is_wrong_with_a_rule_is_said_in_the_words_of_the_service(events, new_bus):
    bus = new_bus()
    wrong = lambda **arguments: error_of(events.put_rule, Name="r", **arguments)  # noqa: E731
    assert wrong() == ("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")
    assert wrong(EventBusName=bus, ScheduleExpression="rate(1 day)") == (
        "ValidationException", "ScheduleExpression is supported only on the default event bus.")
    assert wrong(ScheduleExpression="rate(1 days)") == ("ValidationException", "Parameter ScheduleExpression is not valid.")
    assert wrong(EventBusName="nowhere", EventPattern="{}") == ("ResourceNotFoundException", "Event bus nowhere does not exist.")
    assert wrong(EventPattern='{"a": [{"numeric": 5}]}') == (
        "InvalidEventPatternException", "Event pattern is not valid. Reason: Value of numeric must be an array.\n at [Source: (String)"
        '"{"a": [{"numeric": 5}]}"; line: 1, column: 21]')
    assert wrong(EventPattern='{"a": "b"}')[0] == "InvalidEventPatternException"
    assert wrong(EventPattern=json.dumps({"a": ["x" * 4100]}))[0] == "LimitExceededException"
    assert wrong(EventPattern='{"a": ["b"]}', State="ON")[0] == "ValidationException"


def test_what_is_wrong_with_targets_is_said_in_the_words_of_the_service(events, new_bus, destination, unique):
    bus, rule, arn = new_bus(), unique("rule"), destination()
    put_rule(events, rule, arn, bus)
    put = lambda *targets: events.put_targets(Rule=rule, EventBusName=bus, Targets=list(targets))  # noqa: E731
    refused = lambda **target: error_of(put_one, **target)  # noqa: E731

    def put_one(**target):
        return put({"Id": "u", "Arn": arn, **target})

    assert refused(Id="!@#$") == ("ValidationException", "1 validation error detected: Value '!@#$' at 'targets.1.member.id' failed to satisfy "
                                  "constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+")
    assert refused(Input="{}", InputPath="$.detail") == (
        "ValidationException", "Only one of Input, InputPath, or InputTransformer must be provided for target u.")
    assert refused(InputTransformer={"InputPathsMap": {"a": "$.b"}, "InputTemplate": '"<notdefinedkey>"'}) == (
        "ValidationException", "InputTemplate for target u contains invalid placeholder notdefinedkey.")
    assert refused(Arn="nonsense") == ("ValidationException", "Parameter nonsense is not valid. Reason: Provided Arn is not in correct format.")
    assert refused(RetryPolicy={"MaximumEventAgeInSeconds": 1})[0] == "ValidationException"
    failed = put({"Id": "log", "Arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:g"}, {"Id": "gone", "Arn": f"{ARN}api-destination/gone/1"},
                 {"Id": "table", "Arn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/gone"})
    assert failed["FailedEntryCount"] == 3
    assert {each["TargetId"]: each["ErrorCode"] for each in failed["FailedEntries"]} == {
        "log": "UnsupportedTarget", "gone": "ResourceNotFoundException", "table": "ResourceNotFoundException"}
    assert "event buses" in failed["FailedEntries"][0]["ErrorMessage"]
    assert [each["Id"] for each in events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]] == ["t"]
    put(*({"Id": f"t{number}", "Arn": arn} for number in range(4)))
    assert refused() == ("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    assert events.list_rule_names_by_target(TargetArn=arn, EventBusName=bus)["RuleNames"] == [rule]
    assert error_of(events.delete_rule, Name=rule, EventBusName=bus) == ("ValidationException", "Rule can't be deleted since it has targets.")
    assert events.remove_targets(Rule=rule, EventBusName=bus, Ids=["t", "t0", "t1", "t2", "t3", "nothing"])["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"] == []
    events.delete_rule(Name=rule, EventBusName=bus)


def test_a_target_gets_what_its_input_says(events, new_bus, destination, receiver, unique):
    bus = new_bus()
    inputs = {"constant": {"Input": '{"is": "constant"}'}, "path": {"InputPath": "$.detail.order"},
              "template": {"InputTransformer": {"InputPathsMap": {"id": "$.detail.order.id"},
                                                "InputTemplate": '{"id": <id>, "rule": "<aws.events.rule-name>"}'}}}
    for name, given in inputs.items():
        put_rule(events, name, destination("/" + name), bus, target_more=given)
        target, = events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
        assert {key: value for key, value in target.items() if key not in ("Id", "Arn")} == given
    events.put_events(Entries=[entry(bus, detail={"order": {"id": "o1"}})])
    receiver.wait_for(3)
    assert {each.path: json.loads(each.body) for each in receiver.received} == {
        "/constant": {"is": "constant"}, "/path": {"id": "o1"}, "/template": {"id": "o1", "rule": "template"}}


def test_a_bus_hands_on_to_another_and_a_table_takes_events(events, db, new_bus, new_table, destination, receiver):
    first, second, table = new_bus(), new_bus(), new_table("id:S")
    put_rule(events, "on", f"{ARN}event-bus/{second}", first)
    put_rule(events, "out", destination(), second)
    put_rule(events, "keep", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}", second, target_more={"InputPath": "$.detail"})
    put_id = events.put_events(Entries=[entry(first, detail={"id": "o9", "total": 5})])["Entries"][0]["EventId"]
    event, = receiver.wait_for(1)
    assert event["id"] == put_id and event["detail"] == {"id": "o9", "total": 5}
    deadline = time.monotonic() + 60
    while "Item" not in (got := db.get_item(TableName=table, Key={"id": s("o9")}, ConsistentRead=True)):
        assert time.monotonic() < deadline
    assert got["Item"] == {"id": {"S": "o9"}, "total": {"N": "5"}}


def test_patterns_can_be_tried(events):
    event = {"id": "1", "account": ACCOUNT, "source": "shop", "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": [],
             "detail-type": "t", "detail": {"n": 5}}
    ask = lambda pattern, about=event: events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(about))["Result"]  # noqa: E731
    assert ask({"detail": {"n": [{"numeric": [">", 4]}]}}) is True
    assert ask({"source": [{"anything-but": "shop"}]}) is False
    del event["account"]
    assert error_of(events.test_event_pattern, EventPattern='{"a": ["b"]}', Event=json.dumps(event)) == (
        "ValidationException", "Parameter Event is not valid.")
    assert error_of(events.test_event_pattern, EventPattern='{"a": []}', Event="{}")[0] == "InvalidEventPatternException"


def test_archives_are_replayed(events, new_bus, destination, receiver, unique):
    bus, archive, replay = new_bus(), unique("archive"), unique("replay")
    bus_arn = f"{ARN}event-bus/{bus}"
    made = events.create_archive(ArchiveName=archive, EventSourceArn=bus_arn, RetentionDays=1, EventPattern='{"detail": {"keep": [true]}}')
    assert (made["ArchiveArn"], made["State"]) == (f"{ARN}archive/{archive}", "ENABLED")
    assert error_of(events.create_archive, ArchiveName=archive, EventSourceArn=bus_arn) == (
        "ResourceAlreadyExistsException", f"Archive {archive} already exists.")
    put_rule(events, "all", destination("/all"), bus)
    other = put_rule(events, "other", destination("/other"), bus)
    started = datetime.now(timezone.utc) - timedelta(seconds=1)
    events.put_events(Entries=[entry(bus, detail={"n": number, "keep": number < 2}) for number in range(3)])
    receiver.wait_for(6)
    deadline = time.monotonic() + 60
    while (described := events.describe_archive(ArchiveName=archive))["EventCount"] < 2:
        assert time.monotonic() < deadline
    assert described["EventCount"] == 2 and described["SizeBytes"] > 0 and described["EventSourceArn"] == bus_arn
    assert [each["ArchiveName"] for each in events.list_archives(EventSourceArn=bus_arn)["Archives"]] == [archive]
    window = {"EventStartTime": started, "EventEndTime": datetime.now(timezone.utc) + timedelta(hours=1)}
    archive_arn = f"{ARN}archive/{archive}"
    assert error_of(events.start_replay, ReplayName=replay, EventSourceArn=f"{ARN}archive/gone", Destination={"Arn": bus_arn}, **window) == (
        "ValidationException", "Parameter EventSourceArn is not valid. Reason: Archive gone does not exist.")
    assert error_of(events.start_replay, ReplayName=replay, EventSourceArn=archive_arn, Destination={"Arn": f"{ARN}event-bus/default"}, **window) == (
        "ValidationException", "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.")
    assert error_of(events.start_replay, ReplayName=replay, EventSourceArn=archive_arn, Destination={"Arn": bus_arn},
                    EventStartTime=started, EventEndTime=started)[1].endswith("EventStartTime must be before EventEndTime.")
    assert events.start_replay(ReplayName=replay, EventSourceArn=archive_arn, Destination={"Arn": bus_arn, "FilterArns": [other]},
                               **window)["State"] == "STARTING"
    assert receiver.wait_until(lambda got: len(got) >= 8)
    again = [each for each in receiver.received if "replay-name" in each.event]
    assert sorted((each.path, each.event["detail"]["n"], each.event["replay-name"]) for each in again) == [("/other", 0, replay), ("/other", 1, replay)]
    while (state := events.describe_replay(ReplayName=replay))["State"] != "COMPLETED":
        assert time.monotonic() < deadline
    assert state["Destination"] == {"Arn": bus_arn, "FilterArns": [other]}
    assert error_of(events.cancel_replay, ReplayName=replay)[0] == "IllegalStatusException"
    assert replay in [each["ReplayName"] for each in events.list_replays(NamePrefix=replay)["Replays"]]
    assert error_of(events.start_replay, ReplayName=replay, EventSourceArn=archive_arn, Destination={"Arn": bus_arn}, **window) == (
        "ResourceAlreadyExistsException", f"Replay {replay} already exists.")
    events.update_archive(ArchiveName=archive, Description="kept", EventPattern='{"source": ["shop"]}')
    assert events.describe_archive(ArchiveName=archive)["Description"] == "kept"
    events.delete_archive(ArchiveName=archive)
    missing = ("ResourceNotFoundException", f"Archive {archive} does not exist.")
    assert error_of(events.describe_archive, ArchiveName=archive) == error_of(events.delete_archive, ArchiveName=archive) == missing


def test_secrets_of_connections_are_used_and_never_seen(new_server, receiver, unique):
    server = new_server().start()
    client = server.client("events")
    secrets = ["p4ssw0rd-of-the-shop", "h1dden-header"]
    client.create_connection(Name="c", AuthorizationType="BASIC", AuthParameters={
        "BasicAuthParameters": {"Username": "shop", "Password": secrets[0]},
        "InvocationHttpParameters": {"HeaderParameters": [{"Key": "X-Hidden", "Value": secrets[1], "IsValueSecret": True},
                                                          {"Key": "X-Shown", "Value": "shown", "IsValueSecret": False}]}})
    described = client.describe_connection(Name="c")
    assert described["AuthParameters"] == {
        "BasicAuthParameters": {"Username": "shop"},
        "InvocationHttpParameters": {"HeaderParameters": [{"Key": "X-Hidden", "IsValueSecret": True},
                                                          {"Key": "X-Shown", "Value": "shown", "IsValueSecret": False}]}}
    assert described["ConnectionState"] == "AUTHORIZED"
    arn = client.create_api_destination(Name="d", ConnectionArn=described["ConnectionArn"], HttpMethod="POST",
                                        InvocationEndpoint=f"http://127.0.0.1:{receiver.port}/one")["ApiDestinationArn"]
    put_rule(client, "r", arn)
    client.put_events(Entries=[entry()])
    receiver.wait_for(1)
    headers = receiver.received[0].headers
    assert headers["authorization"].startswith("Basic ") and headers["x-hidden"] == secrets[1] and headers["x-shown"] == "shown"
    # What is changed holds for the rules that lead there, also after a crash.
    client.update_connection(Name="c", AuthorizationType="API_KEY",
                             AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "an0ther-key"}})
    client.update_api_destination(Name="d", InvocationEndpoint=f"http://127.0.0.1:{receiver.port}/two")
    client.put_events(Entries=[entry()])
    receiver.wait_for(2)
    server.restart()
    client = server.client("events")
    client.put_events(Entries=[entry()])
    assert receiver.wait_until(lambda got: len({each["id"] for each in got}) == 3)
    assert [each.path for each in receiver.received][:2] == ["/one", "/two"]  # what came last may come twice
    assert {each.path for each in receiver.received[1:]} == {"/two"}
    assert receiver.received[-1].headers["x-key"] == "an0ther-key" and "authorization" not in receiver.received[-1].headers
    shown = server.log() + json.dumps([client.describe_connection(Name="c"), client.list_connections(), client.describe_api_destination(Name="d"),
                                       client.list_api_destinations()], default=str)
    assert not [secret for secret in [*secrets, "an0ther-key"] if secret in shown]
    assert error_of(client.delete_connection, Name="c")[0] == "ValidationException"
    assert error_of(client.delete_api_destination, Name="d")[0] == "ValidationException"
    client.remove_targets(Rule="r", Ids=["t"])
    client.delete_api_destination(Name="d")
    client.delete_connection(Name="c")
    assert error_of(client.describe_api_destination, Name="d") == ("ResourceNotFoundException", "ApiDestination 'd' does not exist.")
    assert error_of(client.describe_connection, Name="c") == ("ResourceNotFoundException", "Connection 'c' does not exist.")


def test_what_was_acknowledged_is_there_after_a_crash(new_server, receiver, destination):
    server = new_server().start()
    client = server.client("events")
    client.create_event_bus(Name="crm", Tags=[{"Key": "a", "Value": "b"}])
    arn = destination(client=client)
    rule_arn = put_rule(client, "kept", arn, "crm", Description="stays")
    put_rule(client, "gone", arn, "crm")
    client.remove_targets(Rule="gone", EventBusName="crm", Ids=["t"])
    client.delete_rule(Name="gone", EventBusName="crm")
    client.create_archive(ArchiveName="all", EventSourceArn=f"{ARN}event-bus/crm")
    server.restart()
    client = server.client("events")
    assert client.list_tags_for_resource(ResourceARN=f"{ARN}event-bus/crm")["Tags"] == [{"Key": "a", "Value": "b"}]
    assert [(rule["Name"], rule["Arn"], rule["Description"]) for rule in client.list_rules(EventBusName="crm")["Rules"]] == [("kept", rule_arn, "stays")]
    assert client.list_targets_by_rule(Rule="kept", EventBusName="crm")["Targets"] == [{"Id": "t", "Arn": arn}]
    client.put_events(Entries=[entry("crm")])
    assert receiver.wait_for(1)[0]["source"] == "shop"
    deadline = time.monotonic() + 60
    while client.describe_archive(ArchiveName="all")["EventCount"] != 1:
        assert time.monotonic() < deadline
    client.delete_event_bus(Name="crm")
    server.restart()
    client = server.client("events")
    assert [bus["Name"] for bus in client.list_event_buses()["EventBuses"]] == ["default"]
    assert client.list_archives()["Archives"] == []


CONFIG = """version: 1
buses: {crm: {archive: {}}}
tables: {seen: {key: id}}
rules:
  all: {from: bus/crm, match: {source: [shop]}, to: table/seen}
"""


def test_what_the_file_declares_is_shown_and_left_to_it(new_server, tmp_path):
    config = tmp_path / "millrace.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    server = new_server(config=config).start()
    client = server.client("events")
    assert [bus["Name"] for bus in client.list_event_buses()["EventBuses"]] == ["crm", "default"]
    assert json.loads(client.describe_rule(Name="all", EventBusName="crm")["EventPattern"]) == {"source": ["shop"]}
    assert client.list_targets_by_rule(Rule="all", EventBusName="crm")["Targets"][0]["Arn"].endswith(":table/seen")
    assert client.list_archives()["Archives"][0]["ArchiveName"] == "crm"
    owned = "is declared in the configuration file, which owns it: change it there."
    for call, arguments in [(client.put_rule, {"Name": "all", "EventBusName": "crm", "EventPattern": '{"a": ["b"]}'}),
                            (client.delete_rule, {"Name": "all", "EventBusName": "crm"}),
                            (client.disable_rule, {"Name": "all", "EventBusName": "crm"}),
                            (client.remove_targets, {"Rule": "all", "EventBusName": "crm", "Ids": ["seen"]}),
                            (client.delete_event_bus, {"Name": "crm"}), (client.delete_archive, {"ArchiveName": "crm"})]:
        code, message = error_of(call, **arguments)
        assert code == "ManagedRuleException" and message.endswith(owned), message
    # Rules of one's own are welcome on its buses.
    put_rule(client, "mine", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/seen", "crm", target_more={"InputPath": "$.detail"})
    client.put_events(Entries=[entry("crm", detail={"id": "o1"})])
    db = server.client()
    deadline = time.monotonic() + 60
    while not (items := db.scan(TableName="seen", ConsistentRead=True)["Items"]):
        assert time.monotonic() < deadline
    assert {"id": {"S": "o1"}} in items or len(items) == 1


QUEUES = """version: 1
queues: {{jobs.fifo: {{}}, dead: {{}}}}
targets: {{out: {{http: {{url: "http://127.0.0.1:{port}/"}}}}}}
pipes:
  drain: {{from: queue/jobs.fifo, to: target/out}}
  bury: {{from: queue/dead, to: target/out}}
"""


def test_a_queue_takes_events_in_the_group_that_is_named_and_those_that_were_given_up(new_server, tmp_path, receiver):
    config = tmp_path / "millrace.yaml"
    config.write_text(QUEUES.format(port=receiver.port), encoding="utf-8")
    server = new_server(config=config).start()
    client = server.client("events")
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
    client.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    put = lambda **target: client.put_targets(Rule="r", Targets=[{"Id": "t", **target}])  # noqa: E731
    assert error_of(put, Arn=queue + "jobs.fifo") == ("ValidationException", "Parameter(s) SqsParameters must be specified for target: t.")
    assert error_of(put, Arn=f"{ARN}event-bus/default", DeadLetterConfig={"Arn": f"{ARN}event-bus/default"})[0] == "ValidationException"
    assert put(Arn=queue + "jobs.fifo", SqsParameters={"MessageGroupId": "orders"})["FailedEntryCount"] == 0
    client.put_events(Entries=[entry()])
    message, = receiver.wait_for(1)
    assert message["attributes"]["MessageGroupId"] == "orders" and json.loads(message["body"])["source"] == "shop"
    # An item without its key will never be taken: it leaves for the queue, with an account of what happened.
    create_table(server.client(), "keyed", "id:S")
    assert put(Arn=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/keyed", InputPath="$.detail", DeadLetterConfig={"Arn": queue + "dead"})[
        "FailedEntryCount"] == 0
    client.put_events(Entries=[entry(detail={"no": "key"})])
    assert receiver.wait_until(lambda got: len(got) == 2)
    letter = receiver.events()[1]
    assert json.loads(letter["body"])["detail"] == {"no": "key"}
    assert letter["messageAttributes"]["RULE_ARN"]["stringValue"] == f"{ARN}rule/r"


def test_an_event_says_headers_query_and_parts_of_the_path(events, new_bus, destination, receiver, unique):
    bus = new_bus()
    put_rule(events, unique("rule"), destination("/orders/*/lines/*"), bus, target_more={"HttpParameters": {
        "HeaderParameters": {"X-Kind": "$.detail-type", "X-Fixed": "yes", "x-api-key": "not this one"},
        "QueryStringParameters": {"customer": "$.detail.customer"}, "PathParameterValues": ["$.detail.id", "7"]}})
    events.put_events(Entries=[entry(bus, detail={"id": "..", "customer": "c"}), entry(bus, detail={"id": "o 1/2"}),
                               entry(bus, detail={"id": "o 1/2", "customer": "Zoë & Co"})])
    receiver.wait_for(1)
    call, = receiver.received  # the others are given up: a path out of the endpoint's, and nothing at $.detail.customer
    assert call.path == "/orders/o%201%2F2/lines/7?customer=Zo%C3%AB%20%26%20Co"
    assert call.headers["x-kind"] == "order placed" and call.headers["x-fixed"] == "yes"
    assert call.headers["x-api-key"] == "k3y-of-the-shop", "what the connection says wins"
    rule, bus_target = unique("rule"), f"{ARN}event-bus/default"
    events.put_rule(Name=rule, EventBusName=bus, EventPattern='{"source": ["shop"]}')
    refused = lambda **target: error_of(events.put_targets, Rule=rule, EventBusName=bus, Targets=[{"Id": "t", **target}])  # noqa: E731
    assert refused(Arn=bus_target, HttpParameters={"PathParameterValues": ["a"]}) == (
        "ValidationException", "HttpParameters do not fit target t: it is no API destination.")
    assert refused(Arn=destination(), HttpParameters={"HeaderParameters": {"a": "$.b c"}})[1].startswith("HttpParameters.HeaderParameters.a: '$.b c'")


def test_an_unknown_operation_gets_the_answer_of_the_service(events):
    assert error_of(events.list_partner_event_source_accounts, EventSourceName="x")[0] == "UnknownOperationException"


def test_with_the_sdk_for_javascript(server, new_table):
    run_node("events.test.mjs", server, TABLE=new_table("id:S"))


def test_with_the_command_line(server, new_table, unique):
    bus, table = unique("bus"), new_table("id:S")

    def aws(*arguments, fails_with=None):
        done = subprocess.run(["aws", "events", *arguments], env=server.environment(), capture_output=True, text=True, timeout=300)
        assert (done.returncode == 0) == (fails_with is None), done.stdout + done.stderr
        assert not fails_with or fails_with in done.stderr
        return json.loads(done.stdout or "{}")

    aws("create-event-bus", "--name", bus)
    aws("put-rule", "--name", "r", "--event-bus-name", bus, "--event-pattern", '{"source": ["shop"]}')
    target = [{"Id": "t", "Arn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}", "InputPath": "$.detail"}]
    assert aws("put-targets", "--rule", "r", "--event-bus-name", bus, "--targets", json.dumps(target))["FailedEntryCount"] == 0
    assert aws("put-events", "--entries", json.dumps([entry(bus)]))["FailedEntryCount"] == 0
    assert aws("list-targets-by-rule", "--rule", "r", "--event-bus-name", bus)["Targets"] == target
    aws("describe-rule", "--name", "absent", fails_with="ResourceNotFoundException")
    aws("delete-event-bus", "--name", bus)
