"""Masks, their schedule, and what stays untouched."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig, BertForSequenceClassification, TrainerControl, TrainerState

from compressions.methods.pruning import (
    MagnitudeMask,
    count_masked,
    magnitude_mask,
    prunable_layers,
    prune,
    set_sparsity,
    sparsity_at,
)
from compressions.methods.quantization import prepare_qat
from compressions.storage import artifact
from compressions.training.callbacks import PruningSchedule

sparsities = st.floats(0, 0.99)


def model() -> BertForSequenceClassification:
    torch.manual_seed(0)
    return BertForSequenceClassification(
        BertConfig(vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    )


@given(sparsities, st.integers(1, 300), st.integers(0, 5))
def test_a_mask_hits_its_sparsity_to_one_weight_even_among_ties(sparsity, weights, seed):
    weight = torch.randint(-3, 4, (1, weights), generator=torch.Generator().manual_seed(seed)).float()
    mask = magnitude_mask(weight, sparsity)
    assert int((mask == 0).sum()) == round(sparsity * weights)


@given(sparsities)
def test_the_smallest_magnitudes_go(sparsity):
    weight = torch.randn(20, 20, generator=torch.Generator().manual_seed(0))
    mask = magnitude_mask(weight, sparsity).bool()
    gone = weight[~mask].abs()
    assert not len(gone) or gone.max() <= weight[mask].abs().min()


@given(st.lists(sparsities, min_size=2, max_size=6).map(sorted))
def test_masks_are_nested_while_weights_change(rising):
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(15, 15, generator=generator)
    mask = MagnitudeMask(weight)
    before = mask.mask.clone()
    for sparsity in rising:
        mask.update(weight, sparsity)
        assert (mask.mask <= before).all()
        before, weight = mask.mask.clone(), weight + torch.randn(15, 15, generator=generator)


@given(st.integers(1, 500), st.floats(0, 0.99))
def test_the_schedule_rises_linearly_from_zero_to_the_target(steps, target):
    values = [sparsity_at(step, steps, target, 0.1, 0.7) for step in range(steps + 1)]
    assert values[0] == 0 and values[-1] == target and values == sorted(values)


def test_the_schedule_is_half_way_half_way():
    assert sparsity_at(40, 100, 0.6, 0.1, 0.7) == pytest.approx(0.6 * 0.5)  # (0.40 - 0.10) / (0.70 - 0.10)


def test_only_encoder_and_pooler_matrices_are_pruned_and_exactly():
    pruned, whole = model(), model()
    prune(pruned)
    set_sparsity(pruned, 0.6)
    artifact.finish(pruned, None)
    expected = {
        f"bert.{name}.weight" for name, module in whole.bert.named_modules() if module in prunable_layers(whole)
    }
    before = whole.state_dict()
    assert pruned.state_dict().keys() == before.keys()
    for name, after in pruned.state_dict().items():
        zeros = int((after == 0).sum())
        if name in expected:
            assert zeros == round(0.6 * after.numel())
        else:
            assert torch.equal(after, before[name]), name


def test_zeros_stay_zero_through_quantization():
    both = model()
    prune(both)
    prepare_qat(both)
    set_sparsity(both, 0.4)
    masked = count_masked(both)
    masks = [layer.parametrizations.weight[0].mask.clone() for layer in prunable_layers(both)]
    both.train()(torch.randint(0, 60, (8, 5)))
    artifact.finish(both, "channel")
    int8 = [module for module in both.bert.modules() if type(module).__name__ == "Int8Linear"]
    assert masked == sum(round(0.4 * mask.numel()) for mask in masks)
    assert all((layer.weight[mask == 0] == 0).all() for layer, mask in zip(int8, masks, strict=True))


def run_schedule(steps: int, schedule: PruningSchedule) -> int:
    trained, state = model(), TrainerState(max_steps=steps)
    prune(trained)
    for step in range(steps):
        state.global_step = step
        schedule.on_step_begin(None, state, TrainerControl(), model=trained)
        with torch.no_grad():
            for layer in prunable_layers(trained):
                layer.parametrizations.weight.original += 0.01 * torch.randn_like(layer.weight)
    schedule.on_train_end(None, state, TrainerControl(), model=trained)
    return count_masked(trained)


def test_a_training_of_any_length_ends_at_the_target():
    weights = [layer.weight.numel() for layer in prunable_layers(model())]
    for steps in (1, 5, 50):
        assert run_schedule(steps, PruningSchedule(0.6, 0.1, 0.7, 16)) == sum(round(0.6 * n) for n in weights)


@given(st.integers(1, 500), st.floats(0, 0.95))
def test_the_cubic_schedule_is_never_below_the_linear_one_and_ends_with_it(steps, target):
    linear = [sparsity_at(step, steps, target, 0.1, 0.7) for step in range(steps + 1)]
    cubic = [sparsity_at(step, steps, target, 0.1, 0.7, "cubic") for step in range(steps + 1)]
    assert cubic == sorted(cubic) and cubic[-1] == target
    assert all(fast >= slow - 1e-12 for fast, slow in zip(cubic, linear, strict=True))


def test_the_cubic_schedule_has_seven_eighths_half_way():
    assert sparsity_at(40, 100, 0.8, 0.1, 0.7, "cubic") == pytest.approx(0.8 * 7 / 8)  # 1 - (1 - 1/2)^3


def test_global_pruning_takes_the_smallest_of_all_matrices():
    pruned = model()
    first, *others = prunable_layers(pruned)
    with torch.no_grad():
        first.weight.mul_(100)
    prune(pruned)
    set_sparsity(pruned, 0.5, "global")
    weights = [layer.weight.numel() for layer in prunable_layers(pruned)]
    assert count_masked(pruned) == round(0.5 * sum(weights))
    zeros = [int((layer.weight == 0).sum()) / layer.weight.numel() for layer in prunable_layers(pruned)]
    assert zeros[0] < 0.1 < 0.4 < min(zeros[1:]) and len(others) == len(zeros) - 1
