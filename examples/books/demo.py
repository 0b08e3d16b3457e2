#!/usr/bin/env python3
"""./dev demo books: the example's whole story, both variants, with consumers that fail at random.

Books are added and removed with the document's own curl lines. Half of the time a consumer fails, before its work or
after it, by an exception or by ending its process; and in the middle the server is killed with kill -9. In the end every
effect took place once: the shelf counts them.
Exits with status 1 when anything differs from that.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tests" / "binary"), str(HERE.parent)]

from process import Server  # noqa: E402
from story import expect, failures, say  # noqa: E402

TITLES = [f"Book {number}" for number in range(1, 21)]
WAIT_SECONDS = 300


def prepare(directory, variant):
    """A copy of the example with the SDK beside it, on a free port, with consumers that fail."""
    shutil.copytree(HERE, directory, dirs_exist_ok=True)
    os.symlink(Path(os.environ["MILLRACE_NODE_MODULES"]) / "node_modules", Path(directory) / "node_modules")
    config = Path(directory) / variant
    text = config.read_text(encoding="utf-8").replace("env: {INBOX_TABLE", 'env: {FAILURE_RATE: "0.3", INBOX_TABLE')
    config.write_text(text + "settings: {routes: 127.0.0.1:0}\n", encoding="utf-8")
    return config


def curl(directory, *arguments):
    """Status and body."""
    done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *arguments], cwd=directory, capture_output=True, text=True, check=True, timeout=60)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def shelf(db):
    return {item["pk"]["S"]: {name: int(value["N"]) for name, value in item.items() if name != "pk"} for item in db.scan(TableName="shelf")["Items"]}


def wait_for(db, wanted):
    deadline = time.monotonic() + WAIT_SECONDS
    while shelf(db) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return shelf(db)


def play(variant):
    with tempfile.TemporaryDirectory(prefix="millrace-demo-") as directory:
        config = prepare(directory, variant)
        server = Server(directory, config=config).start()
        try:
            say(f"1. millrace dev -c examples/books/{variant}")
            db = server.client()
            book = f"http://localhost:{server.routes_port}/book"
            print(f"  routes at {book}; each consumer fails half of the time: before its work or after it", flush=True)

            say("2. the document's own lines")
            print(f"  $ curl -X POST -d @input.json {book}", flush=True)
            expect("a book is added: 201", curl(directory, "-X", "POST", "-d", "@input.json", book), (201, ""))
            removed = '{"name": "Team Topologies"}'
            print(f"  $ curl -X DELETE -d '{removed}' {book}", flush=True)
            expect("it is removed: 204", curl(directory, "-X", "DELETE", "-d", removed, book), (204, ""))

            say("3. what is wrong is said, with 400")
            expect("no body", curl(directory, "-X", "POST", "-d", "{}", book), (400, "Missing request body!"))
            expect("a field missing", curl(directory, "-X", "POST", "-d", '{"name": "x"}', book),
                   (400, 'Invalid input! Please provide "name" (string), "authors" (array of strings), and "year" (number) fields.'))
            expect("no name", curl(directory, "-X", "DELETE", "-d", '{"a": 1}', book), (400, 'Missing "name" in input!'))
            expect("a book that is not there: 204, and no event", curl(directory, "-X", "DELETE", "-d", '{"name": "Nobody"}', book), (204, ""))

            say(f"4. {len(TITLES)} books more, half of them removed again; kill -9 in the middle")
            for number, title in enumerate(TITLES):
                request = json.dumps({"name": title, "authors": ["A", "B"], "year": 2000 + number})
                status, body = curl(directory, "-X", "POST", "-d", request, book)
                expect(f"{title} is added", (status, body), (201, ""))
                if number % 2 == 0:
                    status, body = curl(directory, "-X", "DELETE", "-d", json.dumps({"name": title}), book)
                    expect(f"{title} is removed", (status, body), (204, ""))
                if number == len(TITLES) // 2:
                    server.kill()
                    print("  kill -9, and started again", flush=True)
                    server.start()
                    db = server.client()
                    book = f"http://localhost:{server.routes_port}/book"

            say("5. what the consumers did")
            wanted = {"Team Topologies": {"added": 1, "removed": 1}}
            for number, title in enumerate(TITLES):
                wanted[title] = {"added": 1, "removed": 1} if number % 2 == 0 else {"added": 1}
            found = wait_for(db, wanted)
            for title, counts in sorted(found.items()):
                print(f"  {title:<16} {counts}", flush=True)
            expect("every effect took place once", found, wanted)
            log = server.log()
            print(f"  the consumers failed {log.count('failed before the work') + log.count('failed after the work')} times, and ended {log.count('Runtime.ExitError') + log.count('Runtime exited')} times", flush=True)
            expect("they did fail", "failed after the work" in log, True)
        finally:
            server.stop()


def main():
    for variant in ("millrace.yaml", "millrace.cdc.yaml"):
        play(variant)
    print(f"\n{'all as promised' if not failures else f'{len(failures)} things differ: ' + '; '.join(failures)}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
