"""The text of a suggested profile: every key with its proof as a comment, in the order of the template."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from importer.language.speech import ENGLISH, Speech
from importer.profile.open import TO_CHOOSE
from importer.profile.yamltext import INVISIBLE, NULLS
from importer.suggest.model import Draft, Entry, Path, Sure

_BREAKS: Final = re.compile("[\x85\u2028\u2029]")  # YAML takes them for ends of lines
WIDTH: Final = 118
SHOWN_ROWS: Final = 2
_PLAIN: Final = re.compile(r"[A-Za-zÀ-ÿ_][\wÀ-ÿ .°%’+/()-]*")  # noqa: RUF001 - headers are written so
_ORDER: Final = {
    "source": ("encoding", "delimiter", "sheets", "header", "decimal", "thousands", "dates"),
    "rows": ("skip", "footer", "fill_down"),
    "invoice": ("number", "date", "due_date", "due_days", "language", "reference"),
    "customer": (
        "external_customer_no",
        "name",
        "vat_number",
        "street",
        "postal_code",
        "city",
        "country",
        "email",
        "phone",
    ),
    "lines": ("packed", "product_code", "quantity", "unit_price", "vat_rate", "description"),
    "extra_lines": ("shipping", "discount"),
    "controls": ("line_total", "invoice_total_excl", "invoice_total_incl", "currency"),
}
TITLES: Final = {
    "source": "How the file is written",
    "rows": "Rows that are no lines, or not complete",
    "invoice": "Invoice",
    "customer": "Customer",
    "lines": "Lines",
    "extra_lines": "Amounts of the whole invoice that become lines",
    "controls": "Controls: proved and never sent",
}
MARKS: Final = {Sure.PROVED: "proved", Sure.LIKELY: "likely", Sure.CHOOSE: TO_CHOOSE}


def profile_text(draft: Draft, sample: str, speech: Speech = ENGLISH) -> str:
    """The profile as YAML. `sample` is how the head calls the file it was made from; comments are in the language."""
    lines = [*_head(draft, sample, speech), f"profile: {_scalar(draft.name)}", 'version: "1"']
    system = speech.say(
        "the program the export comes from; part of every invoice's identity: NEVER change it after the first import"
    )
    lines += [*_wrapped(system, "# "), f"system: {_scalar(draft.name)}"]
    for section in ("source", "rows"):
        lines += _section(draft, section, speech)
    lines += ["", f"# --- {speech.say('Which rows are one invoice; on which side of VAT prices are')}"]
    for name in ("invoice_key", "prices", "rounding"):
        entry = draft.entries.get((name,))
        if entry is not None:
            lines += _entry(entry, "", speech)
    for section in ("invoice", "customer", "lines", "extra_lines", "controls"):
        lines += _section(draft, section, speech)
    lines += _unused(draft, speech)
    return "\n".join(lines) + "\n"


def _head(draft: Draft, sample: str, speech: Speech) -> Iterator[str]:
    made = speech.say("made from an export. Write here which program makes it, and where to click for it.")
    yield from _wrapped(f"{draft.name}: {made}", "# ")
    yield f'# Sample: "{_comment(sample)}"' if " " in sample else f"# Sample: {_comment(sample)}"
    sheet = draft.sheet
    delimiter = str(_value(draft, ("source", "delimiter")) or ";")
    for cells in sheet.grid.cells[_index(draft) : _index(draft) + sheet.header_rows]:
        yield f"#   {_comment(delimiter.join(_cell(cell, delimiter) for cell in cells))}"
    shown = 0
    for cells in sheet.grid.cells[_index(draft) + sheet.header_rows :]:
        if any(cell.strip() for cell in cells):
            yield f"#   {_comment(delimiter.join(_cell(cell, delimiter) for cell in cells))}"
            shown += 1
            if shown == SHOWN_ROWS:
                break
    open_ = len(draft.choices)
    proved = sum(1 for entry in draft.entries.values() if entry.sure is Sure.PROVED and entry.value is not None)
    yield "#"
    yield from _wrapped(
        speech.say(
            "These lines come from your file: put invented names into them before you show this profile to others."
        ),
        "# ",
    )
    rows = speech.count(len(sheet.rows), "{count} row", "{count} rows")
    keys = (
        speech.count(proved, "{count} key proved on all of {rows}", "{count} keys proved on all of {rows}", rows=rows)
        if sheet.whole
        else speech.count(
            proved, "{count} key proved on the first {rows}", "{count} keys proved on the first {rows}", rows=rows
        )
    )
    marks = speech.say("a key marked likely is said by its header alone; a key in a comment is not used")
    yield from _wrapped(f"{keys}; {marks}.", "# ")
    if open_:
        told = speech.count(
            open_,
            "{count} choice is open: replace {mark}, or this profile does not load.",
            "{count} choices are open: replace each {mark}, or this profile does not load.",
            mark=TO_CHOOSE,
        )
        yield from _wrapped(told, "# ")
    for remark in draft.remarks:
        yield from _wrapped(speech.say("Note: {remark:words}.", remark=remark), "# ")


def _index(draft: Draft) -> int:
    return list(draft.sheet.grid.rows).index(draft.sheet.header_row)


def _section(draft: Draft, section: str, speech: Speech) -> Iterator[str]:
    entries = [draft.entries[section, name] for name in _ORDER[section] if (section, name) in draft.entries]
    if not entries:
        return
    yield ""
    yield f"# --- {speech.say(TITLES[section])}"
    live = any(entry.value is not None for entry in entries)
    yield f"{section}:" if live else f"# {section}:"
    for entry in entries:
        yield from _entry(entry, "  ", speech)


def _entry(entry: Entry, indent: str, speech: Speech) -> Iterator[str]:
    mark = MARKS.get(entry.sure, "")
    proof = speech.words(entry.proof)
    yield from _wrapped(speech.say("{mark:words}: {proof}", mark=mark, proof=proof) if mark else proof, f"{indent}# ")
    name = entry.path[-1]
    for choice in entry.choices:
        for option in choice.options:
            yield from _wrapped(
                f"{choice.path[-1] if choice.path[-2:-1] == ('map',) else name}: {_scalar(option.value)} - {speech.words(option.meaning)}",
                f"{indent}#   ",
            )
    if entry.similar:
        yield from _wrapped(
            f"{speech.say('similar headers')}: "
            + ", ".join(f'"{header}" ({score} %)' for header, score in entry.similar),
            f"{indent}#   ",
        )
    if entry.value is None:
        for hint in entry.hints:
            text = hint if hint.startswith(("{", "[")) else _scalar(hint)
            yield f"{indent}# {name}: {_comment(text)}"
        return
    for hint in entry.hints:
        yield from _wrapped(speech.words(hint), f"{indent}#   ")
    yield from _value_lines(name, entry.value, indent)


def _value_lines(name: str, value: Any, indent: str) -> Iterator[str]:
    flow = _flow(value)
    line = f"{indent}{_scalar(name)}: {flow}"
    if len(line) <= WIDTH and not (isinstance(value, list) and value and isinstance(value[0], Mapping)):
        yield line
    elif isinstance(value, Mapping):
        yield f"{indent}{_scalar(name)}:"
        for key, item in value.items():
            yield from _value_lines(key, item, f"{indent}  ")
    elif isinstance(value, list):
        yield f"{indent}{_scalar(name)}:"
        for item in value:
            yield f"{indent}  - {_flow(item)}"
    else:
        yield line


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return _scalar(value)
    return "[" + ", ".join(_flow(item) for item in value) + "]"


def _scalar(text: str) -> str:
    """A text as YAML: plain where nothing in it means anything, else in quotes."""
    if _PLAIN.fullmatch(text) and text not in NULLS and not text.endswith(" "):
        return text
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    )
    escaped = _BREAKS.sub(lambda match: f"\\u{ord(match[0]):04X}", escaped)
    return '"' + INVISIBLE.sub(lambda match: f"\\U{ord(match[0]):08X}", escaped) + '"'


def _cell(text: str, delimiter: str) -> str:
    """A cell as the file writes it."""
    text = text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    return '"' + text.replace('"', '""') + '"' if delimiter in text or '"' in text else text


def _comment(text: str) -> str:
    """A text that can stand in a comment: one line, nothing invisible."""
    return INVISIBLE.sub("?", " ".join(text.splitlines()).replace("\x85", " "))


def _wrapped(text: str, indent: str) -> Iterator[str]:
    text = _comment(text).replace("\t", " ")
    yield from textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _value(draft: Draft, path: Path) -> Any:
    entry = draft.entries.get(path)
    return None if entry is None else entry.value


def _unused(draft: Draft, speech: Speech) -> Iterator[str]:
    if not draft.unused:
        return
    yield ""
    yield f"# --- {speech.say('Columns not used')}"
    for each in draft.unused:
        header = each.column.header or f"({speech.say('no header')})"
        yield from _wrapped(f"{each.column.letter} {header}: {speech.words(each.reason)}", "# ")


def as_sequence(value: Any) -> Sequence[str]:
    """A text or a list of texts as a list."""
    return [value] if isinstance(value, str) else list(value)
