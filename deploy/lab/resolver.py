"""DNS servers of the lab: unbound answers from a zone of its own, dnsdist stands before it."""

NAMES = ["www.example", "mail.example", "cdn.example", "news.example", "video.example"]


def unbound(c, *listen, names=NAMES, more=""):
    """Start unbound with a zone of the names on lines of its configuration that say where it listens."""
    zone = "".join(' local-data: "%s 300 A 192.0.2.%d"\n local-data: "%s 300 TXT \\"%s\\""\n' % (name, i + 1, name, "x" * 180) for i, name in enumerate(names))
    lines = "".join(" interface: %s\n" % at for at in listen) + more
    c.start("server", "unbound", "-d", "-c", c.file("unbound.conf", """server:\n%s access-control: 0.0.0.0/0 allow\n access-control: ::/0 allow\n use-syslog: no\n chroot: ""
 username: ""\n directory: "%s"\n pidfile: ""\n module-config: "iterator"\n local-zone: "example." static\n%sremote-control:\n control-enable: no\n""" % (lines, c.work, zone)))


def dnsdist(c, line):
    """Start dnsdist, with a line that says what it serves, before an unbound."""
    unbound(c, "127.0.0.1@5300")
    c.listening("tcp", 5300)
    c.start("server", "dnsdist", "--supervised", "--disable-syslog",
            "-C", c.file("dnsdist.conf", 'setACL({"0.0.0.0/0", "::/0"})\nsetSecurityPollSuffix("")\nnewServer("127.0.0.1:5300"):setUp()\n%s\n' % line))


def ask(c, port, *how):
    """Ask some of the names with kdig, in two to four runs."""
    for _ in range(c.rng.randint(2, 4)):
        c.run("client", "kdig", "@" + c.server, "-p", port, *how, "+timeout=8", *(c.rng.choice(NAMES) for _ in range(c.rng.randint(1, 6))))
