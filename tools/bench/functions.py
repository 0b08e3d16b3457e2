#!/usr/bin/env python3
"""./dev bench functions: what invoking a function costs: cold starts, and warm invocations with batches of stream records.

  cold   from invoking a function that has no process to its answer: Node.js, Python, an executable
  load   invocations per second with events of 10 records, one process and two; and how long one takes at half of that
  change from a change of a table to the function that is called with it, at half load, batches of up to 10

--only NAME runs one of them; --seconds sets how long each load runs (default 5). Printed are the figures and the goals; no
time is a test.
"""
import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "binary"), str(ROOT / "tools" / "bench")]

from engine import TOOLS, run_json  # noqa: E402
from flow import Bench, print_latency  # noqa: E402

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


HANDLER = """
const http = require("node:http");
const agent = new http.Agent({ keepAlive: true });
let calls = "", sending = false;
function report() {
  if (sending || calls === "") return;
  sending = true;
  const request = http.request({ port: process.env.SINK, method: "POST", agent }, (response) => {
    response.resume();
    response.on("end", () => { sending = false; report(); });
  });
  request.end(calls);
  calls = "";
}
exports.handler = async (event) => {
  const now = process.hrtime.bigint();
  for (const record of event.Records) calls += `${record.dynamodb.NewImage.number.N} ${now}\\n`;
  setTimeout(report, 100).unref();
};
setInterval(report, 100);
"""


def function_pipe(port):
    return f"""version: 1
tables:
  bench: {{key: id, stream: new}}
functions:
  called:
    run: node
    handler: called.handler
    dir: code
    concurrency: 2
    env: {{SINK: "{port}"}}
    triggers: [{{from: table/bench, batch: 10, parallel: 2}}]
"""


def change(seconds):
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory:
        print_latency(Bench(directory, seconds, {"code/called.js": HANDLER}), function_pipe, "the function", 1.5, 8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {"cold": cold, "load": load, "change": change}
    parser.add_argument("--only", choices=parts)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    for name, part in parts.items():
        if options.only in (None, name):
            part(options.seconds)


if __name__ == "__main__":
    main()
