"""Files that people uploaded, and how far each piece of work has come: kept on disk until it is done or discarded."""

import json
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

_ID = re.compile(r"[0-9a-f]{32}")
_UNSAFE = re.compile(r"[^\w .,()+&@\[\]-]")  # \w knows the letters of all languages
_LONGEST: Final = 80  # characters of a file name
_BYTES: Final = 200  # of a file name; file systems take 255
_RECORD: Final = "work.json"


@dataclass(slots=True, kw_only=True)
class Work:
    """One import in the making. Times are ISO 8601 in UTC; `profile` is what -m would call it, empty until known.

    `digest` is the plan that was confirmed, `run` the run it became; `corrects` is the work whose file it mends.
    `edits` are a person's words in the workshop by the names of its form, `called` the name they gave the profile.
    """

    id: str
    account: str
    files: list[str] = field(default_factory=list)  # base names, each in a folder of its own: 0/, 1/ ...
    made_at: str = ""
    profile: str = ""
    digest: str = ""
    limit: int | None = None
    run: str = ""
    corrects: str = ""
    edits: dict[str, str] = field(default_factory=dict)
    called: str = ""
    emptied: bool = False  # its files are gone: everything in them was posted
    prepared_by: list[str] = field(default_factory=list)  # in a team: who uploaded it or changed how it is read
    approved_by: str = ""
    asked_at: str = ""  # when somebody asked for approval, and of what: so many invoices, so many cents
    asked_for: tuple[int, int] = (0, 0)

    def prepare(self, name: str) -> None:
        """Note one more person who had a hand in it, and that nobody was asked to approve it as it is now."""
        if name and name not in self.prepared_by:
            self.prepared_by.append(name)
        self.asked_at, self.asked_for = "", (0, 0)


def step(work: Work) -> str:
    """The address of the step a work has reached."""
    if work.digest:
        return f"/import/{work.id}/progress"
    return f"/import/{work.id}/{'preview' if work.profile else 'profile'}"


class Uploads:
    """A folder of works, readable by this user alone. `entropy` makes the ids, which are not to be guessed."""

    def __init__(self, folder: Path, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self.folder = folder
        self._entropy = entropy
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def begin(self, account: str, made_at: str) -> Work:
        """A new work without files."""
        work = Work(id=self._entropy(16).hex(), account=account, made_at=made_at)
        (self.folder / work.id).mkdir(mode=0o700)
        return work

    def add(self, work: Work, name: str, parts: Iterable[bytes]) -> Path:
        """Keep one uploaded file, under a harmless form of its name."""
        safe = safe_name(name)
        place = self.folder / work.id / str(len(work.files))
        place.mkdir(mode=0o700)
        with (place / safe).open("xb") as file:
            for part in parts:
                file.write(part)
        work.files.append(safe)
        return place / safe

    def save(self, work: Work) -> None:
        """Write down how far it is; readers see the old record or the new one."""
        place = self.folder / work.id / _RECORD
        fresh = place.with_suffix(f".{self._entropy(4).hex()}")  # two browsers may write at the same moment
        fresh.write_text(json.dumps(asdict(work), ensure_ascii=False), encoding="utf-8")
        fresh.replace(place)

    def find(self, name: str) -> Work | None:
        """A work by its id; None if there is none."""
        if not _ID.fullmatch(name) or (self.folder / name).is_symlink():
            return None
        try:
            return Work(**json.loads((self.folder / name / _RECORD).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def paths(self, work: Work) -> list[Path]:
        """Where its files are, in the order in which they were given."""
        return [self.folder / work.id / str(number) / name for number, name in enumerate(work.files)]

    def all(self) -> Iterator[Work]:
        """Every work, the newest first."""
        found = [work for place in self.folder.iterdir() if (work := self.find(place.name)) is not None]
        yield from sorted(found, key=lambda work: work.made_at, reverse=True)

    def empty(self, work: Work) -> None:
        """Let go of the files of a work that is done; what became of them is in the ledger."""
        work.emptied = True
        self.save(work)
        for path in self.paths(work):
            path.unlink(missing_ok=True)

    def discard(self, work: Work) -> None:
        """Forget it, files and all."""
        shutil.rmtree(self.folder / work.id, ignore_errors=True)


def safe_name(name: str) -> str:
    """The base name of a file as it may stand on disk and in messages: no folders, no controls, not too long."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    clean = " ".join(_UNSAFE.sub("_", base).split()).lstrip(".").strip()
    stem, dot, suffix = clean.rpartition(".")
    if not dot:
        return _shortened(clean)
    return f"{_shortened(stem)}.{_shortened(suffix)[:10]}"


def _shortened(text: str) -> str:
    """Short enough for any disk: a letter may take four bytes. Never empty."""
    return text[:_LONGEST].encode("utf-8", "replace")[:_BYTES].decode("utf-8", "ignore").strip() or "file"
