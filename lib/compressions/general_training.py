"""General distillation as a run: shard after shard, with checkpoints to go on from, to a folder with an encoder."""

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from compressions import checkpoints
from compressions.files import whole_folder, write_whole
from compressions.general import Pupil, mapped_layers
from compressions.miniature import PROVENANCE, Miniature, read_state
from compressions.pupil import new_student
from compressions.records import surroundings
from compressions.shards import Batch, Shard, make_shard
from compressions.text import Text

SENTENCES = 2048
COUNTED = 8 * SENTENCES
WARMUP = 0.02
WEIGHT_DECAY = 0.01
LARGEST_GRADIENT = 1.0
CHECKPOINT_SECONDS = 180


def make(miniature: Miniature, watch: Callable[["Progress", float], None] | None = None) -> dict:
    """The provenance of the encoder in the miniature's folder, which is made if it is not there.

    `watch` is told after every shard how far the run is, and the part of the budget that is used.
    """
    there = miniature.finished()
    if there:
        return there
    run, saved = Run(miniature), time.monotonic()
    while run.done < 1:
        run.learn_shard()
        if watch:
            watch(run.progress, run.done)
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            run.save()
            saved = time.monotonic()
    return run.finish()


@dataclass
class Progress:
    """How far a run is: `position` is the text's, `tokens` and `pairs` are the student's, `resumed_at` are shards.

    `losses` has a row for each shard: the tokens seen by its end, and the mean of each loss over its steps.
    """

    shards: int = 0
    position: tuple[int, int] = (0, 0)
    tokens: int = 0
    pairs: int = 0
    seconds: float = 0.0
    resumed_at: list[int] = field(default_factory=list)
    losses: list[dict[str, float]] = field(default_factory=list)


class Run:
    """One run of general distillation, new or from its last checkpoint."""

    def __init__(self, miniature: Miniature) -> None:
        self.miniature = miniature
        self.surroundings = surroundings()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer = checkpoints.load_tokenizer(miniature.teacher_encoder)
        self.text = Text(miniature.text)
        self.progress = Progress()
        self.teacher = checkpoints.load_encoder(miniature.teacher_encoder).eval()
        student = new_student(miniature.shape, self.teacher, self._counts(), miniature.seed, miniature.likeness)
        self.pupil = Pupil(student, self.teacher.config.hidden_size).to(self.device)
        self.teacher.to(self.device)
        self.optimizer = torch.optim.AdamW(self.pupil.parameters(), weight_decay=WEIGHT_DECAY, fused=True)
        if miniature.state_file.exists():
            self._restore()

    @cached_property
    def layers(self) -> list[int]:
        """The teacher's layers that the student's are compared with."""
        return mapped_layers(self.miniature.shape.layers, self.teacher.config.num_hidden_layers)

    @property
    def done(self) -> float:
        """The part of the budget that is used; the run ends at 1."""
        of_tokens = self.progress.tokens / (self.miniature.tokens or math.inf)
        of_minutes = self.progress.seconds / 60 / (self.miniature.minutes or math.inf)
        return max(of_tokens, of_minutes)

    def _counts(self) -> Tensor:
        texts = self.tokenizer(Text(self.miniature.text).take(COUNTED), add_special_tokens=False)["input_ids"]
        return torch.bincount(torch.tensor([token for text in texts for token in text]), minlength=len(self.tokenizer))

    def learn_shard(self) -> None:
        """Ask the teacher about the next sentences and learn from its answers, to the end of the budget at most."""
        before, started = self.progress.seconds, time.perf_counter()
        rng = np.random.default_rng([self.miniature.seed, self.progress.shards])
        sentences = self.text.take(SENTENCES)
        with self._arithmetic():
            shard = make_shard(sentences, self.tokenizer, self.teacher, self.layers, rng)
        found = defaultdict(list)
        for batch in self._batches(shard, rng):
            for name, loss in self._step(batch, shard).items():
                found[name].append(loss.item())
            self.progress.seconds = before + time.perf_counter() - started
            if self.done >= 1:
                break
        self.progress.shards += 1
        self.progress.position = self.text.position
        means = {name: sum(losses) / len(losses) for name, losses in found.items()}
        self.progress.losses.append({"tokens": self.progress.tokens, **means})

    def _arithmetic(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.miniature.bfloat16)

    def _batches(self, shard: Shard, rng: np.random.Generator):
        for _ in range(self.miniature.passes):
            yield from shard.batches(self.tokenizer, self.miniature.batch_size, rng)

    def _step(self, batch: Batch, shard: Shard) -> dict[str, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        batch = batch.to(self.device)
        with self._arithmetic():
            losses = self.pupil.losses(batch, shard)
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(self.pupil.parameters(), LARGEST_GRADIENT)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.progress.tokens += int(batch.inputs["attention_mask"].sum())
        self.progress.pairs += len(batch.first)
        return losses

    def _rate(self) -> float:
        """Rises over the first steps and falls to nothing at the end of the budget."""
        shape = min(self.done / WARMUP, 1, (1 - self.done) / (1 - WARMUP))
        return self.miniature.specification["learning_rate"] * max(shape, WARMUP * WARMUP)

    def save(self) -> None:
        """Write the checkpoint: one file, whole or not at all."""
        state = {"specification": self.miniature.specification, "progress": asdict(self.progress)}
        tensors = {f"pupil.{name}": value.contiguous() for name, value in self.pupil.state_dict().items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
        write_whole(self.miniature.state_file, save(tensors, metadata={"state": json.dumps(state)}))

    def _restore(self) -> None:
        self.progress = Progress(**read_state(self.miniature.state_file)["progress"])
        self.progress.resumed_at.append(self.progress.shards)
        self.text.position = self.progress.position
        weights, moments = {}, defaultdict(dict)
        for name, value in load_file(self.miniature.state_file).items():
            kind, rest = name.split(".", 1)
            if kind == "pupil":
                weights[rest] = value
            else:
                index, moment = rest.split(".")
                moments[int(index)][moment] = value
        self.pupil.load_state_dict(weights)
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": dict(moments), "param_groups": groups})

    def finish(self) -> dict:
        """Write the folder: the student in fp16, its tokenizer, and where both come from, which is returned."""
        progress = asdict(self.progress)
        progress.pop("position")
        provenance = {"specification": self.miniature.specification, **progress, **self.surroundings}
        with whole_folder(self.miniature.folder) as folder:
            halves = {name: value.half().contiguous().cpu() for name, value in self.pupil.student.state_dict().items()}
            (folder / "model.safetensors").write_bytes(save(halves, metadata={"format": "pt"}))
            self.pupil.student.config.save_pretrained(folder)
            checkpoints.load_tokenizer(self.miniature.teacher_encoder).save_pretrained(folder)
            (folder / PROVENANCE).write_text(json.dumps(provenance, indent=1) + "\n")
        self.miniature.state_file.unlink(missing_ok=True)
        return provenance
