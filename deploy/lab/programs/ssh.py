"""OpenSSH: a session as people have them (none), port and SOCKS forwarding, which look the same from outside.

What is forwarded cannot be seen, so every row is SSH with the tool none: a program must not call it a VPN by its looks alone.
"""
TOOL, CATEGORY = "none", "none"
PACKAGES = ["openssh-server", "openssh-client", "curl"]


def session(c, kind, ports=(22, 2222), middle=False):
    port = c.port(*ports)
    for name in ("host", "user"):
        c.run("server", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", c.work / name)
    c.file("authorized", (c.work / "user.pub").read_text())
    config = c.file("sshd.conf", "Port %d\nHostKey %s/host\nAuthorizedKeysFile %s/authorized\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPidFile none\n" % (port, c.work, c.work))
    (c.work / "run" / "sshd").mkdir(0o755, parents=True)  # where sshd gives up its privileges
    c.start("server", "/usr/sbin/sshd", "-D", "-e", "-f", config, mounts={"/run": c.work / "run"})
    c.listening("tcp", port)
    ssh = ["ssh", "-F", "none", "-i", c.work / "user", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-p", port, "root@" + c.server]
    if kind == "shell":
        if middle:
            c.start("client", *ssh, "for i in 1 2 3 4 5 6 7 8; do date; sleep 0.5; head -c 9000 /dev/urandom | od; done")
            c.run("client", "sleep", "2")
            c.middle()
            c.run("client", "sleep", "3")
        else:
            c.run("client", *ssh, "for i in 1 2 3 4 5 6; do date; sleep 0.3; done; head -c %d /dev/urandom | od" % c.rng.randint(10000, 200000))
        return
    c.web()
    c.start("client", *ssh[:-1], *(["-D", "9000"] if kind == "socks" else ["-L", "9000:127.0.0.1:8000"]), "-N", ssh[-1])
    c.listening("tcp", 9000, "client")
    if kind == "socks":
        c.run("client", "curl", "-sS", "-o", "/dev/null", "-x", "socks5h://127.0.0.1:9000", "--noproxy", "", "http://127.0.0.1:8000/%d" % c.rng.randint(300, 300000))
    else:
        c.use("http://127.0.0.1:9000")


VARIANTS = {
    "shell": lambda c: session(c, "shell"),
    "shell-middle": lambda c: session(c, "shell", middle=True),
    "forward": lambda c: session(c, "forward"),
    "vpn-port": lambda c: session(c, "shell", (1194, 443, 1723)),
}
