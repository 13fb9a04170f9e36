"""The file `accounts.yaml`: the Facturalia administrations of one installation, by the name that `-a` takes.

default:
  api_key_file: keys/default
bakery:
  base_url: https://www.facturalia.be/api/v1
  api_key_file: keys/bakery
  vat_number: BE 0403.170.701     # of the company itself: files of another seller are refused
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from stdnum.eu import vat

from importer.domain.spelling import vat_form
from importer.errors import SettingsError
from importer.profile.explain import place
from importer.profile.yamltext import Document, Path, read_yaml

ACCOUNT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")  # becomes part of a file name
FIX: Final = "Write each account as NAME: {base_url: …, api_key_file: …, vat_number: …}; one of them is enough."


class Entry(NamedTuple):
    """One account as written; empty text where a key is left out. `where` is its place in the file, for messages.

    `vat_number` is in its normal form (`BE0403170701`).
    """

    base_url: str
    api_key_file: str
    vat_number: str
    where: str


def read_accounts(text: str, name: str) -> dict[str, Entry]:
    """The accounts in a file that messages call `name`, in file order.

    Raises `ProfileError` for what is not YAML, SettingsError `bad-accounts` for everything else, with every problem on
    a line of its own.
    """
    document = read_yaml(text, name)
    data = {} if document.data is None else document.data
    problems = [place(document, path, clause) for path, clause in _problems(data)]
    if problems:
        raise SettingsError("bad-accounts", "\n".join(problems), fix=FIX)
    return {account: _entry(entry, _where(document, account)) for account, entry in data.items()}


def _entry(entry: Mapping[str, str], where: str) -> Entry:
    number = vat_form(entry.get("vat_number", ""))
    return Entry(entry.get("base_url", ""), entry.get("api_key_file", ""), number, where)


def _where(document: Document, account: str) -> str:
    line, column = document.mark((account,))
    return f"{document.name}:{line}:{column} ({account})"


def _problems(data: object) -> Iterator[tuple[Path, str]]:
    if not isinstance(data, Mapping):
        yield (), "the file must name accounts"
        return
    files: dict[str, str] = {}
    for account, entry in data.items():
        if not ACCOUNT_NAME.fullmatch(account):
            yield (account,), "an account's name is made of letters, digits, - _ and ."
        if not isinstance(entry, Mapping) or not entry:
            yield (account,), "must hold base_url, api_key_file or vat_number"
            continue
        for key, text in entry.items():
            if key not in Entry._fields[:3]:
                yield (account, key), "is not known here; known are base_url, api_key_file, vat_number"
            elif not isinstance(text, str) or not text.strip():
                yield (account, key), "must be one text"
            elif key == "vat_number" and not vat.is_valid(vat_form(text)):
                yield (account, key), "is not a valid VAT number; write it as BE 0403.170.701"
            elif key == "api_key_file" and files.setdefault(text, account) != account:
                # one key is one administration: under two names every invoice would be new twice
                yield (account, key), f'is the key file of the account "{files[text]}" too'
