"""Pages from templates: the language of the reader, amounts and days as Belgium writes them, everything escaped."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from importer.domain.clock import in_belgium, moment
from importer.domain.findings import Finding
from importer.errors import ImporterError
from importer.language.speech import Speech
from importer.web.desk import Desk
from importer.web.roles import user_of
from importer.web.users import Role
from importer.web.words import LANGUAGES, Words, preferred, table

LANGUAGE_COOKIE: Final = "importer_language"
ACCOUNT_COOKIE: Final = "importer_account"
_JOINT: Final = re.compile(r"\.\s*;\s*(\w)")  # of Facturalia's sentence and what follows it
_FIELD: Final = re.compile(r"\b(lines|invoice|customer)\.(?:(\d+)\.)?([a-z_]+)\b")
_NARROW: Final = "\u202f"
_DIGITS: Final = 7
LONGEST: Final = 500  # characters of an address to go back to


def language_of(request: Request) -> str:
    """The language a person chose, else the one the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else preferred(request.headers.get("accept-language", ""))


def account_of(request: Request, desk: Desk) -> str:
    """The account a person chose, else the first one."""
    chosen = request.cookies.get(ACCOUNT_COOKIE, "")
    names = desk.settings.accounts()
    return chosen if chosen in names else names[0]


def local(address: str) -> str:
    """An address of this server, or its first page: nobody is sent elsewhere."""
    fine = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if fine and len(address) <= LONGEST else "/"


def page_number(request: Request, last: int) -> int:
    """Which page of a table is asked for, from 1 to `last`."""
    asked = request.query_params.get("p", "1")
    return min(max(int(asked), 1), last) if asked.isascii() and asked.isdigit() and len(asked) <= _DIGITS else 1


class Writer:
    """Amounts, days and sentences in one language, for templates."""

    def __init__(self, language: str) -> None:
        self.speech = Speech(language)
        self._words = Words(language)
        self._dot = _NARROW if language == "fr" else "."

    def money(self, cents: int | None) -> str:
        """1.234,56 or, in French, 1 234,56; a dash where there is no amount."""
        if cents is None:
            return "\u2013"
        whole, rest = divmod(abs(cents), 100)
        return f"{'-' if cents < 0 else ''}{self.number(whole)},{rest:02d}"

    def number(self, number: int) -> str:
        """A whole number in groups of three."""
        return f"{number:,}".replace(",", self._dot)

    def decimal(self, literal: str) -> str:
        """An exact decimal as the invoice has it, with a comma and groups of three: 1.250,125."""
        whole, _, rest = literal.partition(".")
        digits = whole.removeprefix("-")
        grouped = self.number(int(digits)) if digits.isdecimal() else digits
        return f"{'-' if whole != digits else ''}{grouped}{',' if rest else ''}{rest}"

    def price(self, literal: str) -> str:
        """The same with cents, or more decimals where it has more: 45,50."""
        whole, _, rest = literal.partition(".")
        return self.decimal(f"{whole}.{rest:0<2}")

    def day(self, text: str) -> str:
        """31/03/2026 for 2026-03-31; anything else as it is."""
        parts = text[:10].split("-")
        return "/".join(reversed(parts)) if len(parts) == 3 else text  # noqa: PLR2004 - year, month, day

    def moment(self, moment: datetime | None) -> str:
        """Day and minute by the clock in Belgium."""
        if moment is None:
            return ""
        local = in_belgium(moment)
        return f"{local:%d/%m/%Y %H:%M}"

    def since(self, text: str) -> str:
        """The same for a moment as the uploads note it."""
        return self.moment(moment(text)) if text else ""

    def time(self, moment: datetime) -> str:
        """Hour, minute and second by the clock in Belgium."""
        return f"{in_belgium(moment):%H:%M:%S}"

    def message(self, finding: Finding) -> str:
        """What is wrong, and what to do; here, where another sentence would name a command."""
        here = f"fix.{finding.code}"
        fix = self._words(here) if here in table() else finding.fix_in(self.speech)
        said = finding.message_in(self.speech)
        stop = "." if fix and said[-1:].isalnum() else ""  # it may end in what a person or Facturalia wrote
        return self.fields(f"{said}{stop} {fix}")

    def cell(self, finding: Finding) -> str:
        """Where, as short as a cell address."""
        where = f"{finding.sheet}!" if finding.sheet else ""
        return f"{where}{finding.cell or finding.row or ''}".rstrip("!")

    def error(self, error: ImporterError) -> tuple[str, str]:
        """Message and remedy; here, where another sentence would name a command."""
        message, fix = self.speech.told(error)
        here = f"fix.{error.code}"
        return message, self._words(here) if here in table() else fix

    def words(self, text: str) -> str:
        """A finished English sentence of the importer in this language."""
        return _JOINT.sub(lambda found: f". {found[1].upper()}", self.fields(self.speech.words(text)))

    def fields(self, text: str) -> str:
        """Names of the API's fields as a person says them: `lines.0.product_code` is line 1, product code."""
        return _FIELD.sub(self._field, text)

    def _field(self, found: re.Match[str]) -> str:
        section, number, name = found.groups()
        key = f"field.{section}.{name}"
        if key not in table():
            return found[0]
        label = self._words(key).lower() if section == "lines" else self._words(key)
        return f"{self._words('ws_line', n=int(number) + 1)}, {label}" if number else label


@cache
def environment() -> Environment:
    """The templates; an undefined name is a fault, not an empty text."""
    place = files("importer.web") / "templates"
    made = Environment(
        loader=FunctionLoader(lambda name: (place / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["languages"] = LANGUAGES
    return made


def plain_page(request: Request, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page for whoever is not in: it knows the language and nothing of the desk."""
    language = language_of(request)
    context = {"w": Words(language), "language": language, "here": "/login", **facts}
    return HTMLResponse(environment().get_template(template).render(context), status)


def page(
    request: Request,
    desk: Desk,
    template: str,
    *,
    status: int = 200,
    account: str = "",
    step: int = 0,
    nav: str = "new",
    **facts: Any,
) -> HTMLResponse:
    """One page. `step` is its place in the six steps of an import, 0 outside; `nav` the entry of the menu it is under."""
    language = language_of(request)
    name, user = account or account_of(request, desk), user_of(request)
    context: Mapping[str, Any] = {
        "w": Words(language),
        "t": Writer(language),
        "language": language,
        "here": request.url.path,
        "account": desk.view(name),
        "user": user,
        "may": {role: user is None or user.may(role) for role in Role},
        "attention": desk.attention(name),
        "step": step,
        "nav": nav,
        **facts,
    }
    return HTMLResponse(environment().get_template(template).render(context), status)
