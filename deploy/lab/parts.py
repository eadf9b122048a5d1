"""Programs of the lab that Debian lacks: Go modules and PyPI packages, of fixed versions, kept in BANSHIFT_CACHE (~/.cache/banshift).

A Go module is verified by Go's checksum database, a PyPI package by the digest that the registry names.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("BANSHIFT_CACHE") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "banshift") / "lab"


class Missing(Exception):
    """What the machine lacks to fetch a part."""


def built(name, module):
    """Where the program of a module is, built or not. module: (module, version, package or source file of the lab, build tags)."""
    return CACHE / ("%s-%s" % (name, module[1]))


def python():
    return CACHE / "python" / "bin" / "python3"


def fetch(programs):
    """Build and install what is not there yet, and return all versions by name."""
    modules = {name: module for p in programs for name, module in getattr(p, "MODULES", {}).items()}
    packages = sorted({package for p in programs for package in getattr(p, "PYPI", [])})
    CACHE.mkdir(parents=True, exist_ok=True)
    for name, module in modules.items():
        if not built(name, module).exists():
            build(name, module)
    if packages:
        install(packages)
    return {**{module[0]: module[1] for module in modules.values()}, **dict(package.split("==") for package in packages)}


def build(name, module):
    path, version, package, tags = module
    if not shutil.which("go"):
        raise Missing("go is missing: it builds %s" % name)
    print("lab: building %s of Go module %s@%s" % (name, path, version), file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "go.mod").write_text("module lab\n\ngo 1.24\n\nrequire %s %s\n" % (path, version))
        if package.endswith(".go"):
            shutil.copy(HERE / package, pathlib.Path(folder) / "main.go")
            package = "main.go"  # named, so that its build constraint does not count
        subprocess.run(["go", "build", "-mod=mod", "-trimpath", "-tags", tags, "-o", str(built(name, module)), package], check=True, cwd=folder, stdout=sys.stderr,
                       env={**os.environ, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"})


def install(packages):
    """Put PyPI packages into a Python of the lab's own."""
    if not python().exists():
        print("lab: making a Python of its own in %s" % CACHE, file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(CACHE / "python")], check=True, stdout=sys.stderr)
    have = subprocess.run([python(), "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout.split()
    wanted = sorted(set(packages) - set(have))
    if wanted:
        print("lab: installing from PyPI: " + " ".join(wanted), file=sys.stderr)
        subprocess.run([python(), "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True, stdout=sys.stderr)
