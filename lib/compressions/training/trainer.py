"""One trainer for any subset: what differs between configurations are the model's parametrizations, loss and rows."""

import tempfile
import time
from dataclasses import dataclass

import datasets
import torch
from torch import Tensor, nn
from transformers import (
    DataCollatorWithPadding,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from compressions.methods.distillation import distillation_loss
from compressions.training.choices import Choices
from compressions.training.mixed_rows import MixedRows
from compressions.training.precision import autocast

EVALUATION_BATCH = 64


@dataclass(frozen=True)
class Distillation:
    """The two numbers of the distillation loss."""

    temperature: float
    alpha: float


class StudentTrainer(Trainer):
    """Transformers' trainer; rows that carry `teacher_logits` are learned with the distillation loss."""

    def __init__(self, *args, distillation: Distillation | None = None, precision: str = "float32", **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.distillation, self.precision = distillation, precision

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """The labels' loss, or with a teacher the distillation loss."""
        teacher, labeled = inputs.pop("teacher_logits", None), inputs.pop("labeled", 1.0)
        with autocast(self.args.device, self.precision):
            outputs = model(**inputs)
        loss = outputs.loss
        if teacher is not None:
            parts = (outputs.logits, teacher, inputs["labels"], labeled)
            loss = distillation_loss(*parts, self.distillation.temperature, self.distillation.alpha)
        return (loss, outputs) if return_outputs else loss

    def floating_point_ops(self, inputs) -> int:
        """Not counted: nobody reads the count, and taking it costs a miniature 5 % of its step."""
        return 0


@dataclass(frozen=True)
class Trained:
    """What a training took: `seconds` with all epochs, examples per second over them, the mean of the steps' losses."""

    steps: int
    epochs: float
    seconds: float
    examples_per_second: float
    loss: float


def arguments(choices: Choices, rows: int, folder: str, strategy: str) -> TrainingArguments:
    """Transformers' arguments: linear decay after warm-up, nothing written."""
    steps = max(1, int(choices.epochs * -(-rows // choices.batch_size)))
    chosen = TrainingArguments(
        output_dir=folder,
        num_train_epochs=choices.epochs,
        learning_rate=choices.learning_rate,
        per_device_train_batch_size=choices.batch_size,
        weight_decay=choices.weight_decay,
        warmup_steps=round(choices.warmup * steps),
        train_sampling_strategy=strategy,
        seed=choices.seed,
        save_strategy="no",
        logging_steps=max(1, steps // 20),
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        full_determinism=torch.cuda.is_available(),  # on a CPU a seed is enough
    )
    chosen._n_gpu = min(1, chosen.n_gpu)  # of several GPUs Transformers would give each a batch, and train on them all
    return chosen


def train(
    model: nn.Module,
    rows: datasets.Dataset,
    tokenizer: PreTrainedTokenizerBase,
    choices: Choices,
    distillation: Distillation | None = None,
    callbacks: list[TrainerCallback] | None = None,
    strategy: str = "group_by_length",
    precision: str = "float32",
    copies: dict[int, list[dict]] | None = None,
) -> Trained:
    """Train `model` in place on tokenized rows with `labels`.

    Where there is a teacher, rows also have `teacher_logits`, and `labeled` as in `distillation_loss`. With `copies`,
    by the place of a row, every epoch shows the row or one of them. `strategy` is how Transformers' trainer draws
    batches: by similar length, or `random`. With the `precision` `bfloat16` the model's products are taken in it, the
    weights stay in fp32.
    """
    shown = rows.to_list()  # a list is read faster than Arrow, which a miniature's step feels
    if copies is not None:
        shown = MixedRows(shown, copies, choices.seed)
    with tempfile.TemporaryDirectory() as folder:
        trainer = StudentTrainer(
            model,
            arguments(choices, len(rows), folder, strategy),
            train_dataset=shown,
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=callbacks,
            distillation=distillation,
            precision=precision,
        )
        trainer.pop_callback(PrinterCallback)
        start = time.perf_counter()
        result = trainer.train()
        seconds = time.perf_counter() - start
    rate = len(rows) * choices.epochs / seconds
    return Trained(result.global_step, choices.epochs, seconds, rate, result.training_loss)


@torch.inference_mode()
def predict(
    model: nn.Module, rows: datasets.Dataset, tokenizer: PreTrainedTokenizerBase, precision: str = "float32"
) -> Tensor:
    """Logits `(rows, labels)` of tokenized rows, in their order; batches hold rows of similar length."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = model.to(device).eval()
    collate = DataCollatorWithPadding(tokenizer)
    features = [name for name in rows.column_names if name not in ("labels", "labeled", "teacher_logits")]
    inputs = rows.select_columns(features).to_list()
    order = sorted(range(len(inputs)), key=lambda row: len(inputs[row]["input_ids"]))
    logits = []
    for start in range(0, len(order), EVALUATION_BATCH):
        batch = collate([inputs[row] for row in order[start : start + EVALUATION_BATCH]]).to(device)
        with autocast(device, precision):
            logits.append(model(**batch).logits.float().cpu())
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(logits)[back]
