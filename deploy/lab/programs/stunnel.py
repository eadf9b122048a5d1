"""stunnel: any TCP in TLS, here the web and SOCKS. Shows nothing but TLS."""
TOOL, CATEGORY = "stunnel", "proxy"
PACKAGES = ["stunnel4", "microsocks", "curl"]


def session(c, inner):
    port = c.port(443, 8443)
    c.label("tcp", port)
    _, cert, key = c.certificate("secure")
    c.web()
    target = 8000
    if inner == "socks":
        target = 1080
        c.start("server", "microsocks", "-i", "127.0.0.1", "-p", target)
        c.listening("tcp", target)
    version = c.option("tls", "TLSv1.2", "TLSv1.3")
    common = "foreground = yes\npid =\nsslVersion = %s\n[lab]\n" % version
    server = c.file("server.conf", common + "accept = %s%d\nconnect = 127.0.0.1:%d\ncert = %s\nkey = %s\n" % (":::" if c.family == 6 else "", port, target, cert, key))
    client = c.file("client.conf", common + "client = yes\naccept = 127.0.0.1:9000\nconnect = %s:%d\nsni = secure.example\n" % (c.server, port))
    c.start("server", "stunnel4", server)
    c.start("client", "stunnel4", client)
    c.listening("tcp", port)
    c.listening("tcp", 9000, "client")
    if inner == "socks":
        for _ in range(c.rng.randint(1, 3)):
            c.run("client", "curl", "-sS", "-o", "/dev/null", "-x", "socks5://127.0.0.1:9000", "--noproxy", "", "http://127.0.0.1:8000/%d" % c.rng.randint(300, 300000))
    else:
        c.use("http://127.0.0.1:9000")


VARIANTS = {"web": lambda c: session(c, "web"), "socks": lambda c: session(c, "socks")}
