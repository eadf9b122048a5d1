"""Writes flows as polars does, and reads what other writers wrote: what a reader must find in
each file, a line of JSON each.

    python3 polars_files.py DIRECTORY    writes files into it, and reads those that are there

polars shares nothing with the reader that is tested: neither pyarrow nor its C++ library."""

import json
import pathlib
import random
import sys

import polars as pl

START = 1523836800000
out = pathlib.Path(sys.argv[1])
theirs = sorted(p for p in out.iterdir() if p.suffix in (".parquet", ".arrow", ".arrows"))


def flows(rows):
    r = random.Random(rows)
    start = [START + r.randrange(86400000) for _ in range(rows)]
    return pl.DataFrame({
        "start": pl.Series(start).cast(pl.Datetime("ms", "UTC")),
        "end": pl.Series([s + r.randrange(60000) for s in start]).cast(pl.Datetime("ms", "UTC")),
        "client": pl.Series([r.getrandbits(64) for _ in range(rows)], dtype=pl.UInt64),
        "client_port": pl.Series([r.choice([None, r.randrange(65536)]) for _ in range(rows)], dtype=pl.UInt16),
        "client_country": [r.choice(["kz", "ru", "de", None]) for _ in range(rows)],
        "client_asn": pl.Series([r.choice([None, r.randrange(1 << 32)]) for _ in range(rows)], dtype=pl.UInt32),
        "server": [bytes(10) + b"\xff\xff" + bytes([192, 0, 2, r.randrange(256)]) for _ in range(rows)],
        "server_port": pl.Series([r.randrange(65536) for _ in range(rows)], dtype=pl.UInt16),
        "protocol": pl.Series([r.choice([6, 17]) for _ in range(rows)], dtype=pl.UInt8),
        "bytes_up": pl.Series([r.randrange(1 << 40) for _ in range(rows)], dtype=pl.UInt64),
        "bytes_down": pl.Series([r.randrange(1 << 40) for _ in range(rows)], dtype=pl.UInt64),
        "packets_up": pl.Series([r.randrange(1 << 20) for _ in range(rows)], dtype=pl.UInt64),
        "packets_down": pl.Series([r.randrange(1 << 20) for _ in range(rows)], dtype=pl.UInt64),
        "tcp_flags": pl.Series([r.randrange(256) for _ in range(rows)], dtype=pl.UInt8),
        "sampling_rate": pl.Series([1] * rows, dtype=pl.UInt32),
        "sni": [r.choice([None, "", "a.example", "b%d.example" % r.randrange(1000)]) for _ in range(rows)],
        "alpn": ["h2"] * rows,
        "ja4": pl.Series([None] * rows, dtype=pl.String),
        "first_sizes": pl.Series([r.choice([None, [], [1, -2, 3]]) for _ in range(rows)], dtype=pl.List(pl.Int16)),
    })


def expect(path, frame):
    def total(name):
        return int(sum(v or 0 for v in frame[name].to_list())) if name in frame.columns else 0

    def texts(name):
        return [v for v in frame[name].cast(pl.String).to_list() if v] if name in frame.columns else []

    print(json.dumps({
        "Path": str(path), "Rows": frame.height,
        "Start": int(sum(frame["start"].dt.epoch("ms").to_list())), "End": int(sum(frame["end"].dt.epoch("ms").to_list())),
        "Client": str(total("client")), "Ports": total("client_port") + total("server_port"),
        "Up": total("bytes_up"), "Down": total("bytes_down"), "Packets": total("packets_up") + total("packets_down"),
        "Countries": {c: texts("client_country").count(c) for c in ("kz", "ru", "de") if c in texts("client_country")},
        "Names": sum(len(t) for t in texts("sni")),
        "Sizes": sum(sum(v or 0 for v in row or []) for row in frame["first_sizes"].to_list()) if "first_sizes" in frame.columns else 0,
        "Servers": sum(v[15] for v in frame["server"].to_list()),
    }))


for path in theirs:
    read = {".parquet": pl.read_parquet, ".arrow": pl.read_ipc, ".arrows": pl.read_ipc_stream}[path.suffix]
    expect(path, read(path))

few, many = flows(300), flows(20000)
for codec in ("uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"):
    few.write_parquet(out / f"polars-{codec}.parquet", compression=codec)
    expect(out / f"polars-{codec}.parquet", few)
for level in (1, 9, 22):
    few.write_parquet(out / f"polars-zstd-{level}.parquet", compression="zstd", compression_level=level)
    expect(out / f"polars-zstd-{level}.parquet", few)
many.write_parquet(out / "polars-groups.parquet", row_group_size=3000, data_page_size=4000)
expect(out / "polars-groups.parquet", many)
for codec in ("uncompressed", "lz4", "zstd"):
    for name, options in (("", {}), ("-oldest", {"compat_level": pl.CompatLevel.oldest()})):
        few.write_ipc(out / f"polars-{codec}{name}.arrow", compression=codec, **options)
        expect(out / f"polars-{codec}{name}.arrow", few)
        few.write_ipc_stream(out / f"polars-{codec}{name}.arrows", compression=codec, **options)
        expect(out / f"polars-{codec}{name}.arrows", few)
for name, types in {
    "categories": {"client_country": pl.Categorical, "sni": pl.Categorical},
    "signed": {n: pl.Int64 for n in ("server_port", "protocol", "bytes_up", "bytes_down", "client_port", "client_asn")},
    "floats": {n: pl.Float64 for n in ("bytes_up", "bytes_down", "packets_up", "server_port", "client_port")},
    "us": {n: pl.Datetime("us", "UTC") for n in ("start", "end")}, "ns": {n: pl.Datetime("ns") for n in ("start", "end")},
    "decimals": {"bytes_up": pl.Decimal(20, 0)}, "wide-lists": {"first_sizes": pl.List(pl.Int64)},
}.items():
    other = few.with_columns(pl.col(n).cast(t) if n not in ("start", "end") else pl.col(n).dt.cast_time_unit(t.time_unit) for n, t in types.items())
    other.write_parquet(out / f"polars-{name}.parquet")
    expect(out / f"polars-{name}.parquet", few)
    other.write_ipc(out / f"polars-{name}.arrow")
    expect(out / f"polars-{name}.arrow", few)
