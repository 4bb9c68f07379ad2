"""The figures of the chapters on methods and setup show what the library's functions give."""

import pytest
import torch

from compressions.book import method_figures
from compressions.book.glue import listing
from compressions.book.parameter_figures import draw_parameter_shares, parameter_shares
from compressions.methods import pruning
from compressions.models.architectures import SIZES


def test_a_listing_is_the_source_in_the_order_given():
    shown = listing(pruning.sparsity_at, pruning.MagnitudeMask).data
    assert shown.startswith("def sparsity_at(") and "\n\nclass MagnitudeMask(" in shown


def test_a_scale_by_row_loses_less_of_a_row_of_small_weights():
    torch.manual_seed(0)
    weight = torch.randn(8, 64) * torch.tensor([0.1, *[1.0] * 7])[:, None]
    errors = method_figures.rounding_errors(weight)
    assert errors.tensor.iloc[0] > 5 * errors.channel.iloc[0] and errors.channel.max() < 2
    assert len(method_figures.draw_rounding_errors(errors).axes[0].lines) == 2


def test_probabilities_of_a_teacher_sum_to_one_at_every_temperature():
    curves = method_figures.softened(torch.tensor([4.0, 0.0]))
    assert curves.sum(axis=1).tolist() == pytest.approx([1] * 60)
    assert len(method_figures.draw_softened(curves, chosen=2.0).axes[0].lines) == 3


def test_the_mask_of_the_last_step_has_the_sparsity_wanted():
    torch.manual_seed(0)
    weight = torch.randn(16, 16)
    sparsities, kept = method_figures.pruned_gradually(weight, 40, target=0.75, begin=0.1, end=0.7, every=16)
    assert sparsities.reached.iloc[-1] == sparsities.wanted.iloc[-1] == 75 and kept.sum() == 64
    assert (sparsities.reached <= sparsities.wanted + 0.5).all() and sparsities.reached.is_monotonic_increasing
    assert weight[kept].abs().min() > weight[~kept].abs().max()
    counts = method_figures.weight_counts(weight, kept)
    assert counts.before.sum() == 256 and counts.after.sum() == 64
    assert len(method_figures.draw_schedule(sparsities, counts).axes) == 2


def test_a_bitmask_costs_one_bit_a_weight():
    shown = method_figures.bits_per_weight()
    assert len(method_figures.draw_bits_per_weight(shown).axes[0].lines) == 4
    for bits in (8, 32):
        added = shown[f"{bits}-bit, with a bitmask"] - shown[f"{bits}-bit, the paper's size measure"]
        assert added.tolist() == pytest.approx([1] * 20)


def test_shares_of_parameters_sum_to_all_of_them():
    shares = parameter_shares(list(SIZES.values()))
    assert shares.sum(axis=1).tolist() == pytest.approx([100] * 6)
    assert shares.embeddings.is_monotonic_decreasing  # the larger an encoder, the less of it is embeddings
    assert len(draw_parameter_shares(shares).axes[0].patches) == 18
