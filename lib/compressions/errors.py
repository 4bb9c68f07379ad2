"""Errors that a user can mend: one line that names the wrong value and what is allowed."""

import sys
from collections.abc import Callable, Iterable, Mapping


class BadInput(ValueError):
    """A value that a user can mend. Notebooks show its one line and no traceback."""

    def _render_traceback_(self) -> list[str]:
        """The hook that IPython asks before it prints a traceback."""
        return [f"BadInput: {self}"]


def command(main: Callable[..., None]) -> None:
    """Call a command's `main` with the shell's words; `BadInput` ends it in one line."""
    try:
        main(*sys.argv[1:])
    except BadInput as error:
        sys.exit(f"BadInput: {error}")


def first_line(error: BaseException) -> str:
    """The first line of another library's error, or its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def one_of(what: str, value: object, allowed: Iterable[object]) -> None:
    """Raise `BadInput` unless `value` is one of `allowed`."""
    allowed = list(allowed)
    if value not in allowed:
        raise BadInput(f"unknown {what} {value!r}; allowed: {', '.join(map(str, allowed))}")


def require(holds: bool, message: str) -> None:
    """Raise `BadInput(message)` unless the condition holds."""
    if not holds:
        raise BadInput(message)


def check(holds: bool, name: str, value: object, allowed: str) -> None:
    """Raise `BadInput` that names a parameter, its value and what is allowed, unless the condition holds."""
    require(holds, f"{name} {value!r} is not allowed; take {allowed}")


def require_same(what: str, theirs: Mapping[str, object], ours: Mapping[str, object], remedy: str) -> None:
    """Raise `BadInput` that names the first field, or part of one, in which two specifications differ, if any."""
    for field in sorted(theirs.keys() | ours.keys()):
        there, here = theirs.get(field), ours.get(field)
        if there != here and isinstance(there, Mapping) and isinstance(here, Mapping):
            parts = ({f"{field}.{name}": value for name, value in each.items()} for each in (there, here))
            require_same(what, *parts, remedy)
        require(there == here, f"{what} was made with {field} {there!r}, not {here!r}; {remedy}")
