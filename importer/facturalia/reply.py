"""What comes back from one POST, as plain data: an answer, or the reason why there is none. Needs no HTTP library."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Answer(NamedTuple):
    """A complete HTTP answer. Header names are in lower case; `body` is decoded from any content coding.

    `elapsed` is in seconds, from before the connection to the last byte.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float = 0.0


class NoAnswer(NamedTuple):
    """No complete answer. `maybe_sent` is False only where it is proved that no byte of the request left.

    `kind` is our own kebab-case word, `detail` one sentence without secrets or customer data.
    """

    kind: str
    maybe_sent: bool
    detail: str


Reply = Answer | NoAnswer


class Poster(Protocol):
    """One worker's way to Facturalia. Never used by two threads at once."""

    def post_invoice(self, body: bytes, key: str) -> Reply:
        """Send exactly these bytes under this Idempotency-Key, once. Foreseen failures are answers, not exceptions."""

    def close(self) -> None:
        """Give the connection back."""
