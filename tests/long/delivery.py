#!/usr/bin/env python3
"""./dev test --long delivery [--seed N] [--count N]: nothing is lost and nothing out of order, whatever the target says and whoever is killed.

A writer counts up 64 items of a table. Their changes go to a target that lies (tests/delivery/liar.cc: it acknowledges
what it did not do, does what it refuses, tears connections down, is late, asks for patience, never answers, is out of
order as a whole) on four routes: over a pipe, and over a pipe, a bus and three rules, of which two come and go with the
configuration at each start. Every two seconds the server is killed with kill -9, now and then also while it starts.

The writer is never far ahead of the slowest route, so that the kills meet writing, matching and delivering.
When all but the last record of each key is written and nearly all of it delivered, the server is started with all rules
and left alone; the last records are written, and all that is to come must come: the test waits as long as there is
progress. checker.py reads what the target wrote down, as it grows; it says what is promised and how it is checked.

The seed decides what the target does and when the server is killed, not how the processes meet.
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "binary"), str(ROOT / "tests" / "delivery")]

from checker import Checker, Route  # noqa: E402
from process import Server, binary  # noqa: E402

TABLE = "counted"
KEYS = [f"k{number:02}" for number in range(64)]
BACKLOG = 10_000
KILL_SECONDS = 2
PROGRESS_SECONDS = 10  # between two lines
PATIENCE = 120  # seconds without any progress
LAST = 4_000  # so many undelivered records may be left for the end, when nothing is killed any more

# A route's name, whether every record takes it, the keys that do, and its rule's pattern.
PIPE = Route("pipe")
ALWAYS = Route("always")
MODIFIED = Route("modified", complete=False)
TENS = Route("tens", complete=False, keys=frozenset(key for key in KEYS if key.startswith("k1")))
ROUTES = [PIPE, ALWAYS, MODIFIED, TENS]
PATTERNS = {"always": "{source: [counted]}", "modified": "{detail-type: [MODIFY]}", "tens": "{detail: {Values: {id: [{prefix: k1}]}}}"}


def configuration(port, rules):
    targets = "\n".join(f'  {route.name}: {{http: {{url: "http://127.0.0.1:{port}/{route.name}", timeout: 500ms}}}}' for route in ROUTES
                        if route is PIPE or route.name in rules)
    written = "\n".join(f"  {name}: {{from: bus/relay, match: {PATTERNS[name]}, to: target/{name}}}" for name in rules)
    return f"""version: 1
tables:
  {TABLE}: {{key: id, stream: new-and-old, shards: 4}}
buses:
  relay: {{}}
pipes:
  direct: {{from: table/{TABLE}, to: target/pipe}}
  relayed: {{from: table/{TABLE}, to: bus/relay, format: crud}}
rules:
{written}
targets:
{targets}
"""


def program(name):
    return str(Path(binary()).parents[1] / "tests" / "delivery" / name)


class Failed(Exception):
    """What the test found."""


class Writer:
    """The process that writes; it is told how far it may go."""

    def __init__(self, port, each):
        self.process = subprocess.Popen([program("writer"), "--port", str(port), "--table", TABLE, "--keys", str(len(KEYS)), "--each", str(each)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.allowed = self.written = 0
        self.acknowledged = {}
        self._rest = b""

    def allow(self, total):
        if total > self.allowed:
            self.allowed = total
            self.process.stdin.write(b"%d\n" % total)
            self.process.stdin.flush()

    def read(self):
        lines = (self._rest + (self.process.stdout.read() or b"")).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            what, *rest = line.decode().split()
            if what == "written":
                self.written = int(rest[0])
            else:
                self.acknowledged[rest[0]] = int(rest[1])
        if self.process.poll() not in (None, 0):
            raise Failed(f"the writer ended with {self.process.poll()}")

    def end(self):
        self.process.kill()
        self.process.wait()


class Delivery:
    def __init__(self, arguments, directory):
        self.rng = random.Random(arguments.seed)
        self.directory = Path(directory)
        self.each = max(2, -(-arguments.count // len(KEYS)))
        self.total = self.each * len(KEYS)
        self.backlog = min(BACKLOG, max(500, self.total // 50))
        self.kills = 0
        self.begin = self.said = self.progressed = time.monotonic()
        self.progress = None
        self.log = self.directory / "liar.log"
        self.log.touch()
        with open(self.directory / "liar.err", "wb") as unreadable:
            self.liar = subprocess.Popen([program("liar"), "--log", str(self.log), "--seed", str(arguments.seed), "--often", str(arguments.often)],
                                         stdout=subprocess.PIPE, stderr=unreadable)
        self.liar_port = int(self.liar.stdout.readline())
        self.checker = Checker(ROUTES, KEYS, self.each)
        self.log_file = open(self.log, "rb")
        self.server = Server(self.directory, config=self.directory / "millrace.yaml", arguments=["--quiet"])
        self.writer = None

    def start(self):
        self.configure()
        self.server.start()
        self.server.wanted_port = self.server.port  # the same after each restart
        self.writer = Writer(self.server.port, self.each)

    def end(self):
        if self.writer:
            self.writer.end()
        self.server.kill()
        self.liar.terminate()
        self.liar.wait()

    def configure(self, last=False):
        come = [name for name in ("modified", "tens") if last or self.rng.random() < 0.5]
        Path(self.server.config).write_text(configuration(self.liar_port, ["always", *come]), encoding="utf-8")

    @property
    def delivered(self):
        """On the slowest of the routes that all records take."""
        return min(self.checker.delivered(route.name) for route in ROUTES if route.complete)

    def look(self):
        """Reads what there is, lets the writer go on, and fails if something is wrong or nothing moves."""
        self.writer.read()
        while block := self.log_file.read(1 << 20):
            self.checker.feed(block)
            if self.checker.violations:
                raise Failed(self.checker.verdict())
        if not self.server.alive():
            raise Failed(f"the server ended by itself with {self.server.process.poll()}:\n{self.server.log()[-4000:]}")
        if self.liar.poll() is not None:
            raise Failed("the liar ended")
        now, progress = time.monotonic(), (self.writer.written, self.checker.acknowledged)
        if progress != self.progress:
            self.progress, self.progressed = progress, now
        elif now - self.progressed > PATIENCE:
            if self.writer.acknowledged:
                self.checker.finish(self.writer.acknowledged)
            raise Failed(f"nothing moved for {PATIENCE} s: {self.status()}\n{self.checker.verdict()}")
        if now - self.said > PROGRESS_SECONDS:
            self.said = now
            print(self.status(), flush=True)

    def status(self):
        routes = ", ".join(f"{route.name} {self.checker.delivered(route.name)}" for route in ROUTES)
        return (f"{time.monotonic() - self.begin:>5.0f} s  {self.writer.written:>8} written  {routes}  {self.checker.requests} requests, "
                f"{self.kills} kills")

    def kill(self):
        self.server.kill()
        self.kills += 1
        self.configure()
        while self.rng.random() < 0.1:
            self.server.launch()
            time.sleep(self.rng.uniform(0, 0.1))
            self.server.kill()
            self.kills += 1
        self.server.start()

    def run_under_fire(self):
        before_last = self.total - len(KEYS)
        left = min(LAST, self.total // 4)
        while self.writer.written < before_last or self.delivered < before_last - left:
            next_kill = time.monotonic() + KILL_SECONDS * self.rng.uniform(0.8, 1.2)
            while time.monotonic() < next_kill:
                self.writer.allow(min(before_last, self.delivered + self.backlog))
                time.sleep(0.02)
                self.look()
            self.kill()

    def run_to_the_end(self):
        self.server.kill()
        self.kills += 1
        self.configure(last=True)
        self.server.start()
        self.writer.allow(self.total)
        while not self.arrived():
            time.sleep(0.02)
            self.look()
        if self.writer.process.wait(PATIENCE) != 0:
            raise Failed("the writer failed")
        self.writer.read()
        if self.server.stop() != 0:
            raise Failed(f"the server did not end well:\n{self.server.log()[-4000:]}")
        self.liar.terminate()
        self.liar.wait()
        while block := self.log_file.read(1 << 20):
            self.checker.feed(block)
        self.checker.finish(self.writer.acknowledged)

    def arrived(self):
        if self.writer.written < self.total or self.delivered < self.total:
            return False
        return all(self.checker.acknowledged_on(route.name, key, self.each) for route in ROUTES for key in KEYS if route.takes(key))

    def keep_promises(self):
        """For checker.py, which can check a log that was kept."""
        routes = [{"name": route.name, "complete": route.complete, "keys": sorted(route.keys) if route.keys else None} for route in ROUTES]
        written = self.writer and self.writer.acknowledged or dict.fromkeys(KEYS, self.each)
        (self.directory / "promises.json").write_text(json.dumps({"routes": routes, "written": written}), encoding="utf-8")

    def figures(self):
        checker = self.checker
        lies = ", ".join(f"{name} {count}" for name, count in checker.behaviours.most_common() if name != "take")
        return (f"{lies}\n{self.writer.written if self.writer else 0} records on {len(ROUTES)} routes: {checker.requests} requests, {checker.again} of them again with the same idempotency key; "
                f"{checker.done_again} done again, {checker.only_claimed} acknowledged and never done by the target")


def main():
    parser = argparse.ArgumentParser(prog="./dev test --long delivery")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--count", type=int, default=1_000_000, help="records to write")
    parser.add_argument("--often", type=int, default=1, help="how often the target lies, times as often as usual: 1 to 30")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.count} records", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends what was started, as Ctrl-C does
    with tempfile.TemporaryDirectory(prefix="millrace-delivery-") as directory:
        delivery, failed = Delivery(arguments, directory), None
        try:
            delivery.start()
            delivery.run_under_fire()
            delivery.run_to_the_end()
            failed = delivery.checker.verdict() or None
        except (Failed, RuntimeError, ValueError, OSError) as error:
            failed = str(error)
        finally:
            delivery.end()
        failed = failed or delivery.server.sanitizer_report()
        seconds = time.monotonic() - delivery.begin
        print(delivery.figures())
        if failed:
            delivery.keep_promises()
            keep = Path(tempfile.mkdtemp(prefix="millrace-delivery-failed-"))
            Path(directory).rename(keep / "kept")
            Path(directory).mkdir()
            print(f"FAILED after {seconds:.0f} s and {delivery.kills} kills: {failed}\nseed {arguments.seed}; the data and the logs are in {keep}", flush=True)
            return 1
    print(f"0 lost, 0 out of order, {delivery.kills} kills, {seconds:.0f} s, seed {arguments.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
