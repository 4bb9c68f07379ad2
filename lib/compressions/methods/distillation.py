"""Knowledge distillation (KD): the loss."""

from torch import Tensor
from torch.nn import functional


def soft_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """What the student misses of the teacher, from logits `(rows, labels)` each; a scalar.

    T² KL(teacher ‖ student) of the distributions softened by T, mean over rows, where T² keeps the gradient's size
    (Hinton et al. 2015, section 2); for a graded task, `labels` = 1, the mean squared error.
    """
    if student.shape[1] == 1:
        return functional.mse_loss(student, teacher)
    wanted = functional.log_softmax(teacher / temperature, dim=1)
    given = functional.log_softmax(student / temperature, dim=1)
    return temperature**2 * functional.kl_div(given, wanted, reduction="batchmean", log_target=True)


def distillation_loss(hard: Tensor, student: Tensor, teacher: Tensor, temperature: float, alpha: float) -> Tensor:
    """`(1 - alpha) * hard + alpha * soft_loss`; `hard` is the student's loss on the labels."""
    return (1 - alpha) * hard + alpha * soft_loss(student, teacher, temperature)
