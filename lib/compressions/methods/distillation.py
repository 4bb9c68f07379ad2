"""Knowledge distillation (KD): the loss."""

from torch import Tensor
from torch.nn import functional


def hard_loss(student: Tensor, labels: Tensor) -> Tensor:
    """What the student misses of the labels, from logits `(rows, labels)`; one number a row.

    Cross-entropy; for a graded task, whose logits are `(rows, 1)`, the squared error.
    """
    if student.shape[1] == 1:
        return (student[:, 0] - labels) ** 2
    return functional.cross_entropy(student, labels, reduction="none")


def soft_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """What the student misses of the teacher, from logits `(rows, labels)` each; one number a row.

    T² KL(teacher ‖ student) of the distributions softened by T, where T² keeps the gradient's size (Hinton et al. 2015,
    section 2); for a graded task, whose logits are `(rows, 1)`, the squared error.
    """
    if student.shape[1] == 1:
        return (student[:, 0] - teacher[:, 0]) ** 2
    wanted = functional.log_softmax(teacher / temperature, dim=1)
    given = functional.log_softmax(student / temperature, dim=1)
    return temperature**2 * functional.kl_div(given, wanted, reduction="none", log_target=True).sum(dim=1)


def distillation_loss(
    student: Tensor, teacher: Tensor, labels: Tensor, labeled: Tensor | float, temperature: float, alpha: float
) -> Tensor:
    """The mean over rows of `(1 - alpha) * hard_loss + alpha * soft_loss`, a scalar.

    `labeled`, `(rows,)` or one number, is 0 for rows whose label is not to be trusted, such as augmented copies:
    those are learned from the teacher alone.
    """
    share = (1 - alpha) * labeled
    return (share * hard_loss(student, labels) + (1 - share) * soft_loss(student, teacher, temperature)).mean()
