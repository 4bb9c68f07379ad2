"""Chapters as an article: LaTeX has pictures and tables where the book's pages are interactive, and no code cells."""

import re

import altair as alt
import nbformat
import pandas as pd
import pytest
import yaml
from IPython.display import Code
from matplotlib import pyplot as plt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from tests.conftest import ROOT

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]
LANGUAGE = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
TABLE = pd.DataFrame({"50 %": ["1_000", "a & b"]}, index=pd.Index(["TINY", "MINI"], name="size"))


def shown(*outputs: dict[str, str]) -> nbformat.NotebookNode:
    """A code cell that displays each output."""
    return new_code_cell("secret = 1", outputs=[new_output("display_data", data=data) for data in outputs])


FIRST_PAGE = """# The article

In short.

In numbers.

```{raw} html
<img src="a-chapters.svg">
```

*Of a chapter.*

## The question

See [there](other.md).
"""
WIDE = TABLE.rename(columns=lambda name: f"{name} " + 90 * "a").style.set_caption("Said in words")


@pytest.fixture(scope="module")
def article(tmp_path_factory):
    """The LaTeX of an article of two pages."""
    folder = tmp_path_factory.mktemp("article")
    figure = folder / "figure.svg"
    plt.figure(figsize=(2, 1)).savefig(figure)
    plt.close()
    chart = alt.Chart(pd.DataFrame({"x": [1, 2]})).mark_point().encode(x="x")
    cells = [
        new_markdown_cell(FIRST_PAGE),
        shown({"text/html": chart._repr_mimebundle_()["text/html"]}, {"image/svg+xml": figure.read_text()}),
        shown({"text/html": TABLE.to_html()}, {"text/html": Code("def half(x): ...", language="python")._repr_html_()}),
        new_code_cell(outputs=[new_output("stream", text="for the web")], metadata={"tags": ["web-only"]}),
        new_markdown_cell("### Every row"),
        new_code_cell(outputs=[new_output("stream", text="in the web's folds")], metadata={"tags": ["hide-cell"]}),
        new_markdown_cell("### Details\n\nFor the web."),
        new_markdown_cell("### Values"),
        shown({"text/html": TABLE[:0].to_html()}),
        shown({"text/html": WIDE.to_html()}),
        shown({"text/html": "<button>Click</button>"}, {"text/plain": "a value"}),
    ]
    nbformat.write(new_notebook(cells=cells, metadata=LANGUAGE), folder / "index.ipynb")
    (folder / "chapter.md").write_text("# A chapter\n\nIts text.\n")
    (folder / "other.md").write_text("# Not in the article\n")
    kept = {name: CONFIG[name] for name in ("nb_mime_priority_overrides", "latex_theme", "latex_elements")}
    settings = kept | {"nb_execution_mode": "off", "exclude_patterns": ["other.md"], "latex_engine": "xelatex"}
    (folder / "_toc.yml").write_text("format: jb-article\nroot: index\nsections: [{file: chapter}]\n")
    settings |= {
        "extensions": ["myst_nb", "sphinx_external_toc", "article"],
        "latex_documents": [("index", "article.tex", "T", "A", "howto")],
    }
    lines = [
        f"import sys; sys.path.append({str(ROOT / 'book/_ext')!r})",
        *(f"{k} = {v!r}" for k, v in settings.items()),
    ]
    (folder / "conf.py").write_text("\n".join(lines))
    with docutils_namespace():
        Sphinx(folder, folder, folder / "tex", folder / "trees", "latex", status=None, warningiserror=True).build()
    return folder / "tex/article.tex"


def test_charts_and_figures_are_pictures_in_pdf(article):
    names = re.findall(r"\\sphinxincludegraphics(?:\[.*?\])?\{\{(\w+)\}\.pdf\}", article.read_text())
    assert len(names) == 2 and all((article.parent / f"{name}.pdf").read_bytes()[:5] == b"%PDF-" for name in names)


def test_a_table_has_its_header_in_one_line_and_its_cells_as_text(article):
    table, wide = re.findall(r"\\begin\{tabulary\}.*?\\end\{tabulary\}", article.read_text(), flags=re.DOTALL)
    heads, tiny, mini = [row for row in table.split("\\\\\n") if "AtStartPar" in row]
    assert r"{|lr|}" not in wide and r"\footnotesize" in article.read_text()
    assert "Said in words" in article.read_text()
    assert "size" in heads and r"50 \%" in heads
    assert "TINY" in tiny and r"1\_000" in tiny and "MINI" in mini and r"a \& b" in mini


def test_cells_and_what_only_a_browser_can_show_are_left_out(article):
    text = article.read_text()
    assert "secret" not in text and "Click" not in text and "vega" not in text and "web" not in text
    assert "Every row" not in text and "Details" not in text and "{Values}" in text
    assert "a value" in text and r"\PYG{n+nf}{half}" in text and "There" not in text and "there" in text


def test_the_first_paragraphs_are_the_abstract_and_sections_are_of_one_level(article):
    text = article.read_text()
    (abstract,) = re.findall(r"\\begin\{abstract\}(.*?)\\end\{abstract\}", text, flags=re.DOTALL)
    assert "In short." in abstract and "In numbers." in abstract and "question" not in abstract
    assert "Of a chapter" not in text
    assert re.findall(r"\\section\{(.*?)\}", text) == ["The question", "A chapter"]


def test_the_article_is_of_chapters_of_the_book():
    book, article = (yaml.safe_load((ROOT / name).read_text()) for name in ("_toc.yml", "_toc_article.yml"))
    chapters = {chapter["file"] for part in book["parts"] for chapter in part["chapters"]}
    assert article["root"] == book["root"] and {section["file"] for section in article["sections"]} <= chapters
