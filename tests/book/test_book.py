"""The book as a reader gets it: built with warnings as errors, opened in Chromium without a network."""

import json
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text())
PAGES = [CONTENTS["root"], *(chapter["file"] for part in CONTENTS["parts"] for chapter in part["chapters"])]
CHARTS = {"notebooks/experiment": 1, "notebooks/tradeoffs": 1, "notebooks/explorer": 1}
EXPLORER = "notebooks/explorer"
FORMULAS = ("notebooks/quantization", "notebooks/pruning", "notebooks/distillation", "notebooks/setup")
pytestmark = pytest.mark.slow
CHAPTERS = pytest.mark.parametrize("name", [page for page in PAGES if page.startswith("notebooks/")])


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def html():
    """The folder of the book, made by the command the README names unless it was made since the last change."""
    if not is_current(ROOT / "_build/html/index.html"):
        done = subprocess.run(["make", "book"], cwd=ROOT, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return ROOT / "_build/html"


def is_current(page: Path) -> bool:
    """Whether a page is newer than every file that the book is made of."""
    places = (
        "book",
        "notebooks",
        "lib",
        "results",
        "grids",
        "Makefile",
        "_config.yml",
        "_toc.yml",
        "requirements.lock",
    )
    files = [file for name in places for file in (ROOT / name, *(ROOT / name).rglob("*")) if file.suffix != ".pyc"]
    newest = max(file.stat().st_mtime for file in files if file.is_file())
    return page.is_file() and page.stat().st_mtime > newest


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
    expect.set_options(timeout=120_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def open_page(browser, address):
    """Opens a page at a width, with the scripts that others have left in the cache; gives it and its troubles."""
    context = browser.new_context()
    context.set_default_timeout(120_000)

    def go(name: str, width: int = 1280, fragment: str = "", scheme: str = "light"):
        page, troubles = context.new_page(), []
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
        page.on("response", lambda answer: answer.status >= 400 and troubles.append(f"{answer.status}: {answer.url}"))
        page.on("console", lambda message: message.type == "error" and troubles.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
        page.on("request", lambda request: None if ours(request.url) else troubles.append(f"foreign: {request.url}"))
        page.goto(f"{address}/{name}.html{fragment}", wait_until="networkidle")
        return page, troubles

    def ours(url: str) -> bool:
        return url.startswith((address, "data:", "blob:"))

    yield go
    context.close()


@pytest.fixture
def visit(open_page):
    """The same, and the page is closed at the end of the test."""
    pages = []

    def go(*where, **how):
        page, troubles = open_page(*where, **how)
        pages.append(page)
        return page, troubles

    yield go
    for page in pages:
        page.close()


@dataclass
class Opened:
    """A page that was opened at a phone's width and now is wide."""

    name: str
    page: Page
    troubles: list[str]
    width_on_a_phone: int


@pytest.fixture(scope="module", params=PAGES)
def opened(request, open_page):
    """Each page of the book, opened once: pytest runs all tests of one before it goes on to the next."""
    page, troubles = open_page(request.param, width=360)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    yield Opened(request.param, page, troubles, width)
    page.close()


def test_a_page_asks_no_other_server_and_reports_no_error(opened):
    assert opened.page.locator("h1").count() >= 1
    assert opened.troubles == []


def test_a_page_fits_a_phone(opened):
    assert opened.width_on_a_phone <= 360


def test_a_page_passes_the_automatic_checks_of_accessibility(opened):
    found = Axe().run(opened.page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


def test_pictures_are_there_and_described(opened):
    pictures = opened.page.locator("article figure img")
    assert pictures.count() >= figures(opened.name)
    for place in range(pictures.count()):
        assert pictures.nth(place).evaluate("picture => picture.naturalWidth > 100 && picture.alt.length > 20")


def test_a_page_is_light_and_prints(opened):
    sizes = opened.page.evaluate("performance.getEntries().map(entry => entry.decodedBodySize || 0)")
    assert sum(sizes) < 2.5e6
    assert opened.page.pdf(format="A4").startswith(b"%PDF")


def test_charts_are_drawn(opened):
    drawn = opened.page.locator(".vega-embed:has(canvas), .vega-embed:has(svg.marks)")
    named = opened.page.locator(".vega-embed [aria-label*='against size']")
    for place in range(CHARTS.get(opened.name, 0)):
        drawn.nth(place).wait_for()
        assert named.count() > place, "a screen reader is told what a chart shows"


def test_formulas_are_set(opened):
    written = "[...document.querySelectorAll('article .math')]"
    opened.page.wait_for_function(f"{written}.every(formula => formula.querySelector('mjx-container'))")
    assert opened.page.evaluate(f"{written}.length") >= (opened.name in FORMULAS)
    assert "\\frac" not in opened.page.inner_text("article")


@pytest.mark.parametrize(
    "name", [CONTENTS["root"], "notebooks/setup", "notebooks/tradeoffs", EXPLORER, "notebooks/synergy"]
)
def test_a_page_passes_them_in_the_dark_too(visit, name):
    page, _ = visit(name, scheme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in Axe().run(page).response["violations"]] == []


def test_text_is_painted_before_the_charts_script_is_there(browser, address):
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.route("**/vega.js*", lambda route: None)  # asked for, and never answered
    page.goto(f"{address}/notebooks/tradeoffs.html", wait_until="commit")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    page.wait_for_selector("article h1")
    assert not page.locator(".vega-embed canvas, .vega-embed svg.marks").count()
    page.close()


def test_each_page_leads_to_the_next_in_the_order_of_the_contents(html):
    for name, following in pairwise(PAGES):
        link = soup(html, name).find("a", class_="right-next")
        target = (html / name).parent.joinpath(link["href"]).resolve()
        assert str(target.relative_to(html.resolve()).with_suffix("")) == following


def test_every_link_within_the_book_leads_somewhere(html):
    pages = {name: soup(html, name) for name in PAGES}
    anchors = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in pages.items()}
    for name, page in pages.items():
        for link in (tag["href"] for tag in page.find_all("a", href=True)):
            path, _, anchor = link.partition("#")
            if ":" in path or link in ("", "#"):
                continue
            target = (html / name).parent.joinpath(path).resolve() if path else html / f"{name}.html"
            assert target.is_file(), f"{name}: {link}"
            other = str(target.relative_to(html.resolve()).with_suffix(""))
            assert not anchor or other not in anchors or anchor in anchors[other], f"{name}: {link}"


def test_the_search_answers_without_a_network(visit):
    page, troubles = visit("search", fragment="?q=distillation")
    page.wait_for_selector("#search-results li")
    assert page.locator("#search-results li").count() > 3 and troubles == []


@CHAPTERS
def test_each_figure_leads_to_its_data_picture_script_records_and_command(html, name):
    captions = soup(html, name).select("article figure figcaption")
    assert len(captions) >= figures(name)
    for caption in captions:
        files = {link.text: (html / f"{name}.html").parent / link["href"] for link in caption.select(".sources a")}
        assert {"data (CSV)", "SVG", "script"} <= set(files) and all(file.is_file() for file in files.values())
        assert len(pd.read_csv(files["data (CSV)"]).columns) > 1 and "<svg" in files["SVG"].read_text()
        assert files["script"].read_text() == (ROOT / f"{name}.py").read_text()
        assert caption.select_one(".command").text == f"papermill {name}.py out.ipynb"


def figures(name: str) -> int:
    """How many figures a chapter's source glues into its text."""
    source = ROOT / f"{name}.py"
    return source.read_text().count("{glue:figure}") if source.is_file() else 0


@cache
def soup(html: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((html / f"{name}.html").read_text(), "html.parser")


def explore(page) -> dict:
    """What the explorer's address says."""
    return json.loads(unquote(page.evaluate("location.hash").removeprefix("#")))


def test_the_explorers_address_says_what_was_chosen_and_brings_it_back(visit):
    page, _ = visit(EXPLORER)
    page.locator("select[name=size_measure]").select_option("bitmask")
    page.locator("select[name=task]").select_option("rte")
    page.wait_for_function("location.hash.includes('rte')")
    chosen = explore(page)
    assert (chosen["task"], chosen["size_measure"]) == ("rte", "bitmask")
    again, troubles = visit(EXPLORER, fragment=page.evaluate("location.hash"))
    expect(again.locator("select[name=task]")).to_have_value("rte")
    expect(again.locator("select[name=size_measure]")).to_have_value("bitmask")
    assert troubles == []


def click_until_heard(page, x: float, y: float) -> None:
    """Click until the address changes: a click before the chart listens is lost."""
    before = page.evaluate("location.hash")
    for _ in range(100):
        page.mouse.click(x, y)
        page.wait_for_timeout(200)
        if page.evaluate("location.hash") != before:
            return
    pytest.fail("no click changed the address")


def test_the_budget_line_is_dragged(visit):
    page, _ = visit(EXPLORER, width=360)
    chart = page.locator(".vega-embed canvas, .vega-embed svg.marks").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    budgets = []
    for part in (0.5, 0.8):
        click_until_heard(page, box["x"] + part * box["width"], box["y"] + 0.3 * box["height"])
        budgets.append(explore(page)["budget"])
    assert budgets[0] < budgets[1]


def test_the_explorers_links_lead_to_records(html):
    links = set(re.findall(r"\.\./records/glue/[^\"]+?\.json", (html / f"{EXPLORER}.html").read_text()))
    assert links and all((html / EXPLORER).parent.joinpath(link).is_file() for link in links)


@CHAPTERS
def test_an_executable_chapter_can_be_launched_edited_and_downloaded(html, name):
    links = [link["href"] for link in soup(html, name).select("a.dropdown-item")]
    assert any("mybinder.org" in link for link in links)
    assert any("colab.research" in link and link.endswith(f"/blob/notebooks/{name}.ipynb") for link in links)
    assert any(f"/edit/main/{name}.py" in link for link in links)
    assert any(link.endswith(f"_sources/{name}.py") for link in links)


def test_no_page_shows_a_path_of_the_machine_it_was_built_on(html):
    for name in PAGES:
        assert str(ROOT) not in (html / f"{name}.html").read_text(), name
