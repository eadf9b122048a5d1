"""obfs4proxy without Tor: both ends are told what to do by the pluggable transport specification's environment."""
TOOL, CATEGORY = "obfs4", "anonymity"
PACKAGES = ["obfs4proxy", "curl"]


def session(c, iat):
    port = c.port(443, 9001)
    c.label("tcp", port)
    c.web()
    common = {"TOR_PT_MANAGED_TRANSPORT_VER": "1", "TOR_PT_EXIT_ON_STDIN_CLOSE": "0"}
    server = c.start("server", "obfs4proxy", env={**common, "TOR_PT_STATE_LOCATION": str(c.work / "server"), "TOR_PT_SERVER_TRANSPORTS": "obfs4", "TOR_PT_ORPORT": "127.0.0.1:8000",
                     "TOR_PT_SERVER_BINDADDR": "obfs4-%s:%d" % (c.literal, port), "TOR_PT_SERVER_TRANSPORT_OPTIONS": "obfs4:iat-mode=%d" % iat})
    c.logged(server, "SMETHODS DONE")
    cert = server.log.read_text().split("cert=")[1].split(",")[0]
    client = c.start("client", "obfs4proxy", env={**common, "TOR_PT_STATE_LOCATION": str(c.work / "client"), "TOR_PT_CLIENT_TRANSPORTS": "obfs4"})
    c.logged(client, "CMETHODS DONE")
    socks = client.log.read_text().split("CMETHOD obfs4 socks5 ")[1].split()[0]
    # The transport's arguments go in the user name and password of SOCKS, PT specification 1, section 3.5.
    for _ in range(c.rng.randint(1, 3)):
        c.run("client", "curl", "-sS", "-g", "-o", "/dev/null", "--max-time", "30", "-x", "socks5://" + socks, "--proxy-user", "cert=%s;iat-mode:=%d" % (cert, iat), "--noproxy", "",
              "http://%s:%d/%d" % (c.literal, port, c.rng.randint(300, 200000)))


VARIANTS = {"plain": lambda c: session(c, 0), "iat1": lambda c: session(c, 1)}
