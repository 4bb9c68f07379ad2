"""Keeps the old addresses of renamed chapters: each is a page that leads to where the chapter is now."""

import posixpath
from pathlib import Path

from sphinx.errors import ConfigError

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Moved</title><meta http-equiv="refresh" content="0; url={0}"></head>
<body><p>This page has moved to <a href="{0}">{0}</a>.</p></body>
</html>
"""


def write_redirects(app, error) -> None:
    """Write a page for each old name of the table `redirects`, which gives the page that has taken its place.

    Raises `ConfigError` for a page that does not exist, or an old name that one has again.
    """
    if error is not None or app.builder.format != "html":
        return
    for old, new in app.config.redirects.items():
        if new not in app.env.found_docs or old in app.env.found_docs:
            raise ConfigError(f"redirects: {old} cannot lead to {new}")
        path = Path(app.outdir, f"{old}.html")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(posixpath.relpath(f"{new}.html", posixpath.dirname(old) or ".")))


def setup(app) -> dict:
    """Register the step with Sphinx."""
    app.add_config_value("redirects", {}, "html")
    app.connect("build-finished", write_redirects)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
