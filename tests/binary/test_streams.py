"""Proves the change streams: which write makes which record, what a record holds, shards with parents and children,
iterators and their errors, and what is left of a stream that was disabled or whose table was deleted."""
import json
import re

import pytest

import wire
from reader import arn_of, describe, drain, parents_first, read_all, read_shard
from refused import invalid, refused
from tables import create_table, item, n, s

BOTH = "NEW_AND_OLD_IMAGES"


@pytest.fixture
def watched(new_table):
    return new_table("pk:S", view=BOTH)


def names(db, streams, table):
    return [record["eventName"] for record in read_all(streams, arn_of(db, table))]


def roll(server, table):
    """Closes every open shard of the table's stream and opens children; AWS does so by itself after hours."""
    answer = wire.send(server.port, "POST", "/_millrace/streams/roll", json.dumps({"TableName": table}).encode(), {"Content-Type": "application/json"})
    assert answer.status == 200, answer.body


def update(db, table, expression, pk="a", **values):
    more = {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}
    return db.update_item(TableName=table, Key=item(pk), UpdateExpression=expression, **more)


class TestWhichWriteMakesWhichRecord:
    """One test per row of the table of differences between DynamoDB and what imitates it."""

    def test_a_new_item_is_an_insert_with_a_new_image(self, db, streams, watched):
        db.put_item(TableName=watched, Item=item("a", x=n(1)))
        (record,) = read_all(streams, arn_of(db, watched))
        assert record["eventName"] == "INSERT" and record["dynamodb"]["NewImage"] == item("a", x=n(1)) and "OldImage" not in record["dynamodb"]

    @pytest.mark.parametrize("again", [item("a", x=n(1), t={"SS": ["p", "q"]}, m={"M": {"k": n(1), "l": n(2)}}),
                                       item("a", x=n("1.0"), t={"SS": ["q", "p"]}, m={"M": {"l": n("2.00"), "k": n("10e-1")}})])
    def test_putting_what_is_there_by_value_is_nothing(self, db, streams, watched, again):
        first = item("a", x=n(1), t={"SS": ["p", "q"]}, m={"M": {"k": n(1), "l": n(2)}})
        db.put_item(TableName=watched, Item=first)
        db.put_item(TableName=watched, Item=again)
        db.batch_write_item(RequestItems={watched: [{"PutRequest": {"Item": again}}]})
        db.transact_write_items(TransactItems=[{"Put": {"TableName": watched, "Item": again}}])
        assert names(db, streams, watched) == ["INSERT"]

    @pytest.mark.parametrize("expression, values", [
        ("SET x = :v", {"v": n("1.000")}), ("SET x = x", {}), ("REMOVE absent", {}), ("SET m = :v", {"v": {"M": {"l": n(2), "k": n(1)}}}),
        ("ADD t :v", {"v": {"SS": ["p"]}}), ("DELETE t :v", {"v": {"SS": ["absent"]}}), ("ADD x :v", {"v": n(0)}), ("SET x = if_not_exists(x, :v)", {"v": n(5)})])
    def test_updating_to_what_is_there_is_nothing(self, db, streams, watched, expression, values):
        db.put_item(TableName=watched, Item=item("a", x=n(1), t={"SS": ["p", "q"]}, m={"M": {"k": n(1), "l": n(2)}}))
        update(db, watched, expression, **values)
        assert names(db, streams, watched) == ["INSERT"]

    def test_a_change_of_type_alone_is_a_change(self, db, streams, watched):
        db.put_item(TableName=watched, Item=item("a", x=n(1)))
        db.put_item(TableName=watched, Item=item("a", x=s("1")))
        db.put_item(TableName=watched, Item=item("a", x={"L": [s("1")]}))
        db.put_item(TableName=watched, Item=item("a", x={"SS": ["1"]}))
        assert names(db, streams, watched) == ["INSERT", "MODIFY", "MODIFY", "MODIFY"]

    def test_an_update_with_the_key_only_inserts(self, db, streams, watched):
        db.update_item(TableName=watched, Key=item("a"))
        assert names(db, streams, watched) == ["INSERT"]

    @pytest.mark.parametrize("expression, values", [("REMOVE x", {}), ("DELETE x :v", {"v": {"SS": ["a"]}})])
    def test_removing_from_what_is_not_there_is_nothing(self, db, streams, watched, expression, values):
        update(db, watched, expression, **values)
        assert "Item" not in db.get_item(TableName=watched, Key=item("a")) and names(db, streams, watched) == []

    def test_deleting_what_is_not_there_is_nothing(self, db, streams, watched):
        db.delete_item(TableName=watched, Key=item("a"))
        db.batch_write_item(RequestItems={watched: [{"DeleteRequest": {"Key": item("b")}}]})
        db.transact_write_items(TransactItems=[{"Delete": {"TableName": watched, "Key": item("c")}}])
        assert names(db, streams, watched) == []

    def test_putting_over_an_item_is_one_modify_with_both_images(self, db, streams, watched):
        db.put_item(TableName=watched, Item=item("a", x=n(1)))
        db.put_item(TableName=watched, Item=item("a", y=n(2)))
        _, record = read_all(streams, arn_of(db, watched))
        assert record["eventName"] == "MODIFY"
        assert record["dynamodb"]["OldImage"] == item("a", x=n(1)) and record["dynamodb"]["NewImage"] == item("a", y=n(2))

    def test_a_delete_is_a_remove_with_the_old_image(self, db, streams, watched):
        db.put_item(TableName=watched, Item=item("a", x=n(1)))
        db.delete_item(TableName=watched, Key=item("a"))
        _, record = read_all(streams, arn_of(db, watched))
        assert record["eventName"] == "REMOVE" and record["dynamodb"]["OldImage"] == item("a", x=n(1)) and "NewImage" not in record["dynamodb"]

    def test_a_transaction_makes_a_record_per_changed_item_and_none_for_a_check(self, db, streams, watched):
        db.put_item(TableName=watched, Item=item("updated"))
        db.put_item(TableName=watched, Item=item("checked"))
        db.transact_write_items(TransactItems=[
            {"Put": {"TableName": watched, "Item": item("new")}},
            {"Update": {"TableName": watched, "Key": item("updated"), "UpdateExpression": "SET x = :v", "ExpressionAttributeValues": {":v": n(1)}}},
            {"ConditionCheck": {"TableName": watched, "Key": item("checked"), "ConditionExpression": "attribute_exists(pk)"}}])
        made = [(record["eventName"], record["dynamodb"]["Keys"]["pk"]["S"]) for record in read_all(streams, arn_of(db, watched))]
        assert sorted(made) == [("INSERT", "checked"), ("INSERT", "new"), ("INSERT", "updated"), ("MODIFY", "updated")]

    def test_a_write_that_fails_makes_none(self, db, streams, watched):
        with refused("ConditionalCheckFailedException"):
            db.put_item(TableName=watched, Item=item("a"), ConditionExpression="attribute_exists(pk)")
        with refused("TransactionCanceledException"):
            db.transact_write_items(TransactItems=[{"Put": {"TableName": watched, "Item": item("b")}},
                                                   {"ConditionCheck": {"TableName": watched, "Key": item("c"), "ConditionExpression": "attribute_exists(pk)"}}])
        assert names(db, streams, watched) == []


class TestRecord:
    def test_has_all_its_fields(self, db, streams, watched):
        db.put_item(TableName=watched, Item=item("a", x=n("12.5")))
        (record,) = read_all(streams, arn_of(db, watched))
        assert re.fullmatch("[0-9a-f]{32}", record["eventID"])
        assert (record["eventVersion"], record["eventSource"], record["awsRegion"]) == ("1.1", "aws:dynamodb", "us-east-1")
        assert "userIdentity" not in record
        change = record["dynamodb"]
        assert change["Keys"] == item("a") and change["StreamViewType"] == BOTH
        assert re.fullmatch("[0-9]{21,40}", change["SequenceNumber"])
        assert change["ApproximateCreationDateTime"].year >= 2024
        assert change["SizeBytes"] == len("pk" "a") + len("pk" "a" "x") + 3, "the key and the new image; 12.5 costs three bytes"

    def test_time_is_in_whole_seconds_on_the_wire(self, db, streams, watched, server):
        db.put_item(TableName=watched, Item=item("a"))
        arn = arn_of(db, watched)
        shard = describe(streams, arn)["Shards"]
        iterators = [streams.get_shard_iterator(StreamArn=arn, ShardId=each["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"] for each in shard]
        answers = [wire.call(server, "GetRecords", {"ShardIterator": each}, prefix=wire.STREAMS_TARGET).json for each in iterators]
        (record,) = [each for answer in answers for each in answer["Records"]]
        time = record["dynamodb"]["ApproximateCreationDateTime"]
        assert time == int(time) and 1.7e9 < time < 1e10

    @pytest.mark.parametrize("view, new, old", [("KEYS_ONLY", False, False), ("NEW_IMAGE", True, False), ("OLD_IMAGE", False, True), (BOTH, True, True)])
    def test_holds_the_images_that_the_view_wants(self, db, streams, new_table, view, new, old):
        table = new_table("pk:S", "sk:S", view=view)
        first, second = item("a", "1", x=n(1)), item("a", "1", x=n(2), y=n(3))
        db.put_item(TableName=table, Item=first)
        db.put_item(TableName=table, Item=second)
        db.delete_item(TableName=table, Key=item("a", "1"))
        records = [record["dynamodb"] for record in read_all(streams, arn_of(db, table))]
        assert [record["Keys"] for record in records] == [item("a", "1")] * 3 and {record["StreamViewType"] for record in records} == {view}
        assert [record.get("NewImage") for record in records] == ([first, second, None] if new else [None] * 3)
        assert [record.get("OldImage") for record in records] == ([None, first, second] if old else [None] * 3)

    def test_the_image_of_an_item_that_is_only_its_key_is_the_key(self, db, streams, watched):
        db.put_item(TableName=watched, Item=item("a"))
        db.put_item(TableName=watched, Item=item("a", x=n(1)))
        db.put_item(TableName=watched, Item=item("a"))
        records = [record["dynamodb"] for record in read_all(streams, arn_of(db, watched))]
        assert records[0]["NewImage"] == item("a") and records[1]["OldImage"] == item("a") and records[2]["NewImage"] == item("a")

    def test_numbers_keep_all_their_digits(self, db, streams, watched):
        exact = n("-1234567890123456789012345678901234567.8")
        db.put_item(TableName=watched, Item=item("a", x=exact))
        assert read_all(streams, arn_of(db, watched))[0]["dynamodb"]["NewImage"]["x"] == exact


class TestOrder:
    def test_each_item_keeps_its_order_and_nothing_is_twice(self, db, streams, watched):
        for i in range(20):
            for pk in "abcde":
                update(db, watched, "SET x = :v", pk, v=n(i))
        records = read_all(streams, arn_of(db, watched))
        assert len(records) == 100 and len({record["eventID"] for record in records}) == 100
        for pk in "abcde":
            own = [record["dynamodb"] for record in records if record["dynamodb"]["Keys"]["pk"]["S"] == pk]
            assert [int(each["NewImage"]["x"]["N"]) for each in own] == list(range(20))
            numbers = [int(each["SequenceNumber"]) for each in own]
            assert numbers == sorted(set(numbers))

    def test_a_fold_over_the_stream_is_the_table(self, db, streams, watched):
        for i in range(60):
            pk = f"k{i * 7 % 13}"
            if i % 5 == 4:
                db.delete_item(TableName=watched, Key=item(pk))
            else:
                update(db, watched, "SET x = :v ADD amount :v", pk, v=n(i))
        copy = {}
        for record in read_all(streams, arn_of(db, watched)):
            change = record["dynamodb"]
            key = change["Keys"]["pk"]["S"]
            assert copy.get(key) == change.get("OldImage")
            copy.pop(key, None)
            if "NewImage" in change:
                copy[key] = change["NewImage"]
        assert copy == {each["pk"]["S"]: each for each in db.scan(TableName=watched)["Items"]}


class TestStreamsOfATable:
    def test_describe_and_list(self, db, streams, watched):
        table = db.describe_table(TableName=watched)["Table"]
        stream = describe(streams, table["LatestStreamArn"])
        assert (stream["StreamArn"], stream["StreamLabel"]) == (table["LatestStreamArn"], table["LatestStreamLabel"])
        assert (stream["StreamStatus"], stream["StreamViewType"], stream["TableName"]) == ("ENABLED", BOTH, watched)
        assert stream["KeySchema"] == table["KeySchema"] and stream["CreationRequestDateTime"].year >= 2024
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", stream["StreamLabel"])
        assert streams.list_streams(TableName=watched)["Streams"] == [
            {"StreamArn": table["LatestStreamArn"], "TableName": watched, "StreamLabel": table["LatestStreamLabel"]}]

    def test_lists_in_pages(self, db, streams, new_table):
        made = {arn_of(db, new_table(view="KEYS_ONLY")) for _ in range(5)}
        found, start = [], {}
        while True:
            answer = streams.list_streams(Limit=2, **start)
            assert len(answer["Streams"]) <= 2
            found += [each["StreamArn"] for each in answer["Streams"]]
            if "LastEvaluatedStreamArn" not in answer:
                break
            start = {"ExclusiveStartStreamArn": answer["LastEvaluatedStreamArn"]}
        assert made <= set(found) and len(found) == len(set(found))

    def test_a_disabled_stream_stays_readable_and_ends(self, db, streams, watched):
        db.put_item(TableName=watched, Item=item("a"))
        arn = arn_of(db, watched)
        db.update_table(TableName=watched, StreamSpecification={"StreamEnabled": False})
        db.put_item(TableName=watched, Item=item("b"))
        stream = describe(streams, arn)
        assert stream["StreamStatus"] == "DISABLED"
        assert all("EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in stream["Shards"])
        assert [record["dynamodb"]["Keys"] for record in read_all(streams, arn)] == [item("a")]
        for shard in stream["Shards"]:
            assert read_shard(streams, arn, shard["ShardId"])[1] is None, "NextShardIterator is absent at the end of a closed shard"

    def test_enabling_again_starts_a_new_stream_beside_the_old_one(self, db, streams, watched):
        db.put_item(TableName=watched, Item=item("old"))
        old = arn_of(db, watched)
        db.update_table(TableName=watched, StreamSpecification={"StreamEnabled": False})
        db.update_table(TableName=watched, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
        db.put_item(TableName=watched, Item=item("new"))
        new = arn_of(db, watched)
        assert [record["dynamodb"]["Keys"] for record in read_all(streams, old)] == [item("old")]
        assert [record["dynamodb"]["Keys"] for record in read_all(streams, new)] == [item("new")]
        assert {each["StreamArn"] for each in streams.list_streams(TableName=watched)["Streams"]} == {old, new}

    def test_a_deleted_tables_stream_stays_readable(self, db, streams, unique):
        table = unique()
        create_table(db, table, view=BOTH)
        db.put_item(TableName=table, Item=item("a"))
        arn = arn_of(db, table)
        db.delete_table(TableName=table)
        assert describe(streams, arn)["StreamStatus"] == "DISABLED"
        assert [(record["eventName"], record["dynamodb"]["Keys"]) for record in read_all(streams, arn)] == [("INSERT", item("a"))]

    def test_errors(self, db, streams, watched):
        arn = arn_of(db, watched)
        absent = arn[:-len("2026-01-01T00:00:00.000")] + "2001-01-01T00:00:00.000"
        with refused("ResourceNotFoundException", "Requested resource not found: Stream: "):
            streams.describe_stream(StreamArn=absent)
        for wrong in (dict(StreamArn="nonsense"), dict(StreamArn=arn, Limit=0), dict(StreamArn=arn, Limit=101), dict(StreamArn=arn, ExclusiveStartShardId="short"), {}):
            with invalid():
                streams.describe_stream(**wrong)
        for wrong in (dict(Limit=0), dict(Limit=101), dict(ExclusiveStartStreamArn="nonsense")):
            with invalid():
                streams.list_streams(**wrong)


class TestShards:
    def test_ids_and_ranges_have_their_form(self, db, streams, watched):
        for shard in describe(streams, arn_of(db, watched))["Shards"]:
            assert re.fullmatch(r"shardId-\d{20}-[0-9a-f]{8}", shard["ShardId"])
            assert re.fullmatch(r"\d{21,40}", shard["SequenceNumberRange"]["StartingSequenceNumber"])
            assert "EndingSequenceNumber" not in shard["SequenceNumberRange"] and "ParentShardId" not in shard

    def test_a_rolled_shard_is_closed_and_has_a_child(self, db, streams, watched, server):
        arn = arn_of(db, watched)
        for i in range(3):
            update(db, watched, "SET x = :v", v=n(i))
            roll(server, watched)
        update(db, watched, "SET x = :v", v=n(3))
        shards = parents_first(describe(streams, arn)["Shards"])
        by_id = {shard["ShardId"]: shard for shard in shards}
        parents = {shard["ParentShardId"] for shard in shards if "ParentShardId" in shard}
        assert parents == {shard["ShardId"] for shard in shards if "EndingSequenceNumber" in shard["SequenceNumberRange"]}, "closed exactly if it has a child"
        for shard in shards:
            own = shard["SequenceNumberRange"]
            records, rest = read_shard(streams, arn, shard["ShardId"])
            assert (rest is None) == ("EndingSequenceNumber" in own)
            for record in records:
                number = int(record["dynamodb"]["SequenceNumber"])
                assert int(own["StartingSequenceNumber"]) <= number <= int(own.get("EndingSequenceNumber", "9" * 40))
            if "ParentShardId" in shard:
                parent = by_id[shard["ParentShardId"]]["SequenceNumberRange"]
                assert int(parent["EndingSequenceNumber"]) < int(own["StartingSequenceNumber"])
        assert [int(record["dynamodb"]["NewImage"]["x"]["N"]) for record in read_all(streams, arn)] == [0, 1, 2, 3]

    def test_an_iterator_from_before_the_roll_reads_to_the_end(self, db, streams, watched, server):
        arn = arn_of(db, watched)
        iterators = [streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST")["ShardIterator"]
                     for shard in describe(streams, arn)["Shards"]]
        db.put_item(TableName=watched, Item=item("a"))
        roll(server, watched)
        db.put_item(TableName=watched, Item=item("b"))
        drained = [drain(streams, iterator) for iterator in iterators]
        assert [record["dynamodb"]["Keys"] for records, _ in drained for record in records] == [item("a")]
        assert all(rest is None for _, rest in drained)

    def test_describes_in_pages(self, db, streams, watched, server):
        arn = arn_of(db, watched)
        for _ in range(4):
            roll(server, watched)
        whole = describe(streams, arn)["Shards"]
        found, start = [], {}
        while True:
            answer = streams.describe_stream(StreamArn=arn, Limit=2, **start)["StreamDescription"]
            assert len(answer["Shards"]) <= 2
            found += answer["Shards"]
            if "LastEvaluatedShardId" not in answer:
                break
            start = {"ExclusiveStartShardId": answer["LastEvaluatedShardId"]}
        assert found == whole and len(whole) >= 5

    def test_the_filter_finds_children(self, db, streams, watched, server):
        arn = arn_of(db, watched)
        roll(server, watched)
        shards = describe(streams, arn)["Shards"]
        for shard in shards:
            wanted = [each for each in shards if each.get("ParentShardId") == shard["ShardId"]]
            answer = streams.describe_stream(StreamArn=arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": shard["ShardId"]})
            assert answer["StreamDescription"]["Shards"] == wanted
        for wrong in ({"Type": "CHILD_SHARDS"}, {"ShardId": shards[0]["ShardId"]}, {"Type": "OTHER", "ShardId": shards[0]["ShardId"]},
                      {"Type": "CHILD_SHARDS", "ShardId": "nonsense"}, {}):
            with invalid():
                streams.describe_stream(StreamArn=arn, ShardFilter=wrong)

    def test_a_table_with_several_shards_keeps_each_item_in_one_lineage(self, new_server, tmp_path):
        config = tmp_path / "millrace.yaml"
        config.write_text("version: 1\ntables:\n  many: {key: pk, stream: new-and-old, shards: 4}\n")
        server = new_server(config=config).start()
        db, streams = server.client(), server.client("dynamodbstreams")
        arn = arn_of(db, "many")
        assert len(describe(streams, arn)["Shards"]) == 4
        for i in range(3):
            for k in range(40):
                update(db, "many", "SET x = :v", f"k{k}", v=n(i))
            roll(server, "many")
        shards = {shard["ShardId"]: shard for shard in describe(streams, arn)["Shards"]}
        assert len(shards) == 16

        def root(shard_id):
            while "ParentShardId" in shards[shard_id]:
                shard_id = shards[shard_id]["ParentShardId"]
            return shard_id

        lineages, used = {}, set()
        for shard in parents_first(shards.values()):
            for record in read_shard(streams, arn, shard["ShardId"])[0]:
                lineages.setdefault(record["dynamodb"]["Keys"]["pk"]["S"], []).append((root(shard["ShardId"]), int(record["dynamodb"]["NewImage"]["x"]["N"])))
        for visits in lineages.values():
            assert [x for _, x in visits] == [0, 1, 2] and len({lineage for lineage, _ in visits}) == 1
            used.add(visits[0][0])
        assert len(lineages) == 40 and len(used) > 1


class TestIterators:
    @pytest.fixture
    def five(self, db, streams, watched):
        """(stream, shard, its five records)"""
        for i in range(5):
            update(db, watched, "SET x = :v", v=n(i))
        arn = arn_of(db, watched)
        for shard in describe(streams, arn)["Shards"]:
            records = read_shard(streams, arn, shard["ShardId"])[0]
            if records:
                return arn, shard["ShardId"], records
        raise AssertionError("no records")

    def test_at_and_after_a_sequence_number(self, streams, five):
        arn, shard, records = five
        for i, record in enumerate(records):
            number = record["dynamodb"]["SequenceNumber"]
            assert read_shard(streams, arn, shard, "AT_SEQUENCE_NUMBER", SequenceNumber=number)[0] == records[i:]
            assert read_shard(streams, arn, shard, "AFTER_SEQUENCE_NUMBER", SequenceNumber=number)[0] == records[i + 1:]

    def test_latest_starts_where_it_was_made(self, db, streams, watched, five):
        arn, shard, _ = five
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
        records, iterator = drain(streams, iterator)
        assert records == [] and iterator
        update(db, watched, "SET x = :v", v=n(99))
        assert [record["dynamodb"]["NewImage"]["x"] for record in drain(streams, iterator)[0]] == [n(99)]

    @pytest.mark.parametrize("limit", [1, 2, 5, 6])
    def test_limits_cut_and_nothing_is_lost(self, streams, five, limit):
        arn, shard, records = five
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        answer = streams.get_records(ShardIterator=iterator, Limit=limit)
        assert answer["Records"] == records[:limit]
        assert drain(streams, answer["NextShardIterator"], limit)[0] == records[limit:]

    def test_an_iterator_can_be_used_twice(self, streams, five):
        arn, shard, records = five
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        assert len(iterator) <= 2048
        assert streams.get_records(ShardIterator=iterator)["Records"] == streams.get_records(ShardIterator=iterator)["Records"] == records

    def test_a_page_is_at_most_one_megabyte_and_1000_records(self, db, streams, watched):
        for i in range(5):
            update(db, watched, "SET x = :v", v=s(f"{i}" * 300_000))
        arn = arn_of(db, watched)
        total = 0
        for shard in describe(streams, arn)["Shards"]:
            iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            while True:
                answer = streams.get_records(ShardIterator=iterator)
                assert sum(record["dynamodb"]["SizeBytes"] for record in answer["Records"][:-1]) <= 1024 * 1024
                if not answer["Records"]:
                    break
                total, iterator = total + len(answer["Records"]), answer["NextShardIterator"]
        assert total == 5
        for wrong in (0, 1001, -1):
            with invalid():
                streams.get_records(ShardIterator=iterator, Limit=wrong)

    def test_errors(self, streams, five):
        arn, shard, _ = five
        for wrong in (dict(ShardIteratorType="AT_SEQUENCE_NUMBER"), dict(ShardIteratorType="AFTER_SEQUENCE_NUMBER"), dict(ShardIteratorType="OTHER"), {},
                      dict(ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber="123"), dict(ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber="x" * 21),
                      dict(ShardIteratorType="TRIM_HORIZON", StreamArn="nonsense"),
                      dict(ShardIteratorType="TRIM_HORIZON", ShardId="short")):
            with invalid():
                streams.get_shard_iterator(**{"StreamArn": arn, "ShardId": shard, **wrong})
        with refused("ResourceNotFoundException"):
            streams.get_shard_iterator(StreamArn=arn, ShardId="shardId-00000000000000000001-00000000", ShardIteratorType="LATEST")
        with refused("ResourceNotFoundException"):
            streams.get_shard_iterator(StreamArn=arn[:-4] + "9999", ShardId=shard, ShardIteratorType="LATEST")
        for wrong in ("", "nonsense", arn, arn + "|1|abcd", "x" * 2049):
            with invalid():
                streams.get_records(ShardIterator=wrong)
