"""Knowledge distillation (KD): the loss."""

from torch import Tensor
from torch.nn import functional


def soft_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Distance of the student's logits from the teacher's, `(rows, labels)` each; a scalar.

    T² KL(teacher ‖ student) of the distributions at temperature T, mean over rows; T² keeps the gradient's magnitude
    (Hinton et al. 2015, section 2). For a regression task (`labels` = 1), the mean squared error.
    """
    if student.shape[1] == 1:
        return functional.mse_loss(student, teacher)
    target = functional.log_softmax(teacher / temperature, dim=1)
    predicted = functional.log_softmax(student / temperature, dim=1)
    return temperature**2 * functional.kl_div(predicted, target, reduction="batchmean", log_target=True)


def distillation_loss(hard: Tensor, student: Tensor, teacher: Tensor, temperature: float, alpha: float) -> Tensor:
    """`(1 - alpha) * hard + alpha * soft_loss`; `hard` is the student's loss on the labels."""
    return (1 - alpha) * hard + alpha * soft_loss(student, teacher, temperature)
