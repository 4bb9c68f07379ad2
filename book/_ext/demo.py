"""Gives the page "Try it in your browser" what `make demo` has made: its models, and the runtime that answers there."""

import json
import shutil
from pathlib import Path

PAGE = "book/demo"
STATIC = "_static/demo"
RUNTIME = Path(__file__).parents[1] / "_static" / "demo-runtime.json"
CDN = "https://cdn.jsdelivr.net/npm"


def add_demo(app, page, template, context, doctree) -> None:
    """Load the script on the page, and say in the page itself what it may fetch, so that it fetches nothing to ask."""
    if page != PAGE:
        return
    found = json.dumps({"models": _models(app), "runtime": _runtime(app)}).replace("<", "\\u003c")
    app.add_js_file(None, body=found, type="application/json", id="demo-files")
    app.add_js_file("demo.js", type="module")
    app.add_css_file("demo.css")


def _models(app) -> dict | None:
    about = Path(app.srcdir, app.config.demo_folder, "models", "models.json")
    return json.loads(about.read_text()) | {"url": f"../{STATIC}/models/"} if about.is_file() else None


def _runtime(app) -> dict[str, dict]:
    """Of each file its address, here if `make demo` found npm and else at the CDN, with its bytes and checksum."""
    copied = Path(app.srcdir, app.config.demo_folder, "runtime")
    files = {}
    for file in json.loads(RUNTIME.read_text()):
        if file["path"] == "LICENSE":  # which is copied with the scripts, and read by nobody's browser
            continue
        name, there = Path(file["path"]).name, f"{CDN}/{file['package']}/{file['path']}"
        url = f"../{STATIC}/runtime/{name}" if (copied / name).is_file() else there
        files[name] = {"url": url, "bytes": file["bytes"], "integrity": file["integrity"]}
    return files


def copy_demo(app, error) -> None:
    """Copy models and runtime into the book."""
    made = Path(app.srcdir, app.config.demo_folder)
    if error is None and app.builder.format == "html" and PAGE in app.env.found_docs and made.is_dir():
        shutil.copytree(made, Path(app.outdir, STATIC), dirs_exist_ok=True)


def setup(app) -> dict:
    """Register the steps with Sphinx."""
    app.add_config_value("demo_folder", "_build/demo", "html")
    app.connect("html-page-context", add_demo)
    app.connect("build-finished", copy_demo)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
