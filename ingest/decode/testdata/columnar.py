"""Writes the same flows as Parquet and Arrow in the ways of other writers, and says on each
line of its output what a reader must find in a file.

    python3 columnar.py DIRECTORY

pyarrow is needed; polars, duckdb and fastparquet write too where they are there."""

import datetime
import decimal
import itertools
import json
import random
import sys

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

START = 1523836800000
out = sys.argv[1]


def columns(rows):
    """Plain Python values of the required columns and a few optional ones."""
    r = random.Random(rows)
    start = [START + r.randrange(86400000) for _ in range(rows)]
    return {
        "start": start,
        "end": [s + r.randrange(60000) for s in start],
        "client": [r.getrandbits(64) for _ in range(rows)],
        "client_port": [r.choice([None, r.randrange(65536)]) for _ in range(rows)],
        "client_country": [r.choice(["kz", "ru", "de", None]) for _ in range(rows)],
        "client_asn": [r.randrange(1 << 32) for _ in range(rows)],
        "server": [bytes(10) + b"\xff\xff" + bytes([192, 0, 2, r.randrange(256)]) for _ in range(rows)],
        "server_port": [r.randrange(65536) for _ in range(rows)],
        "protocol": [r.choice([6, 17]) for _ in range(rows)],
        "bytes_up": [r.randrange(1 << 40) for _ in range(rows)],
        "bytes_down": [r.randrange(1 << 40) for _ in range(rows)],
        "packets_up": [r.randrange(1 << 20) for _ in range(rows)],
        "packets_down": [r.randrange(1 << 20) for _ in range(rows)],
        "tcp_flags": [r.randrange(256) for _ in range(rows)],
        "sampling_rate": [1] * rows,
        "sni": [r.choice([None, "", "a.example", "b%d.example" % r.randrange(1000)]) for _ in range(rows)],
        "alpn": ["h2"] * rows,
        "ja4": [None] * rows,
        "first_sizes": [r.choice([None, [], [1, -2, 3], [100, -200, 300, -400, 5, 6, 7, 8]]) for _ in range(rows)],
    }


TYPES = {
    "start": pa.timestamp("ms", "UTC"), "end": pa.timestamp("ms", "UTC"), "client": pa.uint64(), "client_port": pa.uint16(),
    "client_country": pa.string(), "client_asn": pa.uint32(), "server": pa.binary(16), "server_port": pa.uint16(), "protocol": pa.uint8(),
    "bytes_up": pa.uint64(), "bytes_down": pa.uint64(), "packets_up": pa.uint64(), "packets_down": pa.uint64(), "tcp_flags": pa.uint8(),
    "sampling_rate": pa.uint32(), "sni": pa.string(), "alpn": pa.string(), "ja4": pa.string(), "first_sizes": pa.list_(pa.int16()),
}


def table(values, types=None):
    types = TYPES | (types or {})
    arrays = {}
    for name, column in values.items():
        t = types[name]
        if pa.types.is_timestamp(t):
            factor = {"s": 0.001, "ms": 1, "us": 1000, "ns": 1000000}[t.unit]
            column = [int(v * factor) for v in column]
            arrays[name] = pa.array(column, pa.int64()).cast(t)
        elif pa.types.is_decimal(t):
            arrays[name] = pa.array([None if v is None else decimal.Decimal(v) for v in column], t)
        elif pa.types.is_dictionary(t):
            arrays[name] = pa.array(column, t.value_type).dictionary_encode()
        else:
            arrays[name] = pa.array(column, t)
    return pa.table(arrays)


def expect(name, values, coarse=1):
    print(json.dumps({
        "Path": f"{out}/{name}",
        "Rows": len(values["start"]),
        "Start": sum(v // coarse * coarse for v in values["start"]),
        "End": sum(v // coarse * coarse for v in values["end"]),
        "Client": str(sum(values["client"])),
        "Ports": sum(p or 0 for p in values["client_port"]) + sum(values["server_port"]),
        "Up": sum(values["bytes_up"]), "Down": sum(values["bytes_down"]),
        "Packets": sum(values["packets_up"]) + sum(values["packets_down"]),
        "Countries": {c: values["client_country"].count(c) for c in ("kz", "ru", "de")},
        "Names": sum(len(n or "") for n in values["sni"]),
        "Sizes": sum(sum(s or []) for s in values["first_sizes"]),
        "Servers": sum(s[15] for s in values["server"]),
    }))


def parquet(name, values, types=None, coarse=1, **options):
    pq.write_table(table(values, types), f"{out}/{name}.parquet", **options)
    expect(name + ".parquet", values, coarse)


few, many = columns(300), columns(20000)

# Codecs, versions of pages, dictionaries, sizes of pages and row groups.
for codec in ("NONE", "SNAPPY", "GZIP", "BROTLI", "LZ4", "ZSTD"):
    for page, dictionary in itertools.product(("1.0", "2.0"), (True, False)):
        parquet(f"codec-{codec}-{page}-{dictionary}", few, compression=codec, data_page_version=page, use_dictionary=dictionary)
for level in (1, 9, 19):
    parquet(f"level-{level}", few, compression="ZSTD", compression_level=level)
for page in ("1.0", "2.0"):
    for size in (100, 5000):
        parquet(f"pages-{page}-{size}", many, data_page_version=page, data_page_size=size, row_group_size=7001)
    parquet(f"checksums-{page}", many, data_page_version=page, write_page_checksum=True)
    parquet(f"small-dictionary-{page}", many, data_page_version=page, dictionary_pagesize_limit=1000)
for version in ("1.0", "2.4", "2.6"):
    parquet(f"version-{version}", few, version=version, coarse=1)
parquet("no-schema", few, store_schema=False)
parquet("page-index", few, write_page_index=True)
parquet("legacy-lists", few, use_compliant_nested_type=False)

# Encodings.
numbers = ["client", "client_asn", "server_port", "bytes_up", "bytes_down", "packets_up", "packets_down", "start", "end"]
for encoding, names in {
    "BYTE_STREAM_SPLIT": numbers + ["server"], "DELTA_BINARY_PACKED": numbers, "DELTA_LENGTH_BYTE_ARRAY": ["sni", "alpn", "client_country"],
    "DELTA_BYTE_ARRAY": ["sni", "alpn", "client_country", "server"], "PLAIN": numbers + ["sni"],
}.items():
    for page, codec in itertools.product(("1.0", "2.0"), ("NONE", "ZSTD", "LZ4")):
        parquet(f"encoding-{encoding}-{page}-{codec}", many, use_dictionary=False, column_encoding={n: encoding for n in names}, data_page_version=page, compression=codec)

# Types.
variants = {
    "signed": {n: pa.int64() for n in ("server_port", "protocol", "bytes_up", "bytes_down", "packets_up", "packets_down", "client_port", "client_asn", "tcp_flags", "sampling_rate")},
    "floats": {n: pa.float64() for n in ("server_port", "protocol", "bytes_up", "bytes_down", "packets_up", "packets_down", "client_port", "client_asn")},
    "float32": {n: pa.float32() for n in ("server_port", "protocol", "client_port", "packets_up", "packets_down")},
    "decimals": {n: pa.decimal128(20, 0) for n in ("client", "bytes_up", "bytes_down", "packets_up", "client_port")},
    "decimals-3": {n: pa.decimal128(25, 3) for n in ("client", "bytes_up", "bytes_down", "packets_up")},
    "decimals-9": {n: pa.decimal128(9, 0) for n in ("packets_up", "packets_down", "client_port")},
    "decimals-18": {n: pa.decimal128(18, 0) for n in ("bytes_up", "packets_up", "packets_down", "client_port")},
    "large": {"sni": pa.large_string(), "client_country": pa.large_string(), "server": pa.large_binary(), "first_sizes": pa.large_list(pa.int32())},
    "binary": {"sni": pa.binary(), "client_country": pa.binary(), "server": pa.binary()},
    "dictionaries": {"sni": pa.dictionary(pa.int32(), pa.string()), "client_country": pa.dictionary(pa.int8(), pa.string())},
    "wide-lists": {"first_sizes": pa.list_(pa.int64())},
    "views": {"sni": pa.string_view(), "client_country": pa.string_view()},
    "null": {"ja4": pa.null()},
}
for unit, zone in itertools.product(("ms", "us", "ns"), (None, "UTC", "Europe/Moscow", "+05:00")):
    variants[f"time-{unit}-{str(zone).replace('/', '-')}"] = {n: pa.timestamp(unit, zone) for n in ("start", "end")}
for name, types in variants.items():
    parquet(f"types-{name}", few, types)
parquet("types-int96", few, {n: pa.timestamp("ns") for n in ("start", "end")}, use_deprecated_int96_timestamps=True)
parquet("types-seconds", few, {n: pa.timestamp("s") for n in ("start", "end")}, coarse=1000)
decimals = {n: pa.decimal128(20, 0) for n in ("client", "bytes_up")} | {n: pa.decimal128(9, 0) for n in ("packets_up",)}
parquet("types-decimals-as-integers", few, decimals, store_decimal_as_integer=True)

# Columns that nobody asked for, of every shape.
extra = table(few)
n = len(few["start"])
for name, column in {
    "a_struct": pa.array([{"x": 1, "y": {"z": "q"}}] * n), "a_map": pa.array([[("k", 1)]] * n, pa.map_(pa.string(), pa.int64())),
    "a_list_of_lists": pa.array([[[1], [2, 3]]] * n), "a_list_of_structs": pa.array([[{"x": 1}]] * n), "a_float16": pa.array([1.5] * n).cast(pa.float16()),
    "a_date": pa.array([datetime.date(2018, 4, 16)] * n), "a_time": pa.array([datetime.time(1, 2, 3)] * n), "a_fixed_list": pa.array([[1, 2]] * n, pa.list_(pa.int8(), 2)),
    "a_decimal256": pa.array([decimal.Decimal(1)] * n, pa.decimal256(50, 0)), "a_bool": pa.array([True, None] * (n // 2)),
}.items():
    extra = extra.append_column(name, column)
pq.write_table(extra.select(extra.column_names[::-1]), f"{out}/extra.parquet")
expect("extra.parquet", few)
with pq.ParquetWriter(f"{out}/empty-groups.parquet", table(few).schema) as w:
    for part in (table(few).slice(0, 0), table(few).slice(0, 100), table(few).slice(100, 0), table(few).slice(100)):
        w.write_table(part)
expect("empty-groups.parquet", few)

# Arrow IPC: files and streams, compressed, in batches, with dictionaries that change.
for form, codec in itertools.product(("file", "stream"), (None, "lz4", "zstd")):
    options = pa.ipc.IpcWriteOptions(compression=codec, emit_dictionary_deltas=form == "file")
    for name, types in ({"plain": {}} | {k: v for k, v in variants.items()}).items():
        t = table(few, types)
        with (pa.ipc.new_file if form == "file" else pa.ipc.new_stream)(f"{out}/{form}-{codec}-{name}.arrow", t.schema, options=options) as w:
            w.write_table(t, max_chunksize=128)
        expect(f"{form}-{codec}-{name}.arrow", few)

try:
    import polars as pl
except ImportError:
    pl = None
if pl:
    frame = pl.from_arrow(table(few))
    for codec in ("uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"):
        frame.write_parquet(f"{out}/polars-{codec}.parquet", compression=codec)
        expect(f"polars-{codec}.parquet", few)
    big = pl.from_arrow(table(many))
    big.write_parquet(f"{out}/polars-groups.parquet", row_group_size=3000, data_page_size=4000)
    expect("polars-groups.parquet", many)
    for codec in ("uncompressed", "lz4", "zstd"):
        for name, options in (("", {}), ("-oldest", {"compat_level": pl.CompatLevel.oldest()})):
            frame.write_ipc(f"{out}/polars-{codec}{name}.arrow", compression=codec, **options)
            expect(f"polars-{codec}{name}.arrow", few)
            frame.write_ipc_stream(f"{out}/polars-stream-{codec}{name}.arrow", compression=codec, **options)
            expect(f"polars-stream-{codec}{name}.arrow", few)
    frame.with_columns(pl.col("client_country").cast(pl.Categorical), pl.col("sni").cast(pl.Categorical)).write_ipc(f"{out}/polars-categories.arrow")
    expect("polars-categories.arrow", few)
    frame.with_columns(pl.col("client_country").cast(pl.Categorical)).write_parquet(f"{out}/polars-categories.parquet")
    expect("polars-categories.parquet", few)

try:
    import duckdb
except ImportError:
    duckdb = None
if duckdb:
    flows = table(many)
    for codec in ("uncompressed", "snappy", "gzip", "brotli", "lz4", "lz4_raw", "zstd"):
        for version in ("V1", "V2"):
            duckdb.sql(f"copy flows to '{out}/duckdb-{codec}-{version}.parquet' (format parquet, codec '{codec}', parquet_version {version}, row_group_size 4096)")
            expect(f"duckdb-{codec}-{version}.parquet", many)
    duckdb.sql(f"copy (select * replace (bytes_up::double as bytes_up, client::hugeint::decimal(20,0) as client, start::timestamp_ns as start) from flows) to '{out}/duckdb-types.parquet' (format parquet)")
    expect("duckdb-types.parquet", many)

try:
    import fastparquet
except ImportError:
    fastparquet = None
if fastparquet:
    import pandas
    flat = {k: v for k, v in few.items() if k != "first_sizes"}
    frame = table(flat, {"server": pa.binary()}).to_pandas()
    for codec in ("UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "LZ4", "ZSTD"):
        fastparquet.write(f"{out}/fastparquet-{codec}.parquet", frame, compression=codec, times="int64")
        expect(f"fastparquet-{codec}.parquet", few | {"first_sizes": []})
    frame = frame.assign(start=frame.start.astype("datetime64[ns, UTC]"), end=frame.end.astype("datetime64[ns, UTC]"))  # it takes any unit for that one
    fastparquet.write(f"{out}/fastparquet-int96.parquet", frame, times="int96")
    expect("fastparquet-int96.parquet", few | {"first_sizes": []})
