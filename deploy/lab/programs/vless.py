"""VLESS of Xray: with Vision, over XHTTP, and with a hello in pieces. VLESS of sing-box: over TLS with and without a browser's hello, and as REALITY, whose handshake is another site's."""
import singbox
import xray

TOOL, CATEGORY = "vless", "proxy"
PACKAGES, MODULES = ["curl"], {**singbox.MODULES, **xray.MODULES}
PRIVATE, PUBLIC = "UuMBgl7MXTPx9inmQp2UC7Jcnwc6XYbwDNebonM-FCc", "jNXHt1yRo0vDuchQlIP6Z0ZvjT3KtzVI-T4E7RoLJS0"  # of sing-box's documentation


def over_tls(c, browser=False):
    server, client = singbox.tls(c)
    if browser:
        client["utls"] = {"enabled": True, "fingerprint": c.option("browser", "chrome", "firefox")}
    singbox.run(c, {"type": "vless", "users": [{"uuid": singbox.UUID}], "tls": server}, {"type": "vless", "uuid": singbox.UUID, "tls": client})


def reality(c):
    """The server borrows the handshake of a web site, which runs next to it."""
    _, cert, key = c.certificate("site")
    c.web(4430, cert, key)
    handshake = {"server": c.server, "server_port": 4430}
    port = singbox.run(c, {"type": "vless", "users": [{"uuid": singbox.UUID, "flow": "xtls-rprx-vision"}],
                           "tls": {"enabled": True, "server_name": "site.example", "reality": {"enabled": True, "handshake": handshake, "private_key": PRIVATE, "short_id": ["0123456789abcdef"]}}},
                       {"type": "vless", "uuid": singbox.UUID, "flow": "xtls-rprx-vision",
                        "tls": {"enabled": True, "server_name": "site.example", "utls": {"enabled": True, "fingerprint": "chrome"}, "reality": {"enabled": True, "public_key": PUBLIC, "short_id": "0123456789abcdef"}}})
    c.label("tcp", port, "reality")


def of_xray(c, flow="", **how):
    user = {"id": singbox.UUID, "flow": flow}
    xray.tunnel(c, "vless", {"clients": [user], "decryption": "none"},
                lambda port: {"vnext": [{"address": c.server, "port": port, "users": [{**user, "encryption": "none"}]}]}, **how)


VARIANTS = {
    "xray-vision": lambda c: of_xray(c, flow="xtls-rprx-vision"),
    "xray-xhttp": lambda c: of_xray(c, network="xhttp"),
    "xray-pieces": lambda c: of_xray(c, fragment=True),
    "tls": over_tls,
    "tls-browser": lambda c: over_tls(c, True),
    "reality": reality,
    "reality-2": reality,
}
