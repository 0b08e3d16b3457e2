"""Proves that the checker of the long test `delivery` finds every kind of violation and nothing else; and runs that test,
small: a table's changes reach a target that lies, over a pipe, a bus and rules that come and go, under kill -9."""
import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "delivery"))

from checker import KINDS, Checker, Route  # noqa: E402

KEYS = ("a", "b", "c")
EACH = 6
ROUTES = [Route("pipe"), Route("some", complete=False, keys=frozenset("ab"))]


def request(route, key, n, acknowledged=1, done=1, idempotency_key=None):
    return [route, key, n, idempotency_key or f"{route}-{key}{n}", "made-up", acknowledged, done]


def honest():
    """What a target that does its best to confuse writes down when all promises are kept: 0 violations."""
    requests = []
    for n in range(1, EACH + 1):
        for key in KEYS:
            requests.append(request("pipe", key, n, acknowledged=0, done=n % 2))  # done or not: refused
            requests.append(request("pipe", key, n, done=int(n % 3 > 0)))  # a lie now and then
            if n == 4:  # killed: what was acknowledged and not noted comes again, in order
                requests += [request("pipe", key, again) for again in (2, 3, 4)]
            if key != "c" and n not in (3, 4):  # the rule was away
                requests.append(request("some", key, n))
    return requests


def check(requests, written=None, cut=17):
    checker = Checker(ROUTES, KEYS, EACH)
    log = "".join(" ".join(map(str, [number, *each])) + "\n" for number, each in enumerate(requests, 1)).encode()
    for start in range(0, len(log), cut):
        checker.feed(log[start:start + cut])
    checker.finish(written or dict.fromkeys(KEYS, EACH))
    return checker


def found(requests, **more):
    checker = check(requests, **more)
    assert checker.violations == sum(checker.counts.values())
    assert all(kind in checker.verdict() for kind in checker.counts)
    return dict(checker.counts)


def without(requests, *wanted):
    left = [each for each in requests if tuple(each[:3]) not in wanted]
    assert len(left) < len(requests)
    return left


def moved(requests, one, behind):
    """The requests of record `one` stand behind the last one of record `behind`."""
    moving = [each for each in requests if tuple(each[:3]) == one]
    rest = [each for each in requests if tuple(each[:3]) != one]
    last = max(index for index, each in enumerate(rest) if tuple(each[:3]) == behind)
    assert moving
    return rest[:last + 1] + moving + rest[last + 1:]


def test_an_honest_log_has_no_violation():
    checker = check(honest())
    assert not checker.violations and checker.verdict() == ""
    assert checker.delivered("pipe") == 18 and checker.delivered("some") == 8
    assert checker.requests == len(honest()) and checker.behaviours == {"made-up": len(honest())}
    assert checker.again == 18 + 9 and checker.only_claimed == 3  # n = 6 of each key: refused and then lied about


def test_a_record_that_never_came_is_lost():
    assert found(without(honest(), ("pipe", "b", 3))) == {"lost": 1}
    assert found(without(honest(), ("pipe", "b", 1), ("pipe", "c", 6))) == {"lost": 2}
    assert found([]) == {"lost": 18 + 2}


def test_a_record_that_came_and_was_never_acknowledged_is_lost():
    last = [each if each[:3] != ["pipe", "c", EACH] else [*each[:5], 0, 1] for each in honest()]
    assert found(last) == {"lost": 1}


def test_on_a_route_with_gaps_only_the_last_of_a_key_can_be_lost():
    assert found(without(honest(), ("some", "a", 1), ("some", "a", 5))) == {}
    assert found(without(honest(), ("some", "a", EACH))) == {"lost": 1}


def test_a_record_that_first_came_after_a_later_one_is_out_of_order():
    assert found(moved(honest(), ("pipe", "b", 5), behind=("pipe", "b", 6)))["out-of-order"] >= 1
    assert found(moved(honest(), ("some", "b", 2), behind=("some", "b", 5))) == {"out-of-order": 1}
    assert "lost" not in found(moved(honest(), ("pipe", "b", 5), behind=("pipe", "b", 6)))


def test_a_record_that_overtakes_one_which_was_not_acknowledged_is_out_of_order():
    requests = honest()
    index = next(index for index, each in enumerate(requests) if each[:3] == ["pipe", "a", 2])
    assert requests[index][5] == 0
    requests.insert(index + 1, request("pipe", "a", 3))
    assert found(requests) == {"out-of-order": 2}  # 3 came too early, 2 came after it


def test_the_records_of_different_keys_and_routes_may_come_in_any_order():
    assert found(sorted(honest(), key=lambda each: (each[1], each[0]))) == {}
    assert found(sorted(honest(), key=lambda each: (each[0], each[1]), reverse=True)) == {}


@pytest.mark.parametrize("index", [-1, 0])
def test_a_record_that_comes_with_another_idempotency_key_is_found(index):
    requests = honest()
    again = [each for each in requests if each[:3] == ["pipe", "a", 3]]
    again[index][3] = "another"
    assert found(requests)["keys-differ"] >= 1 and set(found(requests)) == {"keys-differ"}


def test_a_record_without_an_idempotency_key_is_found():
    requests = honest()
    next(each for each in requests if each[:3] == ["some", "b", 2])[3] = "-"
    assert found(requests) == {"keys-differ": 1}


def test_one_idempotency_key_for_two_records_is_found():
    requests = [[*each[:3], "pipe-b4", *each[4:]] if each[:3] == ["pipe", "a", 4] else each for each in honest()]
    assert found(requests) == {"key-reused": 1}


def test_two_routes_may_share_an_idempotency_key():
    assert found([[*each[:3], f"{each[1]}{each[2]}", *each[4:]] for each in honest()]) == {}


@pytest.mark.parametrize("stranger", [("pipe", "z", 1), ("pipe", "?", 0), ("pipe", "a", 0), ("pipe", "a", EACH + 1), ("some", "c", 1), ("elsewhere", "a", 1)])
def test_what_was_never_written_or_must_not_take_this_route_is_unknown(stranger):
    assert found([*honest(), request(*stranger)]) == {"unknown": 1}


def test_more_than_was_written_is_unknown():
    assert found(honest(), written={"a": EACH, "b": EACH, "c": EACH - 1}) == {"unknown": 1}


def test_all_kinds_are_planted_here():
    planted = without(moved(honest(), ("some", "b", 2), behind=("some", "b", 5)), ("pipe", "b", 1))
    planted += [request("pipe", "z", 1), request("pipe", "a", 6, idempotency_key="pipe-a5")]
    planted += [request("some", "a", 6, idempotency_key="other")]
    planted = [[*each[:3], "pipe-c2", *each[4:]] if each[:3] == ["pipe", "c", 1] else each for each in planted]
    assert set(found(planted)) == set(KINDS)


@pytest.mark.parametrize("line", [b"2 pipe a 1 id take 1 1\n", b"1 pipe a 1 id take 1\n", b"1 pipe a 1 id take 1 2\n", b"\n"])
def test_a_log_with_a_missing_or_broken_line_is_refused(line):
    with pytest.raises(ValueError):
        Checker(ROUTES, KEYS, EACH).feed(line)


def test_a_log_that_ends_in_the_middle_of_a_line_is_refused():
    checker = Checker(ROUTES, KEYS, EACH)
    checker.feed(b"1 pipe a 1 id take 1 1")
    with pytest.raises(ValueError):
        checker.finish({})


def test_a_small_delivery_keeps_every_promise():
    done = subprocess.run([sys.executable, str(ROOT / "tests" / "long" / "delivery.py"), "--count", "6400", "--often", "10"], env=os.environ, capture_output=True,
                          text=True, timeout=600, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    kills, = re.search(r"(\d+) kills", done.stdout.splitlines()[-1]).groups()
    assert int(kills) >= 2
