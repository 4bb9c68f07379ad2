"""Prose is counted and checked as a reader sees it: without markup, code and keys of numbers."""

import re

import pytest

from compressions.book import prose
from compressions.book.prose import Rules, excess, lengths, problems, texts, words
from tests.conftest import ROOT

RULES = Rules(
    longest_sentence=8,
    longest_book=6,
    instead={"(?<!Pareto )fronts?": "Pareto front", "floors?": "majority-class baseline"},
)
PAGE = """# The front

MINI is on the Pareto front, {glue:text}`x.py::front:.1f` points above `front`; see [the front](front.md).

```{glue:figure} ours
:name: fig-floor

Two are at
the floor.
```

| a table | of floors |
|---|---|
| has many words in it, but they are no sentence | 1 |

```python
front = "This long line of code has more than eight words"
```
"""


def found(source: str) -> list[tuple[int, str]]:
    return list(problems(source, RULES))


def test_a_word_to_avoid_is_found_where_a_reader_sees_it_and_nowhere_else():
    avoided = [(line, fault.partition(":")[0]) for line, fault in found(PAGE) if "write" in fault]
    assert avoided == [(1, "'front'"), (3, "'front'"), (8, "'floor'"), (12, "'floors'")]
    assert found("A frontal Floor.")[0] == (1, "'Floor': write majority-class baseline")


def test_a_sentence_that_is_too_long_is_named_by_its_line_its_length_and_its_beginning():
    eight, nine = "one two three four five six seven eight", "one two three four five six seven eight nine"
    assert found(f"{eight}.\n{eight.capitalize()}.") == []
    line = "9 words, at most 8 are allowed: One two three four five six seven eight …"
    assert found(f"# Head\n\n{eight}.\n\n- {nine.capitalize()}.") == [(5, line)]


def test_a_book_that_is_too_long_is_named_with_its_words():
    pages = {"book/a.md": "One two three.", "notebooks/b.py": "Four five six.", "README.md": "Not of the book."}
    assert list(excess(pages, RULES)) == []
    assert list(excess({**pages, "book/c.md": "Seven."}, RULES)) == ["the book: 7 words, at most 6 are allowed"]


@pytest.mark.parametrize(
    "text, sentences",
    [
        ("One. Two? Three! (Four.) Five.", 5),
        ("*One.* “Two.” {glue:text}`three:d` are left. `four` is code.", 4),
        ("Movva et al. (2022) say 1.5 times, e.g. TINY, i.e. two layers.", 1),
        ("It costs −0.5 points (95 % CI −0.9 to −0.1). The paper: 1.3.", 2),
    ],
)
def test_a_sentence_ends_where_a_reader_would_stop(text, sentences):
    assert sum(len(text.sentences) for text in texts(text)) == sentences


def test_words_are_counted_without_tables_code_and_markup():
    assert lengths(PAGE)["words"] == 2 + 13 + 5
    assert words("10 % – a ~ b, x = {}") == 4
    assert lengths("```{list-table}\n* - one\n  - two\n```\n")["words"] == 0


def test_a_chapter_is_read_without_its_code_and_keeps_its_lines(tmp_path):
    chapter = tmp_path / "chapter.py"
    chapter.write_text(
        "# %% [markdown]\n# # Title\n#\n# - item\n\n# %%\n# a comment\nfront = 1\n\n# %% [markdown]\n# End."
    )
    assert [(text.line, text.text) for text in texts(prose.markdown(chapter))] == [
        (2, "Title"),
        (4, "item"),
        (11, "End."),
    ]


@pytest.mark.parametrize("longest, faulty", [(100, False), (3, True)])
def test_the_command_reports_every_page_and_fails_on_a_fault(tmp_path, monkeypatch, capsys, longest, faulty):
    monkeypatch.setenv("COMPRESSIONS_ROOT", str(tmp_path))
    (tmp_path / "README.md").write_text("Four words are here.")
    rules = f"[tool.prose]\nlongest_sentence = {longest}\nlongest_book = 9\ninstead = {{}}"
    (tmp_path / "pyproject.toml").write_text(rules)
    prose.main()
    assert "README.md" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        prose.main("--check")
    assert bool(ended.value.code) is faulty and (not faulty or ended.value.code.startswith("README.md:1: 4 words"))


@pytest.mark.parametrize("page", [path for each in prose.PAGES for path in ROOT.glob(each)], ids=lambda path: path.stem)
def test_what_comes_from_another_page_names_its_format(page):
    # Without a format, MyST-NB takes the name after the second colon for one.
    assert not re.findall(r"\{glue:text\}`[^`]*::\w+`", page.read_text())


def test_the_book_breaks_no_rule_of_its_prose(monkeypatch):
    monkeypatch.setenv("COMPRESSIONS_ROOT", str(ROOT))
    with pytest.raises(SystemExit) as ended:
        prose.main("--check")
    assert not ended.value.code, ended.value.code
