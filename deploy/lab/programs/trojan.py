"""trojan: a password and SOCKS-like request inside TLS. Shows nothing but TLS."""
import json

import xray

TOOL, CATEGORY = "trojan", "proxy"
PACKAGES, MODULES = ["trojan", "curl"], xray.MODULES


def session(c, alpn):
    port = c.port(443, 8443)
    c.label("tcp", port)
    ca, cert, key = c.certificate("site")
    c.web(8000)
    ssl = {"alpn": alpn, "reuse_session": True, "session_ticket": False, "cipher": "", "cipher_tls13": "", "curves": ""}
    server = {"run_type": "server", "local_addr": c.server, "local_port": port, "remote_addr": "127.0.0.1", "remote_port": 8000, "password": ["lab"], "log_level": 1,
              "ssl": {**ssl, "cert": cert, "key": key, "key_password": "", "prefer_server_cipher": True, "alpn_port_override": {}, "session_timeout": 600, "plain_http_response": "", "dhparam": ""},
              "tcp": {"prefer_ipv4": False, "no_delay": True, "keep_alive": True, "reuse_port": False, "fast_open": False, "fast_open_qlen": 20}, "mysql": {"enabled": False}}
    client = {"run_type": "client", "local_addr": "127.0.0.1", "local_port": 9000, "remote_addr": c.server, "remote_port": port, "password": ["lab"], "log_level": 1,
              "ssl": {**ssl, "verify": True, "verify_hostname": False, "cert": ca, "sni": "site.example"},
              "tcp": {"no_delay": True, "keep_alive": True, "reuse_port": False, "fast_open": False, "fast_open_qlen": 20}}
    c.start("server", "trojan", "-c", c.file("server.json", json.dumps(server)))
    c.start("client", "trojan", "-c", c.file("client.json", json.dumps(client)))
    c.listening("tcp", port)
    c.listening("tcp", 9000, "client")
    for _ in range(c.rng.randint(1, 3)):
        c.run("client", "curl", "-sS", "-g", "-o", "/dev/null", "--max-time", "30", "-x", "socks5://127.0.0.1:9000", "--noproxy", "",
              "http://%s:8000/%d" % (c.literal, c.rng.randint(300, 300000)))


def of_xray(c):
    xray.tunnel(c, "trojan", {"clients": [{"password": "lab"}]}, lambda port: {"servers": [{"address": c.server, "port": port, "password": "lab"}]})


VARIANTS = {"xray": of_xray, "h2": lambda c: session(c, ["h2", "http/1.1"]), "http": lambda c: session(c, ["http/1.1"])}
