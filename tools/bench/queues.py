#!/usr/bin/env python3
"""What a queue costs at a constant backlog, durable: the table of docs, or one line of it.

Usage: queues.py BINARY [SECONDS]     the benchmark programs stand beside the binary's directory
"""
import json
import subprocess
import sys
from pathlib import Path

BACKLOGS = (10, 100_000, 1_000_000)
CLIENTS = (1, 16, 64)


def measure(program, seconds, **settings):
    arguments = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    done = subprocess.run([program, "--seconds", str(seconds), *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    program = Path(sys.argv[1]).resolve().parent.parent / "tools" / "bench" / "queues_bench"
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print(f"{'kind':>8} {'backlog':>9} {'clients':>7} {'messages/s':>11} {'receive p50':>12} {'p99':>9} {'send p50':>10} {'p99':>9}")
    for fifo in (0, 1):
        for clients in CLIENTS:
            for backlog in BACKLOGS:
                # So many that each client finds a batch.
                of = measure(program, seconds, clients=clients, backlog=max(backlog, 10 * clients), fifo=fifo)
                print(f"{'fifo' if fifo else 'standard':>8} {of['backlog']:>9} {clients:>7} {of['messages_per_second']:>11} {of['receive_p50_us']:>9} us {of['receive_p99_us']:>6} us "
                      f"{of['send_p50_us']:>7} us {of['send_p99_us']:>6} us", flush=True)


if __name__ == "__main__":
    main()
