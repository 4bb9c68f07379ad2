"""The table of recipes as a reader gets it."""

import pandas as pd
from pandas.io.formats.style import Styler


def recipe_name(row: pd.Series) -> str:
    """A recipe's size and configuration, such as `TINY qat+kd`."""
    return f"{row['size'].upper()} {row.configuration}" if row["size"] else "none"


def recipes_table(found: pd.DataFrame) -> Styler:
    """What to ship for each budget; `found` is that of `recipes`. Intervals are missing where there is one seed."""
    scores = [
        f"{row.score:.1f} ({row.low:.1f} to {row.high:.1f})" if row.low < row.high else f"{row.score:.1f}"
        for row in found.itertuples()
    ]
    columns = {
        "asked": found.asked,
        "recipe": [recipe_name(row) for _, row in found.iterrows()],
        "MB": found.megabytes,
        "MB packed": found.packed,
        "score (95 % CI)": scores,
        "as good": found.as_good,
        "the paper's": found.paper,
    }
    table = pd.DataFrame(columns).replace("nan", "–")
    return table.style.format(dict.fromkeys(("MB", "MB packed"), "{:.2f}"), na_rep="–").hide()
