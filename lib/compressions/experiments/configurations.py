"""Subsets of the methods, and configurations: a subset with its sparsity."""

from dataclasses import dataclass
from itertools import combinations

from compressions.errors import number, one_of, require

OF_THE_PAPER = ("qat", "kd", "mp")
METHODS = OF_THE_PAPER  # what an experiment can be asked for; a new method's name comes after them
CONTROL = "aug"
SPARSITIES = (0.4, 0.6)  # of the paper's Figure 1
SUBSETS = tuple(subset for count in range(4) for subset in combinations(OF_THE_PAPER, count))


@dataclass(frozen=True)
class Configuration:
    """Which methods are on, and the sparsity where pruning is. `aug` alone is the control: augmentation, no teacher."""

    subset: tuple[str, ...] = ()
    sparsity: float = 0.0

    def __post_init__(self) -> None:
        for method in self.subset:
            one_of("method", method, (*METHODS, CONTROL))
        alone = CONTROL not in self.subset or self.subset == (CONTROL,)
        require(alone, f"the control {CONTROL!r} stands alone; got {list(self.subset)}")
        check_sparsity(self.sparsity)
        require(
            "mp" in self.subset or not self.sparsity,
            f"sparsity {self.sparsity!r} is one of mp; got {list(self.subset)}",
        )
        object.__setattr__(self, "subset", tuple(m for m in (*METHODS, CONTROL) if m in self.subset))

    def uses(self, method: str) -> bool:
        """Whether a method is on."""
        return method in self.subset

    @property
    def augments(self) -> bool:
        """Whether training sees synonym-replaced rows: with a teacher, or as the control."""
        return self.uses("kd") or self.uses(CONTROL)

    @property
    def name(self) -> str:
        """`base`, `qat`, `kd`, `mp40`, …, `qat+kd+mp60`, `aug`."""
        return "+".join(f"mp{100 * self.sparsity:g}" if m == "mp" else m for m in self.subset) or "base"


def method_of(configuration: str) -> str:
    """A configuration's methods as the paper and figures name them: `qat+mp40` is `QAT+MP`, `base` is `none`."""
    special = {"base": "none", "aug": "augmentation"}
    parts = [part.rstrip("0123456789.").upper() for part in configuration.split("+")]
    return special.get(configuration, "+".join(parts))


def check_sparsity(sparsity: float) -> None:
    """Raise `BadInput` unless the sparsity is a number in [0, 1)."""
    require(
        number(sparsity) and 0 <= sparsity < 1, f"sparsity {sparsity!r} is not allowed; take a number from 0 to below 1"
    )


def configurations(subsets: list[list[str]], sparsities: list[float]) -> list[Configuration]:
    """Every subset, those that prune once per sparsity, in the order given and without repetition.

    Raises `BadInput` for an unknown method, a sparsity outside [0, 1), or a subset that prunes to no sparsity.
    """
    check_list("subsets", subsets, "[[], [qat], [qat, kd]]")
    check_list("sparsities", sparsities, "[0.4, 0.6]")
    for sparsity in sparsities:
        check_sparsity(sparsity)
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
