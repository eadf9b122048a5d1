"""Traffic of ordinary programs, and of programs on ports of other protocols: negatives that must not be named."""
import resolver
import xray

TOOL, CATEGORY = "none", "none"
PACKAGES = ["unbound", "knot-dnsutils", "chrony", "mosquitto", "mosquitto-clients", "nmap"]
MODULES = xray.MODULES
VPN_PORTS = [1194, 1701, 1723, 51820, 500, 4500, 655, 4242, 8388, 1080, 443, 853]


def https(c, *ports):
    port = c.port(*ports)
    _, cert, key = c.certificate("www")
    c.web(port, cert, key)
    c.use("https://%s:%d" % (c.literal, port))


def https_pieces(c):
    """A hello in pieces, cut by Xray on the client's machine: no tunnel."""
    port = c.port(443)
    ca, cert, key = c.certificate("www")
    c.web(port, cert, key)
    xray.start(c, "client", {"listen": "127.0.0.1", "port": 9000, "protocol": "socks", "settings": {"udp": False}}, xray.pieces(c))
    c.listening("tcp", 9000, "client")
    for _ in range(c.rng.randint(2, 5)):
        c.run("client", "curl", "-sS", "-g", "-o", "/dev/null", "--max-time", "30", "--cacert", ca, "-x", "socks5://127.0.0.1:9000", "--noproxy", "",
              "--resolve", "www.example:%d:%s" % (port, c.literal), "https://www.example:%d/%d" % (port, c.rng.randint(300, 300000)), timeout=40)


def http(c, *ports):
    port = c.port(*ports)
    c.web(port)
    c.use("http://%s:%d" % (c.literal, port))


def lookups(c):
    """Plain DNS over UDP and TCP, with names that contain the names of tools."""
    names = ["www.example", "vpnmentor-news.example", "kavkazr.example", "torrent.example", "history-of-tor.example", "openvpn.example"]
    resolver.unbound(c, c.server, names=names)
    c.listening("udp", 53)
    for _ in range(12):
        c.run("client", "kdig", "@" + c.server, *c.rng.choice([[], ["+tcp"], ["+dnssec"]]), c.rng.choice(names), c.rng.choice(["A", "AAAA", "TXT", "MX"]))


def ntp(c):
    c.start("server", "chronyd", "-d", "-x", "-u", "root", "-f", c.file("server.conf", "local stratum 3\nallow all\ncmdport 0\nbindcmdaddress /\npidfile %s/s.pid\n" % c.work))
    c.listening("udp", 123)
    client = c.file("client.conf", "server %s iburst minpoll -2 maxpoll 0\ncmdport 0\nbindcmdaddress /\npidfile %s/c.pid\n" % (c.server, c.work))
    c.start("client", "chronyd", "-d", "-x", "-u", "root", "-f", client)
    c.run("client", "sleep", "6")


def mqtt(c):
    ca, cert, key = c.certificate("mqtt")
    port = c.port(8883)
    c.work.chmod(0o777)
    c.run("server", "chmod", "644", key)
    c.start("server", "mosquitto", "-c", c.file("mosquitto.conf", "listener %d\nallow_anonymous true\ncertfile %s\nkeyfile %s\n" % (port, cert, key), 0o644))
    c.listening("tcp", port)
    tls = ["-h", c.server, "-p", port, "--cafile", ca, "--insecure", "-t", "lab"]
    c.start("client", "mosquitto_sub", *tls)
    for _ in range(c.rng.randint(3, 8)):
        c.run("client", "mosquitto_pub", *tls, "-m", "m" * c.rng.randint(5, 900))


def scan(c):
    """Many SYNs, and UDP probes that are empty or of another protocol, to ports of VPNs."""
    c.web(8000)
    ports = ",".join(map(str, sorted(VPN_PORTS)))
    c.run("client", "nmap", "-n", "-Pn", "--max-retries", "1", *(["-6"] if c.family == 6 else []), "-sS", "-p", ports + ",8000,22,25,80", c.server, timeout=60)
    c.run("client", "nmap", "-n", "-Pn", "--max-retries", "0", *(["-6"] if c.family == 6 else []), "-sU", "--data-length", "0", "-p", "123,161,1900,5353", c.server, timeout=60)


VARIANTS = {
    "https": lambda c: https(c, 443),
    "https-pieces": https_pieces,
    "https-vpn-port": lambda c: https(c, 1194, 1723, 8388, 853),
    "https-proxy-port": lambda c: https(c, 1080, 3128, 4443),
    "http": lambda c: http(c, 80),
    "http-vpn-port": lambda c: http(c, 1194, 655, 1080),
    "http-proxy-port": lambda c: http(c, 3128, 8080),
    "dns": lookups,
    "ntp": ntp,
    "mqtt": mqtt,
    "scan": scan,
}
