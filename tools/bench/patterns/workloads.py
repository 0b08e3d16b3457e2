"""What patterns.py measures: events, rules, and how many matches there must be."""
import hashlib
import json
import os
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import generate_events

ROOT = Path(__file__).resolve().parents[3]
EVENTS_SHA256 = "fbc8e611c27cc2bc1bf47cbbfd0c9be014f14aab2bc37c13130b7c67c02c3323"

# The categories of tests/data/patterns/rules.tsv as they are printed, and the matches over all events.
CATEGORIES = {
    "EXACT": ("EXACT", 793), "WILDCARD": ("WILDCARD", 3_787), "PREFIX": ("PREFIX", 3_219), "PREFIX_EIC": ("PREFIX_EQUALS_IGNORE_CASE", 3_219),
    "SUFFIX": ("SUFFIX", 21_450), "SUFFIX_EIC": ("SUFFIX_EQUALS_IGNORE_CASE", 21_450), "EIC": ("EQUALS_IGNORE_CASE", 119_311), "NUMERIC": ("NUMERIC", 340_243),
    "AB": ("ANYTHING_BUT", 728_986), "AB_EIC": ("ANYTHING_BUT_IGNORE_CASE", 728_986), "AB_PREFIX": ("ANYTHING_BUT_PREFIX", 727_154),
    "AB_SUFFIX": ("ANYTHING_BUT_SUFFIX", 725_510), "AB_WILDCARD": ("ANYTHING_BUT_WILDCARD", 1_061_553), "COMPLEX_ARRAYS": ("COMPLEX_ARRAYS", 341_518),
    "PARTIAL_COMBO": ("PARTIAL_COMBO", 4_316_444), "COMBO": ("COMBO", 4_657_962),
}
DEEP_LEVELS, DEEP_COPIES = 100, 200


@dataclass
class Workload:
    name: str
    events: Path
    rules: list  # patterns, each an object
    hits: int
    kind: str  # "category": both goals hold for it; "rules": many of them; "deep"


def events_file(cache):
    """The events, generated once."""
    file = cache / f"pattern-events-{EVENTS_SHA256[:16]}.ndjson"
    if not file.exists():
        print("generating the events", file=sys.stderr)
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache, delete=False) as part:
            pass
        generate_events.write(part.name)
        os.replace(part.name, file)
    with open(file, "rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != EVENTS_SHA256:
            file.unlink()
            raise SystemExit(f"bench: the events are not what they should be; {file} is removed")
    return file


def categories(events):
    rules = {}
    for line in (ROOT / "tests" / "data" / "patterns" / "rules.tsv").read_text().splitlines():
        category, pattern = line.split("\t", 1)
        rules.setdefault(category, []).append(json.loads(pattern))
    for category, (name, hits) in CATEGORIES.items():
        yield Workload(name, events, rules[category], hits, "category")
    # Each engine has its own operator: see RENAMED in peers.py.
    yield Workload("REGEXP", events, [{"properties": {"STREET": [{"millrace:regex": "B..CH"}]}}], 220, "category")


def many_rules(events):
    """Rules about values that occur in the first 20,000 events. The order of the draws makes the rules: keep it."""
    draw = random.Random(7)
    with open(events, encoding="utf-8") as lines:
        lots = [json.loads(next(lines))["properties"] for _ in range(20_000)]
    streets, blocks, map_lots = (sorted({lot[name] for lot in lots}) for name in ("STREET", "BLOCK_NUM", "MAPBLKLOT"))

    def on(**fields):
        return {"properties": fields}

    def wildcard():
        letters = "ABCDEFGHILMNOPRSTUVY"
        return {"wildcard": "*" + draw.choice(letters) + draw.choice(letters) + "*" + draw.choice(letters)}

    def numeric_range():
        low = draw.uniform(-122.51, -122.36)
        return {"numeric": [">", round(low, 6), "<", round(low + draw.uniform(0.00001, 0.001), 6)]}

    yield Workload("EXACT x 1,000", events, [on(MAPBLKLOT=[lot]) for lot in draw.sample(map_lots, 1000)], 1_669, "rules")
    yield Workload("EXACT x 10,000", events, [on(MAPBLKLOT=[lot]) for lot in draw.sample(map_lots, 10_000)], 16_499, "rules")
    yield Workload("TWO FIELDS x 100,000", events, [on(BLOCK_NUM=[draw.choice(blocks)], STREET=[draw.choice(streets)]) for _ in range(100_000)], 7_841, "rules")
    yield Workload("WILDCARD x 30", events, [on(STREET=[wildcard()]) for _ in range(30)], 1_683, "rules")
    yield Workload("WILDCARD x 300", events, [on(STREET=[wildcard()]) for _ in range(300)], 12_664, "rules")
    ranges = [{"geometry": {"firstCoordinates": {"x": [numeric_range()]}}} for _ in range(1000)]
    yield Workload("NUMERIC x 1,000", events, ranges, 681_848, "rules")
    yield Workload("PREFIX x 1,000", events, [on(MAPBLKLOT=[{"prefix": lot[:draw.choice((3, 4, 5, 6))]}]) for lot in draw.sample(map_lots, 1000)], 104_384, "rules")
    yield Workload("ANYTHING_BUT x 100", events, [on(STREET=[{"anything-but": draw.sample(streets, 2)}]) for _ in range(100)], 21_168_080, "rules")


def deep(directory):
    """Events of 1 to 100 levels, and a rule on a field of every tenth level: as event-ruler's DeepEventBenchmark."""
    def fields(level):
        return {f"numeric{level}": level * level, f"string{level}": f"value{level}"}

    def rule(level):
        value = {f"string{level}": [f"value{level}"]}
        for outer in reversed(range(level)):
            value = {f"level{outer}": value}
        return value

    def event(depth):
        value = fields(depth - 1)
        for level in reversed(range(depth - 1)):
            value = {**fields(level), f"level{level}": value}
        return value

    file = Path(directory) / "deep.ndjson"
    lines = [json.dumps(event(depth), separators=(",", ":")) for depth in range(1, DEEP_LEVELS + 1)]
    file.write_text("\n".join(lines * DEEP_COPIES) + "\n")
    every = range(0, DEEP_LEVELS, 10)
    rules = [rule(level) for level in every]
    return Workload("DEEP", file, rules, DEEP_COPIES * sum(DEEP_LEVELS - level for level in every), "deep")
