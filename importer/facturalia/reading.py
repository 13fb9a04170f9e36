"""Reading the JSON of an answer: where the id, number, totals and PDF stand, and what an error says.

The pages of Facturalia do not show the answer's fields, so each is looked for along a list of likely places; a profile
may name places that are tried first.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from importer.domain.money import cents_of
from importer.domain.records import Answered

Found = TypeVar("Found")
Paths = Mapping[str, Sequence[str]]  # of id, number, pdf_url, total_excl, total_incl: dotted places, best first
NO_PATHS: Paths = MappingProxyType({})

MAX_TEXT = 200  # characters of an id or number
MAX_URL = 2_000
MAX_MESSAGE = 120  # characters of one message of the API
MAX_SENTENCE = 600

# Where the invoice may stand in the answer, then what its fields may be called there.
ROOTS: tuple[tuple[str, ...], ...] = (
    ("invoice",),
    ("data",),
    (),
    ("data", "invoice"),
    ("result",),
    ("result", "invoice"),
)
NAMES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "id": (("id",), ("invoice_id",), ("uuid",)),
    "number": (("number",), ("invoice_number",)),
    "pdf_url": (
        ("pdf_url",),
        ("download_url",),
        ("pdf",),
        ("links", "pdf"),
        ("links", "download"),
        ("urls", "pdf"),
        ("_links", "pdf", "href"),
        ("_links", "pdf"),
    ),
    # only names that cannot mean the other total: a wrong reading would stop a run that is right
    "total_excl": (
        ("totals", "excl_vat"),
        ("totals", "excl"),
        ("totals", "total_excl_vat"),
        ("totals", "total_excl"),
        ("totals", "subtotal"),
        ("total_excl_vat",),
        ("total_excl",),
        ("subtotal",),
    ),
    "total_incl": (
        ("totals", "incl_vat"),
        ("totals", "incl"),
        ("totals", "total_incl_vat"),
        ("totals", "total_incl"),
        ("total_incl_vat",),
        ("total_incl",),
    ),
}

_US = re.compile(r"external_?id|\bnumber\b|invoice_?number|factuurnummer|num[ée]ro de (?:la )?facture", re.IGNORECASE)
_CONTACT = re.compile(r"\S+@\S+|\+?\d(?:[ ./-]?\d){6,}")
_SHORT = 3  # a customer's text below this length would strike out parts of ordinary words


class Problem(NamedTuple):
    """An error object: its code, whether it has details, whether they name number or external_id, all in a sentence."""

    present: bool = False
    code: str = ""
    details: bool = False
    names_us: bool = False
    sentence: str = ""


def as_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object a body holds, numbers exact; None if it holds anything else."""
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        document = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return document if isinstance(document, dict) else None


def read_answer(body: bytes, headers: Mapping[str, str], paths: Paths = NO_PATHS) -> Answered:
    """What a body of ours or of an earlier run says of the invoice: see `find_answered`. Empty if it is no object."""
    answered = find_answered(as_object(body) or {}, paths)
    return answered._replace(replayed=headers.get("idempotency-status", "").strip().lower() == "replayed")


def find_answered(document: Mapping[str, Any], paths: Paths = NO_PATHS) -> Answered:
    """Id, number, PDF link and totals (cents), each from the first place that holds one; the profile's places first."""
    roots = [root for root in (_at(document, path) for path in ROOTS) if isinstance(root, Mapping)]

    def first(field: str, read: Callable[[object], Found | None], none: Found) -> Found:
        for path in paths.get(field, ()):
            if (value := read(_at(document, path.split(".")))) is not None:
                return value
        for root in roots:
            for name in NAMES[field]:
                if (value := read(_at(root, name))) is not None:
                    return value
        return none

    return Answered(
        remote_id=first("id", _text, ""),
        number=first("number", _text, ""),
        pdf_url=first("pdf_url", _url, ""),
        excl=first("total_excl", cents_of, None),
        incl=first("total_incl", cents_of, None),
    )


def read_problem(document: Mapping[str, Any], sent: bytes = b"") -> Problem:
    """What an error object says. The sentence keeps field names and messages, without the customer of `sent`."""
    error = document.get("error")
    if isinstance(error, str):
        error = {"message": error}
    if not isinstance(error, dict):
        return Problem()
    code = error.get("code")
    code = code.strip()[:MAX_TEXT] if isinstance(code, str) else ""
    details = list(_details(error.get("details")))
    message = error.get("message")
    told = ([("", message)] if isinstance(message, str) and message.strip() else []) + details
    private = _private_words(sent) if told else ()
    clean = [f"{name[:MAX_MESSAGE]}: {_clean(text, private)}" if name else _clean(text, private) for name, text in told]
    names_us = any(_US.search(name) or _US.search(text) for name, text in told)
    return Problem(bool(error), code, bool(details), names_us, "; ".join(clean)[:MAX_SENTENCE])


def _details(details: object) -> Iterator[tuple[str, str]]:
    """Field and message pairs, whether the API writes an object (as documented) or a list."""
    if isinstance(details, Mapping):
        for name, text in details.items():
            yield str(name), " ".join(map(str, text)) if isinstance(text, list) else str(text)
    elif isinstance(details, list):
        for entry in details:
            if isinstance(entry, Mapping):
                yield str(entry.get("field") or entry.get("path") or ""), str(entry.get("message") or "")
            else:
                yield "", str(entry)


def _private_words(sent: bytes) -> tuple[str, ...]:
    """The texts of the request that speak of the customer, longest first."""
    document = as_object(sent) or {}
    customer, invoice = document.get("customer"), document.get("invoice")
    texts = list(customer.values()) if isinstance(customer, dict) else []
    if isinstance(invoice, dict):
        texts += [value for name, value in invoice.items() if name in {"note", "reference"} or "address" in name]
    words = {str(text).strip() for text in texts if not isinstance(text, bool)}
    return tuple(sorted((word for word in words if len(word) >= _SHORT), key=len, reverse=True))


def _clean(text: str, private: Sequence[str]) -> str:
    for word in private:
        text = re.sub(re.escape(word), "…", text, flags=re.IGNORECASE)
    text = _CONTACT.sub("…", " ".join("".join(c if c.isprintable() else " " for c in text).split()))
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"


def _at(document: object, path: Sequence[str]) -> object:
    """The value at a path; list positions count from 0. None if there is none."""
    value = document
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _text(value: object) -> str | None:
    """A text or whole number as text, None for anything else, for nothing and for what no id or number looks like."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= MAX_TEXT and text.isprintable() else None


def _url(value: object) -> str | None:
    """A web address, and nothing else: it becomes a link in reports and pages."""
    if not isinstance(value, str) or not value.startswith(("https://", "http://")) or len(value) > MAX_URL:
        return None
    return value if value.isprintable() and " " not in value else None
