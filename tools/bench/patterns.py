#!/usr/bin/env python3
"""./dev bench patterns: how fast the matcher is, beside event-ruler, quamina and quamina-rs.

Each pass parses 213,068 events in memory, matches them and makes the list of the names of the rules that match, on one thread; the
number of matches must be right. The engines take turns, each in a process of its own, so that what else the machine does meets them
alike; each has its best pass. "whole" reads all of an event and finds every error in it, as event-ruler does; "early" stops where
every field that a rule names was seen, as quamina does.

The goals: whole 3 x event-ruler everywhere; early 2 x the best of the three in each category; 100,000 rules on two fields at 1 M
events/s, 500 bytes a rule and 1 ms for one more. Goals that are missed are only printed; a wrong number of matches makes the exit status 1.
"""
import argparse
import fnmatch
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from engine import CACHE, ROOT

sys.path.insert(0, str(ROOT / "tools" / "bench" / "patterns"))

import peers  # noqa: E402
import workloads  # noqa: E402

PROGRAM = ROOT / "build" / "release" / "tools" / "bench" / "pattern_bench"
READINGS = ("whole", "early")
COLUMNS = tuple(peers.PEERS)
PASSES_SECONDS = 12  # of one engine on one workload: then it has no more passes
SHORT_SECONDS = 1
CHANGES = 200


class Series:
    """The passes of one engine, or of ours in one reading."""

    def __init__(self, workload):
        self.workload, self.rates, self.seconds, self.hits, self.started = workload, [], 0.0, None, {}

    def add(self, answer, events):
        self.rates.append(events / answer["seconds"])
        self.seconds += answer["seconds"]
        if self.hits in (None, self.workload.hits):
            self.hits = answer["hits"]

    @property
    def right(self):
        return self.hits == self.workload.hits

    def full(self, passes):
        """Quick ones have more passes, up to SHORT_SECONDS: a disturbance can be longer than a few of them."""
        if self.seconds < SHORT_SECONDS:
            return len(self.rates) >= 3 * passes
        return len(self.rates) >= passes or (self.seconds > PASSES_SECONDS and len(self.rates) >= 2)

    def json(self):
        return {"max": max(self.rates), "median": statistics.median(self.rates), "rates": self.rates, "hits": self.hits, **self.started}


def judge(value, goal, low_is_good=False):
    return "ok" if (value <= goal if low_is_good else value >= goal) else "MISSED"


def kilo(rate):
    return f"{rate / 1e3:,.0f}"


class Row:
    """One workload, measured with every engine."""

    def __init__(self, workload, events):
        self.workload, self.events = workload, events
        self.ours = {}  # reading -> Series
        self.peers = {}  # engine -> Series, or why there is none
        self.extra = {}

    def measure(self, engines, arguments):
        drivers = {}
        try:
            for engine in (peers.Engine("millrace", [PROGRAM]), *engines):
                if engine.wants(self.workload.rules):
                    self.start(engine, drivers, arguments.passes)
            for _ in range(3 * arguments.passes):
                self.take_turns(drivers, arguments.passes)
            if "millrace" in drivers:
                self.measure_ours_alone(drivers["millrace"])
        except peers.Failed as error:  # ours: take_turns catches those of the peers
            self.ours, self.extra["error"] = {}, str(error)
        finally:
            for driver in drivers.values():
                driver.close()

    def start(self, engine, drivers, passes):
        ours = engine.name == "millrace"
        try:
            driver = engine.start(self.workload.events, self.workload.rules)
        except peers.Failed as error:
            if ours:
                self.extra["error"] = str(error)
            else:
                self.peers[engine.name] = str(error)
            return
        drivers[engine.name] = driver
        if ours:
            self.extra.update(driver.started)
            self.ours = {reading: Series(self.workload) for reading in READINGS}
            for reading in READINGS:
                driver(f"pass {reading}")
            return
        self.peers[engine.name] = series = Series(self.workload)
        series.started = driver.started
        try:
            for _ in range(min(engine.warmups, passes)):
                driver("pass")
        except peers.Failed as error:
            self.peers[engine.name] = str(error)

    def take_turns(self, drivers, passes):
        for reading, series in self.ours.items():
            if not series.full(passes):
                series.add(drivers["millrace"](f"pass {reading}"), self.events)
        for name, series in self.peers.items():
            if isinstance(series, str) or series.full(passes):
                continue
            try:
                series.add(drivers[name]("pass"), self.events)
            except peers.Failed as error:
                self.peers[name] = str(error)

    def measure_ours_alone(self, driver):
        self.extra["allocations_per_event"] = {reading: driver(f"allocations {reading}")["allocations"] / self.events for reading in READINGS}
        self.extra["scan"] = self.events / min(driver("bound scan")["seconds"] for _ in range(3))
        if self.workload.kind == "rules":
            self.extra["changes"] = driver(f"changes {CHANGES}")
            changing = driver("changing whole")
            changing["per_second"] = self.events / changing["seconds"]
            self.extra["changing"] = changing

    def column(self, name):
        """The best right series of a peer in all its modes, or None."""
        series = [each for engine, each in self.peers.items() if engine.split(",")[0] == name and not isinstance(each, str) and each.right]
        return max(series, key=lambda each: max(each.rates), default=None)

    def peer_text(self, name):
        if (best := self.column(name)) is not None:
            return kilo(max(best.rates))
        found = [each for engine, each in self.peers.items() if engine.split(",")[0] == name]
        return "WRONG" if any(not isinstance(each, str) for each in found) else "–"

    def ratios(self):
        """(whole over event-ruler, early over the best), None where there is nothing to compare."""
        ruler = self.column("event-ruler")
        best = max((max(column.rates) for name in COLUMNS if (column := self.column(name))), default=None)
        whole = max(self.ours["whole"].rates) / max(ruler.rates) if self.ours and ruler else None
        early = max(self.ours["early"].rates) / best if self.ours and best else None
        return whole, early

    def text(self):
        cells = [f"{self.workload.name:<26}{len(self.workload.rules):>8,}"]
        for reading in READINGS:
            series = self.ours.get(reading)
            cells.append(f"{kilo(max(series.rates)):>9}{kilo(statistics.median(series.rates)):>8}" if series else f"{'–':>9}{'–':>8}")
        cells += [f"{self.peer_text(name):>12}" for name in COLUMNS]
        whole, early = self.ratios()
        cells.append(f"{whole:>8.2f} {judge(whole, 3):<6}" if whole else f"{'–':>8}       ")
        goal = 2 if self.workload.kind == "category" else None
        cells.append(f"{early:>8.2f} {judge(early, goal) if goal else '':<6}" if early else f"{'–':>8}       ")
        if self.ours:
            cells.append(f"{max(self.ours['whole'].rates) / self.extra['scan']:>7.3f}")
            cells.append(f"{max(self.extra['allocations_per_event'].values()):>8.2f}")
        return "".join(cells)

    def notes(self):
        for reading, series in self.ours.items():
            if not series.right:
                yield f"WRONG: {series.hits:,} matches ({reading}), not {self.workload.hits:,}"
        if "error" in self.extra:
            yield f"millrace is left out: {self.extra['error']}"
        for name, series in self.peers.items():
            if isinstance(series, str):
                if series != self.peers.get(name.split(",")[0]) or "," not in name:
                    yield f"{name} is left out: {series}"
            elif not series.right:
                yield f"{name} is wrong: {series.hits:,} matches, not {self.workload.hits:,}"
            elif self.workload.kind == "rules":
                heap = f"{series.started['bytes'] / series.started['rules']:,.0f} bytes a rule; " if "bytes" in series.started else ""
                yield f"{name}: {heap}all added in {series.started['add_seconds'] * 1e3:,.0f} ms"
        if self.workload.kind == "rules" and self.ours:
            changes, changing, rules = self.extra["changes"], self.extra["changing"], len(self.workload.rules)
            most = rules == 100_000
            bytes_per_rule, add_us = self.extra["bytes"] / rules, changes["add"]["max_us"]
            yield (f"millrace: {bytes_per_rule:,.0f} bytes a rule{' ' + judge(bytes_per_rule, 500, True) if most else ''}; all added in {self.extra['add_seconds'] * 1e3:,.0f} ms; "
                   f"one more: median {changes['add']['median_us']:,.0f}, max {add_us:,.0f} us{' ' + judge(add_us, 1000, True) if most else ''}, "
                   f"its first event {changes['first_match']['median_us']:,.0f}, max {changes['first_match']['max_us']:,.0f} us; "
                   f"one less: {changes['remove']['median_us']:,.0f}, max {changes['remove']['max_us']:,.0f} us")
            per_second = changing["changes"] / changing["seconds"]
            yield f"while a thread changes {per_second:,.0f} rules a second: {kilo(changing['per_second'])} K events/s{'' if changing['hits'] == self.workload.hits else ', WRONG MATCHES'}"
            if most:
                yield f"1 M events/s: {judge(max(self.ours['whole'].rates), 1e6)}"

    def right(self):
        return all(series.right for series in self.ours.values()) and self.extra.get("changing", {}).get("hits", self.workload.hits) == self.workload.hits

    def json(self):
        whole, early = self.ratios()
        return {"name": self.workload.name, "kind": self.workload.kind, "rules": len(self.workload.rules), "hits": self.workload.hits, "events": self.events,
                "millrace": {reading: series.json() for reading, series in self.ours.items()},
                "peers": {name: {"error": series} if isinstance(series, str) else series.json() for name, series in self.peers.items()},
                "whole_over_event_ruler": whole, "early_over_best": early, **self.extra}


def bounds(events, count):
    """What no matcher that reads all of an event can pass, and what parsing alone costs."""
    driver = peers.Engine("millrace", [PROGRAM]).start(events, [{"none": ["x"]}])
    try:
        result = {}
        for what in ("read", "scan", "dom"):
            answers = [driver(f"bound {what}") for _ in range(5)]
            seconds = min(answer["seconds"] for answer in answers)
            result[what] = {"per_second": count / seconds, "bytes_per_second": answers[0]["bytes"] / seconds}
    finally:
        driver.close()
    names = {"read": "reading the bytes", "scan": "simdjson's structural scan", "dom": "simdjson's DOM"}
    print("bounds: " + "; ".join(f"{names[what]} {kilo(bound['per_second'])} K events/s ({bound['bytes_per_second'] / 1e9:.1f} GB/s)" for what, bound in result.items()))
    return result


def count_lines(file):
    with open(file, "rb") as lines:
        return sum(1 for _ in lines)


def summary(rows):
    ratios = [(row, *row.ratios()) for row in rows]
    whole = [(value, row.workload.name) for row, value, _ in ratios if value]
    early = [(value, row.workload.name) for row, _, value in ratios if value and row.workload.kind == "category"]
    for title, goal, values in (("whole over event-ruler", 3, whole), ("early over the best", 2, early)):
        if values:
            missed = sum(value < goal for value, _ in values)
            print(f"{title}{' that ran' if goal == 2 else ''}: lowest {min(values)[0]:.2f} ({min(values)[1]}), goal {goal}: {len(values) - missed} of {len(values)} ok")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench patterns", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True, help="run the other engines too, where they can be fetched")
    parser.add_argument("--quick", action="store_true", help="two passes of each, after fewer to warm up")
    parser.add_argument("--passes", type=int, help="of each engine on each workload (5)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only the workloads of these names, e.g. EXACT 'WILDCARD*'")
    parser.add_argument("--json", help="write everything to this file")
    arguments = parser.parse_args()
    arguments.passes = arguments.passes or (2 if arguments.quick else 5)
    if arguments.passes < 1:
        parser.error("--passes is at least 1")
    events = workloads.events_file(CACHE)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        chosen = [*workloads.categories(events), *workloads.many_rules(events), workloads.deep(Path(directory))]
        if arguments.only:
            chosen = [workload for workload in chosen if any(fnmatch.fnmatchcase(workload.name, name) for name in arguments.only)]
            if not chosen:
                parser.error("there is no such workload")
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; thousands of events/s, the best and the middle of {arguments.passes} passes or more")
        engines = peers.prepare(CACHE) if arguments.peers else []
        results = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "bounds": bounds(events, count_lines(events))}
        print(f"{'':<26}{'rules':>8}{'whole':>9}{'':>8}{'early':>9}{'':>8}{''.join(f'{name:>12}' for name in COLUMNS)}{'x ruler':>8} {'':<6}{'x best':>8} {'':<6}{'x scan':>7}{'allocs':>8}")
        rows = []
        for workload in chosen:
            row = Row(workload, count_lines(workload.events))
            row.measure(engines, arguments)
            print(row.text(), *(f"    {note}" for note in row.notes()), sep="\n", flush=True)
            rows.append(row)
    summary(rows)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({**results, "rows": [row.json() for row in rows]}, indent=1))
    if any("error" in row.extra or not row.right() for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
