"""The file `accounts.yaml`: which accounts there are, where each posts to, and where its key lies."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from importer.errors import ProfileError, SettingsError
from importer.facturalia.access import base_url
from importer.profile.accounts import read_accounts


def read_account_file(path: Path | None) -> tuple[Mapping[str, str], Mapping[str, Path], Mapping[str, str]]:
    """Base URLs, key files and own VAT numbers by account, from `accounts.yaml`; empty where there is no such file."""
    file = path or Path("accounts.yaml")
    try:
        entries = read_accounts(file.read_text(encoding="utf-8-sig"), str(file))
    except FileNotFoundError:
        if path is None:
            return MappingProxyType({}), MappingProxyType({}), MappingProxyType({})
        raise SettingsError("bad-accounts", f'There is no file "{file}".', fix="Correct IMPORTER_ACCOUNTS.") from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError("bad-accounts", f'"{file}" cannot be read as UTF-8 text.', fix="Check this file.") from None
    except ProfileError as error:
        raise SettingsError("bad-accounts", error.message, fix=error.fix) from None
    urls: dict[str, str] = {}
    for name, entry in entries.items():
        try:
            urls |= {name: base_url(entry.base_url)} if entry.base_url else {}
        except SettingsError as error:
            raise SettingsError("bad-accounts", f"{entry.where}: {error.message}", fix=error.fix) from None
    files = {
        name: file.parent / Path(entry.api_key_file).expanduser()
        for name, entry in entries.items()
        if entry.api_key_file
    }
    numbers = {name: entry.vat_number for name, entry in entries.items() if entry.vat_number}
    return MappingProxyType(urls), MappingProxyType(files), MappingProxyType(numbers)
