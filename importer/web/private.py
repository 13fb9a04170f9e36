"""Files of the pages that only this user may read, beside the ledger."""

import json
import os
import secrets
from pathlib import Path

from importer.errors import SettingsError
from importer.ledger.place import ledger_path


def folder_of(ledger_url: str) -> Path:
    """The folder of the ledger, made if it is not there yet. Raises SettingsError `web-ledger`."""
    path = ledger_path(ledger_url)
    if path is None:
        raise SettingsError(
            "web-ledger", "The pages need a ledger in a file.", fix="Set IMPORTER_LEDGER_URL to sqlite:///PATH."
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path.parent


def write_private(path: Path, value: object) -> None:
    """JSON that is readable by this user alone from the first byte on; a link in its place is replaced, not followed."""
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)
    fresh.replace(path)
