#!/usr/bin/env python3
"""Passes datagrams on, XORed with a repeated key: one of a pair, as OpenVPN's "scramble" patch masks its messages.

xor_relay.py LISTEN PORT TO PORT KEY
"""
import asyncio
import itertools
import socket
import sys


def masked(data, key):
    return bytes(a ^ b for a, b in zip(data, itertools.cycle(key)))


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def udp(listen, to, key):
    inner, peer = socket.socket(family(listen[0]), socket.SOCK_DGRAM), None
    inner.bind(listen)
    outer = socket.socket(family(to[0]), socket.SOCK_DGRAM)
    outer.connect(to)
    loop = asyncio.new_event_loop()

    def from_peer():
        nonlocal peer
        data, peer = inner.recvfrom(65536)
        outer.send(masked(data, key))

    def from_other():
        if peer:
            inner.sendto(masked(outer.recv(65536), key), peer)

    loop.add_reader(inner, from_peer)
    loop.add_reader(outer, from_other)
    loop.run_forever()


def main():
    address, port, to, to_port, key = sys.argv[1:]
    udp((address, int(port)), (to, int(to_port)), key.encode())


if __name__ == "__main__":
    main()
