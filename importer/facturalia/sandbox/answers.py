"""Every answer the look-alike can give, as data: status, headers, body, and how it leaves the machine."""

import json
import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

JSON = "application/json"
REPLAYED = {"Idempotency-Status": "replayed"}

# status -> (code, message); the messages that no page shows are ours
ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_json", "Body is geen geldige JSON."),
    401: ("unauthorized", "Authorization header ontbreekt of ongeldig."),
    403: ("forbidden", "Scope ontbreekt: invoices:create"),
    404: ("not_found", "Niet gevonden."),
    405: ("method_not_allowed", "Methode niet toegelaten."),
    409: ("idempotency_conflict", "Reeds gebruikt met andere gegevens."),
    413: ("payload_too_large", "Body is te groot."),  # UNKNOWN in the contract: no limit of size is documented
    415: ("unsupported_media_type", "Content-Type moet application/json zijn."),
    422: ("validation_error", "Controleer de velden."),
    429: ("rate_limited", "Te veel aanvragen."),
    500: ("server_error", "Onverwachte fout."),
}


class Answer(NamedTuple):
    """What goes back. `manner`: whole, dropped (nothing is sent) or truncated; `delay` in seconds before it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    media_type: str = JSON
    manner: Literal["whole", "dropped", "truncated"] = "whole"
    delay: float = 0

    @property
    def replayed(self) -> bool:
        """Whether it says that it repeats an earlier result."""
        return self.headers.get("Idempotency-Status") == "replayed"


def error_answer(
    status: int,
    *,
    headers: Mapping[str, str] | None = None,
    details: Mapping[str, str] | None = None,
    said: tuple[str, str] | None = None,
) -> Answer:
    """The documented error of a status, or `said` (code and message); other statuses get a code in the same shape."""
    code, message = said or ERRORS.get(status, (f"http_{status}", "Fout."))
    error: dict[str, object] = {"code": code, "message": message}
    if details:
        error["details"] = dict(details)
    return Answer(status, json.dumps({"error": error}, ensure_ascii=False).encode(), headers or {})


def unauthorized(*, given: bool) -> Answer:
    """401; `given` says that a key was there but is not ours. When error= is added is UNKNOWN: RFC 6750 is followed."""
    challenge = 'Bearer realm="Facturalia"'
    return error_answer(401, headers={"WWW-Authenticate": challenge + (', error="invalid_token"' if given else "")})


def rate_limited(seconds: float, extra: Mapping[str, str]) -> Answer:
    """429; `Retry-After` in whole seconds, rounded up."""
    return error_answer(429, headers={"Retry-After": str(math.ceil(seconds)), **extra})


def server_error(request_id: str) -> Answer:
    """500 with the id of the request."""
    return error_answer(500, headers={"X-Request-Id": request_id})


def bad_gateway() -> Answer:
    """What a proxy says when the server behind it is away: HTML, not the API's JSON."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
    return Answer(502, page, media_type="text/html")
