"""Where things lie: the project, its cache, folders that several processes write, places that cannot be written."""

import os
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from compressions import files
from compressions.errors import BadInput
from compressions.files import cache, check_writable, path_name, root, whole_folder, write_whole
from tests.conftest import ROOT


def project(folder: Path) -> Path:
    for mark in files.MARKS:
        (folder / mark).parent.mkdir(parents=True, exist_ok=True)
        (folder / mark).touch()
    return folder


def test_the_project_is_the_one_named_the_one_stood_in_or_the_packages_own(tmp_path, monkeypatch):
    monkeypatch.delenv("COMPRESSIONS_ROOT", raising=False)
    other = project(tmp_path / "other project [v2]")
    (other / "deep/down").mkdir(parents=True)
    monkeypatch.chdir(other / "deep/down")
    assert root() == other
    monkeypatch.chdir(tmp_path)
    assert root() == ROOT  # from anywhere else
    monkeypatch.setenv("COMPRESSIONS_ROOT", "other project [v2]")
    assert root() == other


def test_another_book_that_one_stands_in_is_not_the_project(tmp_path, monkeypatch):
    monkeypatch.delenv("COMPRESSIONS_ROOT", raising=False)
    (tmp_path / "_toc.yml").touch()
    monkeypatch.chdir(tmp_path)
    assert root() == ROOT


def test_a_package_that_was_installed_alone_takes_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("COMPRESSIONS_ROOT", raising=False)
    monkeypatch.setattr(files, "__file__", str(tmp_path / "site-packages/compressions/files.py"))
    monkeypatch.chdir(tmp_path)
    assert root() == tmp_path


def test_the_cache_needs_no_home(monkeypatch):
    monkeypatch.setenv("COMPRESSIONS_CACHE", "/some/where")
    monkeypatch.setattr(Path, "home", lambda: pytest.fail("asked for a home"))
    assert cache() == Path("/some/where")

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("COMPRESSIONS_CACHE")
    monkeypatch.setattr(Path, "home", no_home)
    assert cache().name == f"compressions-{os.getuid()}" and cache().parent.is_dir()


def fill(folder: Path, number: int) -> None:
    for _ in range(30):
        with whole_folder(folder) as new:
            for name in "ab":
                (new / name).write_text(str(number))


def test_several_threads_and_processes_make_one_folder_and_the_last_ones_stays(tmp_path):
    folder = tmp_path / "a folder"
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda number: fill(folder, number), range(4))) == [None] * 4
    processes = [get_context("fork").Process(target=fill, args=(folder, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert (folder / "a").read_text() == (folder / "b").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["a folder"]


def test_a_link_to_a_folder_still_leads_there(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    for number in range(2):
        with whole_folder(tmp_path / "link") as new:
            (new / "a").write_text(str(number))
    assert (tmp_path / "link").is_symlink() and (tmp_path / "disk/a").read_text() == "1"


def test_a_file_is_no_folder_and_stays(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput, match="it is a file; name a folder"), whole_folder(tmp_path / "file"):
        pass
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_writing_that_is_interrupted_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(file):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "record.json", b"{}")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file/in/it", Path("/proc/none/x")):
        with pytest.raises(BadInput, match=f"cannot write {folder}: "):
            check_writable(folder)
    check_writable(tmp_path / "not/yet/there")


def test_paths_with_the_same_last_name_have_names_of_their_own():
    assert path_name(Path("/a/records")) != path_name(Path("/b/records"))
