"""Proves PutItem, GetItem, UpdateItem and DeleteItem as a client of DynamoDB knows them: all types without loss, every
ReturnValues, conditions, the expression language, and the errors' types and words."""
import itertools

import pytest

from refused import invalid, refused
from tables import item, n, s

ALL_TYPES = {
    "string": s("grüße \U0001f600"), "empty": s(""), "number": n("-12.5"), "binary": {"B": b"\x00\xff"}, "no-bytes": {"B": b""},
    "yes": {"BOOL": True}, "no": {"BOOL": False}, "nothing": {"NULL": True},
    "list": {"L": [s("a"), n(1), {"L": []}]}, "map": {"M": {"k": {"M": {"deep": n(2)}}, "last": {"NULL": True}}},
    "strings": {"SS": ["b", "a"]}, "numbers": {"NS": ["3", "1"]}, "binaries": {"BS": [b"y", b"x"]},
}


def normal(value):
    """`value` with the members of sets in order: a set has none."""
    if isinstance(value, dict):
        return {k: sorted(v) if k in ("SS", "NS", "BS") else normal(v) for k, v in value.items()}
    return [normal(v) for v in value] if isinstance(value, list) else value


def get(db, table, pk="a", **more):
    return db.get_item(TableName=table, Key={"pk": s(pk)}, **more).get("Item")


def update(db, table, expression, pk="a", values=None, names=None, **more):
    if values:
        more["ExpressionAttributeValues"] = values
    if names:
        more["ExpressionAttributeNames"] = names
    return db.update_item(TableName=table, Key={"pk": s(pk)}, UpdateExpression=expression, **more)


class TestValues:
    def test_all_ten_types_come_back_as_they_went_in(self, db, table):
        db.put_item(TableName=table, Item=item("a", **ALL_TYPES))
        assert normal(get(db, table)) == normal(item("a", **ALL_TYPES))

    @pytest.mark.parametrize("given, kept", [
        ("0", "0"), ("-0", "0"), ("0.0", "0"), ("0042.1200", "42.12"), ("1e3", "1000"), ("1E-3", "0.001"), ("+7", "7"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("-0.12345678901234567890123456789012345678", "-0.12345678901234567890123456789012345678"),
        ("9.9999999999999999999999999999999999999E+125", "99999999999999999999999999999999999999" + "0" * 88),
        ("1E125", "1" + "0" * 125), ("1e-130", "0." + "0" * 129 + "1"), ("100000000000000000000000000000000000000000", "1" + "0" * 41),
    ])
    def test_numbers_keep_all_38_digits(self, db, table, given, kept):
        db.put_item(TableName=table, Item=item("a", x=n(given)))
        assert get(db, table)["x"] == n(kept)

    @pytest.mark.parametrize("number, words", [
        ("123456789012345678901234567890123456789", "Attempting to store more than 38 significant digits in a Number"),
        ("1E126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("-1E126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("1E-131", "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
        ("abc", "The parameter cannot be converted to a numeric value"), ("", "The parameter cannot be converted to a numeric value"),
        ("1 2", "The parameter cannot be converted to a numeric value"), ("NaN", "The parameter cannot be converted to a numeric value"),
        ("Infinity", "The parameter cannot be converted to a numeric value"), ("0x10", "The parameter cannot be converted to a numeric value"),
    ])
    def test_refuses_what_is_no_number_or_would_lose_digits(self, db, table, number, words):
        with invalid(words):
            db.put_item(TableName=table, Item=item("a", x=n(number)))
        assert get(db, table) is None

    def test_numbers_that_are_equal_are_the_same_key(self, db, new_table):
        table = new_table("pk:N")
        db.put_item(TableName=table, Item={"pk": n("1.0"), "x": s("first")})
        db.put_item(TableName=table, Item={"pk": n("1"), "x": s("second")})
        assert db.scan(TableName=table)["Items"] == [{"pk": n("1"), "x": s("second")}]

    @pytest.mark.parametrize("value, words", [
        ({"SS": []}, "may not be empty"), ({"NS": []}, "may not be empty"), ({"BS": []}, "should not be empty"),
        ({"SS": ["a", "a"]}, "contains duplicates"), ({"NS": ["1", "1.0"]}, "contains duplicates"), ({"BS": [b"a", b"a"]}, "contains duplicates"),
        ({}, "Supplied AttributeValue is empty"), ({"S": "a", "N": "1"}, "Supplied AttributeValue has more than one datatypes set"),
        ({"NULL": False}, "Null attribute value types must have the value of true"),
    ])
    def test_refuses_values_that_are_none(self, db, table, value, words):
        with invalid(words):
            db.put_item(TableName=table, Item=item("a", x=value))

    def test_lists_and_maps_nest_to_32_levels_and_no_further(self, db, table):
        def nested(levels):
            value = s("x")
            for _ in range(levels):
                value = {"L": [value]}
            return value

        db.put_item(TableName=table, Item=item("a", x=nested(31)))
        assert get(db, table)["x"] == nested(31)
        with invalid("Nesting Levels have exceeded supported limits"):
            db.put_item(TableName=table, Item=item("a", x=nested(32)))

    def test_an_item_holds_exactly_400_kib(self, db, table):
        fits = item("a", x=s("v" * (409600 - len("pk") - len("a") - len("x"))))
        db.put_item(TableName=table, Item=fits)
        assert get(db, table) == fits
        with invalid("Item size has exceeded the maximum allowed size"):
            db.put_item(TableName=table, Item={**fits, "y": s("")})
        with invalid("Item size to update has exceeded the maximum allowed size"):
            update(db, table, "SET y = :y", values={":y": s("")})
        assert get(db, table) == fits


class TestKeys:
    @pytest.mark.parametrize("broken, words", [
        ({}, "One or more parameter values were invalid: Missing the key pk in the item"),
        ({"pk": n(1)}, "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N"),
        ({"pk": s("")}, "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"),
        ({"pk": s("k" * 2049)}, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ])
    def test_put_checks_the_key(self, db, table, broken, words):
        with invalid(words):
            db.put_item(TableName=table, Item=broken)

    @pytest.mark.parametrize("key", [{}, {"more": s("a")}, {"pk": n(1)}, {"pk": s("a"), "sk": s("b")}])
    def test_reads_and_updates_check_the_key(self, db, table, key):
        for operation in (db.get_item, db.delete_item, db.update_item):
            with invalid("The provided key element does not match the schema"):
                operation(TableName=table, Key=key)

    def test_sort_keys_have_a_limit_too(self, db, pairs):
        db.put_item(TableName=pairs, Item=item("k" * 2048, "k" * 1024))
        with invalid("Aggregated size of all range keys has exceeded the size limit of 1024 bytes"):
            db.put_item(TableName=pairs, Item=item("a", "k" * 1025))

    def test_an_absent_table_is_not_found(self, db):
        for call in (lambda: db.get_item(TableName="absent", Key={"pk": s("a")}), lambda: db.put_item(TableName="absent", Item=item("a")),
                     lambda: db.delete_item(TableName="absent", Key={"pk": s("a")}), lambda: db.update_item(TableName="absent", Key={"pk": s("a")})):
            with refused("ResourceNotFoundException", "Requested resource not found"):
                call()


class TestReturnValues:
    """All five for UpdateItem, the two that PutItem and DeleteItem know."""

    def test_put_returns_nothing_or_the_old_item(self, db, table):
        assert "Attributes" not in db.put_item(TableName=table, Item=item("a", x=n(1)), ReturnValues="ALL_OLD")
        assert "Attributes" not in db.put_item(TableName=table, Item=item("a", x=n(2)))
        assert db.put_item(TableName=table, Item=item("a", x=n(3)), ReturnValues="ALL_OLD")["Attributes"] == item("a", x=n(2))

    def test_delete_returns_nothing_or_the_old_item(self, db, table):
        db.put_item(TableName=table, Item=item("a", x=n(1)))
        assert db.delete_item(TableName=table, Key=item("a"), ReturnValues="ALL_OLD")["Attributes"] == item("a", x=n(1))
        assert "Attributes" not in db.delete_item(TableName=table, Key=item("a"), ReturnValues="ALL_OLD")
        assert get(db, table) is None

    @pytest.mark.parametrize("operation, wrong", list(itertools.product(("put_item", "delete_item"), ("ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"))))
    def test_put_and_delete_refuse_the_others(self, db, table, operation, wrong):
        with invalid("eturn"):  # the wording differs between regions
            getattr(db, operation)(TableName=table, ReturnValues=wrong, **{"Item" if operation == "put_item" else "Key": item("a")})

    @pytest.mark.parametrize("wanted, expected", [
        ("NONE", None),
        ("ALL_OLD", item("a", x=n(1), y=s("kept"))), ("ALL_NEW", item("a", x=n(2), y=s("kept"), z=n(9))),
        ("UPDATED_OLD", {"x": n(1)}), ("UPDATED_NEW", {"x": n(2), "z": n(9)}),
    ])
    def test_update_returns_what_is_asked_for(self, db, table, wanted, expected):
        db.put_item(TableName=table, Item=item("a", x=n(1), y=s("kept")))
        answer = update(db, table, "SET x = :x, z = :z", values={":x": n(2), ":z": n(9)}, ReturnValues=wanted)
        assert answer.get("Attributes") == expected

    def test_updated_values_of_nested_paths_are_the_touched_leaves_only(self, db, table):
        db.put_item(TableName=table, Item=item("a", m={"M": {"x": n(1), "y": n(2)}}))
        answer = update(db, table, "SET m.x = :v", values={":v": n(5)}, ReturnValues="UPDATED_OLD")
        assert answer["Attributes"] == {"m": {"M": {"x": n(1)}}}
        answer = update(db, table, "SET m.x = :v", values={":v": n(6)}, ReturnValues="UPDATED_NEW")
        assert answer["Attributes"] == {"m": {"M": {"x": n(6)}}}

    def test_update_of_a_new_item_has_nothing_old(self, db, table):
        answer = update(db, table, "SET x = :x", values={":x": n(1)}, ReturnValues="ALL_OLD")
        assert "Attributes" not in answer
        assert update(db, table, "SET x = :x", pk="b", values={":x": n(1)}, ReturnValues="ALL_NEW")["Attributes"] == item("b", x=n(1))


class TestConditions:
    ITEM = item("a", x=n(10), text=s("hello world"), tags={"SS": ["red", "blue"]}, list={"L": [n(1), s("two")]}, map={"M": {"k": s("v")}},
                bytes={"B": b"abc"}, yes={"BOOL": True}, nothing={"NULL": True})

    @pytest.mark.parametrize("condition, values", [
        ("x = :v", {":v": n("10.0")}), ("x <> :v", {":v": n(11)}), ("x < :v", {":v": n(11)}), ("x <= :v", {":v": n(10)}),
        ("x > :v", {":v": n(9)}), ("x >= :v", {":v": n(10)}), ("x BETWEEN :v AND :w", {":v": n(10), ":w": n(12)}),
        ("x IN (:v, :w)", {":v": n(1), ":w": n(10)}), ("attribute_exists(x)", {}), ("attribute_not_exists(absent)", {}),
        ("attribute_type(x, :v)", {":v": s("N")}), ("begins_with(#text, :v)", {":v": s("hello")}), ("begins_with(bytes_, :v)", None),
        ("contains(#text, :v)", {":v": s("o w")}), ("contains(tags, :v)", {":v": s("red")}), ("contains(#list, :v)", {":v": s("two")}),
        ("size(#text) = :v", {":v": n(11)}), ("size(tags) = :v", {":v": n(2)}), ("size(#list) = :v", {":v": n(2)}), ("size(#map) = :v", {":v": n(1)}),
        ("size(#bytes) > :v", {":v": n(2)}), ("NOT x = :v", {":v": n(11)}), ("x = :v AND attribute_exists(tags)", {":v": n(10)}),
        ("x = :v OR attribute_exists(tags)", {":v": n(99)}), ("NOT (x = :v OR x = :w) AND attribute_exists(pk)", {":v": n(1), ":w": n(2)}),
        ("#map.k = :v", {":v": s("v")}), ("#list[1] = :v", {":v": s("two")}), ("attribute_not_exists(#list[7])", {}), ("yes = :v", {":v": {"BOOL": True}}),
        ("nothing = :v", {":v": {"NULL": True}}), ("tags = :v", {":v": {"SS": ["blue", "red"]}}), ("#map = :v", {":v": {"M": {"k": s("v")}}}),
        ("(x > :v) AND (x < :w)", {":v": n(0), ":w": n(11)}), ("x<:v", {":v": n(11)}), ("x <> :v", {":v": s("10")}),
    ])
    def test_a_true_condition_lets_the_write_through(self, db, table, condition, values):
        if values is None:
            condition, values = "begins_with(#bytes, :v)", {":v": {"B": b"ab"}}
        names = {f"#{word}": word for word in ("text", "list", "map", "bytes") if f"#{word}" in condition}
        more = {"ExpressionAttributeValues": values} if values else {}
        if names:
            more["ExpressionAttributeNames"] = names
        db.put_item(TableName=table, Item=self.ITEM)
        db.put_item(TableName=table, Item=item("a", done={"BOOL": True}), ConditionExpression=condition, **more)
        assert get(db, table) == item("a", done={"BOOL": True})
        db.put_item(TableName=table, Item=self.ITEM)
        with refused("ConditionalCheckFailedException", "The conditional request failed"):
            db.delete_item(TableName=table, Key=item("a"), ConditionExpression=f"NOT ({condition})", **more)
        assert normal(get(db, table)) == normal(self.ITEM)

    @pytest.mark.parametrize("condition, values", [
        ("absent = :v", {":v": n(1)}), ("absent < :v", {":v": n(1)}), ("x > :v", {":v": s("1")}), ("contains(x, :v)", {":v": n(1)}),
        ("begins_with(x, :v)", {":v": s("1")}), ("size(x) = :v", {":v": n(2)}), ("x IN (:v)", {":v": s("10")}),
    ])
    def test_an_absent_attribute_or_another_type_is_false_and_no_error(self, db, table, condition, values):
        db.put_item(TableName=table, Item=self.ITEM)
        with refused("ConditionalCheckFailedException"):
            db.put_item(TableName=table, Item=item("a"), ConditionExpression=condition, ExpressionAttributeValues=values)

    def test_create_only_once(self, db, table):
        db.put_item(TableName=table, Item=item("a", x=n(1)), ConditionExpression="attribute_not_exists(pk)")
        with refused("ConditionalCheckFailedException"):
            db.put_item(TableName=table, Item=item("a", x=n(2)), ConditionExpression="attribute_not_exists(pk)")
        assert get(db, table)["x"] == n(1)

    @pytest.mark.parametrize("operation", ["put_item", "delete_item", "update_item"])
    def test_a_failed_condition_can_return_the_item(self, db, table, operation):
        db.put_item(TableName=table, Item=item("a", x=n(1)))
        with refused("ConditionalCheckFailedException") as error:
            getattr(db, operation)(TableName=table, ConditionExpression="x = :v", ExpressionAttributeValues={":v": n(2)},
                                   ReturnValuesOnConditionCheckFailure="ALL_OLD", **{"Item" if operation == "put_item" else "Key": item("a")})
        assert error.response["Item"] == item("a", x=n(1))
        with refused("ConditionalCheckFailedException") as error:
            getattr(db, operation)(TableName=table, ConditionExpression="x = :v", ExpressionAttributeValues={":v": n(2)},
                                   **{"Item" if operation == "put_item" else "Key": item("a")})
        assert "Item" not in error.response


class TestUpdates:
    BEFORE = item("a", x=n(5), text=s("old"), list={"L": [n(1), n(2), n(3)]}, map={"M": {"k": s("v"), "nested": {"M": {"n": n(1)}}}},
                  tags={"SS": ["a", "b"]}, numbers={"NS": ["1", "2"]})

    @pytest.mark.parametrize("expression, values, changes", [
        ("SET x = :v", {":v": n(6)}, {"x": n(6)}), ("SET x = x + :v", {":v": n("0.1")}, {"x": n("5.1")}),
        ("SET x = :v - x", {":v": n(1)}, {"x": n(-4)}), ("SET y = x", {}, {"y": n(5)}),
        ("SET x = :v, y = x", {":v": n(1)}, {"x": n(1), "y": n(5)}),
        ("SET y = if_not_exists(y, :v)", {":v": n(7)}, {"y": n(7)}), ("SET x = if_not_exists(x, :v)", {":v": n(7)}, {"x": n(5)}),
        ("SET y = if_not_exists(y, :v) + :w", {":v": n(0), ":w": n(1)}, {"y": n(1)}),
        ("SET #list = list_append(#list, :v)", {":v": {"L": [n(4)]}}, {"list": {"L": [n(1), n(2), n(3), n(4)]}}),
        ("SET #list = list_append(:v, #list)", {":v": {"L": [n(0)]}}, {"list": {"L": [n(0), n(1), n(2), n(3)]}}),
        ("SET #list[1] = :v", {":v": s("x")}, {"list": {"L": [n(1), s("x"), n(3)]}}),
        ("SET #list[99] = :v", {":v": n(4)}, {"list": {"L": [n(1), n(2), n(3), n(4)]}}),
        ("SET #map.k = :v", {":v": n(1)}, {"map": {"M": {"k": n(1), "nested": {"M": {"n": n(1)}}}}}),
        ("SET #map.nested.n = #map.nested.n + :v", {":v": n(1)}, {"map": {"M": {"k": s("v"), "nested": {"M": {"n": n(2)}}}}}),
        ("SET #map.added = :v", {":v": n(1)}, {"map": {"M": {"k": s("v"), "nested": {"M": {"n": n(1)}}, "added": n(1)}}}),
        ("REMOVE x", {}, {"x": None}), ("REMOVE absent", {}, {}), ("REMOVE #list[0], #list[2]", {}, {"list": {"L": [n(2)]}}),
        ("REMOVE #map.k", {}, {"map": {"M": {"nested": {"M": {"n": n(1)}}}}}), ("REMOVE #list[9]", {}, {}),
        ("ADD x :v", {":v": n(3)}, {"x": n(8)}), ("ADD y :v", {":v": n(3)}, {"y": n(3)}),
        ("ADD tags :v", {":v": {"SS": ["b", "c"]}}, {"tags": {"SS": ["a", "b", "c"]}}), ("ADD fresh :v", {":v": {"SS": ["z"]}}, {"fresh": {"SS": ["z"]}}),
        ("ADD numbers :v", {":v": {"NS": ["2.0", "3"]}}, {"numbers": {"NS": ["1", "2", "3"]}}),
        ("DELETE tags :v", {":v": {"SS": ["b", "q"]}}, {"tags": {"SS": ["a"]}}), ("DELETE tags :v", {":v": {"SS": ["a", "b"]}}, {"tags": None}),
        ("DELETE absent :v", {":v": {"SS": ["a"]}}, {}),
        ("SET y = :v REMOVE x ADD numbers :w DELETE tags :u", {":v": n(1), ":w": {"NS": ["9"]}, ":u": {"SS": ["a"]}},
         {"y": n(1), "x": None, "numbers": {"NS": ["1", "2", "9"]}, "tags": {"SS": ["b"]}}),
        ("set y = :v remove x", {":v": n(1)}, {"y": n(1), "x": None}),
    ])
    def test_every_action(self, db, table, expression, values, changes):
        names = {f"#{word}": word for word in ("list", "map") if f"#{word}" in expression}
        db.put_item(TableName=table, Item=self.BEFORE)
        answer = update(db, table, expression, values=values, names=names, ReturnValues="ALL_NEW")
        expected = {name: value for name, value in {**self.BEFORE, **changes}.items() if value is not None}
        assert normal(answer["Attributes"]) == normal(expected)
        assert normal(get(db, table)) == normal(expected)

    def test_arithmetic_is_exact_in_38_digits(self, db, table):
        db.put_item(TableName=table, Item=item("a", x=n("0.1"), big=n("9999999999999999999999999999999999999")))
        update(db, table, "SET x = x + :v, big = big + :one", values={":v": n("0.2"), ":one": n(1)})
        assert get(db, table) == item("a", x=n("0.3"), big=n("10000000000000000000000000000000000000"))
        update(db, table, "ADD big :v", values={":v": n("9007199254740993")})
        assert get(db, table)["big"] == n("10000000000000000000009007199254740993")

    def test_counts_under_its_own_key(self, db, table):
        for expected in range(1, 6):
            answer = update(db, table, "ADD hits :one", values={":one": n(1)}, ReturnValues="UPDATED_NEW")
            assert answer["Attributes"] == {"hits": n(expected)}

    def test_creates_the_item_that_is_not_there(self, db, table):
        db.update_item(TableName=table, Key=item("a"))
        assert get(db, table) == item("a")
        update(db, table, "SET x = :v", pk="b", values={":v": n(1)})
        assert get(db, table, "b") == item("b", x=n(1))

    @pytest.mark.parametrize("expression, values", [("REMOVE x", {}), ("DELETE x :v", {":v": {"SS": ["a"]}})])
    def test_only_removing_from_an_item_that_is_not_there_creates_nothing(self, db, table, expression, values):
        assert "Attributes" not in update(db, table, expression, values=values, ReturnValues="ALL_NEW")
        assert get(db, table) is None

    @pytest.mark.parametrize("expression, values, words", [
        ("SET y = absent", {}, "The provided expression refers to an attribute that does not exist in the item"),
        ("SET y = x + label", {}, "An operand in the update expression has an incorrect data type"),
        ("SET y = label + :v", {":v": n(1)}, "An operand in the update expression has an incorrect data type"),
        ("SET absent.k = :v", {":v": n(1)}, "The document path provided in the update expression is invalid for update"),
        ("SET x.k = :v", {":v": n(1)}, "The document path provided in the update expression is invalid for update"),
        ("SET x[0] = :v", {":v": n(1)}, "The document path provided in the update expression is invalid for update"),
        ("SET pk = :v", {":v": s("b")}, "Cannot update attribute pk. This attribute is part of the key"),
        ("REMOVE pk", {}, "Cannot update attribute pk. This attribute is part of the key"),
        ("ADD label :v", {":v": n(1)}, "An operand in the update expression has an incorrect data type"),
        ("ADD x :v", {":v": {"SS": ["a"]}}, "An operand in the update expression has an incorrect data type"),
        ("SET x = list_append(x, :v)", {":v": {"L": []}}, "An operand in the update expression has an incorrect data type"),
    ])
    def test_refuses_what_does_not_fit_the_item(self, db, table, expression, values, words):
        before = item("a", x=n(5), label=s("text"))
        db.put_item(TableName=table, Item=before)
        with invalid(words):
            update(db, table, expression, values=values)
        assert get(db, table) == before


class TestExpressionErrors:
    @pytest.mark.parametrize("expression, values, names, words", [
        ("SET", None, None, "Invalid UpdateExpression: Syntax error"),
        ("SET x", None, None, "Invalid UpdateExpression: Syntax error"),
        ("SET x = :v,", {":v": n(1)}, None, "Invalid UpdateExpression: Syntax error"),
        ("PUT x = :v", {":v": n(1)}, None, 'Invalid UpdateExpression: Syntax error; token: "PUT"'),
        ("", None, None, "Invalid UpdateExpression: The expression can not be empty"),
        ("SET x = :v", None, None, "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v"),
        ("SET #x = :v", {":v": n(1)}, None, "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; attribute name: #x"),
        ("SET x = :v", {":v": n(1), ":w": n(1)}, None, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"),
        ("SET x = :v", {":v": n(1)}, {"#u": "u"}, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}"),
        ("SET name = :v", {":v": n(1)}, None, "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name"),
        ("SET x = :v, x = :v", {":v": n(1)}, None,
         "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x], path two: [x]"),
        ("SET x.y = :v REMOVE x", {":v": n(1)}, None, "Invalid UpdateExpression: Two document paths overlap with each other"),
        ("SET x = :v SET y = :v", {":v": n(1)}, None, 'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;'),
        ("SET x = foo(:v)", {":v": n(1)}, None, "Invalid UpdateExpression: Invalid function name; function: foo"),
        ("SET x = if_not_exists(:v)", {":v": n(1)}, None,
         "Invalid UpdateExpression: Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1"),
        ("SET x = x + :v", {":v": s("1")}, None,
         "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S"),
        ("SET x = size(y)", None, None, "Invalid UpdateExpression: The function is not allowed in an update expression; function: size"),
        ("ADD x :v", {":v": s("a")}, None, "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING"),
        ("DELETE x :v", {":v": n(1)}, None, "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"),
    ])
    def test_of_updates(self, db, table, expression, values, names, words):
        with invalid(words):
            update(db, table, expression, values=values, names=names)
        assert get(db, table) is None

    @pytest.mark.parametrize("condition, values, words", [
        ("x =", None, "Invalid ConditionExpression: Syntax error"), ("x = :v AND", {":v": n(1)}, "Invalid ConditionExpression: Syntax error"),
        ("(x = :v", {":v": n(1)}, "Invalid ConditionExpression: Syntax error"), ("", None, "Invalid ConditionExpression: The expression can not be empty"),
        ("x = :v", None, "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :v"),
        ("#x = :v", {":v": n(1)}, "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #x"),
        ("status = :v", {":v": n(1)}, "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: status"),
        ("foo(x)", None, "Invalid ConditionExpression: Invalid function name; function: foo"),
        ("attribute_exists(:v)", {":v": n(1)}, "Invalid ConditionExpression: Operator or function requires a document path; operator or function: attribute_exists"),
        ("attribute_type(x, :v)", {":v": s("X")}, "Invalid ConditionExpression: Invalid attribute type name found"),
        ("begins_with(x, :v)", {":v": n(1)},
         "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"),
        ("x BETWEEN :v AND :w", {":v": n(2), ":w": n(1)},
         "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound"),
        ("x < :v", {":v": {"BOOL": True}},
         "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"),
        ("x = x", None, "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; "
                        "operator: =, first operand: [x]"),
        ("((x = :v))", {":v": n(1)}, "Invalid ConditionExpression: The expression has redundant parentheses"),
    ])
    def test_of_conditions(self, db, table, condition, values, words):
        more = {"ExpressionAttributeValues": values} if values else {}
        with invalid(words):
            db.put_item(TableName=table, Item=item("a"), ConditionExpression=condition, **more)
        assert get(db, table) is None

    def test_placeholders_without_an_expression(self, db, table):
        with invalid("ExpressionAttributeValues can only be specified when using expressions"):
            db.put_item(TableName=table, Item=item("a"), ExpressionAttributeValues={":v": n(1)})
        with invalid("ExpressionAttributeNames can only be specified when using expressions"):
            db.put_item(TableName=table, Item=item("a"), ExpressionAttributeNames={"#v": "v"})

    @pytest.mark.parametrize("names, values", [({"x": "x"}, None), ({"#": "x"}, None), (None, {"v": n(1)}), (None, {":": n(1)}), ({}, None), (None, {})])
    def test_placeholders_have_a_form(self, db, table, names, values):
        more = {} if names is None else {"ExpressionAttributeNames": names}
        if values is not None:
            more["ExpressionAttributeValues"] = values
        with invalid("ExpressionAttribute"):
            db.put_item(TableName=table, Item=item("a"), ConditionExpression="attribute_not_exists(pk)", **more)

    def test_an_expression_has_at_most_4096_bytes(self, db, table):
        condition = "attribute_not_exists(" + "x" * (4096 - len("attribute_not_exists()")) + ")"
        db.put_item(TableName=table, Item=item("a"), ConditionExpression=condition)
        with invalid("Invalid ConditionExpression: Expression size has exceeded the maximum allowed size"):
            db.put_item(TableName=table, Item=item("a"), ConditionExpression=condition + " ")

    def test_an_expression_has_at_most_300_operators(self, db, table):
        with invalid("Invalid ConditionExpression: ", "300"):
            db.put_item(TableName=table, Item=item("a"), ConditionExpression=" OR ".join(["x=:v"] * 200), ExpressionAttributeValues={":v": n(1)})


class TestProjections:
    ITEM = item("a", x=n(1), list={"L": [n(1), {"M": {"k": s("v"), "more": n(2)}}, n(3)]}, map={"M": {"k": {"M": {"deep": n(1)}}, "more": n(2)}})

    @pytest.mark.parametrize("projection, expected", [
        ("pk", item("a")), ("x, pk", item("a", x=n(1))), ("absent", {}), ("#map.k.deep", {"map": {"M": {"k": {"M": {"deep": n(1)}}}}}),
        ("#list[0]", {"list": {"L": [n(1)]}}), ("#list[1].k, #list[2]", {"list": {"L": [{"M": {"k": s("v")}}, n(3)]}}),
        ("#map.more, #map.k", {"map": {"M": {"k": {"M": {"deep": n(1)}}, "more": n(2)}}}), ("x.y, #list.z", {}),
    ])
    def test_of_get_item(self, db, table, projection, expected):
        db.put_item(TableName=table, Item=self.ITEM)
        names = {f"#{word}": word for word in ("list", "map") if f"#{word}" in projection}
        more = {"ExpressionAttributeNames": names} if names else {}
        assert get(db, table, ProjectionExpression=projection, **more) == expected
        assert get(db, table, ProjectionExpression=projection, ConsistentRead=True, **more) == expected

    def test_refuses_overlaps_and_syntax_errors(self, db, table):
        with invalid("Invalid ProjectionExpression: Two document paths overlap with each other"):
            get(db, table, ProjectionExpression="x.y, x")
        with invalid("Invalid ProjectionExpression: Syntax error"):
            get(db, table, ProjectionExpression="x,,y")
        with invalid("Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: list"):
            get(db, table, ProjectionExpression="list")


def test_consumed_capacity_is_counted_in_aws_units(db, table):
    big = item("a", x=s("v" * 4000))
    put = db.put_item(TableName=table, Item=big, ReturnConsumedCapacity="TOTAL")
    assert put["ConsumedCapacity"] == {"TableName": table, "CapacityUnits": 4.0}
    read = db.get_item(TableName=table, Key=item("a"), ConsistentRead=True, ReturnConsumedCapacity="TOTAL")
    assert read["ConsumedCapacity"] == {"TableName": table, "CapacityUnits": 1.0}
    read = db.get_item(TableName=table, Key=item("a"), ReturnConsumedCapacity="TOTAL")
    assert read["ConsumedCapacity"] == {"TableName": table, "CapacityUnits": 0.5}
