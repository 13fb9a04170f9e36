"""Settling what a suggestion left open: an answer goes exactly where the choice was."""

import re
from collections.abc import Mapping
from typing import Any

from importer.errors import ConfigError
from importer.profile.model import is_date_form
from importer.profile.open import TO_CHOOSE
from importer.suggest.model import Choice, Draft, Path, Sure

_COUNTRY = re.compile(r"[A-Z]{2}")
_COLUMNS_ONLY = frozenset({("invoice_key",), ("invoice", "date", "column")})


def answered(draft: Draft, where: Path, text: str) -> None:
    """Put an answer into the draft. Raises ConfigError `bad-answer` where it fits no open choice."""
    for entry in draft.entries.values():
        for choice in entry.choices:
            if choice.path == where:
                value = _checked(draft, choice, text.strip())
                if entry.path == ("invoice_key",):
                    entry.value = [value]
                elif choice.path[-1] == "value" and draft.sheet.column(value) is not None:
                    entry.value = _placed(entry.value, choice.path[len(entry.path) : -1], {"column": value})
                    entry.columns = (*entry.columns, value)
                else:
                    inner = choice.path[len(entry.path) :]
                    entry.value = _placed(entry.value, inner, _shaped(where, value))
                entry.choices = tuple(other for other in entry.choices if other is not choice)
                entry.proof += "; chosen by a person"
                if not entry.choices:
                    entry.sure = Sure.LIKELY
                return
    raise ConfigError(
        "bad-answer",
        f'"{".".join(where)}" is no open choice.',
        fix="Run `importer profile suggest` again to see what is open.",
    )


def _checked(draft: Draft, choice: Choice, text: str) -> str:
    """The answer, if it can be one."""
    remedy = _complaint(draft, choice, text)
    if remedy:
        raise ConfigError("bad-answer", f'"{text}" cannot be the answer for {".".join(choice.path)}.', fix=remedy)
    return text


def _complaint(draft: Draft, choice: Choice, text: str) -> str:
    """What an answer would have to be, in words; empty if it is that."""
    allowed = [option.value for option in choice.options]
    if choice.path[:3] == ("customer", "country", "map"):
        fits = not text or _COUNTRY.fullmatch(text) is not None
        return "" if fits else "Give two capital letters, such as BE, or nothing to leave the country out."
    if choice.path == ("source", "dates"):
        fits = text in allowed or all(is_date_form(form.strip()) for form in text.split(","))
        return "" if fits else f"Give one of {', '.join(allowed)}."
    if not text or text == TO_CHOOSE:
        return "Give a text." if not allowed else f"Give one of {', '.join(allowed)}."
    if not choice.column_too:
        return "" if text in allowed or not allowed else f"Give one of {', '.join(allowed)}."
    if draft.sheet.column(text) is not None:
        return ""
    columns = ", ".join(header for header in draft.sheet.headers if header)
    if choice.path in _COLUMNS_ONLY:
        return f"Name one of the columns: {columns}."
    if choice.path[-2:] == ("vat_rate", "value") and text not in allowed:
        return f"Name a column of the file, or one of {', '.join(allowed)}."
    return ""


def _shaped(where: Path, value: str) -> Any:
    if where == ("source", "dates") and "," in value:
        return [form.strip() for form in value.split(",")]
    return value


def _placed(value: Any, inner: Path, answer: Any) -> Any:
    if not inner:
        return answer
    group = dict(value) if isinstance(value, Mapping) else {}
    group[inner[0]] = _placed(group.get(inner[0]), inner[1:], answer)
    return group
