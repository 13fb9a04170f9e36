"""What a file showed of what its profile leaves open, and the lines that keep it so."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from importer.cli.language import tr
from importer.cli.screen import console
from importer.domain.detection import as_detected, freeze, frozen_lines
from importer.domain.invoice import Sheet

if TYPE_CHECKING:
    from importer.profile.load import LoadedProfile


def detected_json(sheets: Sequence[Sheet]) -> dict[str, object]:
    """The keys `detected` and `freeze` of --json."""
    return {"detected": as_detected(sheets), "freeze": freeze(sheets)}


def show_freeze(sheets: Sequence[Sheet], loaded: "LoadedProfile") -> None:
    """Print the lines to write into the profile; nothing where it says all, or came with the importer."""
    from importer.profile.shipped import mappings_folder

    lines = frozen_lines(freeze(sheets))
    if not lines or (loaded.path is not None and loaded.path.resolve().is_relative_to(mappings_folder().resolve())):
        return
    out = console()
    out.print(tr("The profile leaves this open, and the files show it. To keep it so, write it into the profile:"))
    for line in lines:
        out.print(f"  {line}")
    out.print()
