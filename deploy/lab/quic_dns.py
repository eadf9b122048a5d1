#!/usr/bin/env python3
"""DNS over QUIC (RFC 9250), one end of it: a question a stream, behind its length.

quic_dns.py serve ADDRESS PORT CERT KEY
quic_dns.py ask ADDRESS PORT NAME...
"""
import asyncio
import sys

import aioquic.asyncio
import aioquic.quic.configuration
import aioquic.quic.events
import dns.message
import dns.query
import dns.rrset


class Resolver(aioquic.asyncio.QuicConnectionProtocol):
    """Answers every question with an address."""

    def quic_event_received(self, event):
        if not isinstance(event, aioquic.quic.events.StreamDataReceived) or not event.data:
            return
        answer = dns.message.make_response(dns.message.from_wire(event.data[2:]))
        answer.answer.append(dns.rrset.from_text(answer.question[0].name, 300, "IN", "A", "192.0.2.1"))
        wire = answer.to_wire()
        self._quic.send_stream_data(event.stream_id, len(wire).to_bytes(2, "big") + wire, end_stream=True)
        self.transmit()


async def serve(address, port, cert, key):
    configuration = aioquic.quic.configuration.QuicConfiguration(is_client=False, alpn_protocols=["doq"])
    configuration.load_cert_chain(cert, key)
    await aioquic.asyncio.serve(address, int(port), configuration=configuration, create_protocol=Resolver)
    await asyncio.Future()


def ask(address, port, *names):
    for name in names:
        dns.query.quic(dns.message.make_query(name, "A"), address, port=int(port), verify=False, timeout=10)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve(*sys.argv[2:]))
    else:
        ask(*sys.argv[2:])
