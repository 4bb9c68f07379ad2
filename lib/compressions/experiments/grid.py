"""A grid: the experiments that a file in `grids/` asks for, in their order, and what is there of them already."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import yaml

from compressions.errors import BadInput, check, one_of, require
from compressions.experiments.configurations import Configuration, check_list, configurations
from compressions.experiments.experiment import Experiment, from_parameters
from compressions.experiments.records import finished
from compressions.experiments.specification import specifications
from compressions.files import read_text, root
from compressions.parameters import kinds, read_yaml

AXES = ("tasks", "sizes", "seeds")
KEY = ("task", "size", "seed")
PLAN = ("subsets", "sparsities", "bits")
DEFAULTS = {"bits": [8], "first": [], "overrides": []}
NEEDED = (*AXES, "subsets", "sparsities")
KINDS = kinds(Experiment)
OWN = ("task", "size", "seed", "results", "force")  # of one experiment, or not for a grid to choose
CHOICES = tuple(field.name for field in fields(Experiment) if field.name not in OWN)
KEYS = (*AXES, *PLAN, "first", "overrides", "results", *CHOICES)
VARIANT = re.compile(r"[\w-]+")  # names a folder of records


@dataclass(frozen=True)
class Grid:
    """A grid by its name, `<file>` or `<file>/<variant>`; `content` is what its file holds for it.

    Raises `BadInput` for a key or a part that is not allowed when it is made; for a choice that no experiment allows
    when its experiments are first asked for, which is before anything runs.
    """

    name: str
    content: dict

    def __post_init__(self) -> None:
        for key in self.content:
            one_of(f"key in {self.file}", key, KEYS)
        for key in NEEDED:
            require(key in self.content, f"{self.file} has no {key}; needed: {', '.join(NEEDED)}")
        object.__setattr__(self, "content", DEFAULTS | self.content | self._axes(self.content, ""))
        self._read_choices(self.content)
        self._check_parts("first", AXES, "{sizes: [tiny], seeds: [0]}")
        self._check_parts("overrides", (*AXES, *CHOICES), "{sizes: [minilm], precision: bfloat16}")
        require(bool(self.keys), f"{self.file} asks for no experiment; give tasks, sizes and seeds")
        _ = self.configurations

    def _axes(self, part: dict, where: str) -> dict[str, list]:
        """The axes that a part of the file has, their values read as what they are in an experiment."""
        for key in AXES:
            if key in part:
                check_list(f"{key}{where}", part[key], "[a, b]")
        named = {axis: axis.removesuffix("s") for axis in AXES if axis in part}
        return {axis: [KINDS[name].value(name, each) for each in part[axis]] for axis, name in named.items()}

    def _read_choices(self, part: dict) -> None:
        """Give each choice in a part of the file the value that is meant."""
        for key in (key for key in part if key in KINDS):
            part[key] = KINDS[key].value(key, part[key])

    def _check_parts(self, name: str, allowed: tuple[str, ...], example: str) -> None:
        """Read the list `name` of parts of the grid, in each of which axes may be narrowed."""
        check_list(name, self.content[name], f"[{example}]")
        for part in self.content[name]:
            require(isinstance(part, dict), f"a part of {name} must be such as {example}; got {part!r}")
            for key in part:
                one_of(f"key in {name}", key, allowed)
            part.update(self._axes(part, f" in {name}"))
            self._read_choices(part)
            for key in (key for key in AXES if key in part):
                for value in part[key]:
                    one_of(f"value of {key} in {name}", value, self.content[key])

    @cached_property
    def configurations(self) -> list[Configuration]:
        """What every experiment is run for."""
        return configurations(*(self.content[key] for key in PLAN))

    @cached_property
    def keys(self) -> list[tuple[str, str, int]]:
        """Task, size and seed of all experiments, the `first` before the others; tasks vary fastest, seeds slowest."""
        keys = []
        for part in (*self.content["first"], {}):
            tasks, sizes, seeds = (part.get(axis, self.content[axis]) for axis in AXES)
            keys += [(task, size, seed) for seed in seeds for size in sizes for task in tasks]
        return list(dict.fromkeys(keys))

    @cached_property
    def experiments(self) -> list[Experiment]:
        """All experiments, in order; where anything is distilled, with teachers that have been found."""
        found = [from_parameters(self.choices(key) | dict(zip(KEY, key, strict=True))) for key in self.keys]
        for experiment in found if any(each.uses("kd") for each in self.configurations) else ():
            experiment.check_teacher()
        return found

    def choices(self, key: tuple[str, str, int]) -> dict:
        """An experiment's choices: the grid's, then those of each of the `overrides` that its `key` is part of.

        `key` is its task, size and seed. What neither names has its default.
        """
        found = {name: self.content[name] for name in CHOICES if name in self.content} | {"results": self.own_results}
        for part in self.content["overrides"]:
            if all(value in part.get(axis, (value,)) for axis, value in zip(AXES, key, strict=True)):
                found |= {name: part[name] for name in CHOICES if name in part}
        return found

    @property
    def file(self) -> str:
        """Where the grid is written down."""
        return f"grids/{self.name.partition('/')[0]}.yml"

    @property
    def own_results(self) -> str:
        """The folder that the grid's file means for its records."""
        return self.content.get("results", f"results/{self.name}")

    @property
    def results(self) -> Path:
        """Where the grid's records go: that folder, or the one of the variable RESULTS."""
        return root() / self.experiments[0].results

    def experiment(self, task: str, size: str, seed: int) -> Experiment:
        """One of the grid's experiments."""
        return next(each for each in self.experiments if (each.task, each.size, each.seed) == (task, size, seed))

    def missing(self, experiment: Experiment) -> list[Configuration]:
        """The configurations of an experiment that have no record."""
        return [each for each in self.configurations if not experiment.record_path(each).is_file()]

    @property
    def unfinished(self) -> list[Experiment]:
        """The experiments that have not all of their records, in order."""
        return [experiment for experiment in self.experiments if self.missing(experiment)]

    def notebook(self, experiment: Experiment) -> Path:
        """Where the executed notebook of an experiment is kept; its log lies beside it."""
        return Path("logs", self.name, experiment.task, experiment.size, f"seed{experiment.seed}.ipynb")

    def parameters(self, experiment: Experiment) -> str:
        """What papermill is given for an experiment besides its name, as YAML on one line."""
        given = {key: self.content[key] for key in PLAN}
        given |= {name: getattr(experiment, name) for name in (*CHOICES, "results")}
        return yaml.safe_dump(given, default_flow_style=True, width=10**6).strip()

    def check_records(self) -> None:
        """Raise `BadInput` naming the first record that is not of this grid: edited, broken, or made otherwise."""
        for experiment in self.experiments:
            there = [each for each in self.configurations if experiment.record_path(each).is_file()]
            for configuration, specification in (specifications(experiment, there) if there else {}).items():
                finished(experiment.record_path(configuration), specification)


def names() -> list[str]:
    """The grids there are; of a file that has `variants`, each of these: `distillation/alpha05`."""
    stems = sorted(path.stem for path in (root() / "grids").glob("*.yml"))
    return [name for stem in stems for name in _names_in(stem)]


def names_of(name: str) -> list[str]:
    """The grids that a name stands for: itself, or all variants of the file so called; none for an unknown name."""
    return [each for each in names() if name in (each, each.partition("/")[0])]


def read_grid(name: str) -> Grid:
    """The grid `grids/<name>.yml`, or that of one of its variants, `<name>/<variant>`, whose keys replace the file's.

    Raises `BadInput` with the names there are, or for what is wrong with the file.
    """
    one_of("grid", name, names())
    stem, _, variant = name.partition("/")
    content = _content(stem)
    variants = content.pop("variants", {})
    return Grid(name, content | variants.get(variant, {}))


def _names_in(stem: str) -> list[str]:
    try:
        return [f"{stem}/{variant}" for variant in _content(stem).get("variants", {})] or [stem]
    except BadInput:
        return [stem]  # whoever asks for this one is told what is wrong with it


def _content(stem: str) -> dict:
    """What a grid's file holds; its `variants`, if it has any, are a mapping of names to keys."""
    file = f"grids/{stem}.yml"
    try:
        content = read_yaml(read_text(root() / file))
    except yaml.YAMLError as error:
        raise BadInput(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    require(isinstance(content, dict), f"{file} must hold keys and values; allowed: {', '.join(KEYS)}, variants")
    variants = content.get("variants", {})
    sound = isinstance(variants, dict) and all(isinstance(each, dict) for each in variants.values())
    require(sound, f"variants in {file} must be such as {{alpha05: {{alpha: 0.5}}}}; got {variants!r}")
    for variant in variants:
        check(bool(VARIANT.fullmatch(str(variant))), f"variant in {file}", variant, "letters, digits, - and _")
    return content


def failures(grid: Grid) -> Iterable[tuple[str, str]]:
    """What failed and is not repaired since: its place in `logs/`, and the last line of its error."""
    folder = root() / "logs" / grid.name
    for path in sorted(folder.rglob("*.failed")):
        yield str(path.relative_to(folder).with_suffix("")), path.read_text().strip()
