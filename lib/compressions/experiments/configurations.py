"""Configurations: a subset of the methods with its sparsity and its bits."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product

from compressions.errors import one_of, require
from compressions.parameters import choice, number

PAPER_METHODS = ("qat", "kd", "mp")
METHODS = PAPER_METHODS  # all that an experiment can use; a new method is appended
CONTROL = "aug"
SPARSITIES = (0.4, 0.6)  # of the paper's Figure 1
SPARSITY = number(0, 1, below=True)
BITS = choice(8, 4, 3, 2)  # of a quantized weight; the paper has 8
PART = re.compile(r"(?P<method>[a-z]+)(?P<strength>\d[\d.e-]*)?")
SUBSETS = tuple(subset for count in range(4) for subset in combinations(PAPER_METHODS, count))


@dataclass(frozen=True)
class Configuration:
    """A subset of the methods, the sparsity with `mp`, and the bits of a weight with `qat`.

    `aug` alone is the control: augmentation without a teacher. Raises `BadInput` for an unknown method, a control
    beside methods, or a sparsity or bits that are not allowed.
    """

    subset: tuple[str, ...] = ()
    sparsity: float = 0.0
    bits: int = 8

    def __post_init__(self) -> None:
        check_list("subset", self.subset, '("qat", "mp")')
        for method in self.subset:
            one_of("method", method, (*METHODS, CONTROL))
        alone = CONTROL not in self.subset or self.subset == (CONTROL,)
        require(alone, f"the control {CONTROL!r} stands alone; got {list(self.subset)}")
        object.__setattr__(self, "sparsity", SPARSITY.value("sparsity", self.sparsity))
        pruned = "mp" in self.subset or not self.sparsity
        require(pruned, f"sparsity {self.sparsity!r} is one of mp; got {list(self.subset)}")
        object.__setattr__(self, "bits", BITS.value("bits", self.bits))
        require("qat" in self.subset or self.bits == 8, f"bits {self.bits} is one of qat; got {list(self.subset)}")
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
        """`base`, `qat`, `qat4`, `kd`, `mp40`, …, `qat+kd+mp60`, `aug`."""
        strength = {"mp": f"{100 * self.sparsity:g}", "qat": "" if self.bits == 8 else str(self.bits)}
        return "+".join(method + strength.get(method, "") for method in self.subset) or "base"


@cache
def parse(name: str) -> Configuration:
    """The configuration that is called so, as `name` gives it. Raises `BadInput` where none is."""
    parts = [] if name == "base" else [PART.fullmatch(part) for part in name.split("+")]
    require(all(parts), f"{name!r} names no configuration; an example is qat4+kd+mp60")
    strength = {part["method"]: part["strength"] for part in parts}
    sparsity, bits = float(strength.get("mp") or 0) / 100, int(strength.get("qat") or 8)
    return Configuration(tuple(strength), sparsity, bits)


def method_of(configuration: str) -> str:
    """Name of a configuration's methods in the paper and in figures: `QAT+MP` for `qat+mp40`, `none` for `base`."""
    special = {"base": "none", "aug": "augmentation"}
    return special.get(configuration) or "+".join(method.upper() for method in parse(configuration).subset)


def configurations(
    subsets: list[list[str]], sparsities: list[float], bits: list[int] | tuple[int, ...] = (8,)
) -> list[Configuration]:
    """The configurations of some subsets, in order and without repetition.

    A subset with `mp` has one per sparsity, one with `qat` one per number of bits. Raises `BadInput` for an unknown
    method, a sparsity outside [0, 1), bits other than 8, 4, 3 and 2, or a subset without a sparsity or bits to run at.
    """
    check_list("subsets", subsets, "[[], [qat], [qat, kd]]")
    check_list("sparsities", sparsities, "[0.4, 0.6]")
    check_list("bits", bits, "[8, 4]")
    sparsities = [SPARSITY.value("sparsity", sparsity) for sparsity in sparsities]
    found = []
    for subset in subsets:
        check_list("a subset", subset, "[qat, kd]")
        require("mp" not in subset or bool(sparsities), f"subset {subset} prunes, but sparsities is empty; give [0.4]")
        require("qat" not in subset or bool(bits), f"subset {subset} quantizes, but bits is empty; give [8]")
        strengths = product(bits if "qat" in subset else [8], sparsities if "mp" in subset else [0.0])
        found += [Configuration(tuple(subset), sparsity, each) for each, sparsity in strengths]
    require(bool(found), "subsets is empty; [[]] asks for the uncompressed baseline")
    found = list(dict.fromkeys(found))
    names = [configuration.name for configuration in found]
    require(len(set(names)) == len(names), f"two of the sparsities {sparsities} have the same name; take others")
    return found


def check_list(what: str, value: object, example: str) -> None:
    """Raise `BadInput` unless the value is a list (a string is none)."""
    require(isinstance(value, list | tuple), f"{what} must be a list such as {example}; got {value!r}")
