"""Makes chapters fit for print: the article as a PDF has no code cells, and pictures where the book is interactive."""

import hashlib
import json
import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import altair
import vl_convert
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.transforms.post_transforms.images import ImageConverter

LONG = 30  # rows from which a table may be broken over pages
WIDE = 20  # characters from which the lines of a column may be broken
LINE = 88  # characters of a table's line from which all its columns may be broken, and are smaller
BETWEEN = 3  # characters that the space between two columns takes
WIDTH = "80%"  # of a line, a figure's
# The tags of cells whose outputs are not for print: what only a browser shows, and the details that it folds.
NOT_PRINTED = {"tag_web-only", "tag_hide-cell", "tag_hide-output"}
# And the sections that are about the pages, or folded there.
WEB_SECTIONS = {"How to use this book", "Details", "All values"}


class Article(SphinxPostTransform):
    """The chapters, as one document, without what only a browser can show.

    It runs after the numbers are in the text, and before links are resolved.
    """

    builders = ("latex",)
    default_priority = 6

    def run(self) -> None:
        """Change the document in place."""
        _frame_abstract(self.document)
        _drop_heading(self.document)
        for section in list(self.document.findall(nodes.section)):
            if section[0].astext() in WEB_SECTIONS:
                section.parent.remove(section)
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code":
                shown = [] if NOT_PRINTED & set(cell["classes"]) else cell
                outputs = [part for part in shown if part["nb_element"] == "cell_code_output"]
                _replace(cell, [node for output in outputs for node in output])
        _drop_empty_sections(self.document)
        for figure in self.document.findall(nodes.figure):
            for image in figure.findall(nodes.image):
                image.setdefault("width", WIDTH)
        for raw in list(self.document.findall(nodes.raw)):
            if raw["format"] == "html":
                _replace(raw, self.printed(BeautifulSoup(raw.astext(), "html.parser"), raw.astext()))
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link.get("refdomain") == "doc" and link["reftarget"] not in self.env.found_docs:
                _replace(link, link.children)

    def printed(self, html: BeautifulSoup, source: str) -> list[nodes.Element]:
        """What is printed for HTML: a chart's picture, a table, a listing; else nothing."""
        if "vega-embed" in source:
            specification, _ = json.JSONDecoder().raw_decode(source, source.rindex("})({") + 3)
            version = ".".join(altair.VEGALITE_VERSION.split(".")[:2])
            return [self.picture(vl_convert.vegalite_to_pdf(specification, vl_version=version))]
        if html.table:
            return _table(html.table)
        if html.select(".highlight"):
            code = html.select(".highlight")[0].get_text()
            return [nodes.literal_block(code, code, language="python")]
        return []

    def picture(self, pdf: bytes) -> nodes.image:
        """An image of the document, kept beside the pages."""
        path = Path(self.app.doctreedir, f"{hashlib.sha256(pdf).hexdigest()[:16]}.pdf")
        path.write_bytes(pdf)
        self.env.images.add_file(self.env.docname, str(path))
        return nodes.image(uri=str(path), candidates={"*": str(path)}, align="center")


class VectorPictures(ImageConverter):
    """The chapters' SVG figures as PDF."""

    conversion_rules = [("image/svg+xml", "application/pdf")]  # noqa: RUF012 (as Sphinx declares it)

    def is_available(self) -> bool:
        """Always: what converts is a package of the lock."""
        return True

    def convert(self, _from: str, _to: str) -> bool:
        """Write the SVG file `_from` as the PDF file `_to`."""
        Path(_to).write_bytes(vl_convert.svg_to_pdf(Path(_from).read_text()))
        return True


def _replace(node: nodes.Element, others: list[nodes.Node]) -> None:
    """Put others, or none, in the place of a node; docutils' own method wants one that can take over its classes."""
    place = node.parent.index(node)
    node.parent[place : place + 1] = others


def _frame_abstract(document: nodes.document) -> None:
    """The paragraphs after the title are the abstract; a picture below them is a chapter's, and is printed there."""
    page = next(document.findall(nodes.section))
    first = next(place for place, node in enumerate(page) if isinstance(node, nodes.paragraph))
    end = next(place for place in range(first, len(page) + 1) if not isinstance(page[place], nodes.paragraph))
    sections = next(place for place, node in enumerate(page) if isinstance(node, nodes.section))
    page[end:sections] = [nodes.raw("", r"\end{abstract}", format="latex")]
    page.insert(first, nodes.raw("", r"\begin{abstract}", format="latex"))


def _drop_heading(document: nodes.document) -> None:
    """The bibliography stands last and brings its own heading."""
    for section in list(document.findall(nodes.section)):
        if any(section.findall(nodes.citation)) and len(list(section.findall(nodes.section))) == 1:
            _replace(section, section[1:])


def _drop_empty_sections(document: nodes.document) -> None:
    """A section of nothing but folded details is not printed; the inner sections come first."""
    for section in reversed(list(document.findall(nodes.section))):
        if all(isinstance(part, nodes.title | nodes.target | nodes.comment) for part in section):
            section.parent.remove(section)


def _table(table: Tag) -> list[nodes.Element]:
    """A table of HTML, its header and its merged cells kept, after how its columns are aligned; none without a row."""
    rows = [[_entry(cell) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
    heads = len(table.thead.find_all("tr")) if table.thead else 0
    if heads > 1 and not any(entry.astext() for entry in rows[heads - 1][1:]):
        heads -= 1  # pandas gives the index's name a line of its own
        rows[heads - 1][0] = rows.pop(heads)[0]
    if len(rows) == heads:
        return []
    # From the right, for a cell that is merged over rows is missing on the left of all but the first.
    texts = [[entry.astext() for entry in reversed(row)] for row in rows]
    columns = list(zip_longest(*texts, fillvalue=""))[::-1]
    is_long = len(rows) > LONG
    is_wide = not is_long and sum(max(map(len, column)) + BETWEEN for column in columns) > LINE
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in columns), cols=len(columns))
    for part, lines in ((nodes.thead(), rows[:heads]), (nodes.tbody(), rows[heads:])):
        part += [nodes.row("", *line) for line in lines]
        group += part if lines else []
    made = nodes.table("", group, classes=["longtable"] if is_long else [])
    if table.caption:
        made.insert(0, nodes.title(text=table.caption.get_text(" ", strip=True)))
    spec = "".join(_alignment(column[heads:], is_long, is_wide) for column in columns)
    printed = [addnodes.tabular_col_spec(spec=spec), made]
    begin, end = (nodes.raw("", text, format="latex") for text in (r"\begingroup\footnotesize", r"\endgroup"))
    return [begin, *printed, end] if is_wide else printed


def _alignment(column: Sequence[str], is_long: bool, is_wide: bool) -> str:
    """Numbers to the right, text to the left; wide text in lines, which only a table on one page can have."""
    if all(re.fullmatch(r"[^A-Za-z]*", text) for text in column):
        return "R" if is_wide else "r"
    return "L" if is_wide or (not is_long and max(map(len, column)) > WIDE) else "l"


def _entry(cell: Tag) -> nodes.entry:
    text = cell.get_text(" ", strip=True)
    entry = nodes.entry("", *([nodes.paragraph(text=text)] if text else []))
    for attribute, name in (("colspan", "morecols"), ("rowspan", "morerows")):
        if int(cell.get(attribute, 1)) > 1:
            entry[name] = int(cell[attribute]) - 1
    return entry


def setup(app) -> dict:
    """Register both steps with Sphinx; only the LaTeX builder takes them."""
    app.add_post_transform(Article)
    app.add_post_transform(VectorPictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
