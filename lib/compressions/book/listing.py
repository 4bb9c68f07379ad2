"""The library's own code as a chapter shows it."""

import inspect
from collections.abc import Callable

from IPython.display import Code


def listing(*objects: Callable | type) -> Code:
    """The source of functions or classes, with syntax colors, in the order given."""
    return Code("\n\n".join(map(inspect.getsource, objects)), language="python")
