"""OpenVPN 2.6 over UDP and TCP: plain, tls-auth, tls-crypt, tls-crypt-v2, CBC, masked, caught in the middle, unanswered."""
import os
import sys

TOOL, CATEGORY = "openvpn", "vpn"
PACKAGES = ["openvpn"]
MASK = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "xor_relay.py")


def session(c, proto, wrap=None, middle=False, answered=True, cipher=None, mask=""):
    port = c.port(1194, 443) if proto == "udp" else c.port(443, 1194, 8443)
    c.label(proto, port)
    ca, cert, key = c.certificate("server")
    _, client_cert, client_key = c.certificate("client")
    v = proto + ("6" if c.family == 6 else "4")
    common = ["--dev", "tun", "--ca", ca, "--verb", "3", "--data-ciphers", cipher or c.option("cipher", "AES-256-GCM", "CHACHA20-POLY1305", "AES-128-GCM"),
              "--keepalive", "1" if c.mix == "keys+idle" else "10", "60"]
    if wrap in ("tls-auth", "tls-crypt"):
        c.run("server", "openvpn", "--genkey", "secret", c.work / "ta.key")
    if wrap == "tls-crypt-v2":
        c.run("server", "openvpn", "--genkey", "tls-crypt-v2-server", c.work / "v2s.key")
        c.run("server", "openvpn", "--tls-crypt-v2", c.work / "v2s.key", "--genkey", "tls-crypt-v2-client", c.work / "v2c.key")
    direction = {"tls-crypt-v2": (["--tls-crypt-v2", c.work / "v2s.key"], ["--tls-crypt-v2", c.work / "v2c.key"]), "tls-auth": (["--tls-auth", c.work / "ta.key", "0"], ["--tls-auth", c.work / "ta.key", "1"]),
                 "tls-crypt": (["--tls-crypt", c.work / "ta.key"],) * 2, None: ([], [])}[wrap]
    if answered:
        behind = port
        if mask:
            behind = 1196
            c.start("server", sys.executable, MASK, c.server, port, "127.0.0.1", behind, mask)
            c.listening(proto, port)
            v = proto + "4"
        server = c.start("server", "openvpn", *common, "--proto", v + ("-server" if proto == "tcp" else ""), "--port", behind, "--server", "10.8.0.0", "255.255.255.0", "--topology",
                         "subnet", "--dh", "none", "--cert", cert, "--key", key, *direction[0])
        c.logged(server, "Initialization Sequence Completed")
        c.web()
    else:
        c.silence()
    remote = (c.server, port)
    if mask:  # what the "scramble" patch does to both ends, two relays do between them
        inner = c.port(1195)
        c.start("client", sys.executable, MASK, "127.0.0.1", inner, c.server, port, mask)
        c.listening(proto, inner, "client")
        remote = ("127.0.0.1", inner)
    client = c.start("client", "openvpn", *common, "--client", "--nobind", "--proto", v + ("-client" if proto == "tcp" else ""), "--remote", *remote, "--cert", client_cert,
                     "--key", client_key, *direction[1])
    if not answered:
        c.run("client", "sleep", "7")
        return
    c.logged(client, "Initialization Sequence Completed")
    if middle:
        c.middle()
    c.use("http://10.8.0.1:8000")


VARIANTS = {
    "udp": lambda c: session(c, "udp"),
    "udp-tls-auth": lambda c: session(c, "udp", "tls-auth"),
    "udp-tls-crypt": lambda c: session(c, "udp", "tls-crypt"),
    "tcp": lambda c: session(c, "tcp"),
    "tcp-tls-crypt": lambda c: session(c, "tcp", "tls-crypt"),
    "tcp-tls-auth": lambda c: session(c, "tcp", "tls-auth"),
    "udp-tls-crypt-v2": lambda c: session(c, "udp", "tls-crypt-v2"),
    "tcp-tls-crypt-v2": lambda c: session(c, "tcp", "tls-crypt-v2"),
    "udp-cbc-middle": lambda c: session(c, "udp", cipher="AES-256-CBC", middle=True),
    "tcp-middle": lambda c: session(c, "tcp", middle=True),
    "udp-masked": lambda c: session(c, "udp", mask=c.option("mask", "lab", "a longer word", "x")),
    "udp-masked-tls-auth": lambda c: session(c, "udp", "tls-auth", mask=c.option("mask", "lab", "a longer word", "x")),
    "tls-auth-unanswered": lambda c: session(c, "udp", "tls-auth", answered=False),
    "udp-middle": lambda c: session(c, "udp", middle=True),
    "udp-unanswered": lambda c: session(c, "udp", answered=False),
}
