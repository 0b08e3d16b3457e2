#!/usr/bin/env python3
"""./dev bench functions: what invoking a function costs: cold starts, and warm invocations with batches of stream records.

  cold   from invoking a function that has no process to its answer: Node.js, Python, an executable
  load   invocations per second with events of 10 records, one process and two; and how long one takes at half of that

--only NAME runs one of them; --seconds sets how long each load runs (default 5). Printed are the figures and the goals; no
time is a test.
"""
import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "binary"), str(ROOT / "tools" / "bench")]

from engine import TOOLS, run_json  # noqa: E402

COLD_GOALS = {"node": 100, "python": None, "native": 20}
NODE_GOAL = 5000


def bench(*arguments):
    return run_json(TOOLS / "functions_bench", *arguments)


def goal(text, held):
    return f"{text}: {'holds' if held else 'MISSED'}"


def cold(_seconds):
    for runtime, limit in COLD_GOALS.items():
        times = bench("cold", "--runtime", runtime)["cold_ms"]
        line = f"cold start {runtime:7} p50 {times['p50']:6.1f} ms  max {times['max']:6.1f} ms"
        print(line + ("   " + goal(f"at most {limit} ms", times["p50"] <= limit) if limit else ""))


def load(seconds):
    for runtime in COLD_GOALS:
        best = 0
        for processes in (1, 2):
            found = bench("load", "--runtime", runtime, "--processes", processes, "--seconds", seconds)
            best = max(best, found["invocations_per_second"])
            print(f"load {runtime:7} {processes} process{'es' if processes > 1 else '  '} "
                  f"{found['invocations_per_second']:7.0f}/s of 10 records   {found['memory_mib']} MiB each")
        half = bench("load", "--runtime", runtime, "--processes", 2, "--rate", int(best / 2), "--seconds", seconds)
        times = half["called_us"]
        line = f"     {runtime:7} at half load: p50 {times['p50']:.0f} us  p99 {times['p99']:.0f} us"
        print(line + ("   " + goal(f"at least {NODE_GOAL}/s", best >= NODE_GOAL) if runtime == "node" else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {"cold": cold, "load": load}
    parser.add_argument("--only", choices=parts)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    for name, part in parts.items():
        if options.only in (None, name):
            part(options.seconds)


if __name__ == "__main__":
    main()
