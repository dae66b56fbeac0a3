"""Run a notebook through its kernel, without a browser.

    python execute.py NOTEBOOK OUT     writes OUT.ipynb and OUT.html, prints the table of each report

Exit code 1 when a cell fails; the notebook and the page are written all the same, up to that cell.
"""

import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

VIEW = "application/vnd.codebook.view+json"


def write(path: Path, text: str) -> None:
    """The whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def main() -> int:
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    notebook = nbformat.read(source, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    started: dict[int, float] = {}

    def on_start(cell, cell_index, **_):
        started[cell_index] = time.perf_counter()

    def on_executed(cell, cell_index, **_):
        head = next((line for line in cell.source.splitlines() if line.strip()), "")
        seconds = time.perf_counter() - started.get(cell_index, time.perf_counter())
        print(f"  [{cells.index(cell) + 1}/{len(cells)}] {head[:70]:<70} {seconds:6.1f} s", flush=True)

    client = NotebookClient(
        notebook,
        timeout=1200,
        kernel_name="codebook",
        resources={"metadata": {"path": str(source.parent)}},
        record_timing=False,
        on_cell_start=on_start,
        on_cell_executed=on_executed,
    )
    failure = None
    try:
        client.execute()
    except CellExecutionError as error:
        failure = error
    write(out.with_suffix(".ipynb"), nbformat.writes(notebook) + "\n")
    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": source.stem}})
    write(out.with_suffix(".html"), page)
    for cell in cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if data.get(VIEW, {}).get("kind") in ("report", "curves"):
                print(f"\n{data['text/plain']}")
    print(f"\nWrote {os.path.relpath(out.with_suffix('.ipynb'))} and {os.path.relpath(out.with_suffix('.html'))}")
    if failure:
        print(f"\nA cell failed: {failure.ename}: {failure.evalue}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
