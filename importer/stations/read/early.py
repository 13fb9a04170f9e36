"""Starting the reader process before it is needed: while the libraries that come after it are still being loaded."""

from pathlib import Path

from importer.stations.read.process import warm_up
from importer.stations.read.sniff import contained


def start_reader(path: Path) -> None:
    """Start the reader process if the file looks like a workbook. Whatever is wrong with the file is said later."""
    try:
        if not path.is_file():
            return
        with path.open("rb") as file:
            head = file.read(8)
    except (OSError, ValueError):
        return
    if contained(head):
        warm_up()
