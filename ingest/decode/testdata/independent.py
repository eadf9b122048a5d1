"""Counts and sums of Zeek, nDPId and dnstap files, by a reader that shares nothing with the decoders.

Usage: independent.py FILE...   one JSON object a line: path, flows, dns, bytes
"""
import ipaddress, json, struct, sys

FIRST_REAL = 100_000_000  # seconds: 1973
OTHER_NAME_SERVICES = (5353, 5355, 137)


def address(text):
    try:
        return ipaddress.ip_address(str(text).split("%")[0])
    except ValueError:
        return None


def seconds(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def whole(value):
    return 0 if value in (None, "") else int(value)


class Total:
    def __init__(self):
        self.flows = self.dns = self.bytes = 0


def zeek_row(kind, row, total):
    """row: column -> text or JSON value; unset ones are absent."""
    if not address(row.get("id.orig_h")):
        return
    ts = seconds(row.get("ts"))
    if ts is None or ts < FIRST_REAL:
        return
    if kind == "dns":
        if whole(row.get("id.resp_p")) not in OTHER_NAME_SERVICES and row.get("query"):
            total.dns += 1
        return
    if not address(row.get("id.resp_h")):
        return
    if kind == "tunnel" and not str(row.get("action", "DISCOVER")).endswith("DISCOVER"):
        return
    total.flows += 1
    if kind == "conn":
        pair = ("orig_bytes", "resp_bytes")
        if not any(p in row for p in pair):
            pair = ("orig_ip_bytes", "resp_ip_bytes")
        total.bytes += sum(whole(row.get(p)) for p in pair)


KINDS = ("conn", "dns", "ssl", "tunnel", "socks")


def zeek_tsv(lines, total):
    sep, empty, unset, path, fields = "\t", "(empty)", "-", None, None
    for line in lines:
        line = line.rstrip("\n").rstrip("\r")
        if line.startswith("#separator "):
            sep = bytes(line[11:], "ascii").decode("unicode_escape")
            path = fields = None
        elif line.startswith("#"):
            name, _, value = line.partition(sep)
            if name == "#unset_field":
                unset = value
            elif name == "#empty_field":
                empty = value
            elif name == "#path":
                path = value
            elif name == "#fields":
                fields = [f.replace("id_", "id.", 1) if f.startswith("id_") else f for f in value.split(sep)]
        elif line.strip() and fields and path in KINDS:
            cells = line.split(sep)
            if len(cells) != len(fields):
                continue
            row = {f: c for f, c in zip(fields, cells) if c not in (unset, empty, "")}
            zeek_row(path, row, total)


def ndpid(lines, total):
    open_flows = {}
    for line in lines:
        at = line.find("{")
        if line.startswith("~") or at < 0:
            continue
        try:
            event = json.loads(line[at:])
        except ValueError:
            continue
        name = event.get("flow_event_name")
        if not name or not address(event.get("src_ip")) or not address(event.get("dst_ip")):
            continue
        if not event.get("flow_first_seen") and not event.get("flow_src_last_pkt_time"):
            continue
        key = (event.get("alias"), event.get("source"), event["flow_id"])
        open_flows[key] = whole(event.get("flow_src_tot_l4_payload_len")) + whole(event.get("flow_dst_tot_l4_payload_len"))
        if name in ("end", "idle"):
            total.flows += 1
            total.bytes += open_flows.pop(key)
    total.flows += len(open_flows)
    total.bytes += sum(open_flows.values())


def fields(message):
    at, found = 0, {}

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            b = message[at]
            at += 1
            value |= (b & 127) << shift
            shift += 7
            if b < 128:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        elif tag & 7 == 2:
            size = varint()
            value, at = message[at:at + size], at + size
        else:
            size = 4 if tag & 7 == 5 else 8
            value, at = message[at:at + size], at + size
        found[tag >> 3] = value
    return found


def dnstap(data, total):
    at, waiting = 0, set()
    while at + 4 <= len(data):
        size, at = struct.unpack(">I", data[at:at + 4])[0], at + 4
        if size == 0:
            at += 4 + struct.unpack(">I", data[at:at + 4])[0]
            continue
        message, at = fields(fields(data[at:at + size])[14]), at + size
        kind = message[1]
        if kind in (5, 6, 9, 10, 11, 12):  # CLIENT, STUB, TOOL: query, response
            wire = message.get(10 if kind in (5, 9, 11) else 14)
            key = (message.get(4), message.get(5), message.get(6), message.get(7), wire[:2])
            if kind in (5, 9, 11):
                waiting.add(key)
            else:
                waiting.discard(key)
                total.dns += 1
    total.dns += len(waiting)


def main(paths):
    for path in paths:
        total = Total()
        with open(path, "rb") as file:
            data = file.read()
        if path.endswith(".fstrm"):
            dnstap(data, total)
        else:
            lines = data.decode("utf-8", "surrogateescape").split("\n")
            (ndpid if "/ndpid/" in path else zeek_tsv)(lines, total)
        print(json.dumps({"path": path, "flows": total.flows, "dns": total.dns, "bytes": total.bytes}))


main(sys.argv[1:])
