"""File systems of our own: small ones in memory, and images behind a loop device. Root only; all are taken away again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from tests.faults.verdict import Skip


def need_mounts(*tools: str) -> None:
    """Skip unless this process may mount, and the tools are there."""
    if os.geteuid() != 0:
        raise Skip("only root may mount file systems")
    for tool in ("mount", "umount", *tools):
        if which(tool) is None:
            raise Skip(f"{tool} is not installed")


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[Path]:
    """`mount` with these arguments, on a new folder, for the block. Skip where the system refuses."""
    folder.mkdir()
    done = subprocess.run(["mount", *arguments, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        folder.rmdir()
        raise Skip(f"mounting is not possible here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@contextmanager
def in_memory(folder: Path, size: str) -> Iterator[Path]:
    """A tmpfs of this size, such as `300k`."""
    with mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs") as point:
        yield point


def remount(folder: Path, options: str) -> None:
    """Change a mount in place, such as `ro` or `size=8m`."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True, capture_output=True)
