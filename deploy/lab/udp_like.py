#!/usr/bin/env python3
"""UDP that only looks like something: one end of an exchange of datagrams, by a seed.

udp_like.py send|answer ADDRESS PORT KIND SEED
wireguard: random bytes in the sizes of WireGuard's messages     openvpn: the same for OpenVPN's
random: random bytes of any size     game: 30 small states a second with a counter     rtp: RFC 3550, version 2, 20 ms a packet
"""
import random
import socket
import struct
import sys
import time

SIZES = {"wireguard": ([148, 32, 96, 1452], [92, 32, 128, 1452]), "openvpn": ([14, 22, 54, 1400], [26, 22, 50, 1400])}


def datagram(kind, sender, i, rng, identity):
    if kind in SIZES:
        sizes = SIZES[kind][0 if sender else 1]
        return rng.randbytes(sizes[0] if i == 0 else rng.choice(sizes))
    if kind == "game":
        return struct.pack("<IH", i, 7) + rng.randbytes(rng.randint(20, 70))
    if kind == "rtp":
        return struct.pack(">BBHII", 0x80, 0 if i else 0x80, i & 0xFFFF, 160 * i, identity) + rng.randbytes(160)
    return rng.randbytes(rng.randint(1, 1200))


def main():
    role, address, port, kind, seed = sys.argv[1:]
    sender = role == "send"
    rng = random.Random(seed + role)
    identity, peer = rng.getrandbits(32), (address, int(port))
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    if not sender:
        s.bind(peer)
    s.settimeout(0.05)
    pause = {"game": 0.033, "rtp": 0.02}.get(kind, 0.05)
    for i in range(rng.randint(60, 160) if sender else 1 << 30):
        if sender:
            s.sendto(datagram(kind, True, i, rng, identity), peer)
            time.sleep(pause)
            continue
        try:
            _, peer = s.recvfrom(65536)
        except TimeoutError:
            continue
        if kind == "rtp" or rng.random() < 0.8:
            s.sendto(datagram(kind, False, i, rng, identity), peer)


if __name__ == "__main__":
    main()
