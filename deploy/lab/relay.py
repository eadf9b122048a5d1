#!/usr/bin/env python3
"""Carries frames between two interfaces, with delay and loss, and writes what arrives to a pcap.

It stands in for sch_netem, which not every kernel has. A frame is written before it may be lost,
as a tap in front of the bottleneck would see it.
SIGUSR1: forget what was written and begin again (a session caught in the middle).
SIGUSR2: carry nothing back from the second interface but ARP and neighbour discovery (a server that does not answer).
"""
import heapq
import random
import select
import signal
import socket
import struct
import sys
import time

ETH_P_ALL = 3
PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)  # microseconds, Ethernet


def resolves_address(frame):
    """True for ARP and for ICMPv6 neighbour discovery: without them nothing is ever sent."""
    ethertype = frame[12:14]
    return ethertype == b"\x08\x06" or (ethertype == b"\x86\xdd" and frame[20] == 58 and frame[54] in range(133, 138))


def main():
    first, second, path, delay_ms, loss, seed = sys.argv[1:]
    delay, loss, rng = float(delay_ms) / 1000, float(loss), random.Random(seed)
    silent = False
    out = open(path, "wb")

    def begin(*_):
        out.seek(0)
        out.truncate()
        out.write(PCAP_HEADER)

    def silence(*_):
        nonlocal silent
        silent = True

    def stop(*_):
        out.flush()
        sys.exit(0)

    begin()
    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, silence)
    signal.signal(signal.SIGTERM, stop)
    sockets = []
    for name in (first, second):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        s.bind((name, ETH_P_ALL))
        sockets.append(s)
    print("ready", flush=True)
    other = {sockets[0]: sockets[1], sockets[1]: sockets[0]}
    queue, count = [], 0
    while True:
        timeout = max(0, queue[0][0] - time.monotonic()) if queue else None
        for s in select.select(sockets, [], [], timeout)[0]:
            frame, address = s.recvfrom(65536)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            if silent and s is sockets[1] and not resolves_address(frame):
                continue
            now = time.time()
            out.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
            if loss and rng.random() < loss and not resolves_address(frame):
                continue
            count += 1
            heapq.heappush(queue, (time.monotonic() + delay, count, other[s], frame))
        while queue and queue[0][0] <= time.monotonic():
            _, _, to, frame = heapq.heappop(queue)
            try:
                to.send(frame)
            except OSError:
                pass  # larger than the link: a router would drop it too


if __name__ == "__main__":
    main()
