"""Reads what banshift wrote, or serves, into Arrow tables. It needs pyarrow and nothing else.

    import banshift
    banshift.about("public/daily_series.parquet")["citation"]
    days = banshift.read("public/daily_series")              # a file, or an export that is parted
    release = banshift.Release("release-2018-04")            # what `banshift release` wrote
    page = banshift.Page("http://127.0.0.1:8080/TOKEN/")     # what `banshift serve` printed
    page.study("ru-telegram-2018-enforcement")["sentence"]

A table becomes a frame by `.to_pandas()` or `polars.from_arrow(table)`.
"""

import hashlib
import io
import json
import pathlib
import urllib.error
import urllib.parse
import urllib.request

import pyarrow
import pyarrow.dataset
import pyarrow.parquet

_PREFIX = b"banshift."


class Error(Exception):
    """What was read is not what it says it is, or the page refused the question."""


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
