# %% [markdown]
# # Do compressions multiply?
#
# Does a combination of methods lose more or less than its methods lose one by one? The paper finds that,
# quantization with pruning aside, combining methods rarely brings diminishing returns.
#
# Only TINY has the seeds to say. All three together change its score by {glue:text}`tiny_qat_kd_mp` points beyond the
# sum of their single changes, in the paper by {glue:text}`paper_tiny_qat_kd_mp:+.1f`. Quantization and pruning add up:
# {glue:text}`tiny_qat_mp`. The other {glue:text}`open:d` interactions are open.

# %% tags=["parameters"]
results = "results/glue"  # the folder of the records
tolerance = 0.5  # points that a compressed model may score below the uncompressed one
size_measure = "paper"  # how bytes are counted: one of those on the page Real bytes
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
interpolation = "discrete"  # among models that were trained; or interpolated, along the curve between them
draws = 1000  # how often seeds and rows are drawn again for an interval
margin = 0.25  # points from 0 within which an interaction is said to add up
noises = [0.25, 0.5, 1, 2]  # standard deviations of a simulated score, points; seeds do about so much to a task
table1 = "book/paper/table1.csv"  # the paper's table, as printed
figure1 = "book/paper/figure1.csv"  # the paper's points, read off its picture

# %% tags=["hide-input"]
from compressions.analysis.reading import read_results
from compressions.analysis.reductions import check_search
from compressions.book.percent import check_parameters
from compressions.parameters import number

check_parameters(globals())
check_search(tolerance, interpolation)
number(0).value("margin", margin)
noises = [number(0).value("noises", each) for each in noises]

# %% tags=["hide-input"]
from compressions.book.published import published_interactions, published_synergies, read_figure1, read_table1
from compressions.book.missing import read_or_stop
from compressions.files import root

points, table = read_figure1(root() / figure1), read_table1(root() / table1)
ours = read_or_stop(read_results, root() / results, score, size_measure)

# %% [markdown]
# The *interaction* of a combination is its change of the mean score less the sum of its methods' changes, at an
# unchanged size. Where a combination prunes, it is the mean over both sparsities. Above 0 (*super-additive*) the
# methods lose less together than one by one. One seed cannot test it, as nothing is known of the noise of seeds.

# %%
from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.synergy import interactions_by_setting

official = read_results(root() / results, "official", size_measure)
resampled, officially = bootstrap(ours, draws), bootstrap(official, draws)
found = interactions_by_setting(ours, resampled, official, officially, margin)
published = published_interactions(points)

# %% tags=["hide-input"]
from compressions.book.glue import glue_figure
from compressions.book.interaction_figures import interaction_heatmap
from compressions.book.published import reading_precision

glue_figure("interactions", interaction_heatmap(found, published, reading_precision()), found, records=results)

# %% [markdown]
# ```{glue:figure} interactions
# :name: fig-interactions
# :alt: Heat maps of the interaction by combination and size, under three ways of scoring and in the paper
#
# Interactions in points ± half a 95 % CI: up super-additive, down sub-additive, = adds up, ? open; those of one seed
# are unmarked. The paper's have no interval; unmarked ones could be 0, as they were read off a picture.
# ```
#
# Of TINY's interactions only quantization with pruning adds up within ±{glue:text}`margin:.2f` points. With GLUE's
# Matthews correlation for CoLA it is open, too: {glue:text}`official_qat_mp`. Without the tasks at the
# [majority-class baseline](tradeoffs.py) {glue:text}`baseline:d` verdicts change.

# %% tags=["hide-input"]
from compressions.analysis.score_changes import only
from compressions.analysis.synergy import SETTINGS, UNTESTED, count_verdicts

mine = found[found.setting == SETTINGS[0]]
tiny = {name: only(mine, size="TINY", methods=name) for name in ("QAT+KD", "QAT+MP", "KD+MP", "QAT+KD+MP")}
counts = count_verdicts(found)
by_matthews = only(found, setting=SETTINGS[1], size="TINY", methods="QAT+MP")

# %% tags=["hide-input"]
from compressions.book.claims import claim

paper = published.loc["TINY", "QAT+KD+MP"]
all_three = tiny["QAT+KD+MP"]
claim("At TINY all three methods together interact less than in the paper", all_three.high < paper, all_three.high)
adding = mine[(mine["size"] == "TINY") & (mine.methods == "QAT+MP")]
claim("Quantization and pruning add up at TINY", (adding.says == "adds up").all(), adding.high)
claim("Nothing else is decided", counts["decided"] <= len(adding), counts)
decided = by_matthews.low > -margin and by_matthews.high < margin
claim("With Matthews correlation it is open", not decided, by_matthews)
tested = set(mine["size"][mine.says != UNTESTED])
claim("Only TINY has the seeds to say", tested <= {"TINY"}, tested)

# %% tags=["hide-input"]
from compressions.book.glue import glue_numbers

glue_numbers(paper_tiny_qat_kd_mp=paper, margin=margin, official_qat_mp=by_matthews.text, **counts)
glue_numbers(**{f"tiny_{name.lower().replace('+', '_')}": each.text for name, each in tiny.items()})

# %% [markdown]
# ## What could be wrong
#
# Near the majority-class baseline little is left to lose, so losses cannot add up. And where a doubling of the size is
# worth less the larger a model is, methods that multiply exactly lose fewer points together. Both make interactions
# look more positive than they are.
#
# ## The paper's own measure
#
# The paper's claim is about ratios. *Synergy* is the log2 of a combination's [reduction](reductions.py) less the sum of
# its methods' logarithms. On our records {glue:text}`matched_open:d` of {glue:text}`matched_questions:d` are open, and
# on average {glue:text}`censored:.0f` % of the tasks are censored: the search found no model, or only a bound.

# %% tags=["hide-input"]
from compressions.analysis.synergy import OPEN, synergies

matched = synergies(ours, resampled, tolerance, interpolation)
open_here = matched.says.isin(OPEN).sum()
glue_numbers(matched_open=open_here, matched_questions=len(matched), censored=matched.censored.mean())

# %% [markdown]
# The search, as we infer it, is not neutral: it rounds down to trained models and follows noise, for a product two or
# three times. We simulated grids where methods multiply *exactly*, all tasks have one curve, and a method gains alike
# at every size. There it finds {glue:text}`search_near:+.2f` doublings of synergy for all three methods where a score's
# noise is {glue:text}`near:g` points, which is what seeds do to TINY's ({glue:text}`spread:.2f`); with
# {glue:text}`noisiest:g` points it is {glue:text}`search_noisiest:+.2f`. The paper's mean, {glue:text}`printed:+.2f`,
# is reached by {glue:text}`tail_min:.0f` to {glue:text}`tail_max:.0f` % of the grids, by their noise. The table's whole
# pattern, with quantization and pruning far below their product, came out of {glue:text}`with_both:d` of
# {glue:text}`simulated:,`. In such grids the search alone does not make it.

# %%
from compressions.analysis.reductions import COMBINED
from compressions.analysis.simulation import BOTH, as_extreme, simulated_synergies

theirs = published_synergies(table)
seen = simulated_synergies(points, noises, draws)

# %% tags=["hide-input"]
from compressions.analysis.simulation import simulated_intervals
from compressions.book.interaction_figures import simulated_synergy

intervals = simulated_intervals(seen)
glue_figure("null", simulated_synergy(intervals, theirs.mean()), intervals)
simulated = {noise: values.mean(axis=0)[COMBINED.index("QAT+KD+MP")] for noise, values in seen.items()}
tails = as_extreme(seen, theirs.mean().to_numpy())
with_both = round(tails[BOTH].sum() * draws / 100)
claim("The search alone hardly ever makes the table's pattern", with_both < 0.01 * draws, with_both)
glue_numbers(simulated=draws * len(seen), with_both=with_both)
glue_numbers(printed=theirs["QAT+KD+MP"].mean(), tail_min=tails["QAT+KD+MP"].min(), tail_max=tails["QAT+KD+MP"].max())

# %% tags=["hide-input"]
from compressions.experiments.records import read_all
from compressions.experiments.table import table as table_of

scores = table_of(read_all(root() / results))
spread = scores[scores["size"] == "tiny"].groupby(["task", "configuration"]).score.std().mean()
near, noisiest = min(noises, key=lambda noise: abs(noise - spread)), max(noises)
claim("The search finds synergy where methods multiply exactly", simulated[near] > 0.3, simulated)
glue_numbers(spread=spread, near=near, search_near=simulated[near])
glue_numbers(noisiest=noisiest, search_noisiest=simulated[noisiest])

# %% [markdown]
# ```{glue:figure} null
# :name: fig-null
# :alt: Bars of the synergy that the search finds where methods multiply, by noise, with published means as diamonds
#
# Synergy that the search finds in 95 % of simulated grids without any; numbers at the bars are a score's noise in
# points, diamonds the published means.
# ```
#
# ## Details
#
# Each interaction, what it says in the three settings, and how many seeds would bring its interval clear of 0 if it
# stayed; then the synergies.

# %% tags=["hide-cell"]
from compressions.book.tables import interactions_table

interactions_table(found, published)

# %% tags=["hide-cell"]
from compressions.book.tables import synergies_table

synergies_table(matched, theirs)
