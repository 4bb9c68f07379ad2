"""The prose of the book and of the README: how long its pages and sentences are, and words that it avoids.

`python -m compressions.book.prose` prints a table of all pages; with `--check` it lists what breaks the rules of
`[tool.prose]` in `pyproject.toml`, and fails if anything does.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from compressions.files import root

PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "book/*.md", "notebooks/*.py")
EXTENSIONS = {"amsmath", "colon_fence", "deflist", "dollarmath"}
TABLES = ("list-table", "csv-table")
# Directives whose content is Markdown; that of any other is code, a formula or a list of names.
PROSE = (*TABLES, "glue:figure", "figure", "glossary", "note", "warning", "tip", "admonition", "dropdown", "margin")
# A sentence ends with its mark and what closes it; what follows begins with a capital, a digit, a quote or markup.
END = re.compile(r"""(?<!\be\.g)(?<!\bi\.e)(?<!\bal)(?<!\bvs)(?<!\bcf)[.!?][)"”’'*_]*\s+(?=["“‘'(*_]*[A-Z0-9])""")


@dataclass(frozen=True)
class Text:
    """A paragraph, heading, item or cell, on one line without its markup, and the line of the file it begins on."""

    line: int
    text: str
    in_table: bool

    @property
    def sentences(self) -> list[str]:
        """Its sentences; a code span, a formula and a number that the book computes are a word each."""
        return [sentence for sentence in END.split(self.text) if words(sentence)]


@dataclass(frozen=True)
class Rules:
    """`[tool.prose]`: the most words of a sentence and of the book, and what to write instead of patterns of words."""

    longest_sentence: int
    longest_book: int
    instead: dict[str, str]


def words(sentence: str) -> int:
    """The number of words: what has a letter or a digit, between spaces."""
    return sum(any(map(str.isalnum, word)) for word in sentence.split())


def markdown(path: Path) -> str:
    """The Markdown of a page; that of a percent script has an empty line for each line of code."""
    if path.suffix != ".py":
        return path.read_text()
    lines, is_prose = [], False
    for line in path.read_text().splitlines():
        is_marker = line.startswith("# %%")
        is_prose = "[markdown]" in line if is_marker else is_prose
        lines.append(line.removeprefix("#").removeprefix(" ") if is_prose and not is_marker else "")
    return "\n".join(lines)


def texts(source: str, first_line: int = 1, in_table: bool = False) -> Iterator[Text]:
    """The texts of MyST Markdown in their order, those inside of directives included."""
    parser = create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)
    line = first_line
    for token in parser.parse(source):
        line = first_line + token.map[0] if token.map else line
        in_table = {"table_open": True, "table_close": False}.get(token.type, in_table)
        directive = re.match(r"\{([\w:-]+)\}", token.info) if token.type in ("fence", "colon_fence") else None
        if token.type == "inline":
            yield Text(line, _plain(token.children), in_table)
        elif directive and directive[1] in PROSE:
            content = re.sub(r"^:[\w-]+:.*$", "", token.content, flags=re.MULTILINE)
            yield from texts(content, line + 1, in_table or directive[1] in TABLES)


def problems(source: str, rules: Rules) -> Iterator[tuple[int, str]]:
    """The line and the fault of each sentence that is too long, and of each word to avoid."""
    for text in texts(source):
        for pattern, instead in rules.instead.items():
            for found in re.finditer(rf"\b(?:{pattern})\b", text.text, flags=re.IGNORECASE):
                yield text.line, f"{found[0]!r}: write {instead}"
        for sentence in () if text.in_table else text.sentences:
            if words(sentence) > rules.longest_sentence:
                shown = f"{words(sentence)} words, at most {rules.longest_sentence} are allowed"
                yield text.line, f"{shown}: {' '.join(sentence.split()[:8])} …"


def excess(pages: dict[str, str], rules: Rules) -> Iterator[str]:
    """The fault of a book that is too long; its pages are those in a folder, by their names."""
    total = sum(lengths(source)["words"] for name, source in pages.items() if "/" in name)
    if total > rules.longest_book:
        yield f"the book: {total:,} words, at most {rules.longest_book:,} are allowed"


def lengths(source: str) -> dict[str, int]:
    """Words of a page without tables and code, its sentences, those over 25 and over 35 words, and its longest."""
    counts = [words(sentence) for text in texts(source) if not text.in_table for sentence in text.sentences]
    over = {f"over {limit}": sum(count > limit for count in counts) for limit in (25, 35)}
    return {"words": sum(counts), "sentences": len(counts), **over, "longest": max(counts, default=0)}


def _plain(tokens: list[Token]) -> str:
    kept = {"text": lambda token: token.content, "softbreak": lambda _: " ", "hardbreak": lambda _: " "}
    kept |= {"code_inline": lambda _: "X", "math_inline": lambda _: "X", "myst_role": _role}
    return "".join(kept[token.type](token) for token in tokens if token.type in kept)


def _role(token: Token) -> str:
    """The words of a glossary's term; a number for anything else that a role puts into the text."""
    return token.content if token.meta["name"] == "term" else "0"


def _report(pages: dict[str, str]) -> str:
    frame = pd.DataFrame({name: lengths(source) for name, source in pages.items()}).T
    totals = frame.groupby(lambda name: "/" in name).sum().rename({True: "the book", False: "other pages"})
    totals["longest"] = frame.longest.groupby(lambda name: "/" in name).max().to_numpy()
    return pd.concat([frame, totals]).to_string()


def main(*arguments: str) -> None:
    """Print the lengths of all pages, or with `--check` what breaks the rules."""
    pages = {str(path.relative_to(root())): markdown(path) for each in PAGES for path in sorted(root().glob(each))}
    if "--check" not in arguments:
        print(_report(pages))
        return
    rules = Rules(**tomllib.loads((root() / "pyproject.toml").read_text())["tool"]["prose"])
    lines = [f"{name}:{line}: {fault}" for name, source in pages.items() for line, fault in problems(source, rules)]
    sys.exit("\n".join([*lines, *excess(pages, rules)]) or 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
