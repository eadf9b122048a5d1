"""Tests of banshift.py that need no engine: `python -m unittest discover notebooks` with pyarrow."""

import datetime
import hashlib
import json
import math
import os
import pathlib
import tempfile
import unittest
from unittest import mock

import pyarrow
import pyarrow.parquet

import banshift


class Axis:
    """What banshift.py asks of a Matplotlib axis, written down."""

    def __init__(self):
        self.lines, self.labels, self.limits = [], [], ()

    def plot(self, x, y, *_, **style):
        self.lines.append((x, y, style.get("color")))

    def axvline(self, day, **style):
        self.lines.append((day, style["label"]))

    def fill_between(self, days, low, high, **style):
        self.lines.append((days, low, high, style["label"]))

    def set_ylabel(self, label):
        self.labels.append(label)

    def set_yticks(self, rows, labels):
        self.labels = list(zip(rows, labels))

    def set_ylim(self, *limits):
        self.limits = limits


class Here(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.here = pathlib.Path(folder.name)

    def program(self, script):
        """Puts a program called banshift first on PATH."""
        path = self.here / "banshift"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        patch = mock.patch.dict(os.environ, {"PATH": f"{self.here}:{os.environ['PATH']}"})
        patch.start()
        self.addCleanup(patch.stop)

    def test_run(self):
        self.program('[ "$1" = ok ] && echo "$2 $WORD" || { echo "no such thing" >&2; exit 3; }')
        self.assertEqual(banshift.run("ok", pathlib.Path("a"), WORD="given"), "a given\n")
        with self.assertRaisesRegex(banshift.Error, "banshift wrong: exit code 3: no such thing"):
            banshift.run("wrong")

    def test_given(self):
        there = self.here / "series.csv"
        there.write_text("date,country,value\n")
        with mock.patch.dict(os.environ):
            os.environ.pop("BANSHIFT_GIVEN", None)
            self.assertIsNone(banshift.given("BANSHIFT_GIVEN", self.here / "absent"))
            self.assertEqual(banshift.given("BANSHIFT_GIVEN", self.here / "absent", there), there)
            os.environ["BANSHIFT_GIVEN"] = str(self.here / "absent")
            with self.assertRaisesRegex(banshift.Error, "BANSHIFT_GIVEN is .*absent, which is not there"):
                banshift.given("BANSHIFT_GIVEN", there)

    def test_demo_is_made_once(self):
        self.program('mkdir -p "$3/telemetry" && echo run >> "$3/runs" && touch "$3/report.html"')
        for _ in range(2):
            demo = banshift.Demo(self.here / "demo")
        self.assertEqual((self.here / "demo" / "runs").read_text(), "run\n")
        effects = [{"event": e, "country": c, "effect_log": {"value": v}} for e, c, v in (("a", "ru", 1), ("a", "ua", 0), ("b", "ru", 2))]
        (demo.telemetry / "truth.json").write_text(json.dumps({"effects": effects}))
        self.assertEqual(demo.truth("a"), {"ru": {"value": 1}, "ua": {"value": 0}})

    def test_drawing(self):
        axis = Axis()
        banshift.forest(axis, [("first", 1, 2, 3), ("second", None, 5, None)])
        self.assertEqual(axis.lines, [([1, 3], [0, 0], "#595f67"), (2, 0, "#0b5687"), (5, 1, "#0b5687")])
        self.assertEqual((axis.labels, axis.limits), ([(0, "first"), (1, "second")], (1.5, -0.5)))

    report = {
        "simulated": False,
        "main": {"series": {
            "times": ["2018-04-15T00:00:00Z", "2018-04-16T00:00:00Z"], "unit": "users a day",
            "lines": [{"name": "observed", "role": "observed", "values": [1, None]}, {"name": "expected", "role": "baseline", "values": [1, 2]}],
            "band": {"name": "where 95\xa0% lay", "low": [0, 1], "high": [2, 3]},
            "markers": [{"at": "2018-04-16T00:00:00Z", "label": "enforced", "kind": "enforced"}, {"at": "2018-04-15T00:00:00Z", "label": "neighbour", "kind": "other"}],
        }},
        "headline": {"place": "Russia", "effect_pct": 24.62, "interval": {"low": 16.8, "high": 32.39}, "grade": "supported", "in_space": {"n": 46}, "in_time": {"n": 85}},
        "provenance": {"series": "tor.csv", "name": "tor-bridge-users", "licence": "CC0 1.0"},
    }

    def test_course(self):
        axis = Axis()
        banshift.course(axis, self.report)
        days = [datetime.date(2018, 4, 15), datetime.date(2018, 4, 16)]
        self.assertEqual(axis.lines[0], (days, [0, 1], [2, 3], "where 95 % lay"))
        self.assertEqual(axis.lines[1][1][0], 1)
        self.assertTrue(math.isnan(axis.lines[1][1][1]), "a missing day is a gap, not a zero")
        self.assertEqual(axis.lines[3:], [(days[1], "enforced"), (days[0], None)])
        self.assertEqual(axis.labels, ["users a day"])

    def test_caption(self):
        self.assertEqual(banshift.caption(self.report), "Russia: +24.6 % (95 % interval +16.8 % to +32.4 %), supported. n: 46 other countries, 85 other dates. Source: tor-bridge-users, CC0 1.0.")
        little = {**self.report, "simulated": True, "headline": {"place": "Russia", "effect_pct": None, "grade": "not_supported"}, "provenance": {"series": "a/tor.csv"}}
        self.assertEqual(banshift.caption(little), "SIMULATED. Russia: no effect can be said, not supported. n: nothing to compare with. Source: tor.csv.")
        self.assertTrue(banshift.caption(little, "a topic").endswith("Source: a topic."))

    def written(self, rows, **said):
        table = pyarrow.table({"day": rows}).replace_schema_metadata({f"banshift.{key}": value for key, value in said.items()})
        pyarrow.parquet.write_table(table, self.here / "days.parquet")
        return self.here / "days.parquet"

    def test_read(self):
        path = self.written([1, 2], query="daily_series")
        self.assertEqual(banshift.about(path), {"query": "daily_series"})
        description = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        path.with_suffix(".json").write_text(json.dumps(description))
        self.assertEqual(banshift.read(path)["day"].to_pylist(), [1, 2])
        self.written([1, 2, 3])
        with self.assertRaisesRegex(banshift.Error, "its description says"):
            banshift.read(path)
        self.assertEqual(banshift.read(path, verify=False).num_rows, 3)

    def test_release(self):
        path = self.written([1])
        package = {"resources": [{"path": "days.parquet"}, {"path": "days.csv", "schema": {"fields": [{"name": "day", "description": "UTC day"}]}}]}
        (self.here / "datapackage.json").write_text(json.dumps(package))
        sums = "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in (path, self.here / "datapackage.json"))
        (self.here / "SHA256SUMS").write_text(sums)
        release = banshift.Release(self.here)
        self.assertEqual((release.tables, release.read("days").num_rows, release.columns("days")), (["days"], 1, {"day": "UTC day"}))
        with self.assertRaisesRegex(banshift.Error, "it has days"):
            release.columns("nights")
        path.write_bytes(b"changed")
        with self.assertRaises(banshift.Error):
            banshift.Release(self.here)


if __name__ == "__main__":
    unittest.main()
