"""Proves Query and Scan: key conditions, order, paging, filters, projections, counts, parallel segments, and their errors."""
import pytest

from refused import invalid, refused
from tables import create_table, item, n, s

@pytest.fixture(scope="module")
def numbered(db):
    """Three partitions of ten items, sort key N from -4 to 5, x counting up; never changed by a test."""

    create_table(db, "numbered", "pk:S", "sk:N")
    for pk in "abc":
        db.batch_write_item(RequestItems={"numbered": [
            {"PutRequest": {"Item": {"pk": s(pk), "sk": n(i - 4), "x": n(i), "label": s(f"{pk}{i}"), "even": {"BOOL": i % 2 == 0}}}} for i in range(10)]})
    yield "numbered"
    db.delete_table(TableName="numbered")


def query(db, table, condition, values, **more):
    return db.query(TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **more)


def sort_keys(answer):
    return [int(each["sk"]["N"]) for each in answer["Items"]]


def pages(call, **arguments):
    """Every page of a Query or Scan."""
    while True:
        answer = call(**arguments)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


class TestQuery:
    @pytest.mark.parametrize("condition, values, expected", [
        ("pk = :p", {}, range(-4, 6)), ("pk = :p AND sk = :v", {":v": n("2.0")}, [2]), ("pk = :p AND sk < :v", {":v": n(-2)}, [-4, -3]),
        ("pk = :p AND sk <= :v", {":v": n(-2)}, [-4, -3, -2]), ("pk = :p AND sk > :v", {":v": n("3.5")}, [4, 5]), ("pk = :p AND sk >= :v", {":v": n(4)}, [4, 5]),
        ("pk = :p AND sk BETWEEN :v AND :w", {":v": n(-1), ":w": n(1)}, [-1, 0, 1]), (":p = pk AND :v < sk", {":v": n(3)}, [4, 5]),
        ("sk > :v AND pk = :p", {":v": n(4)}, [5]), ("(pk = :p) AND (sk = :v)", {":v": n(0)}, [0]), ("pk = :p and sk between :v and :w", {":v": n(5), ":w": n(9)}, [5]),
        ("pk = :p AND sk > :v", {":v": n(99)}, []),
    ])
    def test_key_conditions_in_both_directions(self, db, numbered, condition, values, expected):
        values = {":p": s("b"), **values}
        assert sort_keys(query(db, numbered, condition, values)) == list(expected)
        assert sort_keys(query(db, numbered, condition, values, ScanIndexForward=False)) == list(expected)[::-1]

    def test_sorts_strings_by_their_bytes_and_finds_prefixes(self, db, pairs):
        keys = ["a", "B", "aa", "ab", "b", "ä", "a\x00", "a~", "10", "9", "\U0001f600", "\uffee"]
        for key in keys:
            db.put_item(TableName=pairs, Item=item("p", key))
        found = [each["sk"]["S"] for each in query(db, pairs, "pk = :p", {":p": s("p")})["Items"]]
        assert found == sorted(keys, key=lambda key: key.encode())
        found = [each["sk"]["S"] for each in query(db, pairs, "pk = :p AND begins_with(sk, :v)", {":p": s("p"), ":v": s("a")})["Items"]]
        assert found == ["a", "a\x00", "aa", "ab", "a~"]

    def test_sorts_numbers_of_any_size(self, db, new_table):
        table = new_table("pk:S", "sk:N")
        numbers = ["-9.9e125", "-1000000000000000000000000000000000001", "-1000000000000000000000000000000000000", "-10", "-9.5", "-9", "-0.001", "-1e-130", "0",
                   "1e-130", "0.00099", "0.001", "1", "1.0000000000000000000000000000000000001", "9", "10", "123.45", "1e38", "9.9e125"]
        for number in reversed(numbers):
            db.put_item(TableName=table, Item={"pk": s("p"), "sk": n(number)})
        found = [each["sk"]["N"] for each in query(db, table, "pk = :p", {":p": s("p")})["Items"]]
        assert [float(number) for number in found] == [float(number) for number in numbers] and len(set(found)) == len(numbers)
        assert found[1] == "-1000000000000000000000000000000000001"

    def test_sorts_binary_as_unsigned_bytes(self, db, new_table):
        table = new_table("pk:S", "sk:B")
        keys = [b"\x00", b"\x00\x00", b"\x01", b"a", b"\x7f", b"\x80", b"\xff", b"\xff\x00"]
        for key in reversed(keys):
            db.put_item(TableName=table, Item={"pk": s("p"), "sk": {"B": key}})
        assert [each["sk"]["B"] for each in query(db, table, "pk = :p", {":p": s("p")})["Items"]] == keys
        found = query(db, table, "pk = :p AND begins_with(sk, :v)", {":p": s("p"), ":v": {"B": b"\xff"}})["Items"]
        assert [each["sk"]["B"] for each in found] == [b"\xff", b"\xff\x00"]

    def test_sees_one_partition_only(self, db, pairs):
        for pk in ("p", "pp", "p\x00", "q"):
            db.put_item(TableName=pairs, Item=item(pk, "x"))
        assert query(db, pairs, "pk = :p", {":p": s("p")})["Items"] == [item("p", "x")]
        assert query(db, pairs, "pk = :p", {":p": s("nobody")})["Count"] == 0

    @pytest.mark.parametrize("forward", [True, False])
    @pytest.mark.parametrize("limit", [1, 3, 10, 11])
    def test_pages_add_up_to_the_whole(self, db, numbered, limit, forward):
        arguments = dict(TableName=numbered, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": s("a")}, Limit=limit, ScanIndexForward=forward)
        found = []
        for page in pages(db.query, **arguments):
            assert len(page["Items"]) <= limit
            found += sort_keys(page)
        assert found == list(range(-4, 6))[::1 if forward else -1]

    def test_a_full_page_has_a_key_to_go_on_from(self, db, numbered):
        answer = query(db, numbered, "pk = :p", {":p": s("a")}, Limit=10)
        assert answer["LastEvaluatedKey"] == {"pk": s("a"), "sk": n(5)}
        answer = query(db, numbered, "pk = :p", {":p": s("a")}, Limit=10, ExclusiveStartKey=answer["LastEvaluatedKey"])
        assert answer["Items"] == [] and "LastEvaluatedKey" not in answer

    def test_filters_after_the_limit(self, db, numbered):
        answer = query(db, numbered, "pk = :p", {":p": s("a"), ":t": {"BOOL": True}}, FilterExpression="even = :t", Limit=5)
        assert (answer["Count"], answer["ScannedCount"]) == (3, 5) and answer["LastEvaluatedKey"] == {"pk": s("a"), "sk": n(0)}
        answer = query(db, numbered, "pk = :p", {":p": s("a"), ":t": {"BOOL": True}}, FilterExpression="even = :t")
        assert (answer["Count"], answer["ScannedCount"]) == (5, 10) and "LastEvaluatedKey" not in answer

    def test_counts_and_projects(self, db, numbered):
        answer = query(db, numbered, "pk = :p", {":p": s("a")}, Select="COUNT")
        assert answer["Count"] == 10 and "Items" not in answer
        answer = query(db, numbered, "pk = :p AND sk = :v", {":p": s("a"), ":v": n(1)}, ProjectionExpression="x, label")
        assert answer["Items"] == [{"x": n(5), "label": s("a5")}]
        answer = query(db, numbered, "pk = :p AND sk = :v", {":p": s("a"), ":v": n(1)}, Select="SPECIFIC_ATTRIBUTES", ProjectionExpression="x", ConsistentRead=True)
        assert answer["Items"] == [{"x": n(5)}]

    def test_a_page_ends_at_one_megabyte(self, db, pairs):
        for i in range(12):
            db.put_item(TableName=pairs, Item=item("p", f"{i:02}", x=s("v" * 100_000)))
        arguments = dict(TableName=pairs, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": s("p")})
        answers = list(pages(db.query, **arguments))
        counts = [len(answer["Items"]) for answer in answers]
        assert counts in ([10, 2], [11, 1])  # with or without the item that passes the limit
        arguments["ExpressionAttributeValues"][":none"] = s("none")
        answers = list(pages(db.query, **arguments, FilterExpression="x = :none"))
        assert [answer["Count"] for answer in answers] == [0, 0]
        assert [answer["ScannedCount"] for answer in answers] == counts, "what a page reads is counted before the filter"

    @pytest.mark.parametrize("condition, values, words", [
        ("sk = :v", {":v": n(1)}, "Query condition missed key schema element: pk"),
        ("pk > :v", {":v": s("a")}, "Query key condition not supported"),
        ("pk = :v AND x = :w", {":v": s("a"), ":w": n(1)}, "Query condition missed key schema element: sk"),
        ("pk = :v OR sk = :w", {":v": s("a"), ":w": n(1)}, "Invalid operator used in KeyConditionExpression: OR"),
        ("pk = :v AND NOT sk = :w", {":v": s("a"), ":w": n(1)}, "Invalid operator used in KeyConditionExpression: NOT"),
        ("pk = :v AND sk <> :w", {":v": s("a"), ":w": n(1)}, "Invalid operator used in KeyConditionExpression: <>"),
        ("pk = :v AND contains(sk, :w)", {":v": s("a"), ":w": n(1)}, "Invalid operator used in KeyConditionExpression: contains"),
        ("pk = :v AND pk = :w", {":v": s("a"), ":w": s("b")}, "KeyConditionExpressions must only contain one condition per key"),
        ("pk = :v AND sk = :w", {":v": s("a"), ":w": s("x")}, "One or more parameter values were invalid: Condition parameter type does not match schema type"),
        ("pk = :v", {":v": s("")}, "One or more parameter values are not valid"),
        ("pk = :v", None, "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; attribute value: :v"),
        ("pk =", None, "Invalid KeyConditionExpression: Syntax error"), ("", None, "Invalid KeyConditionExpression: The expression can not be empty"),
        ("pk = :v AND sk BETWEEN :b AND :a", {":v": s("a"), ":a": n(1), ":b": n(2)},
         "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound"),
    ])
    def test_refuses_conditions_that_are_none(self, db, numbered, condition, values, words):
        with invalid(words):
            db.query(TableName=numbered, KeyConditionExpression=condition, **({"ExpressionAttributeValues": values} if values else {}))

    @pytest.mark.parametrize("more, words", [
        ({"Limit": 0}, "imit"), ({"FilterExpression": "sk > :p"}, "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"),
        ({"Select": "SPECIFIC_ATTRIBUTES"}, "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
        ({"Select": "COUNT", "ProjectionExpression": "x"}, "Cannot specify the ProjectionExpression when choosing to get only the Count"),
        ({"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "x"}, "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"),
        ({"Select": "ALL_PROJECTED_ATTRIBUTES"}, "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"),
        ({"Select": "EVERYTHING"}, "elect"), ({"IndexName": "absent"}, "The table does not have the specified index: absent"),
        ({"ExclusiveStartKey": {"pk": s("a")}}, "starting key"), ({"ExclusiveStartKey": {"pk": s("a"), "sk": s("1")}}, "starting key"),
        ({"ExclusiveStartKey": {"pk": s("b"), "sk": n(1)}}, "starting key is outside query boundaries"),
        ({"ExclusiveStartKey": {"pk": s("a"), "sk": n(1), "x": n(1)}}, "starting key"),
    ])
    def test_refuses_parameters_that_make_no_sense(self, db, numbered, more, words):
        with invalid(words):
            query(db, numbered, "pk = :p", {":p": s("a")}, **more)

    def test_needs_a_condition_and_a_table(self, db, numbered):
        with invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."):
            db.query(TableName=numbered)
        with refused("ResourceNotFoundException", "Requested resource not found"):
            query(db, "absent", "pk = :p", {":p": s("a")})


class TestScan:
    def test_returns_everything_once(self, db, numbered):
        found = sorted((each["pk"]["S"], int(each["sk"]["N"])) for each in db.scan(TableName=numbered)["Items"])
        assert found == [(pk, sk) for pk in "abc" for sk in range(-4, 6)]

    @pytest.mark.parametrize("limit", [1, 7, 30, 31])
    def test_pages_add_up_to_the_whole_in_the_same_order(self, db, numbered, limit):
        whole = db.scan(TableName=numbered)["Items"]
        assert [each for page in pages(db.scan, TableName=numbered, Limit=limit) for each in page["Items"]] == whole

    def test_keeps_the_items_of_a_partition_together_and_in_order(self, db, numbered):
        items = db.scan(TableName=numbered)["Items"]
        for start in range(0, 30, 10):
            part = items[start:start + 10]
            assert len({each["pk"]["S"] for each in part}) == 1 and [int(each["sk"]["N"]) for each in part] == list(range(-4, 6))

    @pytest.mark.parametrize("segments", [1, 2, 3, 7, 64])
    def test_segments_share_the_items(self, db, numbered, segments):
        found = []
        for segment in range(segments):
            for page in pages(db.scan, TableName=numbered, Segment=segment, TotalSegments=segments, Limit=4):
                found += [(each["pk"]["S"], each["sk"]["N"]) for each in page["Items"]]
        assert len(found) == 30 and len(set(found)) == 30

    def test_filters_counts_and_projects(self, db, numbered):
        answer = db.scan(TableName=numbered, FilterExpression="x >= :v AND pk = :p", ExpressionAttributeValues={":v": n(8), ":p": s("b")}, ProjectionExpression="label")
        assert answer["Items"] == [{"label": s("b8")}, {"label": s("b9")}] and answer["ScannedCount"] == 30
        answer = db.scan(TableName=numbered, Select="COUNT")
        assert answer["Count"] == 30 and "Items" not in answer

    @pytest.mark.parametrize("more, words", [
        ({"TotalSegments": 2}, "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"),
        ({"Segment": 0}, "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"),
        ({"Segment": 2, "TotalSegments": 2},
         "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2"),
        ({"Segment": 0, "TotalSegments": 0}, "otalSegments"), ({"Segment": 0, "TotalSegments": 1_000_001}, "otalSegments"), ({"Segment": -1, "TotalSegments": 2}, "egment"),
        ({"Limit": 0}, "imit"), ({"Limit": -1}, "imit"), ({"FilterExpression": "x ="}, "Invalid FilterExpression: Syntax error"),
        ({"FilterExpression": ""}, "Invalid FilterExpression: The expression can not be empty"), ({"ExclusiveStartKey": {"pk": s("a")}}, "starting key"),
        ({"IndexName": "absent"}, "The table does not have the specified index: absent"),
    ])
    def test_refuses_parameters_that_make_no_sense(self, db, numbered, more, words):
        with invalid(words):
            db.scan(TableName=numbered, **more)

    def test_a_start_key_of_another_segment_is_refused(self, db, numbered):
        keys = {}
        for segment in range(2):
            answer = db.scan(TableName=numbered, Segment=segment, TotalSegments=2, Limit=1)
            keys[segment] = answer.get("LastEvaluatedKey")
        pairs = [(segment, key) for segment, key in keys.items() if key]
        assert pairs, "three partitions leave at least one segment with items"
        segment, key = pairs[0]
        with invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment"):
            db.scan(TableName=numbered, Segment=1 - segment, TotalSegments=2, ExclusiveStartKey=key)

    def test_an_absent_table_is_not_found(self, db):
        with refused("ResourceNotFoundException", "Requested resource not found"):
            db.scan(TableName="absent")
