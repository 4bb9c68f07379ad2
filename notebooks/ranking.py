# %% [markdown]
# # Which method first
#
# Which method costs the fewest points for the bytes it saves, and so should come first: alone, and on top of the other
# two?
#
# Quantize first, for the bytes: it saves {glue:text}`qat_saved:.0f` % of {glue:text}`small`'s, the most of all. It
# changes the mean score by {glue:text}`qat` points (95 % CI), so it costs less than half a point. Pruning to 60 % saves
# {glue:text}`mp60_saved:.0f` % and changes the mean score by {glue:text}`mp60`. By points per halving of the bytes
# the order of the two alone is open; on top of the others pruning costs more.

# %% tags=["parameters"]
results = "results/glue"  # the folder of the records
size_measure = "paper"  # how bytes are counted: one of those on the page Real bytes
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
draws = 1000  # how often seeds and rows are drawn again for an interval
figure1 = "book/paper/figure1.csv"  # the paper's points, read off its picture

# %% tags=["hide-input"]
from compressions.analysis.reading import read_results
from compressions.book.percent import check_parameters
from compressions.book.published import read_figure1
from compressions.book.missing import read_or_stop
from compressions.files import root

check_parameters(globals())
points = read_figure1(root() / figure1)
ours = read_or_stop(read_results, root() / results, score, size_measure)

# %%
from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.ranking import price_difference, published_steps, steps

resampled = bootstrap(ours, draws)
found, theirs = steps(ours, resampled), published_steps(points)

# %% tags=["hide-input"]
from compressions.book.change_figures import price_figure
from compressions.book.glue import glue_figure

glue_figure("prices", price_figure(found, theirs), found, records=results)

# %% [markdown]
# ```{glue:figure} prices
# :name: fig-prices
# :alt: Change of the mean score against the share of the bytes saved, by method, ours above and published below
#
# What each method alone changes in the mean score, and what it saves; a shape is a size, a bar a 95 % CI. Marks that
# save the same stand side by side.
# ```
#
# ## The order
#
# 1. **Quantization** changes the score by {glue:text}`qat_price` points per halving of the bytes.
# 2. **Distillation** saves no bytes; it changes the score by {glue:text}`kd` points.
# 3. **Pruning** changes it by {glue:text}`mp60_price` points per halving. Embeddings are not pruned, so it saves little
#    of a small model.
#
# Quantization minus pruning is {glue:text}`difference` points per halving. On top of the other two methods
# quantization changes the score by {glue:text}`qat_last` points per halving, pruning to 60 % by
# {glue:text}`mp60_last`. In the paper quantization alone is cheaper than pruning to 60 % at
# {glue:text}`paper_cheaper:d` of {glue:text}`paper_sizes:d` sizes, and distillation gains at all sizes.

# %% tags=["hide-input"]
from compressions.analysis.ranking import ALONE
from compressions.analysis.score_changes import only
from compressions.book.glue import glue_numbers

small = found["size"].iloc[0]
alone = found[(found["size"] == small) & (found.order == ALONE)].set_index("step")
names = {"qat": "QAT", "kd": "KD", "mp60": "MP 60 %"}
cost = {name: only(found, size=small, order=ALONE, step=step) for name, step in names.items()}
difference = price_difference(ours, resampled, small, "QAT", "MP 60 %")
glue_numbers(small=small.upper(), difference=difference.text, **{name: each.text for name, each in cost.items()})
glue_numbers(qat_saved=alone.saved["QAT"], mp60_saved=alone.saved["MP 60 %"])

# %% tags=["hide-input"]
from compressions.analysis.ranking import LAST, PRICE
from compressions.book.claims import claim

prices = {key: only(found, PRICE, size=small, order=ALONE, step=names[key]) for key in ("qat", "mp60")}
last = {key: only(found, PRICE, size=small, order=LAST, step=names[key]) for key in prices}
claim("On top of the others pruning costs more", not last["mp60"].high > last["qat"].low, last)
glue_numbers(**{f"{key}_price": each.text for key, each in prices.items()})
glue_numbers(**{f"{key}_last": each.text for key, each in last.items()})

# %% tags=["hide-input"]
paper = theirs[theirs.order == ALONE].pivot(index="size", columns="step", values=["price", "value"])
cheaper, gains = paper["price", "QAT"] > paper["price", "MP 60 %"], paper["value", "KD"]
claim("In the paper distillation gains at all sizes", (gains > 0).all(), gains)
claim("Quantization saves the most bytes of all", alone.saved.idxmax() == "QAT", alone.saved)
claim("Quantization costs less than half a point", cost["qat"].low > -0.5, cost["qat"].low)
claim(
    "By points per halving the order alone is open", not (difference.low > 0 or difference.high < 0), difference.value
)
glue_numbers(paper_cheaper=cheaper.sum(), paper_sizes=len(cheaper))

# %% [markdown]
# ## How it was measured
#
# The price is the change of the mean score divided by the log2 of the ratio of bytes, by the
# {glue:text}`measure` size measure. *After the others* compares all three methods with the other two. The paper's
# prices are from its Figure 1.
#
# ## What could be wrong
#
# A price divides by what is saved. Where that is a few percent the interval is wide.

# %% tags=["hide-cell"]
from compressions.book.tables import prices_table

glue_numbers(measure=size_measure)
prices_table(found, theirs)
