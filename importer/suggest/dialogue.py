"""The short dialogue of `profile new`: questions for what a suggestion leaves open, and for nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from importer.errors import ConfigError
from importer.suggest.answers import answered
from importer.suggest.model import Answer, Choice, Column, Draft


@dataclass(frozen=True)
class Question:
    """One question: its sentence, why it is asked, the answers that are known, and the columns that may be named."""

    text: str
    why: str
    options: Sequence[Answer]
    columns: Sequence[Column]


Ask = Callable[[Question], str]
Refuse = Callable[[ConfigError], None]


def settle(draft: Draft, ask: Ask, refuse: Refuse) -> None:
    """Ask for every open choice until none is left.

    `ask` gives the answer of a person; `refuse` is told of one that cannot be, and raises where nobody can be asked
    again. An answer may be the beginning of an option, if of one alone.
    """
    while draft.choices:
        choice = draft.choices[0]
        text = _completed(ask(_question(draft, choice)).strip(), choice)
        try:
            answered(draft, choice.path, text)
        except ConfigError as error:
            refuse(error)


def _question(draft: Draft, choice: Choice) -> Question:
    entry = next(entry for entry in draft.entries.values() if choice in entry.choices)
    free = [each.column for each in draft.unused if each.column.header] if choice.column_too else []
    return Question(choice.question, entry.proof, choice.options, free)


def _completed(text: str, choice: Choice) -> str:
    known = [option.value for option in choice.options]
    fits = [value for value in known if value.casefold().startswith(text.casefold())] if text else []
    return fits[0] if text not in known and len(fits) == 1 else text
