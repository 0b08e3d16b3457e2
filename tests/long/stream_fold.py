#!/usr/bin/env python3
"""./dev test --long stream_fold [--seed N] [--count N]: random writes under kill -9 against a model and against the stream.

Workers change items of their own at random (puts, updates, deletes, conditions that fail, writes that change nothing,
batches, transactions) and keep in a dictionary what each item must be. In every round the process is killed with
kill -9 in the middle of that; a worker then looks whether the request that it had no answer to took effect: wholly, or
not at all. At the end of a round, when all is quiet:

  - the table equals the dictionaries, item for item, byte for byte;
  - the stream, folded record after record, equals the table, each record's old image being what the fold had before;
  - the stream has exactly one record per change: none is missing, none is there twice, none is of a write that changed nothing.

Between rounds the stream's shards are rolled, so that the fold crosses from parents to children. The seed decides what
is written and when it is killed, not how the threads meet.
"""
import argparse
import http.client
import json
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "binary"))

import wire  # noqa: E402
from process import Server  # noqa: E402
from tables import item, key_schema, n, s  # noqa: E402

TABLE = "folded"
WORKERS = 4
KEYS = 3_000  # of each worker: few enough that most writes meet an item
PER_ROUND = 50_000
PATIENCE = 120  # seconds for a restart


def canonical(value):
    """Text that is equal exactly if the item is: members of sets in order, names in order."""
    def order(part):
        if isinstance(part, dict):
            return {name: sorted(each) if name in ("SS", "NS") else order(each) for name, each in part.items()}
        return [order(each) for each in part] if isinstance(part, list) else part
    return json.dumps(order(value), sort_keys=True)


class Gone(Exception):
    """The server died or is not there."""


class Client:
    """Keep-alive, no retries of its own."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def call(self, operation, body, prefix=wire.TARGET):
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.connection.request("POST", "/", json.dumps(body), {**wire.HEADERS, "X-Amz-Target": prefix + operation})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException) as error:
            self.connection = None
            raise Gone from error

    def patient(self, operation, body, prefix=wire.TARGET):
        """Asks until it is answered; for questions only."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                status, answer = self.call(operation, body, prefix)
            except Gone:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
                continue
            assert status == 200, (operation, answer)
            return answer


def random_value(rng):
    kind = rng.randrange(7)
    if kind == 0:
        return n(rng.randint(-10**37, 10**37))
    if kind == 1:
        return s("v" * rng.randrange(200) + str(rng.randrange(1000)))
    if kind == 2:
        return {"L": [n(rng.randrange(10)), {"M": {"deep": s(str(rng.randrange(10)))}}]}
    if kind == 3:
        return {"SS": sorted({str(rng.randrange(20)) for _ in range(4)})}
    if kind == 4:
        return {"NS": sorted({str(rng.randrange(20)) for _ in range(4)})}
    return {"BOOL": rng.random() < 0.5} if kind == 5 else {"NULL": True}


class Worker:
    def __init__(self, name, port, seed):
        self.name, self.client, self.rng = name, Client(port), random.Random(f"{seed}/{name}")
        self.model, self.changes = {}, 0

    def key(self):
        number = self.rng.randrange(KEYS)
        return f"{self.name}-{number // 10}", f"{number % 10}"

    def new_item(self, key):
        return item(*key, **{name: random_value(self.rng) for name in self.rng.sample("abcdef", self.rng.randrange(1, 5))}, count=n(self.rng.randrange(5)))

    # Each of the following returns the request and what it makes of the items that it touches: {key: item or None}.

    def put(self):
        key = self.key()
        new = self.new_item(key)
        return "PutItem", {"TableName": TABLE, "Item": new}, {key: new}

    def put_the_same(self):
        key = self.key()
        same = self.model.get(key)
        if same is None:
            return self.put()
        again = dict(reversed(list(same.items())))
        again["count"] = n(same["count"]["N"] + ".0")
        return "PutItem", {"TableName": TABLE, "Item": again}, {key: same}

    def put_if(self):
        key = self.key()
        new = self.new_item(key)
        request = {"TableName": TABLE, "Item": new, "ConditionExpression": "attribute_not_exists(pk)"}
        return "PutItem", request, {key: self.model.get(key) or new}

    def update(self):
        key = self.key()
        before = self.model.get(key) or item(*key)
        value, remove = random_value(self.rng), self.rng.choice("bcdef")
        after = {**before, "a": value, "count": n(int(before.get("count", n(0))["N"]) + 1)}
        after.pop(remove, None)
        return "UpdateItem", {"TableName": TABLE, "Key": item(*key), "UpdateExpression": f"SET a = :v ADD #c :one REMOVE {remove}",
                              "ExpressionAttributeNames": {"#c": "count"}, "ExpressionAttributeValues": {":v": value, ":one": n(1)}}, {key: after}

    def delete(self):
        key = self.key()
        return "DeleteItem", {"TableName": TABLE, "Key": item(*key)}, {key: None}

    def batch(self):
        requests, effects = [], {}
        for _ in range(25):
            key = self.key()
            if key in effects:
                continue
            effects[key] = None if self.rng.random() < 0.2 else self.new_item(key)
            requests.append({"PutRequest": {"Item": effects[key]}} if effects[key] else {"DeleteRequest": {"Key": item(*key)}})
        return "BatchWriteItem", {"RequestItems": {TABLE: requests}}, effects

    def transaction(self):
        actions, effects = [], {}
        for _ in range(self.rng.randrange(2, 8)):
            operation, request, effect = self.rng.choice((self.put, self.update, self.delete))()
            if not effects.keys() & effect.keys():
                effects.update(effect)
                actions.append({{"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}[operation]: request})
        return "TransactWriteItems", {"TransactItems": actions}, effects

    def step(self):
        make = self.rng.choices((self.put, self.put_the_same, self.put_if, self.update, self.delete, self.batch, self.transaction), (5, 2, 2, 6, 2, 6, 4))[0]
        operation, request, effects = make()
        try:
            status, answer = self.client.call(operation, request)
        except Gone:
            self.find_out(operation, effects)
            return
        refused = status == 400 and answer["__type"].endswith("#ConditionalCheckFailedException") and "ConditionExpression" in request
        assert status == 200 or refused, (operation, request, answer)
        assert not answer.get("UnprocessedItems"), answer
        for key, after in effects.items():
            self.note(key, after)

    def note(self, key, after):
        if canonical(self.model.get(key)) != canonical(after):
            self.changes += 1
        if after is None:
            self.model.pop(key, None)
        else:
            self.model[key] = after

    def find_out(self, operation, effects):
        """There was no answer: each item must be as before or as after; those of a transaction all alike."""
        verdicts = set()
        for key, after in effects.items():
            found = self.client.patient("GetItem", {"TableName": TABLE, "Key": item(*key), "ConsistentRead": True}).get("Item")
            before, now = canonical(self.model.get(key)), canonical(found)
            assert now in (before, canonical(after)), f"{key} is neither as before nor as after: {found}"
            if before != canonical(after):
                verdicts.add(now != before)
            self.note(key, found)
        assert operation != "TransactWriteItems" or len(verdicts) < 2, f"half a transaction: {effects}"

    def run(self, count):
        wanted = self.changes + count
        while self.changes < wanted:
            self.step()


def work(name, port, seed, orders):
    """A worker's process: each order is a number of changes; the answer is all it knows, or what went wrong."""
    worker = Worker(name, port, seed)
    while (count := orders.recv()) is not None:
        try:
            worker.run(count)
            orders.send((worker.changes, {key: canonical(each) for key, each in worker.model.items()}))
        except BaseException as error:  # the parent reports it with the seed
            orders.send(error)
            return


class Fold:
    """The table as its stream tells it."""

    def __init__(self):
        self.items, self.records, self.ids, self.done, self.last = {}, 0, set(), set(), {}

    def read(self, client):
        arn = client.patient("DescribeTable", {"TableName": TABLE})["Table"]["LatestStreamArn"]
        shards, start = [], {}
        while True:
            answer = client.patient("DescribeStream", {"StreamArn": arn, **start}, wire.STREAMS_TARGET)["StreamDescription"]
            shards += answer["Shards"]
            if "LastEvaluatedShardId" not in answer:
                break
            start = {"ExclusiveStartShardId": answer["LastEvaluatedShardId"]}
        known = {shard["ShardId"] for shard in shards}
        waiting = [shard for shard in shards if shard["ShardId"] not in self.done]
        read = set(self.done)
        while waiting:  # parents before children
            shard = next(each for each in waiting if each.get("ParentShardId") not in known or each["ParentShardId"] in read)
            waiting.remove(shard)
            self.read_shard(client, arn, shard["ShardId"])
            read.add(shard["ShardId"])

    def read_shard(self, client, arn, shard):
        where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.last[shard]} if shard in self.last else {"ShardIteratorType": "TRIM_HORIZON"}
        iterator = client.patient("GetShardIterator", {"StreamArn": arn, "ShardId": shard, **where}, wire.STREAMS_TARGET)["ShardIterator"]
        while iterator:
            answer = client.patient("GetRecords", {"ShardIterator": iterator}, wire.STREAMS_TARGET)
            for record in answer["Records"]:
                self.apply(record)
                self.last[shard] = record["dynamodb"]["SequenceNumber"]
            iterator = answer.get("NextShardIterator")
            if not answer["Records"] and iterator:
                return
        self.done.add(shard)

    def apply(self, record):
        change = record["dynamodb"]
        key = change["Keys"]["pk"]["S"], change["Keys"]["sk"]["S"]
        old, new = (canonical(change[image]) if image in change else None for image in ("OldImage", "NewImage"))
        assert self.items.get(key) == old, f"record {change['SequenceNumber']} of {key}: the old image is not what the fold has"
        assert old != new, f"record {change['SequenceNumber']} changes nothing"
        assert record["eventName"] == ("INSERT" if old is None else "REMOVE" if new is None else "MODIFY")
        assert record["eventID"] not in self.ids
        self.ids.add(record["eventID"])
        self.records += 1
        if new is None:
            del self.items[key]
        else:
            self.items[key] = new


def scan(client):
    items, start = {}, {}
    while True:
        answer = client.patient("Scan", {"TableName": TABLE, "ConsistentRead": True, **start})
        items.update({(each["pk"]["S"], each["sk"]["S"]): canonical(each) for each in answer["Items"]})
        if "LastEvaluatedKey" not in answer:
            return items
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def differences(one, other):
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())


def main():
    parser = argparse.ArgumentParser(prog="./dev test --long stream_fold")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--count", type=int, default=1_000_000, help="changes to make")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.count} changes", flush=True)
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="millrace-fold-") as directory:
        server = Server(directory).start()
        server.wanted_port = server.port  # the same after each restart
        client = Client(server.port)
        client.patient("CreateTable", {"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", **key_schema(["pk:S", "sk:S"]),
                                       "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}})
        context = multiprocessing.get_context("fork")
        lines, processes = [], []
        for index in range(WORKERS):
            line, end = context.Pipe()
            processes.append(context.Process(target=work, args=(f"w{index}", server.port, arguments.seed, end), daemon=True))
            processes[-1].start()
            lines.append(line)
        fold, made, kills, failed = Fold(), 0, 0, None
        begin = time.monotonic()
        try:
            while made < arguments.count:
                share = -(-min(PER_ROUND, arguments.count - made) // WORKERS)
                for line in lines:
                    line.send(share)
                for _ in range(rng.randrange(1, 4)):
                    time.sleep(rng.uniform(0.05, 2))
                    server.restart()
                    kills += 1
                answers = [line.recv() for line in lines]
                for answer in answers:
                    if isinstance(answer, BaseException):
                        raise answer
                made = sum(changes for changes, _ in answers)
                model = {key: each for _, items in answers for key, each in items.items()}
                fold.read(client)
                table = scan(client)
                print(f"{made:>9} changes, {kills:>3} kills, {len(table):>6} items, {len(fold.done):>3} closed shards, {made / (time.monotonic() - begin):,.0f} changes/s", flush=True)
                assert (count := differences(model, table)) == 0, f"{count} items differ between the model and the table"
                assert (count := differences(fold.items, table)) == 0, f"{count} items differ between the stream's fold and the table"
                assert fold.records == made, f"{made} changes made {fold.records} records"
                roll = wire.send(server.port, "POST", "/_millrace/streams/roll", json.dumps({"TableName": TABLE}).encode(), {"Content-Type": "application/json"})
                assert roll.status == 200, roll.body
        except (AssertionError, Gone, RuntimeError, EOFError) as error:
            failed = error
        for process in processes:
            process.terminate()
            process.join()
        server.kill()
        if failed or server.sanitizer_report():
            keep = Path(tempfile.mkdtemp(prefix="millrace-fold-failed-"))
            Path(directory).rename(keep / "kept")
            Path(directory).mkdir()
            print(f"FAILED: {failed!r}\nseed {arguments.seed}; the data and the log are in {keep}", flush=True)
            return 1
    print(f"0 differences in {made} changes, {kills} kills, seed {arguments.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
