"""MTProxy: mtprotoproxy, asked by Telethon in its obfuscated and padded transports, and by a client of fake TLS; behind it no Telegram, but a server that answers at random."""
import os

TOOL, CATEGORY = "mtproto", "proxy"
PACKAGES, PYPI = ["python3-venv"], ["mtprotoproxy==1.0.6", "Telethon==1.45.0", "cryptography==50.0.2"]
PEER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mtproxy.py")
IPV4_ONLY = True  # the proxy knows the IPv4 addresses of the data centres


def session(c, secret="", fake=False):
    port = c.port(443, 8443)
    c.label("tcp", port)
    key = c.rng.randbytes(16).hex()
    config = c.file("config.py", 'PORT = %d\nUSERS = {"lab": "%s"}\nUSE_MIDDLE_PROXY = False\nPREFER_IPV6 = False\n' % (port, key))
    c.start("server", c.python, PEER, "centre")
    c.start("server", c.python, PEER, "proxy", config)
    c.listening("tcp", port)
    if fake:
        for _ in range(c.rng.randint(1, 3)):
            c.run("client", c.python, PEER, "fake", c.server, port, key, c.option("name", "www.example", "cdn.example"), timeout=40)
        return
    c.run("client", c.python, PEER, "ask", c.server, port, secret + key, timeout=40)


VARIANTS = {
    "obfuscated": session,
    "padded": lambda c: session(c, "dd"),
    "padded-2": lambda c: session(c, "dd"),
    "obfuscated-2": session,
    "fake-tls": lambda c: session(c, fake=True),
    "fake-tls-2": lambda c: session(c, fake=True),
}
