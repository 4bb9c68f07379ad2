"""Puts what pages need to show charts and formulas into the book itself, so that they ask no other server for it."""

import json
from importlib.util import find_spec
from pathlib import Path

import altair
import vl_convert
from sphinx.util.fileutil import copy_asset, copy_asset_file

MATHJAX = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
SCRIPT = "tex-chtml.js"
FONTS = "output/chtml/fonts/woff-v2"
VERSIONS = {
    "vega_version": altair.VEGA_VERSION,
    "vegalite_version": altair.VEGALITE_VERSION,
    "vegaembed_version": altair.VEGAEMBED_VERSION,
}
# A chart's own menu, three dots, gets a name for those who cannot see them.
NAMED = """(() => {
  const embed = window.vegaEmbed;
  window.vegaEmbed = (...given) => embed(...given).then((result) => {
    const menu = result.view.container().closest(".vega-embed")?.querySelector("summary");
    menu?.setAttribute("aria-label", "Save or open this chart");
    return result;
  });
})();
"""


def write_vega(app) -> None:
    """Vega, Vega-Lite and Vega-Embed in one file; altair's charts look for their versions in `VEGA_DEBUG`."""
    bundle = f"(() => {{{vl_convert.javascript_bundle()}}})();\nwindow.VEGA_DEBUG = {json.dumps(VERSIONS)};\n{NAMED}"
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vega.js").write_text(bundle)


def add_vega(app, page, template, context, doctree) -> None:
    """Loads the bundle on the pages that have charts, and on the explorer's what makes its address follow it."""
    if "vega-embed" in context.get("body", ""):
        app.add_js_file("vega.js", priority=100, defer="defer")
    if page.endswith("/explorer"):
        app.add_js_file("explorer.js", priority=110, defer="defer")


def load_once(app, page, template, context, doctree) -> None:
    """Each script once: sphinx-thebe declares its constants twice, and a browser refuses the second time."""
    scripts = context["script_files"]
    once = {(script.filename or "", *sorted(script.attributes.items())): script for script in scripts}
    context["script_files"] = list(once.values())


def copy_mathjax(app, error) -> None:
    """MathJax and its fonts, where `mathjax_path` expects them."""
    target = Path(app.outdir) / "_static" / "mathjax"
    if error is None:
        (target / FONTS).mkdir(parents=True, exist_ok=True)
        copy_asset_file(str(MATHJAX / SCRIPT), str(target))
        copy_asset(str(MATHJAX / FONTS), str(target / FONTS))


def setup(app) -> dict:
    """Registers the steps with Sphinx."""
    app.config.mathjax_path = f"mathjax/{SCRIPT}"
    app.connect("builder-inited", write_vega)
    app.connect("html-page-context", add_vega)
    app.connect("html-page-context", load_once, priority=900)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
