"""Copy what pages need for charts and formulas into the book, so that they load nothing from other servers."""

import json
from importlib.util import find_spec
from multiprocessing import Process
from pathlib import Path

import altair
import vl_convert
from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset, copy_asset_file

MATHJAX = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
SCRIPT = "tex-chtml.js"
FONTS = "output/chtml/fonts/woff-v2"
VERSIONS = {
    "vega_version": altair.VEGA_VERSION,
    "vegalite_version": altair.VEGALITE_VERSION,
    "vegaembed_version": altair.VEGAEMBED_VERSION,
}
# A name for the menu of a chart (three dots), for screen readers.
NAMED = """(() => {
  const embed = window.vegaEmbed;
  window.vegaEmbed = (...given) => embed(...given).then((result) => {
    const menu = result.view.container().closest(".vega-embed")?.querySelector("summary");
    menu?.setAttribute("aria-label", "Save or open this chart");
    return result;
  });
})();
"""


def begin_vega(app) -> None:
    """Begin to write Vega for charts, beside the first chapters, as it takes a second."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        app.vega = Process(target=write_vega, args=(folder / "vega.js",))
        app.vega.start()


def write_vega(path: Path) -> None:
    """Write Vega, Vega-Lite and Vega-Embed as one file; altair's charts look for their versions in `VEGA_DEBUG`."""
    bundle = f"(() => {{{vl_convert.javascript_bundle()}}})();\nwindow.VEGA_DEBUG = {json.dumps(VERSIONS)};\n{NAMED}"
    path.write_text(bundle)


def end_vega(app, environment) -> None:
    """Wait until it is written, before a page names it."""
    if app.builder.format == "html":
        app.vega.join()
        if app.vega.exitcode:
            raise ExtensionError("vega.js for the book's charts could not be written")


def add_vega(app, page, template, context, doctree) -> None:
    """Load the bundle on pages with charts, and on the explorer the script that keeps its state in the address."""
    if "vega-embed" in context.get("body", ""):
        app.add_js_file("vega.js", priority=100, defer="defer")
    if page.endswith("/explorer"):
        app.add_js_file("explorer.js", priority=110, defer="defer")


def load_once(app, page, template, context, doctree) -> None:
    """Load each script once: sphinx-thebe declares its constants twice, which a browser refuses."""
    scripts = context["script_files"]
    once = {(script.filename or "", *sorted(script.attributes.items())): script for script in scripts}
    context["script_files"] = list(once.values())


def copy_mathjax(app, error) -> None:
    """Copy MathJax and its fonts to where `mathjax_path` expects them."""
    target = Path(app.outdir) / "_static" / "mathjax"
    if error is None and app.builder.format == "html":
        (target / FONTS).mkdir(parents=True, exist_ok=True)
        copy_asset_file(str(MATHJAX / SCRIPT), str(target))
        copy_asset(str(MATHJAX / FONTS), str(target / FONTS))


def setup(app) -> dict:
    """Register the steps with Sphinx."""
    app.config.mathjax_path = f"mathjax/{SCRIPT}"
    app.connect("builder-inited", begin_vega)
    app.connect("env-updated", end_vega)
    app.connect("html-page-context", add_vega)
    app.connect("html-page-context", load_once, priority=900)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
