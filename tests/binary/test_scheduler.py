"""Proves the EventBridge Scheduler API over the wire: a schedule calls its target at its times, also when the node was down then, once for each; what is
made is there after a crash, and what is wrong is said."""
import json
import time
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError
from receiver import Receiver

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
ARN = f"arn:aws:scheduler:us-east-1:{ACCOUNT}:"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
OFF = {"Mode": "OFF"}


def error_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def at(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("at(%Y-%m-%dT%H:%M:%S)")


@pytest.fixture
def receiver():
    with Receiver() as received:
        yield received


@pytest.fixture
def server(new_server):
    return new_server().start()


@pytest.fixture
def target(server, receiver):
    events = server.client("events")
    connection = events.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters={
        "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "key"}})["ConnectionArn"]
    return {"RoleArn": ROLE, "Arn": events.create_api_destination(Name="d", ConnectionArn=connection, HttpMethod="POST",
                                                                  InvocationEndpoint=f"http://127.0.0.1:{receiver.port}/")["ApiDestinationArn"]}


def create(scheduler, name, expression, target, **more):
    return scheduler.create_schedule(Name=name, ScheduleExpression=expression, Target=target, FlexibleTimeWindow=OFF, **more)["ScheduleArn"]


def test_a_rate_begins_at_once_and_says_what_it_is(server, target, receiver):
    scheduler = server.client("scheduler")
    arn = create(scheduler, "often", "rate(1 day)", target)
    assert arn == f"{ARN}schedule/default/often"
    event, = receiver.wait_for(1)
    assert (event["source"], event["detail-type"], event["resources"], event["detail"]) == ("aws.scheduler", "Scheduled Event", [arn], {})
    server.restart()
    scheduler = server.client("scheduler")
    create(scheduler, "other", "rate(1 day)", {**target, "Input": '{"n": 1}'})
    assert receiver.wait_until(lambda got: {"n": 1} in got)
    assert len({event["id"] for event in receiver.events() if "id" in event}) == 1, "once for one time, whatever happens"


def test_once_is_once_also_when_the_node_was_down_then(server, target, receiver):
    scheduler = server.client("scheduler")
    create(scheduler, "once", at(3), {**target, "Input": '{"is": "once"}'}, ActionAfterCompletion="DELETE")
    server.kill()
    due = time.time() + 4
    while time.time() < due:
        time.sleep(0.1)  # it is time that this is about
    server.start()
    scheduler = server.client("scheduler")
    assert receiver.wait_for(1) == [{"is": "once"}]
    deadline = time.monotonic() + 60
    while scheduler.list_schedules()["Schedules"]:
        assert time.monotonic() < deadline
    assert error_of(scheduler.get_schedule, Name="once") == ("ResourceNotFoundException", "Schedule once does not exist.")


def test_a_bus_gets_events_with_names_of_their_own(server, target, receiver):
    scheduler, events = server.client("scheduler"), server.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["clock"], "detail-type": ["tick"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": target["Arn"]}])
    create(scheduler, "tick", "rate(1 hour)", {"Arn": BUS, "RoleArn": ROLE, "Input": '{"n": 1}',
                                               "EventBridgeParameters": {"Source": "clock", "DetailType": "tick"}})
    event, = receiver.wait_for(1)
    assert event["detail"] == {"n": 1} and event["source"] == "clock"


def test_schedules_and_groups_are_kept(server, target):
    scheduler = server.client("scheduler")
    assert scheduler.create_schedule_group(Name="night", Tags=[{"Key": "a", "Value": "b"}])["ScheduleGroupArn"] == f"{ARN}schedule-group/night"
    begin = datetime(2030, 1, 1, tzinfo=timezone.utc)
    create(scheduler, "s", "cron(0 3 * * ? *)", target, GroupName="night", Description="nightly", StartDate=begin, EndDate=begin + timedelta(days=9))
    create(scheduler, "s", "cron(0 4 * * ? *)", target, State="DISABLED")
    server.restart()
    scheduler = server.client("scheduler")
    got = scheduler.get_schedule(Name="s", GroupName="night")
    assert (got["Arn"], got["Description"], got["ScheduleExpression"], got["StartDate"], got["ScheduleExpressionTimezone"], got["State"]) == (
        f"{ARN}schedule/night/s", "nightly", "cron(0 3 * * ? *)", begin, "UTC", "ENABLED")
    assert got["Target"] == target and got["FlexibleTimeWindow"] == OFF
    scheduler.update_schedule(Name="s", GroupName="night", ScheduleExpression="rate(5 minutes)", Target=target, State="DISABLED",
                              FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5})
    got = scheduler.get_schedule(Name="s", GroupName="night")
    assert got["ScheduleExpression"] == "rate(5 minutes)" and "Description" not in got
    first = scheduler.list_schedules(MaxResults=1)
    second = scheduler.list_schedules(MaxResults=1, NextToken=first["NextToken"])
    assert [(each["GroupName"], each["Name"]) for each in first["Schedules"] + second["Schedules"]] == [("default", "s"), ("night", "s")]
    assert [group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default", "night"]
    group_arn = scheduler.get_schedule_group(Name="night")["Arn"]
    scheduler.tag_resource(ResourceArn=group_arn, Tags=[{"Key": "c", "Value": "d"}])
    scheduler.untag_resource(ResourceArn=group_arn, TagKeys=["a"])
    assert scheduler.list_tags_for_resource(ResourceArn=group_arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    scheduler.delete_schedule_group(Name="night")
    assert [each["GroupName"] for each in scheduler.list_schedules()["Schedules"]] == ["default"]
    scheduler.delete_schedule(Name="s")
    assert error_of(scheduler.delete_schedule, Name="s") == ("ResourceNotFoundException", "Schedule s does not exist.")


def test_what_is_wrong_with_a_schedule_is_said(server, target):
    scheduler = server.client("scheduler")
    wrong = lambda expression="rate(1 day)", to=target, **more: error_of(create, scheduler=scheduler, name="w", expression=expression, target=to, **more)  # noqa: E731
    for bad in ("rate(1 days)", "at(2030-01-01)", "at(2030-13-01T00:00:00)", "cron(* * *)", "nonsense"):
        assert wrong(bad) == ("ValidationException", f"Invalid Schedule Expression {bad}.")
    assert wrong(GroupName="gone") == ("ResourceNotFoundException", "Schedule group gone does not exist.")
    assert wrong(ScheduleExpressionTimezone="Mars/Olympus")[0] == "ValidationException"
    assert wrong(to={**target, "EcsParameters": {}})[1] == "Target.EcsParameters is not supported here."
    assert wrong(to={"Arn": BUS, "RoleArn": ROLE})[1].startswith("EventBridgeParameters must be specified")
    assert wrong(to={**target, "Arn": target["Arn"].replace("/d/", "/gone/")})[0] == "ResourceNotFoundException"
    assert error_of(scheduler.create_schedule, Name="a b", ScheduleExpression="rate(1 day)", Target=target, FlexibleTimeWindow=OFF)[0] == "ValidationException"
    create(scheduler, "w", "rate(1 day)", target, State="DISABLED")
    assert wrong() == ("ConflictException", "Schedule w already exists.")
    assert error_of(scheduler.delete_schedule_group, Name="default")[0] == "ValidationException"
    assert json.dumps(scheduler.list_schedules(State="ENABLED")["Schedules"]) == "[]"
