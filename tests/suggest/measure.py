"""`profile suggest` on every shipped sample, without edits, against the golden plan of the profile that was written by hand.

    python -m tests.suggest.measure          one line a sample, and the counts

A sample is `equal` where the plan of the suggestion is the golden one as it is; `equal but for` where it differs only in
fields that the written profile fixes to a value of its own (a language, a number of days), which no file can show;
`answered` where choices were left open and the same holds once they are made as the written profile makes them; and
`differs` otherwise, with the first difference. Reasons of skipped rows are words, and not compared.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from importer.domain.identity import Account
from importer.errors import ImporterError
from importer.pipeline import check_files
from importer.profile.golden import describe, difference
from importer.profile.load import LoadedProfile, load_profile, parse_profile, shipped
from importer.profile.model import FieldRule
from importer.profile.samplefile import samples_of
from importer.suggest.answers import answered
from importer.suggest.model import Choice, Draft
from importer.suggest.suggest import start
from importer.suggest.write import profile_text

ACCOUNT = Account("check", "check")
EXPECTED = "expected.json"
_SPAN = re.compile(r"(.*?)rows? (\d+)(?: to (\d+))?: ")


class Measured(NamedTuple):
    """What became of one sample. `open` are the choices that were left, `said` the first difference or what was set aside."""

    profile: str
    sample: str
    fate: str
    open: Sequence[str]
    said: str


def measure(names: Sequence[str] = ()) -> Iterator[Measured]:
    """Every sample of the profiles (default: all shipped ones) that has a golden plan."""
    for one in shipped():
        if names and one.name not in names:
            continue
        loaded = load_profile(one.name)
        for sample in samples_of(loaded):
            if sample.path is None or not (sample.path.parent / EXPECTED).is_file():
                continue
            expected = json.loads((sample.path.parent / EXPECTED).read_text(encoding="utf-8")).get(sample.path.name)
            if expected is not None:
                yield measure_sample(loaded, one.name, sample.path, expected)


def measure_sample(loaded: LoadedProfile, name: str, path: Path, expected: Mapping[str, Any]) -> Measured:
    """One sample: suggest, answer what is open as the written profile does, compare."""
    try:
        draft = start(path, name)
    except ImporterError as error:
        return Measured(name, path.name, "differs", (), f"no suggestion: {error.message}")
    left = tuple(".".join(choice.path) for choice in draft.choices)
    unanswered = _answer(draft, loaded)
    if unanswered:
        return Measured(name, path.name, "differs", left, f"the written profile does not say {unanswered}")
    try:
        plan = check_files([path], parse_profile(profile_text(draft, path.name).encode(), "suggested"), ACCOUNT)
    except ImporterError as error:
        return Measured(name, path.name, "differs", left, error.message)
    actual = describe(plan)
    exact = difference(_without_words(expected), _without_words(actual))
    if not exact:
        return Measured(name, path.name, "answered" if left else "equal", left, "")
    aside = sorted(loaded.profile.fixed_paths() - {f"lines.{name}" for name in loaded.profile.lines})
    rest = difference(_without(_without_words(expected), aside), _without(_without_words(actual), aside))
    if not rest:
        return Measured(name, path.name, "answered" if left else "equal but for", left, ", ".join(aside))
    return Measured(name, path.name, "differs", left, f"{len(rest)} differences, first: {rest[0]}")


def _answer(draft: Draft, loaded: LoadedProfile) -> str:
    """Make every open choice as the written profile makes it; the first it says nothing about, or empty."""
    while draft.choices:
        choice = draft.choices[0]
        said = _written(loaded, choice)
        if said is None:
            return ".".join(choice.path)
        try:
            answered(draft, choice.path, said)
        except ImporterError as error:
            return f"{'.'.join(choice.path)} ({error.message})"
    return ""


def _written(loaded: LoadedProfile, choice: Choice) -> str | None:
    profile = loaded.profile
    plain = {
        ("prices",): profile.prices,
        ("invoice_key",): profile.invoice_key[0],
        ("source", "dates"): ", ".join(profile.source.dates) if profile.source.dates else None,
        ("source", "decimal"): profile.source.decimal,
        ("source", "sheets"): profile.source.sheets[0] if profile.source.sheets else None,
    }
    if choice.path in plain:
        return plain[choice.path]
    if choice.path[0] == "extra_lines":
        return next((_origin(dict(extra.fields())[choice.path[2]]) for extra in profile.extra_lines.values()), None)
    rule = dict(profile.fields()).get(".".join(choice.path[:2]))
    if rule is None or "map" not in choice.path:
        return None if rule is None else _origin(rule)
    return None if rule.map is None else rule.map.get(choice.path[-1], rule.default)


def _origin(rule: FieldRule) -> str | None:
    if rule.value is not None:
        return rule.value
    return rule.column[0] if rule.column is not None else None


def _without_words(described: Mapping[str, Any]) -> dict[str, Any]:
    rows: list[str] = []
    for text in described.get("skipped", []):
        span = _SPAN.match(text)
        assert span is not None, text
        rows += [f"{span[1]}{row}" for row in range(int(span[2]), int(span[3] or span[2]) + 1)]
    return {**described, "skipped": sorted(rows)}


def _without(described: Mapping[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """A description without the fields that a profile fixes."""
    gone = {
        section: {path.partition(".")[2] for path in paths if path.startswith(section)}
        for section in ("invoice", "customer")
    }
    invoices = [
        {
            **invoice,
            "header": {name: text for name, text in invoice["header"].items() if name not in gone["invoice"]},
            "customer": {name: text for name, text in invoice["customer"].items() if name not in gone["customer"]},
        }
        for invoice in described["invoices"]
    ]
    return {**described, "invoices": invoices}


def main(arguments: Sequence[str]) -> int:
    """Print a line for each sample and the counts; 0 if nothing differs."""
    counts: Counter[str] = Counter()
    for one in measure(arguments):
        counts[one.fate] += 1
        left = f", {len(one.open)} open ({', '.join(one.open)})" if one.open else ""
        print(f"{one.profile:16} {one.sample:28} {one.fate}{left}{': ' if one.said else ''}{one.said}", flush=True)
    print(
        " ".join(
            f"{name.replace(' ', '-')}={counts[name]}" for name in ("equal", "equal but for", "answered", "differs")
        )
    )
    return 1 if counts["differs"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
