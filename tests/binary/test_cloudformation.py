"""Proves that a pipe and a rule in CloudFormation's words run: the example of docs/reference/cloudformation.md, as it stands there."""
import json
import re
import time

from conftest import ROOT
from tables import s

EXAMPLE = re.search(r"```yaml\n(.*?)```", (ROOT / "docs" / "reference" / "cloudformation.md").read_text(encoding="utf-8"), re.DOTALL).group(1)
SECONDS = 60


def lines_of(path, count):
    """The first `count` lines of a file that is being written, as JSON."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text(encoding="utf-8")).count("\n") >= count:
            return [json.loads(line) for line in text.splitlines()]
        time.sleep(0.01)
    raise AssertionError(f"no {count} lines in {path.name}")


def test_the_example_of_the_documents_delivers(new_server, tmp_path):
    config = tmp_path / "millrace.yaml"
    config.write_text(EXAMPLE, encoding="utf-8")
    server = new_server(config=config).start()
    db = server.client()
    for status in ("new", "paid", "sent", "paid"):  # the pipe's filter takes MODIFY to paid
        db.put_item(TableName="orders", Item={"id": s("o1"), "status": s(status)})
    assert lines_of(tmp_path / "invoices.ndjson", 2) == [{"invoice-for": "o1"}] * 2, "of the first target, its InputTransformer"
    assert lines_of(tmp_path / "log.ndjson", 2) == [{"order": "o1"}] * 2, "of the second, its InputPath"
    assert server.stop() == 0, server.log()
