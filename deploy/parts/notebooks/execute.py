"""Executes the notebooks of one folder and writes them with their output to another, also as HTML that loads nothing."""

import pathlib
import re
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

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
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)  # without the script of other addresses
    title = f"<!doctype html><html lang=en><meta charset=utf-8><title>{path.stem}</title>"
    page = title + "<style>body{max-width:60rem;margin:2rem auto;font-family:sans-serif}pre{white-space:pre-wrap}img{max-width:100%}</style>" + body
    (target / path.with_suffix(".html").name).write_text(page, encoding="utf-8")
    if re.search(r"<(script|link|img|iframe)[^>]+(src|href)=.?https?:", page):
        failed += 1
        print(f"{path}: its page loads from another address", file=sys.stderr)
    print(f"{path}: {time.monotonic() - began:.1f} s")
sys.exit(1 if failed else 0)
