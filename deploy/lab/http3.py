#!/usr/bin/env python3
"""HTTP/3 of aioquic, one end of it: http3.py serve ADDRESS PORT CERT KEY | get ADDRESS PORT SIZE..."""
import asyncio
import os
import ssl
import sys

import aioquic.asyncio
import aioquic.h3.connection
import aioquic.h3.events
import aioquic.quic.configuration


class Peer(aioquic.asyncio.QuicConnectionProtocol):
    """A server that answers /N with N bytes, and a client that waits for them."""

    def __init__(self, *args, **how):
        super().__init__(*args, **how)
        self.http, self.done = aioquic.h3.connection.H3Connection(self._quic), {}

    def quic_event_received(self, event):
        for e in self.http.handle_event(event):
            if isinstance(e, aioquic.h3.events.HeadersReceived) and (b":method", b"GET") in e.headers:
                size = int(dict(e.headers)[b":path"][1:])
                self.http.send_headers(e.stream_id, [(b":status", b"200")])
                self.http.send_data(e.stream_id, os.urandom(size), end_stream=True)
                self.transmit()
            elif getattr(e, "stream_ended", False) and e.stream_id in self.done:
                self.done[e.stream_id].set()

    async def get(self, size):
        stream = self._quic.get_next_available_stream_id()
        self.done[stream] = asyncio.Event()
        self.http.send_headers(stream, [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"video.example"), (b":path", b"/%d" % size)], end_stream=True)
        self.transmit()
        await self.done[stream].wait()


async def main(act, address, port, *rest):
    if act == "serve":
        configuration = aioquic.quic.configuration.QuicConfiguration(is_client=False, alpn_protocols=["h3"])
        configuration.load_cert_chain(*rest)
        await aioquic.asyncio.serve(address, int(port), configuration=configuration, create_protocol=Peer)
        await asyncio.Future()
    configuration = aioquic.quic.configuration.QuicConfiguration(alpn_protocols=["h3"], server_name="video.example", verify_mode=ssl.CERT_NONE)
    async with aioquic.asyncio.connect(address, int(port), configuration=configuration, create_protocol=Peer) as client:
        for size in rest:
            await client.get(int(size))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
