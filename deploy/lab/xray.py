"""Xray on both sides: a SOCKS port on the client, one protocol between, freedom (a direct way) at the server."""
import json

import singbox

MODULES = {"xray": ("github.com/xtls/xray-core", "v1.260327.0", "github.com/xtls/xray-core/main", "")}


def start(c, side, inbound, *outbounds):
    """Start Xray with one inbound; the first outbound takes everything."""
    config = {"log": {"loglevel": "warning"}, "inbounds": [inbound], "outbounds": list(outbounds)}
    return c.start(side, c.built("xray"), "run", "-c", c.file(side + ".json", json.dumps(config)))


def pieces(c):
    """An outbound that cuts a TLS hello into records of few bytes, as people do where names are looked for."""
    length = c.option("length", "1-3", "3-5", "10-20", "40-100")
    return {"tag": "pieces", "protocol": "freedom", "settings": {"fragment": {"packets": "tlshello", "length": length, "interval": "1-3"}}}


def tunnel(c, protocol, inbound, outbound, tls=True, network="tcp", fragment=False):
    """Fetch pages through a server of the protocol."""
    port = c.port(443, 8443)
    c.label("tcp", port)
    server, client = {"network": network}, {"network": network}
    if network == "xhttp":
        server["xhttpSettings"] = client["xhttpSettings"] = {"path": "/lab", "mode": "auto"}
    if tls:
        ca, cert, key = c.certificate("www")
        server.update(security="tls", tlsSettings={"certificates": [{"certificateFile": cert, "keyFile": key}]})
        client.update(security="tls", tlsSettings={"serverName": "www.example", "fingerprint": c.option("hello", "chrome", "firefox"),
                                                   "certificates": [{"usage": "verify", "certificateFile": ca}]})
    if fragment:
        client["sockopt"] = {"dialerProxy": "pieces"}
    start(c, "server", {"listen": c.server, "port": port, "protocol": protocol, "settings": inbound, "streamSettings": server}, {"protocol": "freedom"})
    c.listening("tcp", port)
    start(c, "client", {"listen": "127.0.0.1", "port": 9000, "protocol": "socks", "settings": {"udp": False}},
          {"protocol": protocol, "settings": outbound(port), "streamSettings": client}, *([pieces(c)] if fragment else []))
    c.listening("tcp", 9000, "client")
    c.web()
    for _ in range(c.rng.randint(1, 4)):
        singbox.fetch(c)
