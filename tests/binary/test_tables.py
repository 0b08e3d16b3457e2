"""Proves CreateTable, DescribeTable, ListTables, DeleteTable and the part of UpdateTable that switches the stream."""
import pytest

from refused import invalid, refused
from tables import create_table, item, key_schema, n, s


def test_describes_what_was_created(db, unique):
    name = unique()
    made = create_table(db, name, "pk:S", "sk:N")
    described = db.describe_table(TableName=name)["Table"]
    for table in (made, described):
        assert table["TableName"] == name and table["TableStatus"] in ("CREATING", "ACTIVE")
        assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        assert sorted(table["AttributeDefinitions"], key=lambda each: each["AttributeName"]) == [
            {"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}]
        assert table["TableArn"] == f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}"
        assert len(table["TableId"]) == 36 and table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["TableStatus"] == "ACTIVE" and described["CreationDateTime"].year >= 2024
    assert described["ItemCount"] >= 0 and described["TableSizeBytes"] >= 0
    db.delete_table(TableName=name)


def test_provisioned_throughput_is_remembered(db, unique):
    name = unique()
    db.create_table(TableName=name, ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}, **key_schema(["pk:S"]))
    throughput = db.describe_table(TableName=name)["Table"]["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (5, 7)
    db.delete_table(TableName=name)


def test_names_are_taken_once_and_case_matters(db, unique):
    name = unique("Name")
    create_table(db, name)
    with refused("ResourceInUseException", f"Table already exists: {name}"):
        create_table(db, name)
    create_table(db, name.lower())
    db.put_item(TableName=name, Item=item("upper"))
    assert db.scan(TableName=name.lower())["Items"] == []
    for each in (name, name.lower()):
        db.delete_table(TableName=each)


def test_a_deleted_table_is_gone_with_its_items(db, unique):
    name = unique()
    create_table(db, name)
    db.put_item(TableName=name, Item=item("a"))
    gone = db.delete_table(TableName=name)["TableDescription"]
    assert gone["TableStatus"] == "DELETING" and gone["TableName"] == name
    db.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    with refused("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"):
        db.describe_table(TableName=name)
    with refused("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"):
        db.delete_table(TableName=name)
    create_table(db, name)
    assert db.scan(TableName=name)["Items"] == []
    db.delete_table(TableName=name)


def test_an_arn_stands_for_the_name(db, table):
    arn = db.describe_table(TableName=table)["Table"]["TableArn"]
    db.put_item(TableName=arn, Item=item("a"))
    assert db.get_item(TableName=table, Key=item("a"))["Item"] == item("a")
    assert db.describe_table(TableName=arn)["Table"]["TableName"] == table


def test_lists_in_pages_and_in_order(db, new_table):
    made = sorted(new_table() for _ in range(5))
    found, start = [], {}
    while True:
        answer = db.list_tables(Limit=2, **start)
        assert len(answer["TableNames"]) <= 2
        found += answer["TableNames"]
        if "LastEvaluatedTableName" not in answer:
            break
        assert answer["LastEvaluatedTableName"] == answer["TableNames"][-1]
        start = {"ExclusiveStartTableName": answer["LastEvaluatedTableName"]}
    assert found == sorted(found) and set(made) <= set(found) and found == db.list_tables()["TableNames"]
    assert db.list_tables(ExclusiveStartTableName=made[2], Limit=1)["TableNames"] == [found[found.index(made[2]) + 1]]
    for wrong in (0, 101):
        with invalid("imit"):
            db.list_tables(Limit=wrong)


def with_changes(**changes):
    request = {"TableName": "never-made", "BillingMode": "PAY_PER_REQUEST", **key_schema(["pk:S"]), **changes}
    return {name: value for name, value in request.items() if value is not None}


HASH = {"AttributeName": "pk", "KeyType": "HASH"}
PK = {"AttributeName": "pk", "AttributeType": "S"}


@pytest.mark.parametrize("request_", [
    with_changes(TableName=None), with_changes(TableName=""), with_changes(TableName="ab"), with_changes(TableName="n" * 256), with_changes(TableName="white space"),
    with_changes(TableName="slash/"), with_changes(KeySchema=None), with_changes(KeySchema=[]), with_changes(AttributeDefinitions=None), with_changes(AttributeDefinitions=[]),
    with_changes(KeySchema=[{"AttributeName": "pk", "KeyType": "RANGE"}]), with_changes(KeySchema=[HASH, HASH]), with_changes(KeySchema=[{"AttributeName": "pk", "KeyType": "X"}]),
    with_changes(KeySchema=[HASH, {"AttributeName": "pk", "KeyType": "RANGE"}]), with_changes(KeySchema=[{"AttributeName": "other", "KeyType": "HASH"}]),
    with_changes(AttributeDefinitions=[PK, {"AttributeName": "unused", "AttributeType": "S"}]), with_changes(AttributeDefinitions=[PK, PK]),
    with_changes(AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "BOOL"}]), with_changes(BillingMode="FREE"), with_changes(BillingMode="PROVISIONED"),
    with_changes(ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}), with_changes(BillingMode=None),
    with_changes(BillingMode=None, ProvisionedThroughput={"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}),
    with_changes(StreamSpecification={"StreamEnabled": True}), with_changes(StreamSpecification={"StreamEnabled": True, "StreamViewType": "ALL"}),
    with_changes(StreamSpecification={"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}), with_changes(StreamSpecification={}),
])
def test_refuses_tables_that_are_none(db, request_):
    with refused("ValidationException"):
        db.create_table(**request_)
    with refused("ResourceNotFoundException"):
        db.describe_table(TableName="never-made")


class TestStreamSwitch:
    def test_on_and_off_and_on_again_makes_a_new_stream(self, db, table):
        assert "LatestStreamArn" not in db.describe_table(TableName=table)["Table"]
        on = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        first = db.update_table(TableName=table, StreamSpecification=on)["TableDescription"]
        assert first["StreamSpecification"] == on
        first = db.describe_table(TableName=table)["Table"]
        assert first["LatestStreamArn"] == f"{first['TableArn']}/stream/{first['LatestStreamLabel']}"
        db.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
        off = db.describe_table(TableName=table)["Table"]
        assert not off.get("StreamSpecification", {}).get("StreamEnabled", False)
        db.update_table(TableName=table, StreamSpecification={**on, "StreamViewType": "KEYS_ONLY"})
        second = db.describe_table(TableName=table)["Table"]
        assert second["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY" and second["LatestStreamArn"] != first["LatestStreamArn"]

    def test_switching_to_what_it_is_already_is_refused(self, db, table):
        with invalid():
            db.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
        db.update_table(TableName=table, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        for view in ("NEW_IMAGE", "OLD_IMAGE"):
            with invalid("Table already has an enabled stream"):
                db.update_table(TableName=table, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})

    def test_of_a_table_that_is_not_there(self, db):
        with refused("ResourceNotFoundException"):
            db.update_table(TableName="absent", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})


def test_counts_its_items(db, table):
    """AWS updates these numbers every six hours; here they are live."""
    db.put_item(TableName=table, Item=item("a", x=n(1)))
    db.put_item(TableName=table, Item=item("b", x=s("text")))
    db.put_item(TableName=table, Item=item("b", x=s("longer text")))
    described = db.describe_table(TableName=table)["Table"]
    assert (described["ItemCount"], described["TableSizeBytes"]) == (2, (2 + 1 + 1 + 2) + (2 + 1 + 1 + 11))
    db.delete_item(TableName=table, Key=item("a"))
    assert db.describe_table(TableName=table)["Table"]["ItemCount"] == 1
