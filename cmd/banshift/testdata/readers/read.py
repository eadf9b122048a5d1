"""Reads one export by every reader that is there: as one file, and parted by country and month. Prints a JSON object of
the reader's name to [rows, clients] of both, or of why it is absent. Arguments: the file, the parted directory, banshift.py's folder."""

import json
import subprocess
import sys

one, parted, module = sys.argv[1:]
sys.path.insert(0, module)


def named(parts):
    """Compares the countries and months that a reader took from the paths. "no" is Norway, and not false."""
    got = sorted({(str(country), str(month)[:7]) for country, month in parts})
    assert got == [("no", "2018-04"), ("no", "2018-05")], got


def pandas_():
    import pandas

    tables = pandas.read_parquet(one), pandas.read_parquet(parted)
    named(zip(tables[1]["country"], tables[1]["month"]))
    return [(len(t), int(t["all_clients"].sum())) for t in tables]


def polars_():
    import polars

    tables = polars.read_parquet(one), polars.read_parquet(parted + "/**/*.parquet", hive_partitioning=True)
    named(tables[1].select("country", "month").iter_rows())
    return [(t.height, int(t["all_clients"].sum())) for t in tables]


def duckdb_():
    import duckdb

    count = "SELECT count(*), sum(all_clients)::BIGINT FROM read_parquet('{}'{})"
    named(duckdb.sql("SELECT DISTINCT country, month FROM read_parquet('{}/**/*.parquet', hive_partitioning = true)".format(parted)).fetchall())
    return [duckdb.sql(count.format(one, "")).fetchall()[0], duckdb.sql(count.format(parted + "/**/*.parquet", ", hive_partitioning = true")).fetchall()[0]]


def banshift_py():
    import banshift
    import pyarrow.compute

    said = banshift.about(one)
    assert said["query"] == "daily_series" and "clients" in json.loads(said["columns"]), said
    tables = [banshift.read(one), banshift.read(parted)]
    named(zip(tables[1]["country"].to_pylist(), tables[1]["month"].to_pylist()))
    return [(t.num_rows, pyarrow.compute.sum(t["all_clients"]).as_py()) for t in tables]


def spark():
    from pyspark.sql import SparkSession
    from pyspark.sql import functions

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    named(session.read.parquet(parted).select("country", "month").distinct().collect())
    return [tuple(map(int, session.read.parquet(p).agg(functions.count("*"), functions.sum("all_clients")).first())) for p in (one, parted)]


def arrow_r():
    script = "library(arrow, warn.conflicts = FALSE); for (d in list(read_parquet('%s'), as.data.frame(open_dataset('%s')))) cat(nrow(d), sum(as.numeric(d$all_clients)), '\\n')" % (one, parted)
    try:
        subprocess.run(["Rscript", "-e", "library(arrow)"], capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise ImportError(str(error)) from error
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True)
    return [tuple(int(float(n)) for n in line.split()) for line in done.stdout.splitlines()]


said = {}
for name, reader in {"pandas": pandas_, "polars": polars_, "duckdb": duckdb_, "banshift.py": banshift_py, "spark": spark, "Arrow R": arrow_r}.items():
    try:
        said[name] = reader()
    except ImportError as error:
        said[name] = str(error)
print(json.dumps(said))
