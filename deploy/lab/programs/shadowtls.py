"""ShadowTLS of sing-box: the handshake of another site, then Shadowsocks in its records."""
import base64

import singbox

TOOL, CATEGORY = "shadowtls", "proxy"
PACKAGES, MODULES = ["curl"], singbox.MODULES


def session(c):
    _, cert, key = c.certificate("site")
    c.web(4430, cert, key)
    inner = {"type": "shadowsocks", "method": "2022-blake3-aes-128-gcm", "password": base64.b64encode(c.rng.randbytes(16)).decode()}
    port = c.port(443, 8443)
    c.label("tcp", port)
    singbox.start(c, "server", {"inbounds": [
        {"type": "shadowtls", "tag": "outer", "listen": c.server, "listen_port": port, "detour": "inner", "version": 3, "users": [{"password": "lab"}], "handshake": {"server": c.server, "server_port": 4430}},
        {"tag": "inner", "listen": "127.0.0.1", **inner}], "outbounds": [{"type": "direct"}]})
    c.listening("tcp", port)
    singbox.start(c, "client", {"inbounds": [{"type": "mixed", "listen": "127.0.0.1", "listen_port": 9000}], "outbounds": [
        {"tag": "inner", "detour": "outer", **inner},
        {"type": "shadowtls", "tag": "outer", "server": c.server, "server_port": port, "version": 3, "password": "lab",
         "tls": {"enabled": True, "server_name": "site.example", "certificate_path": str(c.work / "ca.pem"), "utls": {"enabled": True, "fingerprint": "chrome"}}}]})
    c.listening("tcp", 9000, "client")
    c.web()
    for _ in range(c.rng.randint(1, 4)):
        singbox.fetch(c)


VARIANTS = {"v3": session, "v3-2": session}
