"""Looks for canaries in texts and notes where they were seen. Every process of a test session does it, from its first line.

This folder is on the module path of the processes that tests start, which may be anything: nothing is imported here
but the standard library (and of that, as they start, only what most of them need), and nothing that a process does is
changed.
"""

import contextlib
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = "CANARY_NOTES"  # the variable that tells a process where its session keeps notes
HUNTED = "hunted.txt"
GROUPS = ("ledger", "profile")  # commands that have commands
AROUND = 60  # characters of the surroundings of a canary that a note keeps


@dataclass(frozen=True)
class Canary:
    """A text that must not get about. It is hunted by its marks, ASCII words of which each alone betrays it."""

    kind: str
    marks: tuple[str, ...]

    @cached_property
    def forms(self) -> tuple[bytes, ...]:
        """What a mark looks like in bytes: as it is, in small or large letters, in UTF-16, in base64, in hex."""
        import base64  # for the one process that works it out

        found = dict.fromkeys(form for mark in self.marks for form in (mark, mark.lower(), mark.upper()))
        forms = [form.encode() for form in found] + [form.encode("utf-16-le") for form in self.marks]
        for mark in self.marks:
            raw = mark.encode()
            forms.append(raw.hex().encode())
            # base64 turns three bytes into four letters, so that what comes before shifts it; the ends depend on it too
            forms += [base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4] for shift in range(3)]
        return tuple(dict.fromkeys(forms))

    def within(self, content: bytes) -> bool:
        """Whether it is in there, in any form."""
        return any(content.find(form) >= 0 for form in self.forms)

    def hide(self, text: str) -> str:
        """The text with the canary, in its plain forms, taken out."""
        return re.sub("|".join(map(re.escape, self.marks)), f"[{self.kind}]", text, flags=re.IGNORECASE)


class Sighting(NamedTuple):
    """A canary was seen. `place` is what the table of `allowed` speaks of; `test` and `excerpt` are for people."""

    kind: str
    place: str
    test: str
    excerpt: str


class Notes:
    """The notes of a session: a folder to which each of its processes adds a file of its own."""

    def __init__(self, folder: Path, canaries: Iterable[Canary]) -> None:
        self.folder = folder
        self.canaries = tuple(canaries)
        self.looked = 0  # texts, in this process

    @classmethod
    def begin(cls, folder: Path, canaries: Iterable[Canary]) -> "Notes":
        """Make the folder, and write down what is hunted for the processes to come."""
        made = cls(folder, canaries)
        folder.mkdir()
        lines = [
            "|".join([canary.kind, _backwards(mark.encode() for mark in canary.marks), _backwards(canary.forms)])
            for canary in made.canaries
        ]
        (folder / HUNTED).write_text("\n".join(lines))
        return made

    @classmethod
    def of_session(cls) -> "Notes":
        """The notes of the session this process belongs to. Raises KeyError, OSError where there is none."""
        return cls.join(Path(os.environ[FOLDER]))

    @classmethod
    def join(cls, folder: Path) -> "Notes":
        """The notes of a session that has begun. Raises OSError where there is none."""
        canaries = []
        for line in (folder / HUNTED).read_text().splitlines():
            kind, marks, forms = line.split("|")
            canary = Canary(kind, tuple(mark.decode() for mark in _forwards(marks)))
            canary.__dict__["forms"] = _forwards(forms)  # as if it had been worked out here
            canaries.append(canary)
        return cls(folder, canaries)

    def look(self, place: str, said: "str | bytes | None", test: str = "") -> None:
        """Look through what was said at a place; `test` where it is not the one that runs."""
        if not said:
            return
        self.looked += 1
        content = said if isinstance(said, bytes) else said.encode("utf-8", "replace")
        for canary in self.canaries:
            if canary.within(content):
                self.write(self.sighting(canary, place, content.decode("utf-8", "replace"), test))

    def sighting(self, canary: Canary, place: str, text: str, test: str = "") -> Sighting:
        """What is noted: never the canary itself, since notes are printed."""
        spots = [spot for mark in canary.marks if (spot := text.lower().find(mark.lower())) >= 0]
        spot = min(spots, default=0)
        excerpt = " ".join(text[max(spot - AROUND, 0) : spot + AROUND].split())
        test = test or os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
        return Sighting(canary.kind, *(self._hide(each) for each in (place, test, excerpt)))

    def _hide(self, text: str) -> str:
        for canary in self.canaries:
            text = canary.hide(text)
        return text

    def write(self, sighting: Sighting) -> None:
        """Note a sighting."""
        import json  # rarely needed

        line = json.dumps(sighting) + "\n"
        # one write to the end of a file of one's own: no lock, no half line, whenever the process is killed
        with (self.folder / f"{os.getpid()}.jsonl").open("ab", buffering=0) as file:
            file.write(line.encode())

    def sightings(self) -> list[Sighting]:
        """What all processes have seen so far."""
        import json  # needed once

        files = sorted(self.folder.glob("*.jsonl"))
        return [Sighting(*json.loads(line)) for file in files for line in file.read_text().splitlines()]

    def finish(self, root: Path) -> None:
        """Leave word of how much was looked through in this process, and that the files below `root` were."""
        (self.folder / f"{os.getpid()}.looked").write_text(f"{self.looked}\n{root}")

    def finished(self) -> dict[Path, int]:
        """The folders of the processes that have finished, and how many texts and files each has looked through."""
        words = [file.read_text().split("\n", 1) for file in self.folder.glob("*.looked")]
        return {Path(root): int(looked) for looked, root in words}

    def watch_logs(self, level: int) -> None:
        """Look through every log record that is made in this process from `level` up, whoever handles it.

        A factory of records, not a handler: it also sees what does not reach the root, nobody can take it away by
        configuring logging, and warnings without a handler still go where they went before.
        """
        usual = logging.getLogRecordFactory()
        if getattr(usual, "watches", None) == self.folder:
            return  # a worker is watched from its first line, and as a part of its session

        def make(*arguments: Any, **more: Any) -> logging.LogRecord:
            record = usual(*arguments, **more)
            with contextlib.suppress(TypeError, ValueError):  # arguments that do not fit: logging itself will say so
                self.look(f"log {record.name}", record.getMessage())
            if record.exc_info and record.exc_info[0]:
                self.look(f"log {record.name}", "".join(traceback.format_exception(*record.exc_info)))
            return record

        make.watches = self.folder  # type: ignore[attr-defined]  # functions take attributes
        logging.setLogRecordFactory(make)
        logging.getLogger().setLevel(level)


def _backwards(texts: Iterable[bytes]) -> str:
    """In hex and from the end: a session inside a session must not take the list of what is hunted for a leak."""
    return ",".join(text[::-1].hex() for text in texts)


def _forwards(listed: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(text)[::-1] for text in listed.split(","))


def command_of(words: Sequence[str]) -> str:
    """The command of the importer in a command line, or after its name: `check`, `ledger verify`. Else the program's name."""
    for place, word in enumerate(words):
        if Path(word).name == "importer":
            return command_of(words[place + 1 :])
    names = [word for word in words if not word.startswith("-")] or [""]
    return " ".join(names[: 2 if names[0] in GROUPS else 1]) if "/" not in names[0] else Path(names[0]).name


def watch_this_process() -> None:
    """Called as a process starts that some test has started: its arguments, then its logs."""
    try:
        notes = Notes.of_session()
    except (KeyError, OSError):
        return  # a process of another session, or of none
    notes.look("argv", "\0".join(sys.orig_argv))
    notes.watch_logs(logging.DEBUG)
