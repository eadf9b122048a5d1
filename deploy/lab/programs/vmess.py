"""VMess of Xray over TCP; of sing-box over TCP, where it looks random from the first byte, and over WebSocket and TLS."""
import singbox
import xray

TOOL, CATEGORY = "vmess", "proxy"
PACKAGES, MODULES = ["curl"], {**singbox.MODULES, **xray.MODULES}


def session(c, websocket=False, encrypted=False):
    inbound = {"type": "vmess", "users": [{"uuid": singbox.UUID, "alterId": 0}]}
    outbound = {"type": "vmess", "uuid": singbox.UUID, "security": c.option("security", "auto", "chacha20-poly1305", "aes-128-gcm")}
    if websocket:
        inbound["transport"] = outbound["transport"] = {"type": "ws", "path": "/ws"}
    if encrypted:
        inbound["tls"], outbound["tls"] = singbox.tls(c)
    singbox.run(c, inbound, outbound, ports=(443, 10086))


def of_xray(c):
    user = {"id": singbox.UUID}
    xray.tunnel(c, "vmess", {"clients": [user]}, lambda port: {"vnext": [{"address": c.server, "port": port, "users": [{**user, "security": "auto"}]}]}, tls=False)


VARIANTS = {
    "xray": of_xray,
    "tcp": session,
    "tcp-2": session,
    "websocket": lambda c: session(c, websocket=True),
    "websocket-tls": lambda c: session(c, websocket=True, encrypted=True),
}
