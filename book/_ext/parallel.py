"""Let Sphinx read pages, and so run chapters, on all cores; jupyter-book has no option for it."""

import os

import nbclient
from jupyter_cache.executors import utils
from sphinx import builders
from sphinx.util.parallel import make_chunks

# Does not declare it, but may run in parallel: it works on the merged contents only.
UNDECLARED = "sphinx_multitoc_numbering"

# The chapter that trains is started first: started last, it would run while the other cores are idle.
LONGEST = "notebooks/experiment"

# What jupyter_client says of a kernel that ended at its start.
DIED = "Kernel died before replying to kernel_info"


def declare(app) -> None:
    """Declare that pages may be read and written in parallel with the undeclared extension."""
    extension = app.extensions[UNDECLARED]
    extension.parallel_read_safe = extension.parallel_write_safe = True


def one_by_one(pages: list[str], processes: int) -> list[list[str]]:
    """Chunks of one page, where Sphinx would make chunks of ten; it starts with the last chunk."""
    return [[page] for page in sorted(pages, key=lambda page: page == LONGEST)]


def in_chunks(app, environment) -> None:
    """Write pages in chunks as Sphinx makes them: to write a page is quicker than to start a process."""
    builders.make_chunks = make_chunks


def execute(*args, **kwargs):
    """Run a chapter; where its kernel finds that another has just taken its port, start one more."""
    try:
        return nbclient.execute(*args, **kwargs)
    except RuntimeError as error:
        if DIED not in str(error):
            raise
        return nbclient.execute(*args, **kwargs)


def step_back(app, page, source) -> None:
    """Let the chapter that trains go before this page, as the book waits for it; but not all else on the machine."""
    if page != LONGEST:
        os.nice(3)


def setup(app) -> dict:
    """Set the number of processes, the pages that each is given, and what runs a chapter."""
    # One more than cores, since a page waits for its kernel to start and to end.
    app.parallel = max(app.parallel, 1 + (os.cpu_count() or 1))
    builders.make_chunks = one_by_one
    utils.executenb = execute
    app.connect("builder-inited", declare)
    app.connect("source-read", step_back)
    app.connect("env-updated", in_chunks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
