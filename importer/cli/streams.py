"""Standard output and standard error that survive their reader: `importer check … | head -1` ends as quietly as it began.

A pipe that closes, a full disk or an old code page must not turn a run that has posted invoices into a crash.
"""

import codecs
import io
import os
import shutil
import sys
import textwrap
from typing import TextIO

from importer.cli.language import tr

OUTPUT_LOST = 2  # the exit code where nobody could be told what was done


# Signs of printing that an old code page lacks, and what stands for them there; the best comes first.
_PLAIN = {"\u202f": "\u00a0 ", "\u00a0": " ", "\u2019": "'", "\u2026": "...", "\u2013": "-"}
_AS_CAN_BE = "importer-as-can-be"


def _as_can_be(error: UnicodeError) -> tuple[str | bytes, int]:
    """What a code page cannot show in plainer signs, or by its number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    shown = ""
    for character in error.object[error.start : error.end]:
        plainer = _PLAIN.get(character, "")
        if plainer.startswith("\u00a0"):
            plainer = plainer[0] if _can_show(error.encoding, plainer[0]) else plainer[1]
        shown += plainer or character.encode("ascii", "backslashreplace").decode("ascii")
    return shown, error.end


def _can_show(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


codecs.register_error(_AS_CAN_BE, _as_can_be)


class Patient(io.FileIO):
    """A file descriptor that remembers why it could not be written and lets its writer go on."""

    failure: OSError | None = None

    def write(self, data: object, /) -> int:
        """Write; after a failure, drop what comes."""
        size = len(memoryview(data))  # type: ignore[arg-type]  # the buffer above hands over bytes
        if self.failure is None:
            try:
                return super().write(data) or 0  # type: ignore[arg-type]  # same
            except OSError as error:
                self.failure = error
        return size

    @property
    def lost(self) -> bool:
        """Something was lost that somebody wanted: a reader that has gone away wanted no more."""
        return self.failure is not None and not isinstance(self.failure, BrokenPipeError)


def make_patient() -> Patient:
    """Put patient streams in place of standard output and standard error; returns the one of standard output.

    A stream that was closed before the start (`>&-`) is given the null device, so that no file of ours, the ledger
    least of all, gets its number and takes in what was meant for the screen.
    """
    streams = []
    for number, name in ((1, "stdout"), (2, "stderr")):
        old: TextIO | None = getattr(sys, name)
        if old is None:
            null = os.open(os.devnull, os.O_WRONLY)
            if null != number:
                os.dup2(null, number)
                os.close(null)
        else:
            old.flush()
        raw = Patient(number, "w", closefd=False)
        encoding = "utf-8" if old is None else old.encoding
        # a name that the code page of the terminal cannot show is shown in plainer signs, or by its number
        made = io.TextIOWrapper(
            io.BufferedWriter(raw),
            encoding=encoding,
            errors=_AS_CAN_BE,
            line_buffering=number == 2 or raw.isatty(),  # noqa: PLR2004 - standard error
        )
        setattr(sys, name, made)
        streams.append(raw)
    return streams[0]


def tell(text: str) -> None:
    """Lines for the person on standard error; in a terminal words are not cut at its edge."""
    lines = text.splitlines()
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns
        lines = [
            part
            for line in lines
            for part in textwrap.wrap(line, width, subsequent_indent="  ", break_on_hyphens=False) or [""]
        ]
    print("\n".join(lines), file=sys.stderr, flush=True)


def closing_code(code: int, out: Patient) -> int:
    """The exit code once everything was written, or could not be."""
    sys.stdout.flush()
    if out.lost and code != 70:  # noqa: PLR2004 - a bug stays a bug
        reason = (out.failure.strerror or "") if out.failure is not None else ""
        told = tr("Standard output could not be written: {reason:words}.", reason=reason)
        fix = tr("What was done stands in the ledger: `importer runs`, `importer status`.")
        print(f"importer: {told}\n  {fix}", file=sys.stderr)
        return OUTPUT_LOST
    return code
