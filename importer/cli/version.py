"""Which version this is, and where the trace of a bug is kept."""

import tempfile
import traceback
from importlib import metadata
from pathlib import Path


def version() -> str:
    """The version of the installed distribution."""
    return metadata.version("facturalia-importer")


def bug(error: BaseException) -> tuple[str, str, str]:
    """What a person is told of something nobody foresaw: code, message, what to do. Keeps the trace."""
    message = f"This is a bug in the importer ({type(error).__name__}). What was recorded in the ledger stays true."
    try:
        kept = keep_trace(error)
    except OSError:
        return "bug", message, "Please report it, with what you did."
    return "bug", message, f"Please report it with the file {kept}."


def keep_trace(error: BaseException) -> Path:
    """Write the stack trace (no variables: they may hold customers) to a private file and say where it is."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="importer-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(f"facturalia-importer {version()}\n")
        places = traceback.extract_tb(error.__traceback__)
        file.writelines(traceback.format_list(places))
        file.write(f"{type(error).__module__}.{type(error).__qualname__}\n")
    return Path(file.name)
