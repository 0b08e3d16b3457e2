"""Short words for what the tests write all the time: tables and attribute values."""


def key_schema(key):
    """("pk:S", "sk:N") as CreateTable wants it."""
    attributes = [part.split(":") for part in key]
    return {
        "KeySchema": [{"AttributeName": name, "KeyType": role} for (name, _), role in zip(attributes, ("HASH", "RANGE"))],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in attributes],
    }


def create_table(db, name, *key, view=None, **more):
    if view:
        more["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    answer = db.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **key_schema(key or ("pk:S",)), **more)
    db.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return answer["TableDescription"]


def s(value):
    return {"S": value}


def n(value):
    return {"N": str(value)}


def item(pk, sk=None, **attributes):
    """item("a", x=n(1)): the key attributes are strings."""
    return {"pk": s(pk), **({"sk": s(sk)} if sk is not None else {}), **attributes}
