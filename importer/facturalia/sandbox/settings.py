"""What a sandbox can be told. Everything has a default; nothing is read from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from importer.errors import SettingsError
from importer.facturalia.sandbox.faults import parse_faults

DEFAULT_API_KEY = "fac_test_sandbox_0000"  # known to all: it opens nothing but a sandbox
IN_MEMORY = ":memory:"
LONGEST = 1_000_000  # hours, seconds or days: beyond is a slip of the keyboard, and breaks the calendar


class RateLimit(NamedTuple):
    """At most `requests` per `window` seconds and key; the window is fixed and starts with its first request."""

    requests: int
    window: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """One sandbox. The fields from `replay_status` on choose between readings the public pages leave open.

    `products`: the codes that exist, None for "all do". `retention_hours`: how long an Idempotency-Key is remembered
    (the pages say 24 to 72 hours), 0 forgets at once. `keep_external_ids`: False forgets every external_id at once.
    `latency`: seconds before each answer. `faults`: `NAME[:ARGUMENT]:SHARE`, comma-separated, drawn with `seed`.
    Raises `SettingsError` (`bad-faults`, `bad-sandbox-setting`).
    """

    api_key: str = DEFAULT_API_KEY
    database: str | Path = IN_MEMORY
    base_path: str = "/api/v1"
    products: frozenset[str] | None = None
    retention_hours: float = 24
    keep_external_ids: bool = True
    rate_limit: RateLimit | None = None
    latency: float = 0
    faults: str = ""
    seed: int = 0
    scopes: frozenset[str] = frozenset({"invoices:create"})
    rounding: Literal["per_invoice", "per_line"] = "per_invoice"
    prices: Literal["excl_vat", "incl_vat"] = "excl_vat"
    replay_status: Literal[200, 201] = 200
    created_mark: str = ""  # Idempotency-Status of a first creation; empty: the header is not sent
    unknown_fields: Literal["refuse", "ignore"] = "refuse"  # outside lines[], whose list of fields we never saw whole
    default_due_days: int = 30

    def __post_init__(self) -> None:
        """Refuse what could never work, before a server starts."""
        parse_faults(self.faults)
        if not self.base_path.startswith("/") or self.base_path.endswith("/"):
            raise _bad(f'The base path "{self.base_path}" must begin with "/" and not end with it.')
        if not self.api_key.isascii() or not self.api_key or any(letter.isspace() for letter in self.api_key):
            raise _bad("The key of the sandbox must be ASCII without spaces.")
        if self.rate_limit is not None and (self.rate_limit.requests < 1 or not 0 < self.rate_limit.window <= LONGEST):
            raise _bad("A rate limit needs at least 1 request and a window above 0 seconds.")
        # written so that NaN fails too
        if not all(0 <= span <= LONGEST for span in (self.retention_hours, self.latency, self.default_due_days)):
            raise _bad(f"Hours, seconds and days go from 0 to {LONGEST}.")


def read_products(path: Path) -> frozenset[str]:
    """The product codes in a UTF-8 text file, one a line; blank lines and spaces around a code do not count.

    Raises `SettingsError` (`products-unreadable`) if the file is missing, not UTF-8, or holds no code.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "products-unreadable",
            f"{path.name}: the list of products cannot be read.",
            fix="Give a UTF-8 text file with one product code a line.",
        ) from error
    codes = frozenset(code for line in text.splitlines() if (code := line.strip()))
    if not codes:
        raise SettingsError(
            "products-unreadable",
            f"{path.name}: the list of products is empty.",
            fix="Give a UTF-8 text file with one product code a line.",
        )
    return codes


def _bad(message: str) -> SettingsError:
    return SettingsError("bad-sandbox-setting", message, fix="Correct the option of the sandbox and start it again.")
