"""Proves the batches and the transactions: limits, duplicates, what is left unprocessed, cancellation reasons, atomicity
and idempotency tokens."""
import threading
import uuid

import pytest
from botocore.exceptions import ClientError

from refused import invalid, refused
from tables import item, n, s


def put_request(each):
    return {"PutRequest": {"Item": each}}


def delete_request(key):
    return {"DeleteRequest": {"Key": key}}


def get(db, table, key):
    return db.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def everything(db, table):
    return sorted(db.scan(TableName=table, ConsistentRead=True)["Items"], key=lambda each: each["pk"]["S"])


class TestBatchWrite:
    def test_puts_and_deletes_in_several_tables(self, db, table, pairs):
        db.put_item(TableName=table, Item=item("old"))
        answer = db.batch_write_item(RequestItems={
            table: [put_request(item("a", x=n(1))), put_request(item("b")), delete_request(item("old")), delete_request(item("absent"))],
            pairs: [put_request(item("a", "1")), put_request(item("a", "2"))]})
        assert answer["UnprocessedItems"] == {}
        assert everything(db, table) == [item("a", x=n(1)), item("b")]
        assert db.scan(TableName=pairs)["Items"] == [item("a", "1"), item("a", "2")]

    def test_takes_25_and_no_more(self, db, table):
        db.batch_write_item(RequestItems={table: [put_request(item(f"{i:02}")) for i in range(25)]})
        assert len(everything(db, table)) == 25
        with refused("ValidationException"):
            db.batch_write_item(RequestItems={table: [put_request(item(f"more{i}")) for i in range(26)]})
        assert len(everything(db, table)) == 25

    @pytest.mark.parametrize("first, second", [(put_request(item("a")), put_request(item("a", x=n(1)))), (put_request(item("a")), delete_request(item("a"))),
                                               (delete_request(item("a")), delete_request(item("a")))])
    def test_refuses_two_requests_for_one_item(self, db, table, first, second):
        with invalid("Provided list of item keys contains duplicates"):
            db.batch_write_item(RequestItems={table: [first, put_request(item("b")), second]})
        assert everything(db, table) == []

    def test_numerically_equal_keys_are_one_item(self, db, new_table):
        table = new_table("pk:N")
        with invalid("Provided list of item keys contains duplicates"):
            db.batch_write_item(RequestItems={table: [put_request({"pk": n("1")}), put_request({"pk": n("1.0")})]})

    def test_one_wrong_item_refuses_the_whole_batch(self, db, table):
        for wrong in ({"x": n(1)}, item("", x=n(1)), item("big", x=s("v" * 409600)), item("a", x={"SS": []})):
            with invalid():
                db.batch_write_item(RequestItems={table: [put_request(item("good")), put_request(wrong)]})
        assert everything(db, table) == []

    def test_refuses_what_is_no_batch(self, db, table):
        with refused("ResourceNotFoundException"):
            db.batch_write_item(RequestItems={"absent": [put_request(item("a"))]})
        for wrong in ({}, {table: []}, {table: [{}]}, {table: [{**put_request(item("a")), **delete_request(item("b"))}]}):
            with invalid():
                db.batch_write_item(RequestItems=wrong)

    def test_what_is_left_unprocessed_can_be_sent_again(self, db, table):
        """25 items of almost 400 KB are near the 16 MB that a request may have; whatever is refused must come back."""
        left = {table: [put_request(item(f"{i:02}", x=s("v" * 400_000))) for i in range(25)]}
        for _ in range(25):
            left = db.batch_write_item(RequestItems=left)["UnprocessedItems"]
            if not left:
                break
        assert left == {} and db.scan(TableName=table, Select="COUNT")["Count"] > 0
        assert all(get(db, table, item(f"{i:02}")) is not None for i in range(25))


class TestBatchGet:
    def test_reads_several_tables_and_leaves_out_what_is_absent(self, db, table, pairs):
        db.put_item(TableName=table, Item=item("a", x=n(1)))
        db.put_item(TableName=pairs, Item=item("a", "1", x=n(2), y=n(3)))
        answer = db.batch_get_item(RequestItems={
            table: {"Keys": [item("a"), item("absent")], "ConsistentRead": True},
            pairs: {"Keys": [item("a", "1")], "ProjectionExpression": "#y", "ExpressionAttributeNames": {"#y": "y"}}})
        assert answer["Responses"] == {table: [item("a", x=n(1))], pairs: [{"y": n(3)}]} and answer["UnprocessedKeys"] == {}

    def test_takes_100_keys_and_no_more(self, db, table):
        answer = db.batch_get_item(RequestItems={table: {"Keys": [item(f"{i}") for i in range(100)]}})
        assert answer["Responses"] == {table: []}
        with refused("ValidationException"):
            db.batch_get_item(RequestItems={table: {"Keys": [item(f"{i}") for i in range(101)]}})

    def test_refuses_a_key_twice_and_keys_that_are_none(self, db, table, new_table):
        with invalid("Provided list of item keys contains duplicates"):
            db.batch_get_item(RequestItems={table: {"Keys": [item("a"), item("b"), item("a")]}})
        numbers = new_table("pk:N")
        with invalid("Provided list of item keys contains duplicates"):
            db.batch_get_item(RequestItems={numbers: {"Keys": [{"pk": n("1")}, {"pk": n("1.0")}]}})
        with invalid("The provided key element does not match the schema"):
            db.batch_get_item(RequestItems={table: {"Keys": [{"pk": n(1)}]}})
        with refused("ResourceNotFoundException"):
            db.batch_get_item(RequestItems={"absent": {"Keys": [item("a")]}})
        for wrong in ({}, {table: {"Keys": []}}, {table: {}}):
            with invalid():
                db.batch_get_item(RequestItems=wrong)

    def test_answers_at_most_16_megabytes_and_says_what_is_left(self, db, table):
        for i in range(50):
            db.put_item(TableName=table, Item=item(f"{i}", x=s("v" * 400_000)))
        wanted, found, rounds = {table: {"Keys": [item(f"{i}") for i in range(50)]}}, [], 0
        while wanted:
            answer = db.batch_get_item(RequestItems=wanted)
            assert sum(len(each["x"]["S"]) for each in answer["Responses"][table]) <= 16 * 1024 * 1024
            found += [each["pk"]["S"] for each in answer["Responses"][table]]
            wanted, rounds = answer["UnprocessedKeys"], rounds + 1
        assert rounds == 2 and sorted(found) == sorted(str(i) for i in range(50))


class TestTransactWrite:
    def test_all_four_actions_at_once(self, db, table, pairs):
        for each in (item("updated", x=n(1)), item("deleted"), item("checked", x=n(1))):
            db.put_item(TableName=table, Item=each)
        db.transact_write_items(TransactItems=[
            {"Put": {"TableName": pairs, "Item": item("new", "1"), "ConditionExpression": "attribute_not_exists(pk)"}},
            {"Update": {"TableName": table, "Key": item("updated"), "UpdateExpression": "SET x = x + :one", "ExpressionAttributeValues": {":one": n(1)}}},
            {"Delete": {"TableName": table, "Key": item("deleted"), "ConditionExpression": "attribute_exists(pk)"}},
            {"ConditionCheck": {"TableName": table, "Key": item("checked"), "ConditionExpression": "x = :one", "ExpressionAttributeValues": {":one": n(1)}}}])
        assert everything(db, table) == [item("checked", x=n(1)), item("updated", x=n(2))]
        assert db.scan(TableName=pairs)["Items"] == [item("new", "1")]

    def test_one_failed_condition_cancels_everything_and_says_which(self, db, table):
        db.put_item(TableName=table, Item=item("b", x=n(1)))
        condition = {"ConditionExpression": "x = :v", "ExpressionAttributeValues": {":v": n(9)}}
        with refused("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, "
                     "ConditionalCheckFailed, None]") as error:
            db.transact_write_items(TransactItems=[
                {"Put": {"TableName": table, "Item": item("a")}},
                {"Update": {"TableName": table, "Key": item("b"), "UpdateExpression": "SET y = :v", "ReturnValuesOnConditionCheckFailure": "ALL_OLD", **condition}},
                {"ConditionCheck": {"TableName": table, "Key": item("c"), **condition}},
                {"Delete": {"TableName": table, "Key": item("d")}}])
        failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
        assert error.response["CancellationReasons"] == [{"Code": "None"}, {**failed, "Item": item("b", x=n(1))}, failed, {"Code": "None"}]
        assert everything(db, table) == [item("b", x=n(1))]

    def test_an_update_that_does_not_fit_the_item_cancels(self, db, table):
        db.put_item(TableName=table, Item=item("b", x=s("text")))
        with refused("TransactionCanceledException", "[None, ValidationError]") as error:
            db.transact_write_items(TransactItems=[
                {"Put": {"TableName": table, "Item": item("a")}},
                {"Update": {"TableName": table, "Key": item("b"), "UpdateExpression": "SET y = x + :v", "ExpressionAttributeValues": {":v": n(1)}}}])
        assert error.response["CancellationReasons"][1]["Message"] == "An operand in the update expression has an incorrect data type"
        assert everything(db, table) == [item("b", x=s("text"))]

    def test_refuses_two_actions_on_one_item(self, db, table):
        with invalid("Transaction request cannot include multiple operations on one item"):
            db.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item("a")}}, {"Delete": {"TableName": table, "Key": item("a")}}])
        assert everything(db, table) == []

    def test_takes_100_actions_and_no_more(self, db, table):
        puts = [{"Put": {"TableName": table, "Item": item(f"{i:03}")}} for i in range(101)]
        db.transact_write_items(TransactItems=puts[:100])
        assert len(everything(db, table)) == 100
        with refused("ValidationException"):
            db.transact_write_items(TransactItems=puts)

    def test_takes_4_megabytes_and_no_more(self, db, table):
        with invalid():
            db.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item(f"{i}", x=s("v" * 400_000))}} for i in range(11)])
        assert everything(db, table) == []

    @pytest.mark.parametrize("actions", [
        [], [{}], [{"Put": {"TableName": "TABLE", "Item": item("a")}, "Delete": {"TableName": "TABLE", "Key": item("b")}}],
        [{"Update": {"TableName": "TABLE", "Key": item("a"), "UpdateExpression": "SET x ="}}], [{"ConditionCheck": {"TableName": "TABLE", "Key": item("a")}}],
        [{"Put": {"TableName": "TABLE", "Item": item("big", x=s("v" * 409600))}}],
    ])
    def test_refuses_what_is_no_transaction(self, db, table, actions):
        for action in actions:
            for each in action.values():
                each["TableName"] = table
        with invalid():
            db.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item("good")}}] * bool(actions) + actions)
        assert everything(db, table) == []

    @pytest.mark.parametrize("kind, action", [("Put", {"Item": {"x": n(1)}}), ("Put", {"Item": {"pk": n(1)}}), ("Delete", {"Key": {"pk": n(1)}}), ("Delete", {"Key": {}})])
    def test_a_key_that_does_not_fit_the_table_refuses_all(self, db, table, kind, action):
        with pytest.raises(ClientError) as error:
            db.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item("good")}}, {kind: {"TableName": table, **action}}])
        assert error.value.response["Error"]["Code"] in ("ValidationException", "TransactionCanceledException")
        assert everything(db, table) == []

    def test_an_absent_table_is_not_found(self, db, table):
        with refused("ResourceNotFoundException"):
            db.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item("a")}}, {"Put": {"TableName": "absent", "Item": item("a")}}])
        assert everything(db, table) == []

    def test_a_token_makes_it_happen_once(self, db, table):
        token = str(uuid.uuid4())
        action = {"Update": {"TableName": table, "Key": item("a"), "UpdateExpression": "ADD x :one", "ExpressionAttributeValues": {":one": n(1)}}}
        for _ in range(3):
            db.transact_write_items(TransactItems=[action], ClientRequestToken=token)
        assert get(db, table, item("a")) == item("a", x=n(1))
        db.transact_write_items(TransactItems=[action], ClientRequestToken=str(uuid.uuid4()))
        assert get(db, table, item("a")) == item("a", x=n(2))
        action["Update"]["ExpressionAttributeValues"] = {":one": n(2)}
        with refused("IdempotentParameterMismatchException"):
            db.transact_write_items(TransactItems=[action], ClientRequestToken=token)
        assert get(db, table, item("a")) == item("a", x=n(2))

    def test_a_token_of_a_cancelled_transaction_can_be_used_again(self, db, table):
        token = str(uuid.uuid4())
        put = {"Put": {"TableName": table, "Item": item("a"), "ConditionExpression": "attribute_exists(pk)"}}
        with refused("TransactionCanceledException"):
            db.transact_write_items(TransactItems=[put], ClientRequestToken=token)
        db.put_item(TableName=table, Item=item("a", x=n(1)))
        db.transact_write_items(TransactItems=[put], ClientRequestToken=token)
        assert get(db, table, item("a")) == item("a")

    def test_nobody_sees_half_a_transaction(self, db, server, table):
        """One thread moves an amount back and forth between two items; the sum that readers see never changes."""
        for pk in "ab":
            db.put_item(TableName=table, Item=item(pk, x=n(100)))
        done, sums = threading.Event(), set()

        def read():
            client = server.client()
            while not done.is_set():
                answer = client.transact_get_items(TransactItems=[{"Get": {"TableName": table, "Key": item(pk)}} for pk in "ab"])
                sums.add(sum(int(each["Item"]["x"]["N"]) for each in answer["Responses"]))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            for amount in range(1, 100):
                db.transact_write_items(TransactItems=[
                    {"Update": {"TableName": table, "Key": item(pk), "UpdateExpression": "ADD x :v", "ExpressionAttributeValues": {":v": n(sign * amount)}}}
                    for pk, sign in (("a", 1), ("b", -1))])
        finally:
            done.set()
            reader.join()
        assert sums == {200}


class TestTransactGet:
    def test_reads_in_order_with_gaps_and_projections(self, db, table, pairs):
        db.put_item(TableName=table, Item=item("a", x=n(1), y=n(2)))
        db.put_item(TableName=pairs, Item=item("b", "1"))
        answer = db.transact_get_items(TransactItems=[
            {"Get": {"TableName": pairs, "Key": item("b", "1")}}, {"Get": {"TableName": table, "Key": item("absent")}},
            {"Get": {"TableName": table, "Key": item("a"), "ProjectionExpression": "y"}}])
        assert answer["Responses"] == [{"Item": item("b", "1")}, {}, {"Item": {"y": n(2)}}]

    def test_refuses_what_is_none(self, db, table):
        key = {"Get": {"TableName": table, "Key": item("a")}}
        with refused("ValidationException"):
            db.transact_get_items(TransactItems=[])
        with refused("ValidationException"):
            db.transact_get_items(TransactItems=[{"Get": {"TableName": table, "Key": item(f"{i}")}} for i in range(101)])
        with invalid("Transaction request cannot include multiple operations on one item"):
            db.transact_get_items(TransactItems=[key, key])
        with refused("ResourceNotFoundException"):
            db.transact_get_items(TransactItems=[{"Get": {"TableName": "absent", "Key": item("a")}}])
