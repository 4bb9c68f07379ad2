"""Below each figure: links to its data, the image, the script and the records, and the command that makes it again."""

import ast
import shutil
from pathlib import Path

from docutils import nodes
from myst_nb.ext.glue.crossref import read_glue_cache

PICTURES = "figures"
RECORDS = "records"
REPRODUCE = (
    '<span class="sources">Reproduce this figure: <code class="command">papermill {0}.py out.ipynb</code></span>'
)


def add_sources(app, doctree, docname) -> None:
    """Add links to the caption of each glued figure: the figure `fig-<name>` was glued as `<name>`."""
    kept = read_glue_cache(app.env.mystnb_config.output_folder, docname)
    for figure in doctree.findall(nodes.figure):
        name = next((each.removeprefix("fig-") for each in figure["names"] if each.removeprefix("fig-") in kept), None)
        caption, image = (next(figure.findall(kind), None) for kind in (nodes.caption, nodes.image))
        # A chapter whose records are missing glues a line of text in the figure's place.
        if name and caption is not None and image is not None and app.builder.format == "html":
            links = _links(app, docname, name, kept, image["uri"])
            shown = " · ".join(f'<a href="{target}"{" download" * here}>{text}</a>' for text, target, here in links)
            caption += nodes.raw("", f'<span class="sources">{shown}</span>{REPRODUCE.format(docname)}', format="html")


def _links(app, docname: str, name: str, kept: dict, picture: str) -> list[tuple[str, str, bool]]:
    """Text and target of each link, and whether it is a download."""
    up = "../" * docname.count("/")
    folder = Path(app.outdir, PICTURES)
    folder.mkdir(exist_ok=True)
    stem = f"{Path(docname).name}-{name}"
    shutil.copyfile(Path(app.srcdir, picture), folder / f"{stem}.svg")
    links = [("SVG", f"{up}{PICTURES}/{stem}.svg", True), ("script", f"{up}_sources/{docname}.py", False)]
    if f"{name}.csv" in kept:
        (folder / f"{stem}.csv").write_text(_text(kept, f"{name}.csv"))
        links.insert(0, ("data (CSV)", f"{up}{PICTURES}/{stem}.csv", True))
    table = Path(app.srcdir, _text(kept, f"{name}.records"), "records.csv") if f"{name}.records" in kept else None
    if table and table.is_file():  # a grid that has not run has none
        links.append(("records", f"{up}{RECORDS}/{table.parent.name}/records.csv", False))
    return links


def _text(kept: dict, name: str) -> str:
    return ast.literal_eval(kept[name]["data"]["text/plain"])


def copy_records(app, error) -> None:
    """Copy the committed records into the book, where links to them lead."""
    if error is not None or app.builder.format != "html":
        return
    for table in Path(app.srcdir, "results").glob("*/records.csv"):
        target = Path(app.outdir, RECORDS, table.parent.name)
        shutil.copytree(table.parent, target, ignore=shutil.ignore_patterns("*.npz", "*.parquet"), dirs_exist_ok=True)


def setup(app) -> dict:
    """Register both steps with Sphinx."""
    app.connect("doctree-resolved", add_sources)
    app.connect("build-finished", copy_records)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
