"""ocserv and openconnect: TLS together with DTLS, TLS alone."""
TOOL, CATEGORY = "anyconnect", "vpn"
PACKAGES = ["ocserv", "openconnect"]


def session(c, dtls=True, middle=False):
    port = c.port(443, 4443)
    c.label("tcp", port)
    c.label("udp", port)
    ca, cert, key = c.certificate("vpn")
    password = c.work / "passwd"
    c.run("server", "sh", "-c", "printf 'lab\\nlab\\n' | ocpasswd -c %s lab" % password)
    legacy = c.option("legacy dtls", "true", "false")
    config = c.file("ocserv.conf", """auth = "plain[passwd=%s]"
tcp-port = %d\n%srun-as-user = nobody\nrun-as-group = nogroup\nsocket-file = %s/ocserv.sock\nserver-cert = %s\nserver-key = %s
max-clients = 4\nkeepalive = 5\ndpd = 5\ntry-mtu-discovery = false\ndevice = vpns\nipv4-network = 10.21.0.0/24\ndns = 10.21.0.1\nroute = 10.21.0.0/24
isolate-workers = false\ncisco-client-compat = true\ndtls-legacy = %s\nuse-occtl = false\npid-file = %s/ocserv.pid\n""" % (
        password, port, "udp-port = %d\n" % port if dtls else "", c.work, cert, key, legacy, c.work))
    c.start("server", "ocserv", "-f", "-d", "1", "-c", config)
    c.listening("tcp", port)
    c.web()
    script = c.file("vpnc", "#!/bin/sh\n[ \"$reason\" = connect ] || exit 0\nip addr add $INTERNAL_IP4_ADDRESS/24 dev $TUNDEV\nip link set $TUNDEV mtu 1200 up\n", 0o755)
    client = c.start("client", "sh", "-c", "echo lab | exec openconnect --user lab --passwd-on-stdin --cafile %s %s --script %s --interface ac0 --reconnect-timeout 5 --resolve vpn.example:%s https://vpn.example:%d"
                     % (ca, "" if dtls else "--no-dtls", script, c.server, port))
    c.until("ac0", lambda: "10.21.0" in c.run("client", "ip", "-br", "addr"))
    if dtls:
        c.logged(client, "DTLS connection" if legacy == "no" else "DTLS")
    c.run("client", "sleep", "2")
    if middle:
        c.middle()
    c.use("http://10.21.0.1:8000")


VARIANTS = {
    "dtls": lambda c: session(c),
    "tls-only": lambda c: session(c, dtls=False),
    "dtls-middle": lambda c: session(c, middle=True),
    "dtls-2": lambda c: session(c),
    "dtls-3": lambda c: session(c),
    "dtls-4": lambda c: session(c),
}
