"""A suggestion as JSON data: each field with its column, examples, confidence and proof; what the web pages draw."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from importer.language.speech import ENGLISH, Speech
from importer.suggest.model import Choice, Column, Draft, Entry
from importer.suggest.suggest import Suggestion, Trial


def as_json(suggestion: Suggestion, path: Path, speech: Speech = ENGLISH) -> dict[str, Any]:
    """The suggestion for a file; `open` counts the choices that are left, `trial` is null while there are any.

    A choice is answered by its `path` (a list: words of a file may hold dots). `confidence` is proved, likely, choose
    or absent; `value` is what stands in the profile, null where the key is only a comment. Sentences are in the language.
    """
    draft = suggestion.draft
    return {
        "profile": draft.name,
        "file": path.name,
        "sheet": draft.sheet.grid.sheet,
        "header_row": draft.sheet.header_row,
        "rows": len(draft.sheet.rows),
        "whole": draft.sheet.whole,
        "open": len(draft.choices),
        "fields": [_field(draft, entry, speech) for entry in draft.entries.values()],
        "unused": [
            {**_column(each.column), "examples": list(each.column.examples), "reason": speech.words(each.reason)}
            for each in draft.unused
        ],
        "notes": list(map(speech.words, draft.remarks)),
        "trial": _trial(suggestion.trial, speech),
        "yaml": suggestion.text,
    }


def _field(draft: Draft, entry: Entry, speech: Speech) -> dict[str, Any]:
    columns = [column for name in entry.columns if (column := draft.sheet.column(name)) is not None]
    return {
        "field": ".".join(entry.path),
        "column": entry.columns[0] if entry.columns else None,
        "columns": list(entry.columns),
        "examples": list(columns[0].examples) if columns else [],
        "confidence": str(entry.sure),
        "proof": speech.words(entry.proof),
        "value": entry.value,
        "choices": [_choice(choice, speech) for choice in entry.choices],
        "similar": [{"column": header, "score": score} for header, score in entry.similar],
    }


def _choice(choice: Choice, speech: Speech) -> dict[str, Any]:
    return {
        "path": list(choice.path),
        "question": speech.words(choice.question),
        "options": [{"value": each.value, "meaning": speech.words(each.meaning)} for each in choice.options],
        "column_too": choice.column_too,
    }


def _column(column: Column) -> dict[str, str]:
    return {"column": column.header, "letter": column.letter}


def _trial(trial: Trial | None, speech: Speech) -> Mapping[str, Any] | None:
    if trial is None:
        return None
    return {
        "rows": dict(trial.rows),
        "invoices": trial.invoices,
        "refused": trial.refused,
        "held": trial.held,
        "findings": dict(trial.findings),
        "error": speech.words(trial.error) or None,
    }
