"""Altair's charts in an executed notebook: without a network a picture stands in for them.

The pages of the book have the charts' scripts with them, and need no pictures.
"""

import base64
import os
import re
from html import escape

import altair as alt
import vl_convert

# The page that a chapter is executed for; `book/_ext/claims.py` sets it while the book is built.
PAGE = "COMPRESSIONS_BOOK"
WIDTH = 560  # of the picture, where a chart takes the width of the page
# How Altair's HTML says that a script could not be loaded; then the picture stays.
ERROR = "outputDiv.innerHTML = `<div class="
OFFLINE = 'if (!String(err).startsWith("Error loading script")) ' + ERROR
PLACE = re.compile(r'(<div id="altair-viz-\w+">)(</div>)')
html = alt.renderers.get()


def in_book() -> bool:
    """Whether a chapter is executed for a page of the book."""
    return PAGE in os.environ


def html_with_picture(spec: dict, **options) -> dict:
    """Altair's HTML of a chart, with a picture in its place until the scripts from the network have drawn it."""
    bundle = html(spec, **options)
    fixed = {**spec, "width": WIDTH} if spec.get("width") == "container" else spec
    try:
        picture = vl_convert.vegalite_to_svg(fixed)
    except ValueError:  # the chart is one that only a browser draws
        return bundle
    content, described = base64.b64encode(picture.encode()).decode(), escape(spec.get("description", ""))
    image = f'<img alt="{described}" src="data:image/svg+xml;base64,{content}">'
    page = PLACE.sub(lambda place: f"{place[1]}{image}{place[2]}", bundle["text/html"], count=1)
    return {**bundle, "text/html": page.replace(ERROR, OFFLINE)}


def show_pictures() -> None:
    """Let every chart of this process have its picture."""
    alt.renderers.register("html_with_picture", html_with_picture)
    alt.renderers.enable("html_with_picture")
