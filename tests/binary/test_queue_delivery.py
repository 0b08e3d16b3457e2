"""Proves that the checker of the long test `queues` finds each kind of fault and nothing else; and runs that test, small."""
import subprocess
import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "delivery"))

from queue_checker import QueueChecker  # noqa: E402


def honest(fifo=True):
    checker = QueueChecker(["a", "b"], 2, fifo)
    checker.receive([("1", "a/1"), ("2", "b/1")], 0, 1, 10)
    checker.give_back("2")
    checker.delete_asked("1", "a/1")
    checker.delete_answered("1", 3)
    checker.receive([("2", "b/1"), ("4", "b/2")], 4, 5, 10)
    checker.receive([("3", "a/2")], 4, 5, 10)
    checker.receive([("3", "a/2")], 15, 15.5, 10)  # its time was over
    for message, body in (("2", "b/1"), ("4", "b/2"), ("3", "a/2")):
        checker.delete_asked(message, body)
        checker.delete_answered(message, 20)
    return checker


def kinds(checker):
    return {kind for kind, _ in checker.finish()}


def test_an_honest_queue_has_no_faults():
    assert honest().finish() == [] and honest().done()


def test_each_kind_of_fault_is_found():
    checker = honest()
    checker.attempted["b"].discard(2)
    assert kinds(checker) == {"lost"}
    checker = honest()
    checker.receive([("1", "a/1")], 30, 31, 10)
    assert kinds(checker) == {"zombie"}
    checker = QueueChecker(["a"], 1, False)
    checker.receive([("1", "a/1")], 0, 1, 10)
    checker.receive([("1", "a/1")], 8, 9, 10)
    assert kinds(checker) == {"twice", "lost"}
    checker = QueueChecker(["a"], 2, True)
    checker.receive([("2", "a/2")], 0, 1, 10)
    assert kinds(checker) == {"disorder", "lost"}
    checker = honest()
    checker.receive([("9", "a/3")], 30, 31, 10)
    assert kinds(checker) == {"stranger"}


def test_queues_keep_their_promises_under_kill_nine():
    done = subprocess.run([sys.executable, str(ROOT / "tests" / "long" / "queues.py"), "--count", "4000", "--kill-every", "1"],
                          capture_output=True, text=True, timeout=280, check=False)
    print(done.stdout)
    assert done.returncode == 0 and done.stdout.count(" 0 faults") == 2, done.stdout + done.stderr
