"""Configurations: a subset of the methods with its sparsity."""

from dataclasses import dataclass
from itertools import combinations

from compressions.errors import one_of, require
from compressions.parameters import number

PAPER_METHODS = ("qat", "kd", "mp")
METHODS = PAPER_METHODS  # all that an experiment can use; a new method is appended
CONTROL = "aug"
SPARSITIES = (0.4, 0.6)  # of the paper's Figure 1
SPARSITY = number(0, 1, below=True)
SUBSETS = tuple(subset for count in range(4) for subset in combinations(PAPER_METHODS, count))


@dataclass(frozen=True)
class Configuration:
    """A subset of the methods, and the sparsity with `mp`; `aug` alone is the control: augmentation without a teacher.

    Raises `BadInput` for an unknown method, a control beside methods, or a sparsity that is not allowed.
    """

    subset: tuple[str, ...] = ()
    sparsity: float = 0.0

    def __post_init__(self) -> None:
        for method in self.subset:
            one_of("method", method, (*METHODS, CONTROL))
        alone = CONTROL not in self.subset or self.subset == (CONTROL,)
        require(alone, f"the control {CONTROL!r} stands alone; got {list(self.subset)}")
        object.__setattr__(self, "sparsity", SPARSITY.value("sparsity", self.sparsity))
        pruned = "mp" in self.subset or not self.sparsity
        require(pruned, f"sparsity {self.sparsity!r} is one of mp; got {list(self.subset)}")
        object.__setattr__(self, "subset", tuple(m for m in (*METHODS, CONTROL) if m in self.subset))

    def uses(self, method: str) -> bool:
        """Whether a method is on."""
        return method in self.subset

    @property
    def augments(self) -> bool:
        """Whether synonym-replaced rows are added: with a teacher, or as the control."""
        return self.uses("kd") or self.uses(CONTROL)

    @property
    def name(self) -> str:
        """`base`, `qat`, `kd`, `mp40`, …, `qat+kd+mp60`, `aug`."""
        return "+".join(f"mp{100 * self.sparsity:g}" if m == "mp" else m for m in self.subset) or "base"


def method_of(configuration: str) -> str:
    """Name of a configuration's methods in the paper and in figures: `QAT+MP` for `qat+mp40`, `none` for `base`."""
    special = {"base": "none", "aug": "augmentation"}
    parts = [part.rstrip("0123456789.").upper() for part in configuration.split("+")]
    return special.get(configuration, "+".join(parts))


def configurations(subsets: list[list[str]], sparsities: list[float]) -> list[Configuration]:
    """The configurations of some subsets, in order and without repetition; a subset with `mp` has one per sparsity.

    Raises `BadInput` for an unknown method, a sparsity outside [0, 1), or a subset that prunes to no sparsity.
    """
    check_list("subsets", subsets, "[[], [qat], [qat, kd]]")
    check_list("sparsities", sparsities, "[0.4, 0.6]")
    sparsities = [SPARSITY.value("sparsity", sparsity) for sparsity in sparsities]
    found = []
    for subset in subsets:
        check_list("a subset", subset, "[qat, kd]")
        require("mp" not in subset or bool(sparsities), f"subset {subset} prunes, but sparsities is empty; give [0.4]")
        found += [Configuration(tuple(subset), s) for s in (sparsities if "mp" in subset else [0.0])]
    require(bool(found), "subsets is empty; [[]] asks for the uncompressed baseline")
    found = list(dict.fromkeys(found))
    names = [configuration.name for configuration in found]
    require(len(set(names)) == len(names), f"two of the sparsities {sparsities} have the same name; take others")
    return found


def check_list(what: str, value: object, example: str) -> None:
    """Raise `BadInput` unless the value is a list (a string is none)."""
    require(isinstance(value, list | tuple), f"{what} must be a list such as {example}; got {value!r}")
