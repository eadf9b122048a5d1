"""Opens the bundle of deploy/dashboards in a Superset, against `banshift serve --sql` on the store of a demo, and compares
what a browser shows with what the named queries answer:

    render.py PROGRAM DEMO PICTURE

It must never say that a number is right that it did not read from the rendered page.
"""

import datetime
import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUNDLE = ROOT / "deploy/dashboards/superset"
FIRST_CHART = "Clients that use circumvention tools"
ADMIN = "admin"


def say(*words):
    print(*words, file=sys.stderr, flush=True)


class Program:
    """banshift, with its page and its SQL on free ports."""

    def __init__(self, program, demo):
        self.asks = [program, "--config", str(demo / "telemetry/banshift.yaml")]
        self.store = ["--store", str(demo / "store")]
        self.process = subprocess.Popen(
            [*self.asks, "serve", *self.store, "--listen", "127.0.0.1:0", "--sql", "127.0.0.1:0"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for line in self.process.stderr:
            found = re.search(r"SQL for dashboards at http://([\d.:]+)/.* user (\w+), the password (\w+)", line)
            if found:
                self.address, self.user, self.password = found.groups()
                return
        raise SystemExit("serve did not say where it answers SQL")

    def query(self, name, **params):
        given = [part for key, value in params.items() for part in ("--param", f"{key}={value}")]
        out = subprocess.run([*self.asks, "query", name, *self.store, *given, "--output", "json"], check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(out.stdout)


class Superset:
    """A Superset with a database of its own in a folder."""

    def __init__(self, folder):
        self.folder, self.password = folder, secrets.token_hex(16)
        config = folder / "superset_config.py"
        config.write_text(f'SECRET_KEY = "{secrets.token_hex(32)}"\nSQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"\n'
                          "WTF_CSRF_ENABLED = False\n"
                          # The pages of the wheel ask a counter of Superset's makers, whatever SCARF_ANALYTICS says; their browser forbids it.
                          "from superset.config import TALISMAN_CONFIG\n"
                          """TALISMAN_CONFIG["content_security_policy"]["img-src"] = ["'self'", "blob:", "data:"]\n""")
        self.bin = pathlib.Path(sys.executable).parent
        self.env = {**os.environ, "SUPERSET_CONFIG_PATH": str(config), "FLASK_APP": "superset", "SUPERSET_HOME": str(folder)}
        self.log = open(folder / "log", "wb")
        self.server = None

    def run(self, *args):
        if subprocess.run([self.bin / "superset", *args], env=self.env, stdout=self.log, stderr=self.log).returncode:
            raise SystemExit(f"superset {args[0]} failed: {(self.folder / 'log').read_text()[-3000:]}")

    def begin(self, bundle):
        for args in (["db", "upgrade"], ["fab", "create-admin", "--username", ADMIN, "--firstname", "A", "--lastname", "B", "--email", "a@b.example", "--password", self.password],
                     ["init"], ["import-dashboards", "-p", str(bundle), "-u", ADMIN]):
            say("superset", *args[:2])
            self.run(*args)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.server = subprocess.Popen([self.bin / "gunicorn", "-w", "1", "-k", "gthread", "--threads", "8", "-t", "120", "-b", f"127.0.0.1:{port}", "superset.app:create_app()"],
                                       env=self.env, stdout=self.log, stderr=self.log)
        for _ in range(240):
            try:
                urllib.request.urlopen(self.address + "/health").read()
                break
            except OSError:
                time.sleep(0.5)
        self.token = self.ask("POST", "/security/login", {"username": ADMIN, "password": self.password, "provider": "db"})["access_token"]

    def ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if getattr(self, "token", None):
            headers["Authorization"] = "Bearer " + self.token
        request = urllib.request.Request(self.address + "/api/v1" + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"superset: {method} {path}: {error} {error.read()[:500]}") from error

    def mark(self, bans):
        """Draws the bans on the first chart: an import drops such marks, so they are made by the API."""
        layer = self.ask("POST", "/annotation_layer/", {"name": "Bans"})["id"]
        for ban in bans:
            self.ask("POST", f"/annotation_layer/{layer}/annotation/", {"short_descr": ban["event"], "start_dttm": ban["ban_day"] + "T00:00:00", "end_dttm": ban["ban_day"] + "T00:00:00"})
        chart = next(c for c in self.ask("GET", "/chart/?q=(page_size:100)")["result"] if c["slice_name"] == FIRST_CHART)
        params = json.loads(chart["params"])
        params["annotation_layers"] = [{"name": "Bans", "annotationType": "EVENT", "sourceType": "NATIVE", "value": layer, "show": True, "showLabel": True,
                                        "showMarkers": False, "hideLine": False, "style": "solid", "width": 1, "color": "#cc0000", "opacity": "", "overrides": {"time_range": None}}]
        self.ask("PUT", f"/chart/{chart['id']}", {"params": json.dumps(params)})


def bundle_for(program, folder):
    """The bundle with the address of a store and its password, which is nowhere else."""
    copy = folder / "bundle" / "superset"
    shutil.copytree(BUNDLE, copy)
    database = copy / "databases/banshift.yaml"
    text, n = re.subn(r"(?m)^sqlalchemy_uri:.*$", f"sqlalchemy_uri: clickhousedb://{program.user}:{program.password}@{program.address}/banshift", database.read_text())
    if n != 1:
        raise SystemExit("the bundle's database has no address")
    database.write_text(text)
    return shutil.make_archive(str(folder / "superset"), "zip", folder / "bundle", "superset")


def compare(seen, program):
    """Says what of the rendered page is not what the queries answer."""
    wrong = [f"the page says: {text}" for text in seen["errors"] + seen["faults"]]
    wrong += [f"the page asks {host}" for host in seen["foreign"]]
    days = {row["day"]: row["clients"] for row in program.query("daily_series", country="ru")}
    compared = 0
    for text in seen["tooltips"]:
        # Superset writes a first of January as its year, and another first of a month without its day.
        text = re.sub(r"^(\w+) \d{4}\n", lambda first: f"Any {first[1][:3]} 1\n", re.sub(r"^(\d{4})\n", r"January \1\n", text))
        found = re.match(r"\w{3} (\w{3} \d+)\nru, 1\t([\d,]+)\n", text)
        if not found:
            wrong.append(f"a tooltip that cannot be read: {text!r}")
            continue
        month_day, shown = found.groups()
        of = [day for day in days if datetime.date.fromisoformat(day).strftime("%b %-d") == month_day]
        compared += len(of) == 1
        if len(of) != 1 or days[of[0]] != int(shown.replace(",", "")):
            wrong.append(f"{month_day}: {shown} is shown, {[days[day] for day in of]} is answered")
    if compared < 20:
        wrong.append(f"only {compared} days were read")
    header, *rows = seen["networks"] or [[]]
    answered = {str(row["asn"]): row for row in program.query("networks")}
    if len(rows) < 3:
        wrong.append(f"the table of networks has {len(rows)} rows")
    for row in rows:
        shown = dict(zip(header, row))
        want = answered.get(re.sub(r"\D", "", shown.get("asn", "")))
        if want is None or int(re.sub(r"\D", "", shown["client_days"])) != want["client_days"]:
            wrong.append(f"network {shown}: {want} is answered")
    if not seen["marks"]:
        wrong.append("no ban is marked")
    say(f"read from the rendered page: {compared} days, {len(rows)} networks, {len(seen['marks'])} marks of bans, {seen['charts']} charts")
    return wrong


def main(program, demo, picture):
    with tempfile.TemporaryDirectory(prefix="banshift-superset") as folder:
        folder = pathlib.Path(folder)
        served = Program(program, pathlib.Path(demo))
        superset = Superset(folder)
        try:
            superset.begin(bundle_for(served, folder))
            bans = {row["event"]: row for row in served.query("use_against_bans", country="ru")}
            superset.mark(bans.values())
            out = subprocess.run(["node", "web/test/superset.mjs", superset.address, ADMIN, superset.password, picture], check=True, stdout=subprocess.PIPE, cwd=ROOT)
            wrong = compare(json.loads(out.stdout), served)
        finally:
            for process in (superset.server, served.process):
                if process:
                    process.terminate()
                    process.wait()
    for what in wrong:
        say(what)
    if wrong:
        sys.exit(1)
    say("the bundle shows what the queries answer; picture:", picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
