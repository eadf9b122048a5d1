"""OpenVPN 2.6 over UDP and TCP: plain, tls-auth, tls-crypt, caught in the middle, unanswered."""
TOOL, CATEGORY = "openvpn", "vpn"
PACKAGES = ["openvpn"]


def session(c, proto, wrap=None, middle=False, answered=True):
    port = c.port(1194, 443) if proto == "udp" else c.port(443, 1194, 8443)
    c.label(proto, port)
    ca, cert, key = c.certificate("server")
    _, client_cert, client_key = c.certificate("client")
    v = proto + ("6" if c.family == 6 else "4")
    common = ["--dev", "tun", "--ca", ca, "--verb", "3", "--data-ciphers", c.option("cipher", "AES-256-GCM", "CHACHA20-POLY1305", "AES-128-GCM"),
              "--keepalive", "1" if c.mix == "keys+idle" else "10", "60"]
    if wrap:
        c.run("server", "openvpn", "--genkey", "secret", c.work / "ta.key")
    direction = {"tls-auth": (["--tls-auth", c.work / "ta.key", "0"], ["--tls-auth", c.work / "ta.key", "1"]),
                 "tls-crypt": (["--tls-crypt", c.work / "ta.key"],) * 2, None: ([], [])}[wrap]
    if answered:
        server = c.start("server", "openvpn", *common, "--proto", v + ("-server" if proto == "tcp" else ""), "--port", port, "--server", "10.8.0.0", "255.255.255.0", "--topology",
                         "subnet", "--dh", "none", "--cert", cert, "--key", key, *direction[0])
        c.logged(server, "Initialization Sequence Completed")
        c.web()
    else:
        c.silence()
    client = c.start("client", "openvpn", *common, "--client", "--nobind", "--proto", v + ("-client" if proto == "tcp" else ""), "--remote", c.server, port, "--cert", client_cert,
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
    "udp-middle": lambda c: session(c, "udp", middle=True),
    "udp-unanswered": lambda c: session(c, "udp", answered=False),
}
