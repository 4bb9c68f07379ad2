"""Kinds of parameters: what a value may be and how it is read from Python, YAML or a command line's words."""

import math
import os
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from numbers import Integral, Real
from typing import Any, ClassVar

import yaml

from compressions.errors import BadInput

LARGEST_SEED = 2**32 - 1  # NumPy takes no larger one, torch does
NULL = ("null", "Null", "NULL", "None", "~")
FLAGS = {"true": True, "false": False}
WHOLE = re.compile(r"[-+]?[0-9]+")
# With an exponent and no point too: to YAML 1.1, which PyYAML reads, 5e-4 is a text.
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Kind:
    """What a parameter takes: `read` gives the value that is meant, or None where it is not one of the `allowed`."""

    allowed: str
    read: Callable[[object], Any]
    optional: bool = False

    def value(self, name: str, given: object) -> Any:
        """The value that is meant. Raises `BadInput` that names the parameter, what was given and what is allowed."""
        if self.optional and scalar(given) is None:
            return None
        read = self.read(given)
        if read is None:
            raise BadInput(f"{name} {given!r} is not allowed; take {self.allowed}{', or null' * self.optional}")
        return read

    def or_null(self) -> "Kind":
        """The kind that takes null too."""
        return Kind(self.allowed, self.read, optional=True)


def scalar(given: object) -> object:
    """What a text says as YAML 1.2 reads it: null, true, false or a number; any other value as it is."""
    if not isinstance(given, str):
        return given
    if given in NULL:
        return None
    if given.lower() in FLAGS:
        return FLAGS[given.lower()]
    if WHOLE.fullmatch(given):
        return int(given)
    return float(given) if NUMBER.fullmatch(given) else given


def number(least: float, most: float = math.inf, above: bool = False, below: bool = False) -> Kind:
    """A finite number from `least`, or above it, to `most`, or below it."""
    span = f"{'above' if above else 'from'} {least:g}"
    span += f" to {'below ' * below}{most:g}" if most < math.inf else ""

    def read(given: object) -> float | None:
        value = scalar(given)
        fits = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        fits = fits and (least < value if above else least <= value) and (value < most if below else value <= most)
        if not fits:
            return None
        return value if isinstance(value, int | float) else float(value)  # NumPy's

    return Kind(f"a number {span}", read)


def whole(least: int, most: int | None = None) -> Kind:
    """A whole number from `least`, up to `most` if there is a bound."""

    def read(given: object) -> int | None:
        value = scalar(given)
        if isinstance(value, float) and value.is_integer():  # 1e3
            value = int(value)
        fits = isinstance(value, Integral) and not isinstance(value, bool) and value >= least
        return int(value) if fits and (most is None or value <= most) else None

    return Kind(f"a whole number from {least}" + (f" to {most}" if most is not None else ""), read)


def choice(*allowed: str | int) -> Kind:
    """One of a few names or numbers."""

    def read(given: object) -> str | int | None:
        return next((each for each in allowed if each == scalar(given)), None)

    return Kind(f"one of {', '.join(map(str, allowed))}", read)


def _read_flag(given: object) -> bool | None:
    value = scalar(given)
    return value if isinstance(value, bool) else None


def _read_name(given: object) -> str | None:
    """A text as it is, `~` as one's home: a folder may be called 512. 1000.0, read from 1e3, is not taken for it."""
    if isinstance(given, Integral) and not isinstance(given, bool):
        return str(given)
    text = os.fspath(given) if isinstance(given, str | os.PathLike) else ""
    return os.path.expanduser(text) if text and "\0" not in text else None


FLAG = Kind("true or false", _read_flag)
NAME = Kind("a text", _read_name)
SEED = whole(0, LARGEST_SEED)
ANY_NUMBER = Kind("a number", number(-math.inf).read)


def parameter(kind: Kind, default: object = MISSING) -> Any:
    """A dataclass's field that is a parameter of this kind."""
    return field(default=default, metadata={"kind": kind})


def kinds(of: type) -> dict[str, Kind]:
    """The kinds of a dataclass's parameters."""
    return {each.name: each.metadata["kind"] for each in fields(of) if "kind" in each.metadata}


def read_parameters(instance: object) -> None:
    """Give each parameter of a frozen dataclass's new instance the value that is meant; raises `BadInput`."""
    for name, kind in kinds(type(instance)).items():
        object.__setattr__(instance, name, kind.value(name, getattr(instance, name)))


def like(name: str, default: object, given: object) -> object:
    """What a chapter's parameter is given, read as what its default is: `5e-4` beside 0.1, `2024` beside `results`.

    Raises `BadInput` for what is no number, flag or list where the default is one. Null is left to who reads it, but in
    the place of a list.
    """
    if isinstance(default, list) and default:
        if not isinstance(given, list):
            raise BadInput(f"{name} must be a list such as {default}; got {given!r}")
        if None in given:
            raise BadInput(f"{name} must hold no null; got {given!r}")
        return [like(name, default[0], each) for each in given]
    if scalar(given) is None:
        return None
    if isinstance(default, bool):
        return FLAG.value(name, given)
    if isinstance(default, int | float):
        read = ANY_NUMBER.value(name, given)
        return int(read) if isinstance(default, int) and read == int(read) else read
    if isinstance(default, str):
        return NAME.value(name, given) if isinstance(given, int | str) else given
    return given


class Untyped(yaml.SafeLoader):
    """YAML whose plain words stay as they are written, but for null: a parameter's kind says what they mean."""

    yaml_implicit_resolvers: ClassVar[dict] = {}


Untyped.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(~|null|Null|NULL|)$"), ["~", "n", "N", ""])
Untyped.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("^<<$"), ["<"])


def read_yaml(text: str | bytes) -> Any:
    """What YAML holds, its words untyped. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=Untyped)
