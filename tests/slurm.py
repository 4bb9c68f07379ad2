"""A SLURM cluster of one node, started from Debian's packages for a test and stopped after it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue")
# What a cluster of one node needs to be told: no accounts, no control groups, jobs share the machine by cores.
SETTINGS = """
ClusterName=alone
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=none
ReturnToService=2
MinJobAge=3600
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


# Where SLURM's programs look for their settings when no administrator has put any into /etc; the executor plugin keeps
# SLURM's own variables from jobs.
FOUND = Path("/run/slurm/conf")


def why_not() -> str | None:
    """The reason for which no cluster can be started here, or `None`."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if missing:
        return f"no {', '.join(missing)}: Debian's slurm-wlm and munge are not installed"
    if FOUND.exists() or Path("/etc/slurm/slurm.conf").exists():
        return "this machine belongs to a SLURM cluster already"
    return None if os.geteuid() == 0 else "SLURM's daemons must be started by root"


@contextmanager
def cluster(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `sbatch` finds a running cluster; its files and logs are in `folder`."""
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin", "SLURM_CONF": str(folder / "slurm.conf")}
    _configure(folder)
    FOUND.parent.mkdir(exist_ok=True)
    FOUND.symlink_to(folder)
    daemons = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        for command in (_munged(folder), ["slurmctld", "-D"], ["slurmd", "-D"])
        if time.sleep(1) is None
    ]
    try:
        _wait(environment, folder)
        yield environment
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(30)
        FOUND.unlink()
        FOUND.parent.rmdir()


def _configure(folder: Path) -> None:
    for name in ("state", "spool"):
        (folder / name).mkdir()
    (folder / "munge.key").write_bytes(os.urandom(128))
    for place, mode in ((folder, 0o755), (folder / "munge.key", 0o400)):
        place.chmod(mode)
    ports = [_free_port(), _free_port()]
    memory = psutil.virtual_memory().total // 2**20 - 512
    host = socket.gethostname().split(".")[0]
    settings = SETTINGS.format(folder=folder, ports=ports, host=host, cores=os.cpu_count(), memory=memory)
    (folder / "slurm.conf").write_text(settings)


def _munged(folder: Path) -> list[str]:
    files = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munge.pid", "seed-file": "munge.seed"}
    return ["munged", "--foreground", "--force", *(f"--{option}={folder / name}" for option, name in files.items())]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait(environment: dict[str, str], folder: Path) -> None:
    for _ in range(60):
        found = subprocess.run(["sinfo", "-h", "-o", "%T"], env=environment, capture_output=True, text=True)
        if "idle" in found.stdout:
            return
        time.sleep(0.5)
    logs = "\n".join(path.read_text()[-2000:] for path in folder.glob("*.log"))
    raise RuntimeError(f"SLURM did not start: {found.stdout}{found.stderr}\n{logs}")
