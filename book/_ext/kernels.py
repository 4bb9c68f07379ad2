"""Fork the kernels of chapters from Sphinx, which imports the libraries once for all of them.

A kernel that is started as a command imports them anew, which takes longer than most chapters.
"""

import asyncio
import gc
import os
import sys
from importlib import import_module
from importlib.metadata import EntryPoint
from multiprocessing import get_context

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

# What chapters import. One that is missing here only makes its chapters slower.
LIBRARIES = ["matplotlib.pyplot", "altair", "pandas", "scipy.stats", "compressions.experiments.run"]
FORK = get_context("fork")


def serve(arguments: list[str], env: dict[str, str], cwd: str | None) -> None:
    """Be a kernel until it is shut down."""
    asyncio.set_event_loop(asyncio.new_event_loop())  # Sphinx's is running
    os.environ.clear()
    os.environ.update(env)
    if cwd:
        os.chdir(cwd)
    IPKernelApp.launch_instance(argv=arguments, parent_handle=os.getppid())


class Kernel(FORK.Process):
    """A forked process, with what Jupyter asks of one that was started as a command."""

    stdin = stdout = stderr = None

    def poll(self) -> int | None:
        """The code that it ended with; None while it runs."""
        return self.exitcode

    def wait(self) -> int | None:
        """The same, once it has ended."""
        self.join()
        return self.exitcode

    def send_signal(self, signal: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, signal)


class ForkedProvisioner(LocalProvisioner):
    """Forks a kernel where Jupyter's own provisioner would start a command."""

    async def launch_kernel(self, cmd: list[str], **kwargs) -> dict:
        """Fork the kernel of a command, `python -m ipykernel_launcher -f FILE`."""
        self.process = Kernel(target=serve, args=(cmd[cmd.index("-f") :], kwargs["env"], kwargs.get("cwd")))
        self.process.start()
        self.pid = self.process.pid
        return self.connection_info


def setup(app) -> dict:
    """Import the libraries and let Jupyter fork kernels; only on Linux, as libraries of macOS do not survive a fork."""
    if sys.platform == "linux":
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        # As Python's documentation advises before a fork: no kernel looks through all of this for garbage.
        gc.disable()
        for library in LIBRARIES:
            import_module(library)
        gc.freeze()
        gc.enable()
        factory = KernelProvisionerFactory.instance()
        factory.provisioners["forked"] = EntryPoint("forked", f"{__name__}:{ForkedProvisioner.__name__}", "")
        factory.default_provisioner_name = "forked"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
