#!/usr/bin/env python3
"""Writes how well the program names the lab's captures, as Markdown: accuracy.py PROGRAM LAB_FOLDER... > docs/lab-accuracy.md"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import flows

HALVES = ("open", "held-out")
# What looks like TLS or like random bytes: a verdict above "possible" would be more than a flow can show.
NO_SIGNATURE = {"anyconnect, TLS", "anytls", "doh", "hysteria2", "obfs4", "reality", "shadowsocks", "shadowtls", "softether", "stunnel", "tailscale-relay", "trojan", "tuic", "vless", "vmess"}
# Why flows of a tool are missed, from the documents of its protocol.
NOTES = {
    "anyconnect": "The hello of DTLS, which resumes the session of TLS, is what tells (draft-mavrogiannopoulos-openconnect); a capture that begins after it does not show it.",
    "anyconnect, TLS": "Log-in and tunnel are ordinary TLS; only DTLS to the same server at the same time tells it apart, and that comes after the log-in.",
    "tinc": "The meta connection is encrypted after two lines in clear (tinc manual, section 6.3); a capture that begins later has TCP of random bytes.",
    "tor": "In the middle of a session the lengths of cells are what tells (tor-spec, cell packet format), and while much is sent "
           "Tor fills records from its buffer, whatever the cells' length.",
    "doh": "HTTPS like any other (RFC 8484); the server is on no list, which is where the name would come from.",
    "shadowsocks": "Random bytes from the first on: no more than *fully encrypted* can be said of a flow.",
    "obfs4": "Random bytes of random length from the first on (obfs4-spec, section 3).",
    "stunnel": "TLS, and nothing else is in the clear.",
    "trojan": "TLS to a web site, by design (the trojan protocol's document).",
    "anytls": "TLS with padding of its own, made to look like any other.",
    "hysteria2": "QUIC to a host, as HTTP/3 is; with Salamander random bytes.",
    "reality": "The handshake of the site that it borrows.",
    "shadowtls": "The handshake of the site that it borrows, then records of random bytes.",
    "softether": "HTTPS with an unlisted name; named are its UDP acceleration and its packets over port 53 (SoftEther source, Cedar/UdpAccel.c).",
    "tailscale": "Where neither disco messages nor the usual port are seen, its datagrams are WireGuard and named so.",
    "tailscale-relay": "TLS to a host; the relays that Tailscale runs are known by name, others are not.",
    "tuic": "QUIC to a host, as HTTP/3 is.",
    "vless": "TLS, and nothing else is in the clear.",
    "vmess": "Random bytes from the first on, or WebSocket, or TLS.",
    "pptp": "A connection to port 1723 of which only the end was captured has no message with the magic cookie (RFC 2637, section 2).",
}


def evaluate(program, half, labs):
    """The program's own evaluation of one half of all labs."""
    rows = []
    for lab in labs:
        with open(lab / half / "labels.csv", newline="") as f:
            rows += list(csv.reader(f))[1:]
    over_tls = [row for row in rows if row[1] == "tcp" and row[6] == "anyconnect"]  # counted apart from DTLS: it has no signature
    result = measure(program, half, labs, [row for row in rows if row not in over_tls])
    if over_tls:
        apart = measure(program, half, labs, over_tls)
        result["per_tool"] += [{**tool, "tool": "anyconnect, TLS"} for tool in apart["per_tool"] if tool["tool"] == "anyconnect"]
        result["by_capture"] += apart["by_capture"]
        result["unmatched"] += apart["unmatched"]
    return result


def measure(program, half, labs, rows):
    with tempfile.TemporaryDirectory() as folder:
        labels = pathlib.Path(folder) / "labels.csv"
        flows.write_labels(labels, rows)
        command = [program, "evaluate", "--json", "--labels", labels, *(lab / half for lab in labs)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def share(part, whole, interval):
    return "-" if not whole else "%d of %d = %.2f [%.2f, %.2f]" % (part, whole, part / whole, *interval)


def recall(tool):
    return share(tool["tp"], tool["tp"] + tool["fn"], tool["recall_ci"]) if tool else "-"


def render(results, manifests, rules):
    """The page: results by half, manifests of the labs they were measured on, the rule pack."""
    by_tool = {half: {t["tool"]: t for t in results[half]["per_tool"] if t["tp"] + t["fn"]} for half in HALVES}
    names = sorted(set().union(*by_tool.values()))
    out = ["# Accuracy on the lab's captures", "",
           "Captures of real programs between network namespaces, labels true by construction: [how they are made](howto/lab.md). `held-out` is the half that the seed keeps for measuring;",
           "no rule may be written from it. Recall is of flows named at *likely* or better, with 95 % Wilson intervals; flows of one capture are not independent, so the intervals are narrow by that.", "",
           "Measured with " + rules + ". Written by `python3 deploy/lab/accuracy.py bin/banshift " + " ".join("out/lab-%s" % m["seed"] for m in manifests) + " > docs/lab-accuracy.md` after",
           " and ".join("`make lab SEED=%s OUT=out/lab-%s`" % (m["seed"], m["seed"]) for m in manifests) + ".", ""]
    for title, chosen in (("Tools with a signature", [n for n in names if n not in NO_SIGNATURE]), ("Tools that look like TLS or like random bytes", [n for n in names if n in NO_SIGNATURE])):
        out += ["## " + title, "", "| tool | open | held-out | confirmed, open / held-out | only *possible* | named wrongly |", "|---|---|---|---|---|---|"]
        for name in chosen:
            o, h = (by_tool[half].get(name) for half in HALVES)
            count = lambda key: " / ".join(str(t[key]) if t else "-" for t in (o, h))
            out.append("| %s | %s | %s | %s | %s | %s |" % (name, recall(o), recall(h), count("confirmed"), count("possible"), count("fp")))
        if chosen:
            macro = []
            for half in HALVES:
                values = [t["tp"] / (t["tp"] + t["fn"]) for n, t in by_tool[half].items() if n in chosen]
                macro.append("%.3f over %d" % (sum(values) / len(values), len(values)) if values else "-")
            out += ["| **macro recall** | %s | %s | | | |" % tuple(macro)]
        missed = [n for n in chosen if n in NOTES and any(by_tool[half].get(n, {}).get("fn") for half in HALVES)]
        if missed:
            out += [""] + ["* %s: %s" % (n, NOTES[n]) for n in missed]
        out.append("")
    out += ["## Traffic that is none of these", "", "| half | flows | named at *likely* or better | of them *confirmed* | only *possible* | 95 % interval of the rate |", "|---|---|---|---|---|---|"]
    for half in HALVES:
        n = results[half]["negatives"]
        out.append("| %s | %d | %d | %d | %d | [%.3f, %.3f] |" % (half, n["flows"], n["false_positives"], n["confirmed"], n["possible"], *n["rate_ci"]))
    out.append("")
    for half in HALVES:
        for case in results[half]["negatives"].get("cases") or []:
            out.append("* %s: `%s` was named %s (%s, p = %.2f)." % (half, case["capture"], case["verdict"], case["level"], case["p"]))
    missed = [(half, c) for half in HALVES for c in sorted(results[half]["by_capture"], key=lambda c: c["capture"]) if c["named"] < c["positives"]]
    out += ["", "## Captures with flows that were not named", ""]
    out += ["* %s: `%s`, %d of %d named" % (half, c["capture"], c["named"], c["positives"]) for half, c in missed] or ["None."]
    programs, failed, made = {}, [], 0
    for m in manifests:
        for package, version in m["packages"].items():
            programs.setdefault(package, set()).add(version)
        failed += ["`%s`: %s" % (c["capture"], c["error"].splitlines()[-1]) for c in m["captures"] if c["error"]]
        made += sum(not c["error"] for c in m["captures"])
    out += ["", "## What was run", "", "%d captures, seeds %s, kernel %s. Flows without a counterpart in the program's output: %s." % (
        made, ", ".join(str(m["seed"]) for m in manifests), ", ".join(sorted({m["kernel"] for m in manifests})), " / ".join(str(results[half]["unmatched"]) for half in HALVES)), "",
        ", ".join("%s %s" % (p, "/".join(sorted(v))) for p, v in sorted(programs.items())) + ".", ""]
    if failed:
        out += ["Not made:", ""] + ["* " + line for line in failed] + [""]
    return "\n".join(out)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    labs = [pathlib.Path(a) for a in sys.argv[2:]]
    manifests = [json.loads((lab / "manifest.json").read_text()) for lab in labs]
    version = subprocess.run([sys.argv[1], "version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    rules = "rules " + next(line.split()[1] for line in version.splitlines() if line.startswith("rules"))
    print(render({half: evaluate(sys.argv[1], half, labs) for half in HALVES}, manifests, rules), end="")


if __name__ == "__main__":
    main()
