#!/usr/bin/env python3
"""A PPP peer on standard input and output, in place of pppd where the kernel has no PPP.

ppp_peer.py ROLE SECONDS SEED; ROLE: server (asks for CHAP) or client. Frames are HDLC-like (RFC 1662); LCP (RFC 1661), CHAP with
MD5 (RFC 1994) and IPCP (RFC 1332) are spoken as far as two honest peers need; then IPv4 packets of seeded sizes go both ways.
"""
import hashlib
import os
import random
import select
import struct
import sys
import time
import tty

LCP, IPCP, CHAP, IPV4 = 0xC021, 0x8021, 0xC223, 0x0021
REQUEST, ACK, ECHO_REQUEST, ECHO_REPLY = 1, 2, 9, 10
FLAG, ESCAPE = 0x7E, 0x7D


def checksum(data):
    """FCS-16 of RFC 1662, appendix C."""
    fcs = 0xFFFF
    for byte in data:
        fcs ^= byte
        for _ in range(8):
            fcs = fcs >> 1 ^ (0x8408 if fcs & 1 else 0)
    return fcs ^ 0xFFFF


def send(protocol, body):
    data = b"\xff\x03" + struct.pack(">H", protocol) + body
    data += struct.pack("<H", checksum(data))
    escaped = bytearray([FLAG])
    for byte in data:
        escaped += bytes([ESCAPE, byte ^ 0x20]) if byte < 0x20 or byte in (FLAG, ESCAPE) else bytes([byte])
    os.write(1, bytes(escaped) + bytes([FLAG]))


def control(protocol, code, identifier, data=b""):
    send(protocol, struct.pack(">BBH", code, identifier, 4 + len(data)) + data)


def packets(buffer):
    """(protocol, body) of the complete frames in buffer, which is shortened by them."""
    while FLAG in buffer:
        frame, _, rest = bytes(buffer).partition(bytes([FLAG]))
        buffer[:] = rest
        data, escaped = bytearray(), False
        for byte in frame:
            if byte == ESCAPE:
                escaped = True
                continue
            data.append(byte ^ 0x20 if escaped else byte)
            escaped = False
        if data[:2] == b"\xff\x03":
            data = data[2:]
        if len(data) < 4:
            continue
        protocol, size = (data[0], 1) if data[0] & 1 else (data[0] << 8 | data[1], 2)  # compressed protocol field
        yield protocol, bytes(data[size:-2])


def main():
    role, seconds, seed = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    rng, server = random.Random(seed + role), role == "server"
    if os.isatty(0):
        tty.setraw(0)
    magic = struct.pack(">BBI", 5, 6, rng.getrandbits(32))
    auth = b"\x03\x05\xc2\x23\x05" if server else b""
    mine, theirs = (b"\x0a\x47\x00\x01", b"\x0a\x47\x00\x02") if server else (b"\x0a\x47\x00\x02", b"\x0a\x47\x00\x01")
    buffer, done, asked, end, acked = bytearray(), set(), 0.0, time.monotonic() + seconds, set()
    while time.monotonic() < end:
        if time.monotonic() > asked + 1:  # what has not been agreed on is asked again each second
            asked = time.monotonic()
            if LCP not in done:
                control(LCP, REQUEST, 1, b"\x01\x04\x05\x78" + auth + magic)
            elif server and CHAP not in done:
                control(CHAP, 1, 1, b"\x10" + rng.randbytes(16) + b"lab")
            elif IPCP not in done and CHAP in done:
                control(IPCP, REQUEST, 1, b"\x03\x06" + mine)
        wait = rng.uniform(0.01, 0.12) if IPCP in done else 0.3
        if select.select([0], [], [], wait)[0]:
            chunk = os.read(0, 65536)
            if not chunk:
                return
            buffer += chunk
            for protocol, body in packets(buffer):
                if len(body) < 4 or protocol == IPV4:
                    continue
                code, identifier, data = body[0], body[1], body[4:]
                if protocol in (LCP, IPCP) and code == REQUEST:
                    control(protocol, ACK, identifier, data)
                    acked.add(protocol)
                elif protocol in (LCP, IPCP) and code == ACK:
                    done.add(protocol)
                elif protocol == LCP and code == ECHO_REQUEST:
                    control(LCP, ECHO_REPLY, identifier, data)
                elif protocol == CHAP and code == 1:
                    value = hashlib.md5(bytes([identifier]) + b"lab" + data[1:1 + data[0]]).digest()
                    control(CHAP, 2, identifier, b"\x10" + value + b"client")
                elif protocol == CHAP and code == 2:
                    control(CHAP, 3, identifier, b"welcome")
                    done.add(CHAP)
                elif protocol == CHAP and code == 3:
                    done.add(CHAP)
        elif IPCP in done:
            size = rng.choice([40, 40, 60, 120, 576, 1300])
            header = struct.pack(">BBHHHBBH", 0x45, 0, size, rng.getrandbits(16), 0, 64, 17, 0) + mine + theirs
            send(IPV4, header + struct.pack(">HHHH", 40000, 40001, size - 20, 0) + rng.randbytes(size - 28))


if __name__ == "__main__":
    main()
