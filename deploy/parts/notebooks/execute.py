"""Executes the notebooks of one folder and writes them with their output to another, also as HTML that loads nothing."""

import html
import pathlib
import re
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

HERE = pathlib.Path(__file__).parent
# What an output must not hold: it would differ from run to run.
CLOCK = re.compile(r"records/s\b|\b\d+\.\d+ s\b|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+")
FOREIGN = re.compile(r"<(script|link|iframe)\b|<(img|source|video|audio)[^>]+src=.?(https?:)?//|@import|url\((?!['\"]?(data:|#))", re.IGNORECASE)


def title(notebook):
    """The first heading of the notebook."""
    return next(cell.source.splitlines()[0].lstrip("# ") for cell in notebook.cells if cell.cell_type == "markdown")


def page(notebook):
    """The notebook as one HTML page that needs neither script nor network."""
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)  # the others load scripts
    body = re.sub(r'alt="No description has been provided for this image"', f'alt="{html.escape(title(notebook))}: the picture of the code above"', body)
    body = re.sub(r'href="\.\./docs/', 'href="../../docs/', body)  # from out/notebooks, where the page lies
    style = (HERE / "page.css").read_text(encoding="utf-8")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{html.escape(title(notebook))}</title><style>{style}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body><main>{body}</main></body></html>\n'


def outputs(notebook):
    """Every text that the cells gave."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield output.get("text") or output.get("data", {}).get("text/plain", "")


def execute(path, target):
    """Executes a notebook and keeps it; gives what is wrong with it."""
    notebook = nbformat.read(path, as_version=4)
    wrong = [f"cell {cell.id} is committed with an output" for cell in notebook.cells if cell.get("outputs")]
    try:
        NotebookClient(notebook, timeout=600, kernel_name="python3", record_timing=False, resources={"metadata": {"path": "."}}).execute()
    except CellExecutionError as error:
        wrong.append(f"a cell failed\n{error}")
    nbformat.write(notebook, target / path.name)
    text = page(notebook)
    (target / path.with_suffix(".html").name).write_text(text, encoding="utf-8")
    wrong += [f"an output depends on the clock: {found[0]}" for said in outputs(notebook) if (found := CLOCK.search(said))]
    if found := FOREIGN.search(text):
        wrong.append(f"its page needs a script or another address: {found[0]}")
    if "data:image/png" not in text:
        wrong.append("it has no picture")
    return wrong


def words(path):
    """The words of a page, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8"))).split())


def disagreement(target):
    """What the notebook of April 2018 says of Russia and the report of its demo does not; None where they agree."""
    row = re.search(r"Russia [\d,]+ (\S+ %) (\S+ %) (\S+ %)", words(target / "demo" / "report.html"))
    if not row:
        return "the demo's report has no effect of Russia"
    effect, low, high = row.groups()
    said = f"{effect} ({low} to {high})"
    return None if said in words(target / "april-2018.html") else f"april-2018: does not say {said}, as the report of the demo does"


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    failed = 0
    for path in sorted(source.glob("*.ipynb")):
        began = time.monotonic()
        wrong = execute(path, target)
        failed += bool(wrong)
        for what in wrong:
            print(f"{path}: {what}", file=sys.stderr)
        print(f"{path}: {time.monotonic() - began:.1f} s")
    if wrong := disagreement(target):
        failed += 1
        print(wrong, file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
