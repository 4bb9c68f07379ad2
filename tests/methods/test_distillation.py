"""The distillation loss and the cache of the teacher's logits."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from compressions.experiments.teacher_logits import read_logits, write_logits
from compressions.methods.distillation import distillation_loss, hard_loss, soft_loss

logits = arrays("float32", (4, 3), elements=st.floats(-20, 20, width=32)).map(torch.from_numpy)


def test_kl_against_a_hand_derived_value():
    # teacher (ln 3, 0) is (3/4, 1/4), student (0, 0) is (1/2, 1/2):
    # KL = 3/4 ln(3/2) + 1/4 ln(1/2), at temperature 1.
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    teacher, student = torch.tensor([[math.log(3), 0.0]]), torch.zeros(1, 2)
    assert soft_loss(student, teacher, 1.0).item() == pytest.approx(expected, rel=1e-6)
    # Twice the logits at twice the temperature are the same distributions, and the loss is T² = 4 times as large.
    assert soft_loss(2 * student, 2 * teacher, 2.0).item() == pytest.approx(4 * expected, rel=1e-6)


@given(logits, logits, st.floats(0.5, 10))
def test_the_loss_is_never_negative_and_zero_for_the_teacher_itself(student, teacher, temperature):
    assert (soft_loss(student, teacher, temperature) >= -1e-4).all()
    assert (soft_loss(teacher, teacher, temperature).abs() < 1e-4).all()


@given(logits, logits)
def test_a_constant_added_to_a_rows_logits_changes_nothing(student, teacher):
    torch.testing.assert_close(
        soft_loss(student + 7, teacher, 2.0), soft_loss(student, teacher, 2.0), rtol=1e-3, atol=1e-3
    )


def test_a_graded_task_has_squared_error():
    student = torch.tensor([[1.0], [3.0]])
    assert soft_loss(student, torch.tensor([[2.0], [5.0]]), 9.0).tolist() == [1, 4]
    assert hard_loss(student, torch.tensor([4.0, 1.0])).tolist() == [9, 4]


@given(logits, logits, st.floats(0, 1), st.floats(0.5, 10))
def test_alpha_weighs_teacher_against_labels_and_an_unlabeled_row_has_the_teacher_alone(student, teacher, alpha, t):
    labels = torch.tensor([0, 2, 1, 0])
    hard, soft = hard_loss(student, labels), soft_loss(student, teacher, t)
    both = distillation_loss(student, teacher, labels, torch.ones(4), t, alpha)
    torch.testing.assert_close(both, ((1 - alpha) * hard + alpha * soft).mean(), rtol=1e-4, atol=1e-5)
    mixed = distillation_loss(student, teacher, labels, torch.tensor([1, 0, 0, 0]), t, alpha)
    expected = (((1 - alpha) * hard[0] + alpha * soft[0]) + soft[1:].sum()) / 4
    torch.testing.assert_close(mixed, expected, rtol=1e-4, atol=1e-5)


def test_a_stale_foreign_or_broken_cache_is_not_used(tmp_path):
    path, answer = tmp_path / "logits.safetensors", torch.randn(6, 2)
    assert read_logits(path, "key", (6, 2)) is None
    write_logits(path, "key", answer)
    assert torch.equal(read_logits(path, "key", (6, 2)), answer)
    assert read_logits(path, "other key", (6, 2)) is None
    assert read_logits(path, "key", (7, 2)) is None
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 64]))  # one bit of the last logit
    assert read_logits(path, "key", (6, 2)) is None
    path.write_bytes(content[:-9])
    assert read_logits(path, "key", (6, 2)) is None
