#!/usr/bin/env python3
"""Around MTProxy: the proxy with a configuration, a stand-in for Telegram behind it, Telethon before it.

mtproxy.py proxy CONFIG | centre | ask ADDRESS PORT SECRET | fake ADDRESS PORT SECRET NAME

fake is the client of secrets that begin with ee, which Telethon lacks: a hello whose random value is an HMAC of it, and the
obfuscated transport in records of application data.
"""
import asyncio
import hashlib
import hmac
import os
import pathlib
import random
import runpy
import socket
import struct
import subprocess
import sys
import time

CENTRES = ["149.154.175.50", "149.154.167.51", "149.154.175.100", "149.154.167.91", "149.154.171.5"]


async def answer(reader, writer):
    """Frames of random bytes, the first two as long as those of a key exchange: the proxy hands them on, the client finds no sense in them."""
    await reader.readexactly(64)
    lengths = iter([84, 652])  # resPQ, server_DH_params_ok
    while await reader.read(65536):
        writer.write(random.randbytes(next(lengths, None) or 4 * random.randint(10, 200)))
        await writer.drain()
    writer.close()


async def centre():
    for address in CENTRES:
        subprocess.run(["ip", "addr", "add", address + "/32", "dev", "lo"], check=True)
        await asyncio.start_server(answer, address, 443)
    await asyncio.Future()


async def ask(address, port, secret):
    import telethon
    from telethon.network import connection

    kind = connection.ConnectionTcpMTProxyRandomizedIntermediate if secret.startswith("dd") else connection.ConnectionTcpMTProxyIntermediate
    client = telethon.TelegramClient(telethon.sessions.MemorySession(), 1, "0" * 32, connection=kind, proxy=(address, int(port), secret), timeout=6, connection_retries=1, request_retries=1)
    try:
        await asyncio.wait_for(client.connect(), 14)
    except (ConnectionError, asyncio.TimeoutError, ValueError):
        pass  # the stand-in knows no keys


def fake_hello(secret, name):
    """A ClientHello of TLS 1.3 of 517 bytes that the proxy knows for its own."""
    def extension(kind, data):
        return struct.pack(">HH", kind, len(data)) + data

    server = name.encode()
    extensions = b"".join([
        extension(0, struct.pack(">HBH", len(server) + 3, 0, len(server)) + server), extension(10, b"\0\4\0\x1d\0\x17"), extension(13, b"\0\4\4\3\x08\4"),
        extension(16, b"\0\x0c\2h2\x08http/1.1"), extension(43, b"\4\3\4\3\3"), extension(51, b"\0\x24\0\x1d\0\x20" + os.urandom(32))])
    head = b"\3\3" + bytes(32) + b"\x20" + os.urandom(32) + b"\0\6\x13\1\x13\2\x13\3" + b"\1\0"
    extensions += extension(21, bytes(517 - 9 - len(head) - 2 - len(extensions) - 4))
    body = head + struct.pack(">H", len(extensions)) + extensions
    hello = b"\x16\3\1\2\0\1\0" + struct.pack(">H", len(body)) + body
    digest = bytearray(hmac.digest(secret, hello, "sha256"))
    digest[28:] = bytes(a ^ b for a, b in zip(digest[28:], struct.pack("<I", int(time.time()))))
    return hello[:11] + bytes(digest) + hello[43:]


def fake(address, port, secret, name):
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    secret = bytes.fromhex(secret)
    connection = socket.create_connection((address, int(port)), 10)
    connection.settimeout(2)
    connection.sendall(fake_hello(secret, name))
    time.sleep(0.5)
    connection.recv(65536)
    start = b"\x51" + os.urandom(55) + b"\xdd" * 4 + b"\2\0" + os.urandom(2)
    cipher = Cipher(algorithms.AES(hashlib.sha256(start[8:40] + secret).digest()), modes.CTR(start[40:56])).encryptor()
    hidden, first = cipher.update(start), b"\x14\3\3\0\1\1"
    out = start[:56] + hidden[56:]
    for length in [40, 340, 396] + [4 * random.randint(10, 40) for _ in range(random.randint(0, 4))]:  # req_pq_multi, req_DH_params, set_client_DH_params
        message = os.urandom(length + random.randint(0, 15))
        out += cipher.update(struct.pack("<I", len(message)) + message)
        connection.sendall(first + b"\x17\3\3" + struct.pack(">H", len(out)) + out)
        out, first = b"", b""
        try:
            connection.recv(65536)
        except TimeoutError:
            pass


def main():
    if sys.argv[1] == "proxy":
        start = asyncio.start_server  # the proxy still passes the loop, which Python 3.10 no longer takes
        asyncio.start_server = lambda *args, loop=None, **how: start(*args, **how)
        sys.argv = ["mtprotoproxy", sys.argv[2]]
        runpy.run_path(str(pathlib.Path(sys.executable).parent / "mtprotoproxy.py"), run_name="__main__")
    elif sys.argv[1] == "fake":
        fake(*sys.argv[2:])
    elif sys.argv[1] == "centre":
        asyncio.run(centre())
    else:
        asyncio.run(ask(*sys.argv[2:]))


if __name__ == "__main__":
    main()
