"""Checks of what needs no root: labels, halves, the manifest's facts and the table. Run: python3 -m unittest discover deploy/lab"""
import csv
import ipaddress
import pathlib
import struct
import tempfile
import types
import unittest

import accuracy
import flows
import lab
import relay

CLIENT, SERVER = "10.1.2.3", "192.0.2.9"


def frame4(source, destination, proto, payload, fragment=0):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, fragment, 64, proto, 0, ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed)
    return b"\2" * 12 + b"\x08\x00" + header + payload


def frame6(source, destination, following, payload):
    return b"\2" * 12 + b"\x86\xdd" + struct.pack(">IHBB16s16s", 6 << 28, len(payload), following, 64, ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed) + payload


def pcap(*frames):
    return relay.PCAP_HEADER + b"".join(struct.pack("<IIII", 0, 0, len(f), len(f)) + f for f in frames)


def ports(source, destination):
    return struct.pack(">HHHH", source, destination, 9, 0) + b"x"


def segment(source, destination, payload=b"", flags=0):
    return struct.pack(">HHIIBBHHH", source, destination, 0, 0, 5 << 4, flags, 0, 0, 0) + payload


class Labels(unittest.TestCase):
    def label(self, *frames, server=SERVER, tools=None):
        return flows.label("x.pcap", pcap(*frames), server, tools or {("udp", 500): ("ipsec", "vpn"), ("other", 0): ("pptp", "vpn")})

    def test_client_comes_first_whoever_is_seen_first(self):
        rows = self.label(frame4(SERVER, CLIENT, 17, ports(500, 4000)), frame4(CLIENT, SERVER, 17, ports(4000, 500)))
        self.assertEqual(rows, [["x.pcap", "udp", CLIENT, 4000, SERVER, 500, "ipsec", "vpn", 1]])

    def test_other_ports_are_none(self):
        rows = self.label(frame4(CLIENT, SERVER, 6, segment(4000, 500)), frame4(CLIENT, SERVER, 17, ports(500, 4000)))
        self.assertEqual([row[6] for row in rows], ["none", "none"])

    def test_icmp_belongs_to_no_tool_but_gre_does(self):
        self.assertEqual([row[6] for row in self.label(frame4(SERVER, CLIENT, 1, b"\3\3" + bytes(30)))], ["none"])
        self.assertEqual([row[6] for row in self.label(frame4(SERVER, CLIENT, 1, b"\3\3" + bytes(30)), frame4(CLIENT, SERVER, 47, bytes(16)))], ["pptp"])

    def test_fragments_count_by_their_first(self):
        self.assertEqual(len(self.label(frame4(CLIENT, SERVER, 17, ports(4000, 500), 0x2000), frame4(CLIENT, SERVER, 17, bytes(20), 0x0005))), 1)

    def test_a_flow_without_payload_is_not_trusted(self):
        tools = {("tcp", 1723): ("pptp", "vpn")}
        syn, said = frame4(CLIENT, SERVER, 6, segment(4000, 1723)) + bytes(6), frame4(SERVER, CLIENT, 6, segment(1723, 4000, b"x"))
        self.assertEqual([row[8] for row in self.label(syn, tools=tools)], [0])
        self.assertEqual([row[8] for row in self.label(syn, said, syn, tools=tools)], [1])

    def test_a_connection_that_was_over_is_not_trusted(self):
        tools = {("tcp", 9001): ("tor", "anonymity")}
        fin, last = frame4(CLIENT, SERVER, 6, segment(4000, 9001, flags=1)), frame4(SERVER, CLIENT, 6, segment(9001, 4000, b"x"))
        self.assertEqual([row[8] for row in self.label(fin, last, tools=tools)], [0])
        self.assertEqual([row[8] for row in self.label(last, fin, tools=tools)], [1])

    def test_ipv6_through_extensions_without_neighbour_discovery(self):
        client, server = "2001:db8::1", "2001:db8::2"
        rows = self.label(frame6(client, server, 58, b"\x87" + bytes(23)), frame6(client, server, 60, bytes([17, 0]) + bytes(6) + ports(9, 500)), server=server)
        self.assertEqual(rows, [["x.pcap", "udp", client, 9, server, 500, "ipsec", "vpn", 1]])

    def test_written_as_evaluate_reads_them(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "labels.csv"
            flows.write_labels(path, self.label(frame4(CLIENT, SERVER, 17, ports(4000, 500))))
            with open(path, newline="") as f:
                self.assertEqual(list(csv.DictReader(f)), [dict(capture="x.pcap", proto="udp", src_ip=CLIENT, src_port="4000", dst_ip=SERVER, dst_port="500", tool="ipsec", category="vpn", trusted="1")])


class Halves(unittest.TestCase):
    programs = [types.SimpleNamespace(__name__=name, VARIANTS=dict.fromkeys("abcdef"[:size])) for name, size in (("p", 5), ("q", 4), ("r", 2))]

    def test_each_program_is_in_both_and_evenly(self):
        for seed in map(str, range(20)):
            halves = lab.halves(seed, self.programs)
            for program in self.programs:
                held_out = sum(half == "held-out" for (name, _), half in halves.items() if name == program.__name__)
                self.assertLessEqual(abs(2 * held_out - len(program.VARIANTS)), 1)

    def test_the_seed_alone_decides(self):
        self.assertEqual(lab.halves("7", self.programs), lab.halves("7", list(reversed(self.programs))))
        self.assertGreater(len({str(lab.halves(str(s), self.programs)) for s in range(20)}), 5)


class Facts(unittest.TestCase):
    def test_a_capture_follows_from_its_seed(self):
        def facts(seed):
            program = types.SimpleNamespace(__name__="p", TOOL="openvpn", CATEGORY="vpn")
            capture = lab.Capture(0, "p-a-s%s.pcap" % seed, program, seed, "work")
            capture.option("cipher", *range(100))
            return capture.client, capture.server, capture.port(1194), capture.facts("open", "")
        self.assertEqual(facts("1"), facts("1"))
        self.assertNotEqual(facts("1"), facts("2"))
        self.assertEqual(facts("1")[3]["tool"], "openvpn")

    def test_every_program_can_be_read_and_is_in_both_halves(self):
        programs = lab.load_programs(lab.HERE / "programs")
        self.assertGreaterEqual(len({p.__name__ for p in programs}), 15)
        for program in programs:
            self.assertTrue(program.TOOL and program.CATEGORY and program.PACKAGES, program.__name__)
            self.assertGreaterEqual(len(program.VARIANTS), 2, program.__name__)
            for package in getattr(program, "PYPI", []):
                self.assertRegex(package, r"^[\w.-]+==[\w.]+$", program.__name__)
            for module in getattr(program, "MODULES", {}).values():
                self.assertRegex(module[1], r"^v\d+\.\d+\.\d+", program.__name__)


class Table(unittest.TestCase):
    def test_both_halves_with_intervals_and_versions(self):
        def result(found, missed):
            tool = {"tool": "tinc", "tp": found, "fn": missed, "fp": 0, "confirmed": found, "possible": 0, "recall_ci": [0.1, 0.9]}
            return {"per_tool": [tool], "unmatched": 0, "negatives": {"flows": 9, "false_positives": 1, "confirmed": 0, "possible": 2, "rate_ci": [0, 0.4],
                    "cases": [{"capture": "scan.pcap", "truth": "none", "verdict": "tor", "level": "likely", "p": 0.9}]},
                    "by_capture": [{"capture": "tinc.pcap", "positives": found + missed, "named": found}]}
        page = accuracy.render({"open": result(4, 0), "held-out": result(1, 3)}, [{"seed": "1", "kernel": "6", "packages": {"tinc": "1.0"}, "captures": [{"capture": "tinc.pcap", "error": ""}]}], "rules p@1+0")
        self.assertIn("| tinc | 4 of 4 = 1.00 [0.10, 0.90] | 1 of 4 = 0.25 [0.10, 0.90] | 4 / 1 | 0 / 0 | 0 / 0 |", page)
        self.assertIn("* held-out: `tinc.pcap`, 1 of 4 named", page)
        self.assertIn("`scan.pcap` was named tor (likely, p = 0.90)", page)
        self.assertIn("tinc 1.0.", page)


if __name__ == "__main__":
    unittest.main()
