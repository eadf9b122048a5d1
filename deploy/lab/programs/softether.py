"""SoftEther: its server and client over HTTPS, with UDP acceleration where that comes up; caught in the middle."""
import subprocess

TOOL, CATEGORY = "softether", "vpn"
PACKAGES = ["softether-vpnserver", "softether-vpnclient", "softether-vpncmd", "curl"]
IPV4_ONLY = True
FOLDER = "/usr/libexec/softether"


def command(c, side, where, *lines):
    c.run(side, "vpncmd", *where, "/IN:" + c.file("commands", "\n".join(lines) + "\n"), timeout=40)


def session(c, middle=False):
    port = c.port(443, 5555, 992)
    c.label("tcp", port)
    for side in ("server", "client"):
        (c.work / side / "run" / "softether").mkdir(parents=True)
        c.start(side, "%s/vpn%s/vpn%s" % (FOLDER, side, side), "execsvc", mounts={"/run": c.work / side / "run", "/var/lib/softether": None})
    c.listening("tcp", 5555)
    admin = ["localhost:5555", "/SERVER"]
    known = [] if port in (443, 5555, 992) else ["ListenerCreate %d" % port]
    command(c, "server", admin, *known, "HubCreate lab /PASSWORD:lab")
    command(c, "server", admin + ["/ADMINHUB:lab"], "UserCreate lab /GROUP:none /REALNAME:none /NOTE:none", "UserPasswordSet lab /PASSWORD:lab", "ExtOptionSet DisableKernelModeSecureNAT /VALUE:1",
            "ExtOptionSet DisableIpRawModeSecureNAT /VALUE:1", "SecureNatEnable")
    c.run("server", "ip", "addr", "add", "10.91.0.1/32", "dev", "lo")
    c.web()
    c.listening("tcp", 9931, "client")  # where the client takes commands
    command(c, "client", ["localhost", "/CLIENT"], "NicCreate lab", "AccountCreate lab /SERVER:%s:%d /HUB:lab /USERNAME:lab /NICNAME:lab" % (c.server, port),
            "AccountPasswordSet lab /PASSWORD:lab /TYPE:standard", "AccountConnect lab")
    c.until("vpn_lab", lambda: "vpn_lab" in c.run("client", "ip", "-br", "link"))
    c.run("client", "ip", "link", "set", "vpn_lab", "up")
    c.run("client", "ip", "addr", "add", "192.168.30.50/24", "dev", "vpn_lab")
    c.run("client", "ip", "route", "add", "10.91.0.1/32", "via", "192.168.30.1")
    c.until("the tunnel", lambda: "204" in c.run("client", "curl", "-s", "-o", "/dev/null", "-w", "%{size_download}", "--max-time", "3", "http://10.91.0.1:8000/204", check=False), 40)
    for listener in udp_ports(c) | {53}:  # 53: "VPN over DNS"
        c.label("udp", listener)
    if middle:
        c.use("http://10.91.0.1:8000", "page")
        c.middle()
    c.use("http://10.91.0.1:8000", "page+keys" if c.link == "far" else None)


def udp_ports(c):
    """The ports that the server took for acceleration."""
    out = subprocess.run(["ip", "netns", "exec", c.spaces["server"], "ss", "-Hlun"], capture_output=True, text=True).stdout
    return {int(line.split()[3].rsplit(":", 1)[1]) for line in out.splitlines()} - {53, 67, 68, 137, 500, 4500, 1701}


VARIANTS = {"https": session, "https-2": session, "middle": lambda c: session(c, True), "middle-2": lambda c: session(c, True)}
