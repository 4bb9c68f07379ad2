"""An executed notebook shows its charts without a network."""

import base64
import re

import altair as alt
import pandas as pd

from compressions.book.executed import html_with_picture, in_book
from compressions.book.figures import tradeoff

POINTS = {"configuration": ["base", "qat"], "size": "tiny", "megabytes": [4.0, 1.0], "score": [80.0, 79.0]}
PICTURE = r'<div id="altair-viz-\w+"><img alt="[^"]+: none, QAT" src="data:image/svg\+xml;base64,([^"]+)"></div>'


def test_a_chart_comes_with_its_picture_which_stays_where_no_script_can_be_loaded():
    page = html_with_picture(tradeoff(pd.DataFrame(POINTS).assign(source="here"), "a score").to_dict())["text/html"]
    (place,) = re.findall(PICTURE, page)
    assert "a score" in base64.b64decode(place).decode()
    assert 'if (!String(err).startsWith("Error loading script")) outputDiv.innerHTML = ' in page
    assert "Error loading script" in page.split("s.onerror")[1].split("\n")[0]


def test_charts_of_this_process_have_pictures_but_in_the_book():
    assert not in_book() and alt.renderers.active == "html_with_picture"
