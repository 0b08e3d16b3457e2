#!/usr/bin/env python3
"""./dev bench flow: from a committed change to a target: how fast, how late, how much memory, whatever the targets do.

Each part runs a server of its own with its own configuration, the load generator and target (flow_bench.cc) beside it:

  latency   from sending a write to the HTTP target being called, at half of the rate that the whole way sustains
  poison    the same with one key among 1,000 that the target always refuses: what it costs the others
  file      a pipe from a table's backlog to a file, records per second
  stalled   20,000 writes per second while the target is gone: memory; then how fast the backlog drains
  rules     what an event of a bus costs with 100,000 rules and 1,000 targets, as a ratio to one rule and one target
  idle      1,000 pipes that wait: share of a core

--only NAME runs one of them; --seconds sets how long each load runs (default 5). Printed are the figures and the goals; no
time is a test.
"""
import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "binary"), str(ROOT / "tools" / "bench")]

from engine import TOOLS, free_port, run_json  # noqa: E402
from process import Server  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, directory, seconds, files=None):
        self.directory, self.seconds, self.files, self.count = Path(directory), seconds, files or {}, 0

    def server(self, configuration, parent=None):
        self.count += 1
        directory = Path(parent or self.directory) / str(self.count)
        directory.mkdir(exist_ok=True)
        for name, text in {**self.files, "millrace.yaml": configuration}.items():
            (directory / name).parent.mkdir(exist_ok=True)
            (directory / name).write_text(text)
        server = Server(directory, config=directory / "millrace.yaml", arguments=["--quiet"])
        server.start()
        return server

    def load(self, server, sink=0, rate=0, seconds=None, **options):
        command = [TOOLS / "flow_bench", "--port", server.port, "--sink", sink, "--rate", rate, "--seconds", seconds or self.seconds]
        for name, value in options.items():
            command += [f"--{name}", value]
        return run_json(*command)


def stat(server):
    return Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_seconds(server):
    fields = stat(server)
    return (int(fields[11]) + int(fields[12])) / TICKS


def megabytes(server):
    return int(stat(server)[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def goal(text, held):
    return f"{text}: {'holds' if held else 'MISSED'}"


def http_pipe(port, more="", pipe=""):
    return f"""version: 1
tables:
  bench: {{key: id, stream: new}}
pipes:
  out: {{from: table/bench, to: target/sink, parallel: 64{pipe}}}
targets:
  sink: {{http: {{url: "http://127.0.0.1:{port}/"{more}}}}}
"""


def latency(bench, poison=0, rate=None, directory=None, pipe=http_pipe):
    sink = free_port()
    server = bench.server(pipe(sink), directory)
    if rate is None:
        most = bench.load(server, sink)
        rate = most["calls_per_second"] / 2
        print(f"  the whole way, as fast as it goes: {most['calls_per_second']:,} changes/s")
    figures = bench.load(server, sink, rate=rate, poison=poison)
    server.stop()
    return rate, figures


def run_latency(bench):
    print_latency(bench, http_pipe, "the target", 1, 5)


def print_latency(bench, pipe, called, p50, p99):
    """The commit lies between sending and answer, and only the server knows when. On a disk of memory it comes right after sending, so
    that the time from sending, at the same rate, is an upper limit of the time from the commit."""
    rate, disk = latency(bench, pipe=pipe)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        _, memory = latency(bench, rate=rate, directory=directory, pipe=pipe)
    for where, figures in ("on this disk", disk), ("in memory", memory):
        print(f"  {where}, at {figures['writes_per_second']:,} changes/s: a write is answered after {figures['put_p50_us']} / {figures['put_p99_us']} µs "
              f"(p50 / p99), {called} called after {figures['called_p50_us']} / {figures['called_p99_us']} µs, "
              f"{figures['after_p50_us']} / {figures['after_p99_us']} µs after the answer")
    for where, figures in ("in memory, where the commit costs nothing", memory), ("on this disk, with the commit", disk):
        print(f"  {where}: " + goal(f"p50 at most {p50} ms", figures["called_p50_us"] <= 1000 * p50) + ", " +
              goal(f"p99 at most {p99} ms", figures["called_p99_us"] <= 1000 * p99))


def run_poison(bench):
    rate, without = latency(bench)
    _, beside = latency(bench, poison=1, rate=rate)
    ratio = beside["called_p99_us"] / without["called_p99_us"]
    print(f"  p99 of the others: {without['called_p99_us']} µs without, {beside['called_p99_us']} µs beside a poison key, {ratio:.2f} x; " + goal("at most 2 x", ratio <= 2))


def run_file(bench):
    table = "version: 1\ntables:\n  bench: {key: id, stream: new}\n"
    server = bench.server(table)
    filled = bench.load(server, batch=25, seconds=max(10, bench.seconds * 2))
    server.stop()
    target = Path(server.directory) / "out.ndjson"
    Path(server.config).write_text(table + "pipes:\n  out: {from: table/bench, to: target/out, start: trim-horizon, batch: 1000}\n"
                                   f"targets:\n  out: {{file: {target}}}\n")
    server.start()
    began, before = time.monotonic(), cpu_seconds(server)
    size, unchanged = 0, time.monotonic()
    while time.monotonic() - unchanged < 1:
        now = target.stat().st_size if target.exists() else 0
        if now != size:
            size, unchanged = now, time.monotonic()
        time.sleep(0.01)
    took, used = unchanged - began, cpu_seconds(server) - before
    with open(target, "rb") as file:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    server.stop()
    rate = lines / took
    print(f"  {lines:,} of {filled['written']:,} records ({size / lines:.0f} bytes each) in {took:.2f} s, {used:.2f} s of processor: {rate:,.0f}/s; " +
          goal("at least 100,000/s", rate >= 100_000))


def run_stalled(bench):
    sink = free_port()
    server = bench.server(http_pipe(sink, ", batch: {records: 100}, timeout: 2s", ", batch: 100"))
    rate, seconds = 20_000, max(10, bench.seconds * 2)
    before = megabytes(server)
    first = bench.load(server, rate=rate, seconds=seconds, batch=25)
    middle = megabytes(server)
    second = bench.load(server, rate=rate, seconds=seconds, batch=25, first=first["written"])
    end = megabytes(server)
    written = first["written"] + second["written"]
    print(f"  {written:,} writes at {first['writes_per_second']:,} and {second['writes_per_second']:,}/s with the target gone: "
          f"{before:.0f} MB at the start, {middle:.0f} MB in the middle, {end:.0f} MB at the end")
    # The target is there again. It gets the whole backlog while the writes go on.
    drained = bench.load(server, sink, rate=rate, seconds=seconds, batch=25, first=written)
    server.stop()
    print(f"  then, under the same writes, {drained['called']:,} of {written + drained['written']:,} were called at {drained['calls_per_second']:,}/s, "
          f"{drained['calls_per_second'] / rate:.1f} x the arrival; " + goal("at least 2 x", drained["calls_per_second"] >= 2 * rate))


def run_idle(bench):
    pipes = "".join(f"  p{number}: {{from: table/bench, to: target/out}}\n" for number in range(1000))
    server = bench.server(f"version: 1\ntables:\n  bench: {{key: id, stream: new}}\npipes:\n{pipes}targets:\n  out: {{file: out.ndjson}}\n")
    time.sleep(2)
    before, began = cpu_seconds(server), time.monotonic()
    time.sleep(max(5, bench.seconds))
    share = (cpu_seconds(server) - before) / (time.monotonic() - began)
    print(f"  1,000 idle pipes: {100 * share:.2f} % of a core, {megabytes(server):.0f} MB; " + goal("at most 1 %", share <= 0.01))
    server.stop()


def run_rules(bench):
    figures = run_json(TOOLS / "bus_bench")
    print(f"  {figures['one_rule_us']} µs of processor per event with one rule and one target, {figures['many_rules_us']} µs with 100,000 rules and 1,000 targets: "
          f"{figures['ratio']} x; " + goal("at most 2 x", figures["ratio"] <= 2) + f"; {figures['spread_us']} µs when every event goes to another target")


PARTS = {"latency": run_latency, "poison": run_poison, "file": run_file, "stalled": run_stalled, "rules": run_rules, "idle": run_idle}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory:
        for name, part in PARTS.items():
            if arguments.only in (None, name):
                print(name)
                part(Bench(directory, arguments.seconds))


if __name__ == "__main__":
    main()
