"""The book as a reader gets it: built with warnings as errors, opened in Chromium without a network."""

import os
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from playwright.sync_api import sync_playwright

from tests.conftest import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text())
PAGES = [CONTENTS["root"], *(chapter["file"] for part in CONTENTS["parts"] for chapter in part["chapters"])]
CHARTS = {"notebooks/paper": 1, "notebooks/experiment": 2}
FORMULAS = ("notebooks/quantisation", "notebooks/pruning", "notebooks/distillation", "notebooks/setup")
every_page = pytest.mark.parametrize("name", PAGES)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def html():
    """The folder of the built book, made by the command the README names."""
    done = subprocess.run(["make", "book"], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return ROOT / "_build/html"


@pytest.fixture(scope="module")
def address(html):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=html))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine to open the book with; install Debian's chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, address):
    """Opens a page at a width; gives it and the list of its troubles."""
    pages = []

    def go(name: str, width: int = 1280):
        page, troubles = browser.new_page(viewport={"width": width, "height": 900}), []
        pages.append(page)
        page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
        page.on("response", lambda answer: answer.status >= 400 and troubles.append(f"{answer.status}: {answer.url}"))
        page.on("console", lambda message: message.type == "error" and troubles.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
        page.on("request", lambda request: None if ours(request.url) else troubles.append(f"foreign: {request.url}"))
        page.goto(f"{address}/{name}.html", wait_until="networkidle")
        return page, troubles

    def ours(url: str) -> bool:
        return url.startswith((address, "data:", "blob:"))

    yield go
    for page in pages:
        page.close()


@every_page
def test_a_page_asks_no_other_server_and_reports_no_error(visit, name):
    page, troubles = visit(name)
    assert page.locator("h1").count() >= 1
    assert troubles == []


@every_page
def test_a_page_fits_a_phone(visit, name):
    page, _ = visit(name, width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("name, least", CHARTS.items())
def test_charts_are_drawn(visit, name, least):
    page, _ = visit(name)
    page.wait_for_selector(".vega-embed canvas, .vega-embed svg")
    assert page.locator(".vega-embed:has(canvas), .vega-embed:has(svg.marks)").count() >= least


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_are_set(visit, name):
    page, _ = visit(name)
    page.wait_for_selector("mjx-container")
    assert page.locator("mjx-container").count() >= 1 and "\\frac" not in page.inner_text("article")


@every_page
def test_pictures_are_there_and_described(visit, name):
    page, _ = visit(name)
    pictures = page.locator("article figure img")
    for place in range(pictures.count()):
        assert pictures.nth(place).evaluate("picture => picture.naturalWidth > 100 && picture.alt.length > 20")


@pytest.mark.parametrize("name", [page for page in PAGES if page.startswith("notebooks/")])
def test_an_executable_chapter_can_be_launched_edited_and_downloaded(visit, name):
    page, _ = visit(name)
    links = page.eval_on_selector_all("a.dropdown-item", "links => links.map(link => link.href)")
    assert any("mybinder.org" in link for link in links)
    assert any(f"/edit/main/{name}.py" in link for link in links)
    assert any(link.endswith(f"_sources/{name}.py") for link in links)


def test_no_page_shows_a_path_of_the_machine_it_was_built_on(html):
    for name in PAGES:
        assert str(ROOT) not in (html / f"{name}.html").read_text(), name
