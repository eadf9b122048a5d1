"""sing-box on both sides: a SOCKS and HTTP port on the client, one protocol between, direct at the server."""
import json

MODULES = {"sing-box": ("github.com/sagernet/sing-box", "v1.14.1", "github.com/sagernet/sing-box/cmd/sing-box", "with_quic with_utls with_gvisor")}
UUID = "7b3f0b5e-6a34-4c5c-9d0f-2a1a0e6f4d11"


def run(c, inbound, outbound, proto="tcp", ports=(443, 8443), requests=True):
    """Start both with the protocol's inbound and outbound, and fetch through them. Returns the port."""
    port = c.port(*ports)
    c.label(proto, port)
    start(c, "server", {"inbounds": [{"tag": "in", "listen": c.server, "listen_port": port, **inbound}], "outbounds": [{"type": "direct"}]})
    c.listening(proto, port)
    start(c, "client", {"inbounds": [{"type": "mixed", "tag": "in", "listen": "127.0.0.1", "listen_port": 9000}],
                        "outbounds": [{"tag": "out", "server": c.server, "server_port": port, **outbound}]})
    c.listening("tcp", 9000, "client")
    c.web()
    if requests:
        for _ in range(c.rng.randint(1, 4)):
            fetch(c)
    return port


def start(c, side, config):
    return c.start(side, c.built("sing-box"), "run", "-c", c.file(side + ".json", json.dumps({"log": {"level": "info"}, **config})))


def fetch(c, check=True):
    """One page, its length drawn, through the client's port."""
    c.run("client", "curl", "-sS", "-g", "-o", "/dev/null", "--max-time", "30", "-x", "socks5h://127.0.0.1:9000", "--noproxy", "",
          "http://%s:8000/%d" % (c.literal, c.rng.randint(300, 300000)), check=check, timeout=40)


def tls(c, name="www"):
    """What server and client say of TLS: a certificate of the capture's own authority, for a name."""
    ca, cert, key = c.certificate(name)
    return ({"enabled": True, "server_name": name + ".example", "certificate_path": cert, "key_path": key},
            {"enabled": True, "server_name": name + ".example", "certificate_path": ca})
