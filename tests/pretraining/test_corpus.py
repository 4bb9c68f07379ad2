"""Text is read once, in order, from any place, and from where it was left."""

import gzip

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.parquet import write_table

from compressions import files
from compressions.errors import BadInput
from compressions.pretraining import corpus
from compressions.pretraining.corpus import Lines, Text, sentences

ARTICLE = """Ann Smith was born in 1903. She wrote (in French) of "trees!" Was it liked? It was not.
A second paragraph follows."""


def sentence(number: int) -> str:
    return f"This is the sentence of number {number}."


@pytest.fixture
def folder(tmp_path):
    """Three row groups of ten articles with two sentences each."""
    articles = [f"{sentence(2 * i)} {sentence(2 * i + 1)}" for i in range(30)]
    table = pa.table({"title": [str(i) for i in range(30)], "text": articles})
    write_table(table, tmp_path / "train-00000.parquet", row_group_size=10)
    return tmp_path


def test_sentences_end_at_punctuation_and_paragraphs_and_scraps_are_left_out():
    assert sentences(ARTICLE) == [
        "Ann Smith was born in 1903.",
        'She wrote (in French) of "trees!"',
        "A second paragraph follows.",
    ]


@given(st.lists(st.text(alphabet="abc é\t", max_size=30), max_size=40), st.integers(1, 9), st.integers(1, 40))
def test_lines_are_read_in_order_and_long_ones_in_pieces(tmp_path_factory, lines, rows, longest):
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "ROWS", rows)
        patch.setattr(corpus, "LONGEST_LINE", longest)
        pieces = list(Lines(path).read(0))
    assert all(len(piece) <= rows and all(len(line) <= longest for line in piece) for piece in pieces)
    assert "".join(line for piece in pieces for line in piece) == path.read_text()


def test_a_folder_is_read_in_order_and_begins_again_at_its_end(folder):
    read = Text(str(folder))
    assert read.take(25) + read.take(35) == [sentence(i) for i in range(60)]
    assert read.take(2) == [sentence(0), sentence(1)]


def test_a_text_shorter_than_asked_is_given_once(folder):
    assert len(Text(str(folder)).take(500)) == 60


@given(st.integers(0, 130), st.integers(1, 30))
def test_reading_goes_on_from_a_saved_position(tmp_path_factory, before, after):
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_text("".join(f"{sentence(i)}\n" for i in range(70)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "ROWS", 7)
        first, second = Text(str(path)), Text(str(path))
        first.take(before)
        second.position = first.position
        assert second.take(after) == first.take(after)


def test_sentences_are_given_even_where_parts_end_with_nothing(tmp_path):
    table = pa.table({"text": [f"{sentence(0)} {sentence(1)}", "", "", None]})
    write_table(table, tmp_path / "a.parquet", row_group_size=1)
    read = Text(str(tmp_path))
    assert [read.take(1)[0] for _ in range(4)] == [sentence(0), sentence(1)] * 2


def test_an_empty_text_has_no_sentences(tmp_path):
    (tmp_path / "a.txt").write_text("")
    assert Text(str(tmp_path / "a.txt")).take(3) == []


def test_the_hub_out_of_reach_is_one_line(monkeypatch):
    def no_network(*_, **__):
        raise RuntimeError("no route to the hub")

    monkeypatch.setattr(corpus.HfFileSystem, "glob", no_network)
    with pytest.raises(BadInput, match="cannot be read .no route to the hub.; take a local folder or a file"):
        Text(corpus.WIKIPEDIA).take(1)


def test_the_fingerprint_follows_the_content(folder):
    before = Text(str(folder)).fingerprint
    write_table(pa.table({"text": ["Another article is here."]}), folder / "train-00001.parquet")
    assert Text(str(folder)).fingerprint != before


def test_a_text_without_its_column_or_without_files_is_refused(tmp_path):
    with pytest.raises(BadInput, match="folder without parquet files"):
        Text(str(tmp_path)).take(1)
    write_table(pa.table({"title": ["a"], "body": ["b"]}), tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="has the columns title, body; needed: text"):
        Text(str(tmp_path)).take(1)
    write_table(pa.table({"text": [1, 2]}), tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="text is int64, not string"):
        Text(str(tmp_path)).take(1)
    with pytest.raises(BadInput, match="no such file; allowed: wikimedia/wikipedia"):
        Text(str(tmp_path / "nowhere")).take(1)


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"a text\n" * 100),
        b"a line\nna\xefve\n",
        "a text".encode("utf-16"),
        b"a\0b",
        b"\x89PNG\r\n\x1a\n\0\0",
    ],
    ids=["gzip", "latin-1", "utf-16", "binary", "picture"],
)
def test_what_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(BadInput, match="a.txt, line [12] is (not|no text: .*;) .*save it as UTF-8"):
        Text(str(tmp_path / "a.txt")).take(1)


@given(st.binary(max_size=40), st.integers(1, 5))
def test_a_file_is_checked_in_pieces_as_it_is_whole(tmp_path_factory, content, piece):
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "PIECE", piece)
        try:
            wrong = "\0" in content.decode()
        except UnicodeDecodeError:
            wrong = True
        try:
            files.check_text(path)
            assert not wrong
        except BadInput:
            assert wrong


def test_one_parquet_file_is_read_and_a_broken_one_named(folder):
    file = folder / "train-00000.parquet"
    assert Text(str(file)).take(2) == [sentence(0), sentence(1)]
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(BadInput, match="train-00000.parquet cannot be read"):
        Text(str(file)).take(1)


def test_a_text_may_lie_in_a_folder_of_any_name(folder, tmp_path):
    place = tmp_path / "texts [v2] 'ü'"
    place.mkdir()
    (folder / "train-00000.parquet").rename(place / "a.parquet")
    (place / "b.txt").write_bytes(b"\xef\xbb\xbf" + sentence(7).encode())
    assert Text(str(place)).take(1) == [sentence(0)] and Text(str(place / "b.txt")).take(1) == [sentence(7)]
