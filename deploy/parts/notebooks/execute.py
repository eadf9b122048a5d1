"""Executes the notebooks of one folder and writes them with their output to another."""

import pathlib
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

source, target = map(pathlib.Path, sys.argv[1:])
failed = 0
for path in sorted(source.glob("*.ipynb")):
    began = time.monotonic()
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": "."}})
    try:
        client.execute()
    except CellExecutionError as error:
        failed += 1
        print(f"{path}: a cell failed\n{error}", file=sys.stderr)
    nbformat.write(notebook, target / path.name)
    print(f"{path}: {time.monotonic() - began:.1f} s")
sys.exit(1 if failed else 0)
