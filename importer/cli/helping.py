"""The help of the commands in the language of the reader, put into it while it is written: nothing is done before.

Typer hands every sentence of a help page to a formatter; this one translates it on its way. A page is made of
paragraphs, headings and rows of two columns, whose second may end in facts such as `[default: 20]`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, cast

from typer.core import TyperCommand, TyperGroup

from importer.cli.language import speech, tr

EXAMPLE: Final = "Example: {command}"
ENDING: Final = "Show this message and exit."  # Typer's own words
HEADINGS: Final = ("Arguments:", "Options:", "Commands:")
USAGE: Final = "Usage:"
PIECES: Final = ("[OPTIONS]", "COMMAND [ARGS]...")  # of a usage line
KINDS: Final = {  # what Typer calls the type of a value, and what a person calls it
    "<str>": "<text>",
    "<list[str]>": "<text>",
    "<path>": "<file>",
    "<list[Path]>": "<file>",
    "<int>": "<number>",
    "<int range>": "<number>",
    "<float>": "<number>",
    "<float range>": "<number>",
}
REQUIRED: Final = "required"
DEFAULT: Final = "default: {value}"
_FACTS: Final = re.compile(r"(?P<said>.*?)(?:^|  )\[(?P<facts>[^\[\]]*)\]", re.DOTALL)
_SPACE: Final = re.compile(r"\s+")


class SpokenCommand(TyperCommand):
    """A command whose help is in the language of this process."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """As Typer does, through a formatter that translates."""
        super().format_help(ctx, cast("Any", _Speaking(formatter)))


class SpokenGroup(TyperGroup):
    """A group of commands whose help is in the language of this process."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """As Typer does, through a formatter that translates."""
        super().format_help(ctx, cast("Any", _Speaking(formatter)))


def paragraphs(text: str) -> list[str]:
    """The sentences to translate of a docstring or an epilog: its paragraphs, without those that are an example.

    A paragraph that is marked to keep its lines stays as it is laid out; of any other the line ends are no matter.
    """
    return [part for part in map(_normal, text.split("\n\n")) if not part.startswith("Example: ")]


def sentences(command: Any) -> Iterator[str]:
    """Every sentence the help of a command may hold, the commands below it included."""
    yield from paragraphs(command.help or "")
    yield from paragraphs(command.epilog or "")
    yield command.short_help or ""
    for param in command.params:
        yield getattr(param, "help", None) or ""
    for below in getattr(command, "commands", {}).values():
        yield from sentences(below)


def fixed_words() -> Iterator[str]:
    """What every help page may hold besides."""
    yield from (EXAMPLE, ENDING, *HEADINGS, USAGE, REQUIRED, DEFAULT)
    yield from PIECES
    yield from (kind.strip("<>") for kind in dict.fromkeys(KINDS.values()))


class _Speaking:
    """A formatter of help pages that translates what it is given and hands it on to Typer's own."""

    def __init__(self, formatter: Any) -> None:
        self._formatter = formatter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._formatter, name)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The first line: how the command is called."""
        for piece in PIECES:
            args = args.replace(piece, tr(piece))
        self._formatter.write_usage(prog, args, prefix or f"{tr(USAGE)} ")

    def section(self, name: str) -> AbstractContextManager[None]:
        """What stands under a heading."""
        made: AbstractContextManager[None] = self._formatter.section(tr(f"{name}:").removesuffix(":"))
        return made

    def write_text(self, text: str) -> None:
        """Paragraphs."""
        self._formatter.write_text("\n\n".join(_paragraph(_normal(part)) for part in text.split("\n\n")))

    def write_dl(self, rows: Iterable[tuple[str, str]], *widths: int) -> None:
        """Rows of two columns: an option, an argument or a command, and what it does."""
        self._formatter.write_dl([(_kinds(first), _row(second)) for first, second in rows], *widths)


def _normal(paragraph: str) -> str:
    """A paragraph as one line, or as it is laid out where it keeps its lines."""
    stripped = paragraph.strip("\n")
    if stripped.lstrip().startswith("\b"):
        return stripped.lstrip().removeprefix("\b").strip("\n")
    return _SPACE.sub(" ", stripped).strip()


def _paragraph(text: str) -> str:
    """A paragraph in the language; one of several lines keeps them."""
    if text.startswith("Example: "):
        return tr(EXAMPLE, command=text.removeprefix("Example: "))
    said = speech().sentence(text)
    return f"\b\n{said}" if "\n" in text else said


def _kinds(term: str) -> str:
    """`--limit <int range>` as `--limit <number>`."""
    for kind, word in KINDS.items():
        term = term.replace(kind, f"<{tr(word.strip('<>'))}>")
    return term


def _row(text: str) -> str:
    """`How many.  [default: 20]`, sentence and facts."""
    match = _FACTS.fullmatch(text)
    if match is None:
        return speech().sentence(text)
    facts = "; ".join(map(_fact, match["facts"].split("; ")))
    return f"{speech().sentence(match['said'])}  [{facts}]" if match["said"] else f"[{facts}]"


def _fact(text: str) -> str:
    if text.startswith("default: "):
        return tr(DEFAULT, value=text.removeprefix("default: "))
    return tr(text) if text == REQUIRED else text


def asked_language(arguments: Sequence[str]) -> str:
    """What `--lang` says among the arguments, which help has to know before it is looked at; empty without it."""
    for place, argument in enumerate(arguments):
        if argument == "--lang":
            return arguments[place + 1] if place + 1 < len(arguments) else ""
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return ""
