#!/usr/bin/env python3
"""Captures the traffic of real programs between network namespaces, with labels true by construction.

A program is a file in programs/: TOOL, CATEGORY, PACKAGES (Debian's names) and VARIANTS, a dict of name -> function(capture).
It may have MODULES too, Go programs that Debian lacks (parts.py), and PYPI, packages for the lab's own Python.
Each capture has a client, a server and a relay (relay.py) in namespaces of its own; ports, options, MTU, delay, loss,
payload and address family follow from the seed. Nothing leaves the machine: no namespace has a route out.
Half of each program's captures are held out, chosen by the seed alone before anything is run.
"""
import argparse
import concurrent.futures
import importlib.util
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import flows
import parts

HERE = pathlib.Path(__file__).resolve().parent
COMMON = ["iproute2", "ethtool", "openssl", "curl"]
MIXES = ["page", "page+keys", "download", "upload+page", "keys+idle", "page+download"]
LINKS = {  # name of a link: one-way delay in ms, share of frames lost
    "lan": (0, 0), "city": (5, 0), "land": (25, 0), "far": (70, 0), "lossy": (15, 0.01),
}
stopping = threading.Event()


class Failed(Exception):
    """A program did not do what its capture needs."""


class Capture:
    """One capture: what a program's variant is given to start servers, clients and traffic with."""

    def __init__(self, number, name, program, seed, work):
        self.name, self.program, self.work = name, program, pathlib.Path(work)
        self.rng = rng = random.Random("%s/%s" % (seed, name))
        self.family = 4 if getattr(program, "IPV4_ONLY", False) else rng.choice([4, 4, 6])
        self.mtu = max(rng.choice([1500, 1500, 1420, 1380, 1300]), getattr(program, "MIN_MTU", 0))
        self.link = rng.choice(list(LINKS))
        self.mix = rng.choice(MIXES)
        if self.family == 6:
            net = "2001:db8:%x" % rng.randrange(1, 0xFFFF)
            self.client, self.server = net + ":1::%x" % rng.randrange(2, 0xFFFF), net + ":2::%x" % rng.randrange(2, 0xFFFF)
        else:
            self.client = rng.choice(["10.%d.%d.%d" % (rng.randrange(64, 250), rng.randrange(250), rng.randrange(2, 250)),
                                      "172.%d.%d.%d" % (rng.randrange(16, 32), rng.randrange(250), rng.randrange(2, 250)),
                                      "192.168.%d.%d" % (rng.randrange(250), rng.randrange(2, 250))])
            self.server = rng.choice(["192.0.2.", "198.51.100.", "203.0.113."]) + str(rng.randrange(2, 250))
        self.tools, self.commands, self.processes, self.notes = {}, [], [], {}
        self.spaces = {side: "bl%d-%d-%s" % (os.getpid(), number, side[0]) for side in ("client", "relay", "server")}
        self.pcap = self.work / "relay.pcap"

    @property
    def literal(self):
        """The server's address as it stands in a URL."""
        return "[%s]" % self.server if self.family == 6 else self.server

    def port(self, *usual):
        """A port for the server: mostly one of the usual, sometimes any."""
        return self.rng.choice([*usual, *usual, self.rng.randrange(10000, 30000)])

    def option(self, name, *values):
        """One of the values by the seed; the manifest tells which."""
        self.notes[name] = value = self.rng.choice(values)
        return value

    def label(self, proto, port, tool=None, category=None):
        """Say what listens on a port of the server."""
        self.tools[proto, port] = (tool or self.program.TOOL, category or self.program.CATEGORY)

    def built(self, name):
        """Path of a Go program of the program's MODULES."""
        return parts.built(name, self.program.MODULES[name])

    @property
    def python(self):
        """The Python that has the packages of PYPI."""
        return parts.python()

    def file(self, name, text, mode=0o600):
        path = self.work / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def build(self):
        """Make the three namespaces, the links between them and start the relay."""
        c, r, s = self.spaces["client"], self.spaces["relay"], self.spaces["server"]
        for space in (c, r, s):
            ip("netns", "add", space)
        for space, near, mine, theirs in ((c, "c", self.client, self.server), (s, "s", self.server, self.client)):
            quiet = ["ip", "netns", "exec", space, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0",
                     "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.default.accept_ra=0"]
            subprocess.run(quiet, check=False, capture_output=True)
            ip("-n", space, "link", "set", "lo", "up")
            ip("-n", space, "link", "add", "wan", "type", "veth", "peer", "name", near, "netns", r)
            # Segments and checksums have to be on the wire what they are in the capture.
            for where, device in ((space, "wan"), (r, near)):
                subprocess.run(["ip", "netns", "exec", where, "ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off", "tx", "off"],
                               check=True, capture_output=True)
            ip("-n", r, "link", "set", near, "mtu", "9000", "up")
            ip("-n", space, "link", "set", "wan", "mtu", str(self.mtu), "up")
            ip("-n", space, "addr", "add", mine + ("/128" if self.family == 6 else "/32"), "dev", "wan", *(["nodad"] if self.family == 6 else []))
            ip("-n", space, "route", "add", theirs + ("/128" if self.family == 6 else "/32"), "dev", "wan")
        delay, loss = LINKS[self.link]
        self.relay = self.start("relay", sys.executable, str(HERE / "relay.py"), "c", "s", str(self.pcap), str(delay), str(loss), self.name)
        self.commands.pop()
        self.logged(self.relay, "ready")

    def start(self, side, *argv, env=None, mounts=None, log=None):
        """Start a program in the client's or server's namespace and leave it running. mounts: path -> file to put there, None for an empty folder."""
        if stopping.is_set():
            raise Failed("stopped")
        full = ["ip", "netns", "exec", self.spaces[side]]
        if mounts:
            script = "".join("mount --bind '%s' '%s' && " % (put, at) if put else "mount -t tmpfs none '%s' && " % at for at, put in mounts.items())
            full += ["sh", "-c", script + 'exec "$@"', "sh"]
        log = log or self.work / ("%d-%s.log" % (len(self.processes), pathlib.Path(argv[0]).name))
        self.commands.append({"side": side, "argv": [str(a).replace(str(self.work), "WORK").replace(str(HERE), "LAB") for a in argv]})
        process = subprocess.Popen([*full, *map(str, argv)], stdout=open(log, "wb"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   cwd=self.work, env={**os.environ, **(env or {})}, start_new_session=True)
        process.log, process.title = pathlib.Path(log), pathlib.Path(argv[0]).name
        self.processes.append(process)
        return process

    def run(self, side, *argv, check=True, timeout=25, **how):
        """Run a program to its end and return what it printed."""
        process = self.start(side, *argv, **how)
        deadline = time.monotonic() + timeout
        while process.poll() is None:
            if time.monotonic() > deadline or stopping.is_set():
                self.end(process)
                if stopping.is_set():
                    raise Failed("stopped")
                if check:
                    raise Failed("%s did not end in %d s: %s" % (process.title, timeout, process.log.read_text(errors="replace")[-300:]))
                break
            time.sleep(0.05)
        text = process.log.read_text(errors="replace")
        if check and process.returncode:
            raise Failed("%s failed with %s: %s" % (process.title, process.returncode, text[-300:]))
        return text

    def end(self, process):
        """Stop one process by its id."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def until(self, what, true, timeout=25):
        deadline = time.monotonic() + timeout
        while not true():
            if time.monotonic() > deadline or stopping.is_set():
                raise Failed("waited %d s for %s" % (timeout, what))
            time.sleep(0.1)

    def logged(self, process, words, timeout=25):
        """Wait until a process has written words."""
        try:
            self.until("%r" % words, lambda: words in process.log.read_text(errors="replace") or process.poll() is not None, timeout)
        except Failed as e:
            raise Failed("%s of %s: %s" % (e, process.title, process.log.read_text(errors="replace")[-300:])) from None
        if words not in process.log.read_text(errors="replace"):
            raise Failed("%s ended: %s" % (process.title, process.log.read_text(errors="replace")[-300:]))

    def listening(self, proto, port, side="server"):
        """Wait until something listens on a port."""
        def is_open():
            out = subprocess.run(["ip", "netns", "exec", self.spaces[side], "ss", "-Hln", "-t" if proto == "tcp" else "-u"], capture_output=True, text=True).stdout
            return any(line.split()[3].endswith(":%d" % port) for line in out.splitlines())
        self.until("%s port %d" % (proto, port), is_open)

    def address_on(self, side, device):
        """Wait until a device has an address."""
        self.until("an address on " + device, lambda: "inet" in subprocess.run(
            ["ip", "-n", self.spaces[side], "addr", "show", "dev", device], capture_output=True, text=True).stdout)

    def web(self, port=8000, *cert):
        """Start a web server on every address of the server's namespace."""
        self.start("server", sys.executable, HERE / "traffic.py", "serve", port, *cert)
        self.listening("tcp", port)

    def use(self, url, mix=None, check=True):
        """Do the capture's payload mix against a web server."""
        return self.run("client", sys.executable, HERE / "traffic.py", "use", url, mix or self.mix, self.name, timeout=60, check=check)

    def certificate(self, name="server"):
        """A certificate of the capture's own authority: paths of authority, certificate, key."""
        ca, ca_key = self.work / "ca.pem", self.work / "ca.key"
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        if not ca.exists():
            openssl("req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-days", "30", "-subj", "/CN=Lab authority")
        cert, key, request = (self.work / (name + end) for end in (".pem", ".key", ".csr"))
        openssl("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=%s.example" % name)
        names = self.file("names", "subjectAltName=DNS:%s.example,IP:%s\n" % (name, self.server))
        openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "30", "-extfile", names, "-out", cert)
        return str(ca), str(cert), str(key)

    def middle(self):
        """Forget the frames so far: the capture begins here, in the middle of the session."""
        self.relay.send_signal(signal.SIGUSR1)

    def silence(self):
        """From now on nothing comes back from the server."""
        self.relay.send_signal(signal.SIGUSR2)
        time.sleep(0.2)

    def close(self):
        """Stop what was started, by process id, and remove the namespaces."""
        for process in reversed(self.processes):
            self.end(process)
        for space in self.spaces.values():
            for end in (signal.SIGTERM, signal.SIGKILL):  # what detached itself from its starter
                pids = subprocess.run(["ip", "netns", "pids", space], capture_output=True, text=True).stdout.split()
                for pid in pids:
                    try:
                        os.kill(int(pid), end)
                    except ProcessLookupError:
                        pass
                if pids:
                    time.sleep(0.3)
            subprocess.run(["ip", "netns", "del", space], capture_output=True)

    def facts(self, half, error):
        """What the manifest says of this capture."""
        delay, loss = LINKS[self.link]
        return {"capture": self.name, "program": self.program.__name__, "tool": self.program.TOOL, "half": half, "error": error,
                "family": self.family, "mtu": self.mtu, "delay_ms": delay, "loss": loss, "mix": self.mix, "options": self.notes, "commands": self.commands}


def ip(*argv):
    subprocess.run(["ip", *argv], check=True, capture_output=True)


def openssl(*argv):
    subprocess.run(["openssl", *map(str, argv)], check=True, capture_output=True)


def load_programs(folder, only=None):
    """The programs of a folder, by name."""
    sys.path.insert(0, str(HERE))
    programs = []
    for path in sorted(folder.glob("*.py")):
        name = path.stem.replace("_", "-")
        if only and name not in only:
            continue
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        programs.append(module)
    return programs


def halves(seed, programs):
    """Each capture's half, by the seed alone: of each program's variants every other one, in an order and from a start that the seed draws."""
    result = {}
    for program in programs:
        rng = random.Random("%s/%s" % (seed, program.__name__))
        variants = sorted(program.VARIANTS)
        rng.shuffle(variants)
        first = rng.randrange(2)
        for i, variant in enumerate(variants):
            result[program.__name__, variant] = ("open", "held-out")[(first + i) % 2]
    return result


def versions(packages):
    """Installed versions by package name; a package that is missing is left out."""
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Package}\t${db:Status-Status}\t${Version}\n", *packages], capture_output=True, text=True).stdout
    return {name: version for name, status, version in (line.split("\t") for line in out.splitlines()) if status == "installed"}


def missing():
    """What this machine lacks for the lab, each with what to do."""
    lacks = []
    if not sys.platform.startswith("linux"):
        return ["Linux: network namespaces are its own"]
    if os.geteuid() != 0:
        lacks.append("root: namespaces and raw sockets need it; run with sudo")
    if not os.path.exists("/dev/net/tun"):
        lacks.append("/dev/net/tun: modprobe tun, or give the container this device")
    for command in ("apt-get", "dpkg-query"):
        if not shutil.which(command):
            lacks.append(command + ": programs are Debian packages; run on Debian 12 or later")
    return lacks


def install(packages):
    """Install what is missing, without starting a single service."""
    wanted = sorted(set(packages) - set(versions(packages)))
    if not wanted:
        return
    print("lab: installing from Debian: " + " ".join(wanted), file=sys.stderr)
    policy = pathlib.Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted], check=True, stdout=sys.stderr,
                       env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    finally:
        if ours:
            policy.unlink()


def make(number, program, variant, half, seed, out, keep):
    """Make one capture: its rows of labels and its facts."""
    name = "%s-%s-s%s.pcap" % (program.__name__, variant, seed)
    work = tempfile.mkdtemp(prefix="banshift-lab-")
    os.chmod(work, 0o755)
    capture, error, rows = Capture(number, name, program, seed, work), "", []
    try:
        capture.build()
        program.VARIANTS[variant](capture)
        time.sleep(0.3 + 2 * LINKS[capture.link][0] / 1000)
    except (Failed, subprocess.SubprocessError, OSError) as e:
        error = str(e).replace(work, "WORK").strip()
    finally:
        capture.close()
    try:
        if not error:
            data = capture.pcap.read_bytes()
            rows = flows.label(name, data, capture.server, capture.tools)
            if not rows:
                error = "no flow was captured"
            elif program.TOOL != "none" and all(row[6] == "none" for row in rows):
                error, rows = "no flow of the tool was captured", []
            else:
                (out / half / name).write_bytes(data)
    finally:
        if not keep:
            shutil.rmtree(work, ignore_errors=True)
    print("%-8s %-36s %s" % (half, name, "FAILED: " + error.splitlines()[-1] if error else "%d flows" % len(rows)), flush=True)
    return half, rows, capture.facts(half, error)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", default="1", help="what all choices follow from")
    parser.add_argument("--out", default="out/lab", type=pathlib.Path, help="folder for open/, held-out/ and manifest.json")
    parser.add_argument("--jobs", default=4, type=int, help="captures made at the same time")
    parser.add_argument("--only", help="programs to run, joined by commas")
    parser.add_argument("--keep", action="store_true", help="keep working folders, with the programs' logs")
    arguments = parser.parse_args()
    lacks = missing()
    if lacks:
        sys.exit("lab: cannot run here, missing:\n  " + "\n  ".join(lacks))
    programs = load_programs(HERE / "programs", arguments.only and arguments.only.split(","))
    packages = sorted(set(COMMON).union(*(p.PACKAGES for p in programs)))
    try:
        install(packages)
    except subprocess.CalledProcessError:
        sys.exit("lab: apt-get could not install the packages above: run apt-get update, or leave a program out with --only")
    try:
        pinned = parts.fetch(programs)
    except (parts.Missing, subprocess.CalledProcessError) as e:
        sys.exit("lab: %s; leave the programs out with --only" % e)
    for half in ("open", "held-out"):
        (arguments.out / half).mkdir(parents=True, exist_ok=True)
        for old in [*(arguments.out / half).glob("*.pcap"), *(arguments.out / half).glob("labels.csv")]:
            old.unlink()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell started us in the background
    made, interrupted = [], False
    plan = halves(arguments.seed, programs)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = [pool.submit(make, i, p, v, plan[p.__name__, v], arguments.seed, arguments.out, arguments.keep)
                for i, (p, v) in enumerate((p, v) for p in programs for v in sorted(p.VARIANTS))]
        try:
            made = [job.result() for job in jobs]
        except BaseException as e:
            interrupted = isinstance(e, KeyboardInterrupt)
            stopping.set()
            pool.shutdown(cancel_futures=True)  # waits until the running captures have cleaned up
            if not interrupted:
                raise
    if interrupted:
        sys.exit("lab: interrupted; what was started is stopped, namespaces are removed")
    for half in ("open", "held-out"):
        flows.write_labels(arguments.out / half / "labels.csv", [row for h, rows, _ in made if h == half for row in rows])
    manifest = {"seed": arguments.seed, "kernel": os.uname().release, "packages": {**versions(packages), **pinned}, "captures": [facts for _, _, facts in made]}
    (arguments.out / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    failed = [facts["capture"] for _, _, facts in made if facts["error"]]
    tools = {row[6] for _, rows, _ in made for row in rows} - {"none"}
    print("lab: %d captures of %d tools in %s, %d failed" % (len(made) - len(failed), len(tools), arguments.out, len(failed)))
    if failed:
        sys.exit("lab: failed, see manifest.json: " + " ".join(failed))


if __name__ == "__main__":
    main()
