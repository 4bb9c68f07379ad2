"""Run general distillation shard by shard, with checkpoints to resume from, and write the encoder's folder."""

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np
import torch
from filelock import FileLock, Timeout
from safetensors.torch import load_file, save
from torch import Tensor

from compressions.errors import BadInput
from compressions.experiments.provenance import environment, peak_memory_bytes
from compressions.files import cache, fingerprint, whole_folder, write_whole
from compressions.models import checkpoints
from compressions.pretraining.corpus import START
from compressions.pretraining.miniature import PROVENANCE, Miniature, read_state
from compressions.pretraining.objective import StudentWithProjections, mapped_layers
from compressions.pretraining.shards import Batch, Shard, make_shard
from compressions.pretraining.student import new_student
from compressions.training.callbacks import REDRAW_SECONDS, Progress, bar

SENTENCES = 2048  # of a shard
COUNTED = 8 * SENTENCES  # whose word pieces are counted
WARMUP = 0.02
WEIGHT_DECAY = 0.01
LARGEST_GRADIENT = 1.0
CHECKPOINT_SECONDS = 180

Watch = Callable[["Position", float], None]


def make(miniature: Miniature, watch: Watch | None = None) -> dict:
    """Make the encoder in the miniature's folder, unless it is there, and return its provenance.

    `watch` is called after every step with the run's position and the fraction of the budget that is used. Raises
    `BadInput` when another process is making the same folder.
    """
    lock = cache() / "making" / f"{fingerprint(str(miniature.folder.resolve()))[:16]}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            return miniature.finished() or _train(Run(miniature), watch)
    except Timeout as error:
        raise BadInput(f"out {miniature.out!r} is being made by another process; wait, or take another") from error


def show() -> Watch:
    """What shows a run in a notebook: one line, redrawn once a second and at the end."""
    progress = Progress()("general distillation")

    def draw(position: "Position", done: float) -> None:
        begun, waited = progress.drawn > progress.started, time.perf_counter() - progress.drawn
        if begun and done < 1 and waited < REDRAW_SECONDS:
            return
        losses = "  ".join(f"{name} {total / count:.3f}" for name, (total, count) in sorted(position.sums.items()))
        read = f"{position.tokens / 1e6:.2f} M tokens  {position.seconds / 60:.1f} min"
        progress.draw(f"{bar(min(done, 1))} {read}  {losses}")

    return draw


def _train(run: "Run", watch: Watch | None) -> dict:
    saved = time.monotonic()
    for _ in run.steps():
        if watch:
            watch(run.position, run.done)
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            run.save()
            saved = time.monotonic()
    return run.finish()


@dataclass
class Position:
    """Position of a run: completed shards, steps in the current shard, and where in the text that shard begins.

    `tokens` and `pairs` count what the student read, `seconds` the time of teacher and student. `sums` has the sum and
    the count of each loss in this shard; `losses` has a row of means for each completed shard, with the tokens read by
    its end. `resumed_at` lists the shards in which the run was resumed.
    """

    shards: int = 0
    steps: int = 0
    text: tuple[int, int, int] = START
    tokens: int = 0
    pairs: int = 0
    seconds: float = 0.0
    sums: dict[str, list[float]] = field(default_factory=dict)
    losses: list[dict[str, float]] = field(default_factory=list)
    resumed_at: list[int] = field(default_factory=list)


class Run:
    """One run of general distillation, new or from its last checkpoint."""

    def __init__(self, miniature: Miniature) -> None:
        self.miniature = miniature
        self.environment = environment()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer = checkpoints.load_tokenizer(miniature.teacher_encoder)
        self.teacher = checkpoints.load_encoder(miniature.teacher_encoder).eval()
        self.position = Position()
        student = new_student(miniature.shape, self.teacher, self._counts(), miniature.seed, miniature.similarity_head)
        self.mapped = StudentWithProjections(student, self.teacher.config.hidden_size).to(self.device)
        self.teacher.to(self.device)
        self.optimizer = torch.optim.AdamW(self.mapped.parameters(), weight_decay=WEIGHT_DECAY, fused=True)
        if miniature.state_file.exists():
            self._restore()

    @cached_property
    def layers(self) -> list[int]:
        """The teacher's layers that are targets of the student's."""
        return mapped_layers(self.miniature.shape.layers, self.teacher.config.num_hidden_layers)

    @property
    def done(self) -> float:
        """Fraction of the budget that is used; the run ends at 1."""
        of_tokens = self.position.tokens / (self.miniature.tokens or math.inf)
        of_minutes = self.position.seconds / 60 / (self.miniature.minutes or math.inf)
        return max(of_tokens, of_minutes)

    def _counts(self) -> Tensor:
        self.miniature.source.position = START
        sentences = self.miniature.source.take(COUNTED)
        texts = self.tokenizer(sentences, add_special_tokens=False)["input_ids"]
        return torch.bincount(torch.tensor([token for text in texts for token in text]), minlength=len(self.tokenizer))

    def steps(self) -> Iterator[None]:
        """Train to the end of the budget; yields after each step, for progress and checkpoints."""
        self.miniature.source.position = self.position.text
        while self.done < 1:
            yield from self._shard_steps()

    def _shard_steps(self) -> Iterator[None]:
        # A method of its own, so that a shard is freed before the next one is made.
        mark = time.perf_counter()
        rng = np.random.default_rng([self.miniature.seed, self.position.shards])
        size = self.miniature.batch_size
        sentences = self.miniature.source.take(max(SENTENCES, size))
        with self._autocast():
            shard = make_shard(sentences, self.tokenizer, self.teacher, self.layers, rng)
        batches = (batch for _ in range(self.miniature.passes) for batch in shard.batches(self.tokenizer, size, rng))
        for batch in islice(batches, self.position.steps, None):
            self._step(batch, shard)
            self.position.seconds += time.perf_counter() - mark
            yield
            mark = time.perf_counter()
            if self.done >= 1:
                return
        self._end_shard()

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.miniature.bfloat16)

    def _step(self, batch: Batch, shard: Shard) -> None:
        # Linear warm-up, then linear decay to zero at the end of the budget.
        part = min(self.done / WARMUP, (1 - self.done) / (1 - WARMUP))
        for group in self.optimizer.param_groups:
            group["lr"] = part * self.miniature.specification["learning_rate"]
        batch = batch.to(self.device)
        with self._autocast():
            losses = self.mapped.losses(batch, shard)
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(self.mapped.parameters(), LARGEST_GRADIENT)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._count(batch, losses)

    def _count(self, batch: Batch, losses: dict[str, Tensor]) -> None:
        self.position.steps += 1
        self.position.tokens += int(batch.inputs["attention_mask"].sum())
        self.position.pairs += len(batch.first)
        for name, loss in losses.items():
            total, count = self.position.sums.get(name, (0.0, 0))
            self.position.sums[name] = [total + loss.item(), count + 1]

    def _end_shard(self) -> None:
        means = {name: total / count for name, (total, count) in self.position.sums.items()}
        self.position.losses.append({"tokens": self.position.tokens, **means})
        self.position.text = self.miniature.source.position
        self.position.shards, self.position.steps, self.position.sums = self.position.shards + 1, 0, {}

    def save(self) -> None:
        """Write the checkpoint: one file, whole or not at all."""
        state = {"specification": self.miniature.specification, "position": asdict(self.position)}
        tensors = {f"mapped.{name}": value.contiguous() for name, value in self.mapped.state_dict().items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
        write_whole(self.miniature.state_file, save(tensors, metadata={"state": json.dumps(state)}))

    def _restore(self) -> None:
        self.position = Position(**read_state(self.miniature.state_file)["position"])
        self.position.resumed_at.append(self.position.shards)
        weights, moments = {}, defaultdict(dict)
        for name, value in load_file(self.miniature.state_file).items():
            kind, rest = name.split(".", 1)
            if kind == "mapped":
                weights[rest] = value
            else:
                index, moment = rest.split(".")
                moments[int(index)][moment] = value
        self.mapped.load_state_dict(weights)
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": dict(moments), "param_groups": groups})

    def finish(self) -> dict:
        """Write the folder with the student in fp16, its tokenizer and their provenance, which is returned."""
        halves = {name: value.half().contiguous().cpu() for name, value in self.mapped.student.state_dict().items()}
        provenance = self.provenance()
        with whole_folder(self.miniature.folder) as folder:
            (folder / "model.safetensors").write_bytes(save(halves, metadata={"format": "pt"}))
            self.mapped.student.config.save_pretrained(folder)
            # A tokenizer that has cut texts saves their greatest length with it; a fresh one does not.
            checkpoints.load_tokenizer(self.miniature.teacher_encoder).save_pretrained(folder)
            (folder / PROVENANCE).write_text(json.dumps(provenance, indent=1) + "\n")
        self.miniature.state_file.unlink(missing_ok=True)
        return provenance

    def provenance(self) -> dict:
        """What the encoder was made from and how, as its JSON file says."""
        kept = ("shards", "tokens", "pairs", "seconds", "losses", "resumed_at")
        return {
            "specification": self.miniature.specification,
            "text": self.miniature.source.name,
            **{name: getattr(self.position, name) for name in kept},
            "peak_memory_bytes": peak_memory_bytes(),
            **self.environment,
        }
