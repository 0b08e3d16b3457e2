"""Checker reads what a target wrote down and says which promises of delivery were broken: ./dev test --long delivery.

A route is one way from the table to the target: a pipe, or a rule. On each, the records of a key are numbered from 1.
The log has one line per request, in the order in which the target settled them (liar.cc):

  number route key n idempotency-key behaviour acknowledged done

Found are:

  lost          a record that was never acknowledged although it had to arrive
  out-of-order  a record that came for the first time after a later one of its key, or before the last was acknowledged
  keys-differ   a record that came with two idempotency keys, or with none
  key-reused    two records of a route with one idempotency key: a target that remembers keys drops the second
  unknown       what was never written, or must not take this route

A rule that comes and goes skips the records of its absence, so a gap is no loss there; what was the last of its key
must arrive also there.

Threads: confined to one. It takes the log as it grows; `finish` is called once, when the log is complete.
Failure: a log that is not one (a line is missing, or has no such form) raises ValueError: then nothing is known.
"""
import argparse
import array
import collections
import dataclasses
import json
import sys

KINDS = ("lost", "out-of-order", "keys-differ", "key-reused", "unknown")
EXAMPLES = 5  # of each kind


@dataclasses.dataclass
class Route:
    """What is promised of one route. `keys`: those that may take it, or None for all."""
    name: str
    complete: bool = True
    keys: frozenset = None

    def takes(self, key):
        return self.keys is None or key in self.keys


class _Key:
    """What is known of one key on one route."""
    __slots__ = ("ids", "acknowledged", "done", "newest", "newest_acknowledged")

    def __init__(self, each):
        self.ids = array.array("q", bytes(8 * (each + 1)))  # by n; 0: not seen
        self.acknowledged = bytearray(each + 1)  # by n
        self.done = bytearray(each + 1)  # by n
        self.newest = 0  # the highest n that was seen
        self.newest_acknowledged = True


class Checker:
    def __init__(self, routes, keys, each):
        """`each`: how many records every key has at most."""
        self.routes = {route.name: route for route in routes}
        self.known, self.each = list(keys), each
        self._keys = {route.name: {key: _Key(each) for key in self.known if route.takes(key)} for route in routes}
        self.counts = collections.Counter()  # violations by kind
        self.examples = collections.defaultdict(list)
        self.behaviours = collections.Counter()
        self.requests = self.acknowledged = self.again = self.done_again = self.only_claimed = 0
        self._delivered = dict.fromkeys(self.routes, 0)
        self._rest = b""

    def delivered(self, route):
        """How many different records of that route were acknowledged."""
        return self._delivered[route]

    def acknowledged_on(self, route, key, n):
        return bool(self._keys[route][key].acknowledged[n])

    @property
    def violations(self):
        return sum(self.counts.values())

    def feed(self, block):
        """The next bytes of the log, cut anywhere."""
        lines = (self._rest + block).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._take(line.decode("ascii"))

    def _broken(self, kind, what):
        self.counts[kind] += 1
        if len(self.examples[kind]) < EXAMPLES:
            self.examples[kind].append(what)

    def _take(self, line):
        parts = line.split(" ")
        self.requests += 1
        if len(parts) != 8 or parts[0] != str(self.requests) or parts[6] not in ("0", "1") or parts[7] not in ("0", "1"):
            raise ValueError(f"line {self.requests} of the log is {line!r}")
        _, route, key, n, idempotency_key, behaviour, acknowledged, done = parts
        n, acknowledged, done = int(n), acknowledged == "1", done == "1"
        self.behaviours[behaviour] += 1
        self.acknowledged += acknowledged
        seen = self._keys.get(route, {}).get(key)
        if seen is None or not 1 <= n <= self.each:
            self._broken("unknown", line)
            return
        self._check_idempotency_key(seen, n, idempotency_key, line)
        self._check_order(seen, n, acknowledged, line)
        if done:
            self.done_again += seen.done[n]
            seen.done[n] = 1
        if acknowledged and not seen.acknowledged[n]:
            seen.acknowledged[n] = 1
            self._delivered[route] += 1

    def _check_idempotency_key(self, seen, n, idempotency_key, line):
        if idempotency_key == "-":
            self._broken("keys-differ", line + "  (it has none)")
            return
        # Hashed: a million of them are kept. Two that differ look alike once in 2^64.
        hashed = hash(idempotency_key) or 1
        if seen.ids[n] == 0:
            seen.ids[n] = hashed
            return
        self.again += 1
        if seen.ids[n] != hashed:
            self._broken("keys-differ", line)

    def _check_order(self, seen, n, acknowledged, line):
        if n > seen.newest:
            if not seen.newest_acknowledged:
                self._broken("out-of-order", f"{line}  ({seen.newest} is not acknowledged yet)")
            seen.newest, seen.newest_acknowledged = n, acknowledged
        elif n == seen.newest:
            seen.newest_acknowledged |= acknowledged
        elif not seen.acknowledged[n]:
            # One that was seen and not acknowledged was reported when the later one overtook it.
            self._broken("out-of-order", f"{line}  ({seen.newest} came before)")

    def finish(self, written):
        """The log is complete. `written`: by key, the number of its last record."""
        if self._rest:
            raise ValueError(f"the log ends in the middle of a line: {self._rest!r}")
        for route in self.routes.values():
            for key, seen in self._keys[route.name].items():
                last = written.get(key, 0)
                if seen.newest > last:
                    self._broken("unknown", f"{route.name} {key} {seen.newest}  (only {last} were written)")
                for n in range(1, last + 1) if route.complete else [last] if last else []:
                    if not seen.acknowledged[n]:
                        self._broken("lost", f"{route.name} {key} {n}")
                self.only_claimed += sum(claimed > did for claimed, did in zip(seen.acknowledged, seen.done))
            self._find_reused(route.name)

    def _find_reused(self, route):
        ids = sorted(each for seen in self._keys[route].values() for each in seen.ids if each)
        reused = {one for one, next_one in zip(ids, ids[1:]) if one == next_one}
        if not reused:
            return
        users = collections.defaultdict(list)
        for key, seen in self._keys[route].items():
            for n, each in enumerate(seen.ids):
                if each in reused:
                    users[each].append(f"{key} {n}")
        for each in users.values():
            self._broken("key-reused", f"{route} {', '.join(each)}")

    def verdict(self):
        """One line per broken promise and its first examples; empty if all were kept."""
        lines = []
        for kind in KINDS:
            if self.counts[kind]:
                lines.append(f"{self.counts[kind]} {kind}")
                lines += [f"    {example}" for example in self.examples[kind]]
        return "\n".join(lines)


def main():
    """Checks a log that was kept: checker.py LOG PROMISES, where PROMISES is what the test left beside the log."""
    parser = argparse.ArgumentParser(prog="checker.py")
    parser.add_argument("log")
    parser.add_argument("promises")
    arguments = parser.parse_args()
    with open(arguments.promises, encoding="utf-8") as file:
        promises = json.load(file)
    routes = [Route(each["name"], each["complete"], each["keys"] and frozenset(each["keys"])) for each in promises["routes"]]
    checker = Checker(routes, promises["written"], max(promises["written"].values()))
    with open(arguments.log, "rb") as file:
        while block := file.read(1 << 20):
            checker.feed(block)
    checker.finish(promises["written"])
    print(checker.verdict() or f"every promise was kept in {checker.requests} requests")
    return 1 if checker.violations else 0


if __name__ == "__main__":
    sys.exit(main())
