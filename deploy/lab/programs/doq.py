"""DNS over QUIC: aioquic answers, dnspython asks, a connection a question; unanswered."""
import os

import resolver

TOOL, CATEGORY = "doq", "encrypted_dns"
PACKAGES, PYPI = ["python3-venv"], ["aioquic==1.7.2", "dnspython==2.9.2"]
PEER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "quic_dns.py")


def session(c, ports, answered=True):
    port = c.port(*ports)
    c.label("udp", port)
    _, cert, key = c.certificate("dns")
    c.start("server", c.python, PEER, "serve", c.server, port, cert, key)
    c.listening("udp", port)
    if not answered:
        c.silence()
    c.run("client", c.python, PEER, "ask", c.server, port, *(c.rng.choice(resolver.NAMES) for _ in range(c.rng.randint(1, 4) if answered else 1)), check=answered)


VARIANTS = {
    "usual": lambda c: session(c, (853,)),
    "other-port": lambda c: session(c, (443, 8853)),
    "usual-2": lambda c: session(c, (853, 784)),
    "unanswered": lambda c: session(c, (853,), answered=False),
}
