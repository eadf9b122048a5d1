"""Runs banshift, and reads what it wrote, or serves, into Arrow tables. It needs pyarrow and nothing else.

    import banshift
    banshift.about("public/daily_series.parquet")["citation"]
    days = banshift.read("public/daily_series")              # a file, or an export that is parted
    release = banshift.Release("release-2018-04")            # what `banshift release` wrote
    page = banshift.Page("http://127.0.0.1:8080/TOKEN/")     # what `banshift serve` printed
    page.study("ru-telegram-2018-enforcement")["sentence"]
    result = json.loads(banshift.run("analyze", "--series", "tor.csv", "--json"))
    demo = banshift.Demo("out/demo")                         # made once, then read

A table becomes a frame by `.to_pandas()` or `polars.from_arrow(table)`.
"""

import datetime
import hashlib
import io
import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pyarrow
import pyarrow.dataset
import pyarrow.parquet

_PREFIX = b"banshift."


class Error(Exception):
    """What was read is not what it says it is, or the page refused the question."""


def run(*arguments, **environment):
    """What the program `banshift`, found on PATH, printed; its environment is this one and what is given here."""
    done = subprocess.run(["banshift", *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode != 0:
        raise Error(f"banshift {arguments[0]}: exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def given(variable, *usual):
    """The path that an environment variable names, else the first of the usual ones that is there, else None."""
    if named := os.environ.get(variable):
        path = pathlib.Path(named)
        if not path.exists():
            raise Error(f"{variable} is {named}, which is not there")
        return path
    return next((path for path in map(pathlib.Path, usual) if path.exists()), None)


class Demo:
    """What `banshift demo` made in a directory; an earlier one is read, not made again. All of it is simulated."""

    def __init__(self, directory):
        directory = pathlib.Path(directory)
        if not (directory / "report.html").exists():  # the last thing that it writes
            run("demo", "--out", directory)
        self.telemetry, self.store = directory / "telemetry", directory / "store"
        self.config, self.events = self.telemetry / "banshift.yaml", self.telemetry / "events.csv"

    def truth(self, event):
        """The simulated effects of an event by country: `value` is a logarithm; an estimate is to be between `low` and `high`."""
        said = json.loads((self.telemetry / "truth.json").read_text(encoding="utf-8"))
        return {effect["country"]: effect["effect_log"] for effect in said["effects"] if effect["event"] == event}


def forest(axis, rows, **style):
    """Draws intervals under each other on a Matplotlib axis: rows of a label, low, value and high, the first on top. None is an open end."""
    for row, (_, low, value, high) in enumerate(rows):
        if low is not None and high is not None:
            axis.plot([low, high], [row, row], **{"color": "#595f67", **style})
        axis.plot(value, row, "o", **{"color": "#0b5687", **style})
    axis.set_yticks(range(len(rows)), [label for label, *_ in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)


def course(axis, report):
    """Draws the days of a report, as `run("report", EVENT, "--json", …)` printed it, on a Matplotlib axis: what was seen, what was expected, the bans."""
    series = report["main"]["series"]
    days = [_day(time) for time in series["times"]]
    band = series.get("band")
    if band:
        axis.fill_between(days, _numbers(band["low"]), _numbers(band["high"]), color="#d5dbe1", label=band["name"].replace("\xa0", " "))
    colours = {"observed": "#0b5687", "baseline": "#595f67"}
    for line in series["lines"]:
        axis.plot(days, _numbers(line["values"]), color=colours.get(line["role"], "#8a8a8a"), linestyle="--" if line["role"] == "baseline" else "-", label=line["name"])
    for marker in series.get("markers") or []:
        own = marker["kind"] != "other"  # a date of this event, not of a neighbour
        axis.axvline(_day(marker["at"]), color="#b0261c" if own else "#c9a3a0", linestyle=":" if marker["kind"] == "announced" else "--", linewidth=1, label=marker["label"] if own else None)
    axis.set_ylabel(series["unit"])


def caption(report, source=None):
    """What belongs under the picture of a report: effect, interval, grade, n and source (default: what the report says of it)."""
    said, made = report["headline"], report["provenance"]
    ends, tests = said.get("interval") or {}, [("other countries", said.get("in_space")), ("other dates", said.get("in_time"))]
    effect = "no effect can be said" if said.get("effect_pct") is None else f"{said['effect_pct']:+.1f} %"
    if ends.get("low") is not None and ends.get("high") is not None:
        effect += f" (95 % interval {ends['low']:+.1f} % to {ends['high']:+.1f} %)"
    n = ", ".join(f"{test['n']} {what}" for what, test in tests if test and test.get("n")) or "nothing to compare with"
    simulated = "SIMULATED. " if report["simulated"] else ""
    licence = f", {made['licence']}" if made.get("licence") else ""
    source = source or (made.get("name") or pathlib.Path(made["series"]).name) + licence
    return f"{simulated}{said['place']}: {effect}, {said['grade'].replace('_', ' ')}. n: {n}. Source: {source}."


def _day(time):
    return datetime.date.fromisoformat(time[:10])


def _numbers(values):
    return [float("nan") if value is None else value for value in values]


def about(path):
    """What a Parquet file says of itself: question, parameters, columns, privacy, licence, citation and so on."""
    said = pyarrow.parquet.read_schema(path).metadata or {}
    return {key[len(_PREFIX):].decode(): value.decode() for key, value in said.items() if key.startswith(_PREFIX)}


def read(path, verify=True):
    """The rows of an export: NAME.parquet, or the directory NAME of one that is parted (its parts become columns).

    With the description NAME.json next to it, checksums are compared first.
    """
    path = pathlib.Path(path)
    description = path.with_suffix(".json") if path.suffix == ".parquet" else path.parent / (path.name + ".json")
    if verify and description.exists():
        _verify(description)
    if path.is_dir():
        first = next(path.rglob("*.parquet"))
        names = [part.split("=")[0] for part in first.relative_to(path).parts[:-1]]
        texts = pyarrow.schema([(name, pyarrow.string()) for name in names])  # never guessed: Norway is no boolean
        return pyarrow.dataset.dataset(path, partitioning=pyarrow.dataset.partitioning(texts, flavor="hive")).to_table()
    return pyarrow.parquet.read_table(path)


def _verify(description):
    said = json.loads(description.read_text(encoding="utf-8"))
    for file in said.get("files") or [said]:
        _compare(description.parent / file["file"], file["sha256"])


def _compare(path, want):
    got = hashlib.sha256(path.read_bytes()).hexdigest()
    if got != want:
        raise Error(f"{path}: SHA-256 is {got}, its description says {want}")


class Release:
    """A directory that `banshift release` wrote. Its checksums are compared when it is opened."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        for line in (self.directory / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
            want, name = line.split("  ", 1)
            _compare(self.directory / name, want)
        self.package = json.loads((self.directory / "datapackage.json").read_text(encoding="utf-8"))

    @property
    def tables(self):
        """The names of its tables."""
        return [resource["path"].removesuffix(".parquet") for resource in self.package["resources"] if resource["path"].endswith(".parquet")]

    def read(self, name):
        """The rows of a table."""
        return pyarrow.parquet.read_table(self.directory / f"{name}.parquet")

    def columns(self, name):
        """What each column of a table means."""
        for resource in self.package["resources"]:
            if resource["path"] == f"{name}.csv":
                return {field["name"]: field["description"] for field in resource["schema"]["fields"]}
        raise Error(f"{self.directory} has no table {name}: it has {', '.join(self.tables)}")


class Page:
    """What `banshift serve` answers. Its API is described at /api/openapi.json."""

    def __init__(self, address, timeout=60):
        self.address, self.timeout = address.rstrip("/") + "/", timeout

    def _get(self, path, params):
        query = urllib.parse.urlencode({name: value for name, value in params.items() if value is not None})
        address = self.address + path + ("?" + query if query else "")
        try:
            with urllib.request.urlopen(address, timeout=self.timeout) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            try:
                said = json.loads(said)["error"]
            except (ValueError, KeyError):
                pass
            raise Error(f"{path}: {said}") from error

    def ask(self, path, **params):
        """The JSON of a question, as `ask("overview")` or `ask("events", country="ru")`."""
        return json.loads(self._get("api/" + path, params))

    def table(self, path, **params):
        """The rows of daily, tools, categories, services or networks as an Arrow table."""
        return pyarrow.parquet.read_table(io.BytesIO(self._get("api/" + path, {**params, "format": "parquet"})))

    def study(self, event):
        """What the study of an event says: sentence, effect, interval, grade and reasons."""
        return self.ask("study", event=event)
