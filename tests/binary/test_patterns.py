"""Proves that `millrace pattern` answers like AWS: the recorded cases, by the binary as users run it."""
import json
import subprocess
from pathlib import Path

import pytest

from process import binary

DATA = Path(__file__).resolve().parents[1] / "data" / "patterns"


def pattern(*arguments, text=""):
    return subprocess.run([binary(), "pattern", *arguments], input=text, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("dialect", ["exact", "aws"])
def test_the_recorded_cases_pass(dialect):
    run = pattern("cases", "--dialect", dialect, str(DATA / "aws-validated-cases.jsonl"))
    assert (run.stdout, run.stderr, run.returncode) == ("155 passed, 0 failed\n", "", 0)


def test_the_recorded_error_texts_are_ours():
    errors = dict(line.split("\t") for line in (DATA / "aws-validated-errors.tsv").read_text().splitlines())
    cases = [json.loads(line) for line in (DATA / "aws-validated-cases.jsonl").read_text().splitlines()]
    refused = [{**case, "error": errors[case["n"]]} for case in cases if "match" not in case]
    assert len(refused) == len(errors) == 38
    run = pattern("cases", "-", text="\n".join(map(json.dumps, refused)))
    assert (run.stdout, run.returncode) == ("38 passed, 0 failed\n", 0)


def test_a_case_that_fails_is_told_with_its_line():
    case = {"r": {"a": [1]}, "e": {"a": 2}}
    run = pattern("cases", "-", text="\n".join(json.dumps({**case, "match": match}) for match in (False, True)))
    assert (run.stdout, run.returncode) == ("line 2: expected a match, got none\n1 passed, 1 failed\n", 1)


def test_many_rules_are_matched_at_once():
    rules = {f"rule-{i}": {"detail": {"n": [i]}, "source": [{"prefix": f"s{i % 7}"}]} for i in range(300)}
    cases = [{"rules": rules, "e": {"source": f"s{n % 7}-x", "detail": {"n": [n, n + 7]}},
              "matches": [f"rule-{n}", f"rule-{n + 7}"]} for n in range(0, 280, 14)]
    run = pattern("cases", "-", text="\n".join(map(json.dumps, cases)))
    assert (run.stdout, run.returncode) == ("20 passed, 0 failed\n", 0)


def test_exit_codes_tell_match_no_match_and_mistake():
    assert pattern("test", '{"a":[1]}', '{"a":1}').returncode == 0
    assert pattern("test", '{"a":[1]}', '{"a":2}').returncode == 1
    assert pattern("test", '{"a":[]}', '{"a":2}').returncode == 3
    explained = pattern("explain", '{"detail":{"Id":[1]}}', '{"detail":{"id":1}}')
    assert explained.returncode == 1 and "did you mean id?" in explained.stdout


def test_filter_is_a_grep_for_events():
    events = [json.dumps({"n": n, "text": "x" * n}) for n in range(500)]
    run = pattern("filter", '{"n":[{"numeric":[">=",490]}]}', text="\n".join(events))
    assert (run.stdout.splitlines(), run.returncode) == (events[490:], 0)
