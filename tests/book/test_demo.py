"""The page "Try it in your browser", opened in Chromium with models that the project's own command has made."""

import gzip
import json
import re
import shutil
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace
from transformers import AutoTokenizer

from compressions.data.glue import load
from compressions.data.tasks import BUILTIN, TASKS
from compressions.delivery.demo import FOLDER, fetch_runtime, make_models
from compressions.storage.onnx import INPUTS, session
from tests.book.test_book import Quiet, browser  # noqa: F401 (a fixture)
from tests.conftest import REAL, ROOT

SENTENCES = 1000
# Accents, other scripts, signs, emoji, controls, a word of more letters than are read, and the tokenizer's own words.
ODD = [
    "Café CRÈME naïve — “quoted” … it’s",
    "İstanbul ſtraße ﬁne Ａｂｃ",
    "电影很好看 映画 영화 фильм फ़िल्म",
    "🙂👍🏽 5/5!!! <br/> @you #hashtag http://a.b/c?d=e",
    "tab\tnew\nline\u200bzero\u00a0width\u0007\ufffd",
    "a" * 150,
    "[CLS] [MASK] [SEP] [UNK] [mask]",
    "   spaces   everywhere   ",
]
MODELS = ("Uncompressed", "QAT + MP 60 %")
SECONDS = "[10, 100]"  # in the page's script: rounds of an answer, and milliseconds of each
MODULE = "() => import(document.querySelector('script[src*=\"demo.js\"]').src)"
pytestmark = pytest.mark.slow


def build(folder: Path, made: Path) -> Path:
    """A book of this page alone, in the book's theme, with what was made in the folder `made`."""
    (folder / "book").mkdir(parents=True)
    shutil.copy(ROOT / "book/demo.md", folder / "book/demo.md")
    settings = {
        "extensions": ["myst_parser", "demo"],
        "html_theme": "sphinx_book_theme",
        "html_static_path": [str(ROOT / "book/_static")],
        "html_css_files": ["book.css"],
        "root_doc": "book/demo",
        # Sphinx's own default is one object for all books that a process builds, and extensions add to it.
        "source_suffix": {".md": "markdown"},
        "language": "en",
        "html_title": "Demo",
        "demo_folder": str(made),
        "suppress_warnings": ["myst.xref_missing"],
    }
    lines = [f"{name} = {value!r}" for name, value in settings.items()]
    path = f"import sys\nsys.path.append({str(ROOT / 'book/_ext')!r})\n"
    (folder / "conf.py").write_text(path + "\n".join(lines))
    with docutils_namespace():
        Sphinx(folder, folder, folder / "html", folder / "doctrees", "html", status=None, warningiserror=True).build()
    return folder / "html"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What `make demo` makes, of models that were trained for a moment."""
    folder = tmp_path_factory.mktemp("made")
    make_models(folder / "models", train_rows=64, epochs=1)
    if (ROOT / FOLDER / "runtime").is_dir():
        shutil.copytree(ROOT / FOLDER / "runtime", folder / "runtime")
    elif shutil.which("npm"):
        fetch_runtime(folder / "runtime")
    else:
        pytest.skip("no npm on this machine to fetch ONNX Runtime Web with; install Debian's npm")
    return folder


@pytest.fixture(scope="module")
def site(made, tmp_path_factory):
    """The folder of the page's book."""
    return build(tmp_path_factory.mktemp("site"), made)


@pytest.fixture(scope="module")
def serve():
    """Serves a folder, and gives the page's address."""
    servers = []

    def go(folder: Path) -> str:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/book/demo.html"

    yield go
    for server in servers:
        server.shutdown()


@pytest.fixture
def new_page(browser):  # noqa: F811
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def hasten(page: Page) -> Page:
    """Have a page's answers measured for two milliseconds, not for two seconds."""
    script = (ROOT / "book/_static/demo.js").read_text()
    assert SECONDS in script
    hasty = {"body": script.replace(SECONDS, "[1, 1]"), "content_type": "text/javascript"}
    page.route("**/demo.js*", lambda route: route.fulfill(**hasty))
    return page


@pytest.fixture
def page(new_page, serve, site) -> Page:
    """The page, opened."""
    hasten(new_page).goto(serve(site))
    return new_page


@pytest.fixture(scope="module")
def kept(browser, serve, site):  # noqa: F811
    """The page, opened once: what a test has it fetch is there for the next."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    hasten(page).goto(serve(site))
    yield page
    page.context.close()


@pytest.fixture
def used(kept) -> Page:
    """The page as other tests have left it, but with both models ticked."""
    for model in MODELS:
        kept.get_by_label(model).check()
    return kept


def status(page: Page):
    return page.get_by_role("status")


def click(page: Page, sentence: str) -> None:
    """Ask about a sentence, and forget what the page said before."""
    forget(page)
    page.get_by_label("A sentence in English").fill(sentence)
    page.get_by_role("button", name="Answer").click()


def forget(page: Page) -> None:
    status(page).evaluate("line => { line.textContent = '' }")


def answer(page: Page, sentence: str) -> str:
    """Ask both models about a sentence; what the page then says."""
    click(page, sentence)
    expect(status(page)).to_contain_text("; QAT")
    return status(page).inner_text()


def column(page: Page, model: str) -> list[str]:
    place = page.locator("#demo thead th").all_inner_texts().index(model) + 1
    return page.locator(f"#demo tbody tr > :nth-child({place + 1})").all_inner_texts()


def test_nothing_is_fetched_before_a_click_and_the_page_says_how_much_will_be(new_page, serve, site, made):
    asked = []
    new_page.on("request", lambda request: asked.append(request.url))
    new_page.goto(serve(site), wait_until="networkidle")
    assert not [url for url in asked if "/demo/" in url or not url.startswith("http://127.0.0.1")]
    expect(status(new_page)).to_have_text("Nothing has been fetched yet.")
    about = json.loads((made / "models/models.json").read_text())
    for model in about["models"]:
        assert new_page.get_by_label(f"{model['name']} ({model['bytes'] / 1e6:.1f} MB)").is_checked()
    shown = new_page.locator("#demo-about").inner_text()
    assert "64 rows of the built-in task “sentiment”" in shown and "14.3 MB" in shown


def test_both_models_answer_side_by_side(new_page, serve, site):
    new_page.goto(serve(site))
    said = answer(new_page, "A joy to watch.")
    for model in MODELS:
        download, fetched, started, time, label = column(new_page, model)
        assert download.endswith(" MB") and all(each.endswith(" ms") for each in (fetched, started, time))
        assert f"{model}: {label}" in said and label.split()[0] in TASKS["sentiment"].labels


def test_they_answer_as_onnx_runtime_does_in_python(used, made):
    tokenizer = AutoTokenizer.from_pretrained(made / "models")
    rows = load(TASKS["sentiment"], BUILTIN).validation["text"][:20]
    found = used.evaluate(
        f"""async (rows) => {{
            const {{ ready, tokenize, ask }} = await ({MODULE})();
            const {{ ort, tokenizer }} = await ready();
            const {{ models }} = JSON.parse(document.getElementById("demo-files").textContent).models;
            const found = {{}};
            for (const model of models) {{
                found[model.file] = [];
                for (const row of rows) {{
                    const {{ shares }} = await ask(ort, model, tokenize(tokenizer, row).ids);
                    found[model.file].push(shares);
                }}
            }}
            return found;
        }}""",
        list(rows),
    )
    for file, shares in found.items():
        model = session(gzip.decompress((made / "models" / file).read_bytes()))
        for row, share in zip(rows, shares, strict=True):
            tokens = tokenizer(row, truncation=True, max_length=128, return_tensors="np")
            logits = model.run(None, {name: tokens[name] for name in INPUTS})[0][0]
            wanted = np.exp(logits) / np.exp(logits).sum()
            assert share == pytest.approx(wanted.tolist(), abs=0.01)


def test_the_tokenizer_agrees_with_the_projects_on_a_thousand_sentences(used, made):
    task, glue = ("sst2", REAL["GLUE"]) if REAL["GLUE"] else ("sentiment", BUILTIN)
    rows = load(TASKS[task], glue)
    texts = [*rows.validation[TASKS[task].columns[0]], *rows.train[TASKS[task].columns[0]]][:SENTENCES]
    texts += [*ODD, " ".join(texts[:50])]
    found = used.evaluate(
        f"""async (texts) => {{
            const {{ ready, tokenize }} = await ({MODULE})();
            const {{ tokenizer }} = await ready();
            return texts.map((text) => tokenize(tokenizer, text).ids);
        }}""",
        texts,
    )
    tokenizer = AutoTokenizer.from_pretrained(made / "models")
    wanted = tokenizer(texts, truncation=True, max_length=128)["input_ids"]
    differing = [text for text, ours, theirs in zip(texts, wanted, found, strict=True) if ours != theirs]
    assert len(texts) > SENTENCES and max(map(len, wanted)) == 128 and differing == []


def test_a_second_answer_fetches_nothing(used):
    answer(used, "A joy to watch.")
    asked = []
    used.on("request", lambda request: asked.append(request.url))
    answer(used, "It broke after a week.")
    assert asked == []


def test_one_model_is_enough(used):
    used.get_by_label("Uncompressed").uncheck()
    click(used, "A joy to watch.")
    expect(status(used)).to_have_text(re.compile(r"^QAT \+ MP 60 %: (positive|negative) \(\d+ %\)\.$"))
    assert column(used, "Uncompressed") == ["–"] * 5


def test_enter_answers_and_leaves_the_focus_where_it_was(used):
    used.get_by_label("A sentence in English").fill("A joy to watch.")
    forget(used)
    used.keyboard.press("Enter")
    expect(status(used)).to_contain_text("; QAT")
    assert used.evaluate("document.activeElement.id") == "demo-text"
    for name in ("model-0", "model-1", ""):
        used.keyboard.press("Tab")
        assert used.evaluate("document.activeElement.name") == name
    forget(used)
    used.keyboard.press("Space")  # on the button
    expect(status(used)).to_contain_text("; QAT")
    assert used.evaluate("document.activeElement.type") == "submit"


def test_answers_pass_the_automatic_checks_of_accessibility_and_fit_a_phone(used):
    used.set_viewport_size({"width": 360, "height": 800})
    answer(used, "A joy to watch. " * 10)
    assert used.evaluate("document.documentElement.scrollWidth") <= 360
    assert used.locator("#demo table").evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    for scheme in ("dark", "light"):
        used.emulate_media(color_scheme=scheme)
        expect(used.locator("html")).to_have_attribute("data-theme", scheme)
        # Colors that are still changing from light to dark have little contrast.
        used.wait_for_function("document.getAnimations().length === 0")
        found = Axe().run(used).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if "#demo" in str(rule["nodes"])] == []


def test_ten_thousand_words_are_cut_and_the_page_says_so(used):
    said = answer(used, "good " * 10_000)
    assert "The sentence has 10002 tokens; the models read 128." in said


@pytest.mark.parametrize("sentence", ["", "   "])
def test_an_empty_sentence_is_asked_for(used, sentence):
    click(used, sentence)
    expect(status(used)).to_have_text("The sentence is empty: type one.")


def test_no_model_is_asked_for(used):
    for model in MODELS:
        used.get_by_label(model).uncheck()
    click(used, "A joy to watch.")
    expect(status(used)).to_have_text("No model is chosen: tick one.")


def test_what_cannot_be_fetched_is_named_and_tried_again_at_the_next_click(page):
    for gone in ("models/tokenizer.json", "runtime/*.wasm", "models/compressed.onnx.gz"):
        page.route(f"**/demo/{gone}", lambda route: route.abort())
        click(page, "A joy to watch.")
        line = rf"^http://\S+{gone.split('*')[-1]} could not be fetched\. \S.+\.$"
        expect(status(page)).to_have_text(re.compile(line))
        page.unroute(f"**/demo/{gone}")
    answer(page, "A joy to watch.")


def test_a_runtime_that_was_changed_is_refused(page, made):
    changed = (made / "runtime/tokenizers.min.mjs").read_bytes() + b"\n"
    page.route("**/tokenizers.min.mjs", lambda route: route.fulfill(body=changed, content_type="text/javascript"))
    click(page, "A joy to watch.")
    expect(status(page)).to_have_text(re.compile(r"tokenizers\.min\.mjs could not be fetched\. Check the network"))


def test_where_make_demo_found_no_npm_the_runtime_comes_from_the_cdn(new_page, serve, made, tmp_path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made/models").symlink_to(made / "models")
    asked, blocked = [], True

    def cdn(route):
        asked.append(route.request.url)
        file = made / "runtime" / route.request.url.rpartition("/")[2]
        route.abort() if blocked else route.fulfill(path=file, headers={"Access-Control-Allow-Origin": "*"})

    new_page.route(re.compile("^https://"), cdn)
    hasten(new_page).goto(serve(build(tmp_path / "site", tmp_path / "made")), wait_until="networkidle")
    assert asked == []
    click(new_page, "A joy to watch.")
    line = r"^https://cdn\.jsdelivr\.net/npm/\S+ could not be fetched\. Check the network and what blocks it"
    expect(status(new_page)).to_have_text(re.compile(line))
    blocked = False
    asked.clear()
    answer(new_page, "A joy to watch.")
    assert "https://cdn.jsdelivr.net/npm/@huggingface/tokenizers@0.2.0/dist/tokenizers.min.mjs" in asked


def test_a_browser_without_simd_is_told_which_one_to_take(new_page, serve, site):
    new_page.add_init_script("WebAssembly.validate = () => false")
    new_page.goto(serve(site))
    expect(status(new_page)).to_contain_text("This browser is too old")
    assert not new_page.get_by_role("button", name="Answer").count()


def test_a_book_without_models_says_how_to_make_them(new_page, serve, tmp_path):
    new_page.goto(serve(build(tmp_path / "site", tmp_path / "nothing")))
    expect(status(new_page)).to_have_text(
        "This book was built without the demo’s models. Run make demo, then make book."
    )


def test_a_book_opened_as_a_file_says_that_it_needs_a_server(new_page, site):
    new_page.goto((site / "book/demo.html").as_uri())
    expect(status(new_page)).to_contain_text("python3 -m http.server --directory _build/html")
