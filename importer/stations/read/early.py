"""Starting the reader process before it is needed: while the libraries that come after it are still being loaded."""

from pathlib import Path

from importer.stations.read.process import warm_up
from importer.stations.read.sniff import contained


def start_reader(*paths: Path) -> None:
    """Start the reader process if a file looks like a workbook. Whatever is wrong with the files is said later."""
    if any(_is_contained(path) for path in paths):
        warm_up()


def _is_contained(path: Path) -> bool:
    try:
        if not path.is_file():  # a pipe would wait for its writer
            return False
        with path.open("rb") as file:
            return contained(file.read(8))
    except (OSError, ValueError):
        return False
