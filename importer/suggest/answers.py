"""Settling what a suggestion left open: an answer goes exactly where the choice was."""

import re
from collections.abc import Mapping
from typing import Any

from importer.errors import ConfigError
from importer.profile.model import is_date_form
from importer.profile.open import TO_CHOOSE
from importer.suggest.model import Choice, Draft, Path, Sure

_COUNTRY = re.compile(r"[A-Z]{2}")


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
    allowed = [option.value for option in choice.options]
    path = ".".join(choice.path)
    if choice.column_too:
        if not text or text == TO_CHOOSE:
            raise _bad(path, text, "Name a column of the file, or give a text.")
        if choice.path in {("invoice_key",), ("invoice", "date", "column")} and draft.sheet.column(text) is None:
            raise _bad(
                path, text, f"Name one of the columns: {', '.join(header for header in draft.sheet.headers if header)}."
            )
        if choice.path[-2:] == ("vat_rate", "value") and draft.sheet.column(text) is None and text not in allowed:
            raise _bad(path, text, f"Name a column of the file, or one of {', '.join(allowed)}.")
        return text
    if not allowed and text and text != TO_CHOOSE and choice.path[:3] != ("customer", "country", "map"):
        return text
    if choice.path == ("source", "dates"):
        if text in allowed or all(is_date_form(form.strip()) for form in text.split(",")):
            return text
    elif choice.path[:3] == ("customer", "country", "map"):
        if not text or _COUNTRY.fullmatch(text):
            return text
        raise _bad(path, text, "Give two capital letters, such as BE, or nothing to leave the country out.")
    elif text in allowed:
        return text
    raise _bad(path, text, f"Give one of {', '.join(allowed)}." if allowed else "Give a text.")


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


def _bad(path: str, text: str, fix: str) -> ConfigError:
    return ConfigError("bad-answer", f'"{text}" cannot be the answer for {path}.', fix=fix)
