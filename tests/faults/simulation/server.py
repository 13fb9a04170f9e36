"""A small model of Facturalia: what it makes, what it remembers and for how long, and every way it may fail to say so.

Told apart from the sandbox on purpose: two models written from the same page err in different places.
"""

import json
from datetime import timedelta
from email.utils import format_datetime
from enum import StrEnum
from typing import Any, NamedTuple

from importer.facturalia.reply import Answer, NoAnswer, Reply
from tests.faults.simulation.process import HOUR, START

LATENESS = HOUR / 4


class Fault(StrEnum):
    """How one POST goes wrong. The order is that of shrinking: from harmless to odd."""

    NONE = "none"
    NOT_SENT = "not sent"
    LOST_BEFORE = "lost before"
    LOST_AFTER = "lost after"  # made, and the answer is lost
    LATE = "late"  # the answer is lost, and the request is held up for LATENESS before it is carried out
    FAILS_BEFORE = "500 before"
    FAILS_AFTER = "500 after"
    STORED_BEFORE = "500 stored before"  # comes back under this key as long as the key lives, and nothing is made
    STORED_AFTER = "500 stored after"
    TRUNCATED = "truncated"
    HTML = "html"  # a 200 of something between us and Facturalia, which saw nothing
    GATEWAY = "502"
    LIMITED = "429"
    LIMITED_LONG = "429 for hours"
    BUSY = "409 busy"  # an earlier attempt under this key is said to be in progress
    REDIRECT = "redirect"
    REDIRECT_AFTER = "redirect after"
    KEY_REFUSED = "401"
    NO_RIGHTS = "403"
    GONE = "404"
    NO_ID = "no id"
    KEY_IGNORED = "unknown Idempotency-Status"
    YES_AND_NO = "error in a 200"
    OTHER_TOTALS = "other totals"


BEFORE: dict[Fault, Reply] = {
    Fault.NOT_SENT: NoAnswer("connect-error", maybe_sent=False, detail="Nobody there."),
    Fault.LOST_BEFORE: NoAnswer("read-timeout", maybe_sent=True, detail="No answer."),
    Fault.FAILS_BEFORE: Answer(500, {}, b'{"error": {"code": "server_error", "message": "x"}}'),
    Fault.HTML: Answer(200, {"content-type": "text/html"}, b"<html>Welcome</html>"),
    Fault.GATEWAY: Answer(502, {}, b"<html>Bad gateway</html>"),
    Fault.LIMITED: Answer(429, {"retry-after": "2"}, b'{"error": {"code": "rate_limited"}}'),
    Fault.LIMITED_LONG: Answer(429, {"retry-after": "7200"}, b'{"error": {"code": "rate_limited"}}'),
    Fault.BUSY: Answer(409, {}, b'{"error": {"code": "idempotency_conflict", "message": "in progress"}}'),
    Fault.REDIRECT: Answer(302, {"location": "https://elsewhere.example/"}, b""),
    Fault.KEY_REFUSED: Answer(401, {}, b'{"error": {"code": "unauthorized"}}'),
    Fault.NO_RIGHTS: Answer(403, {}, b'{"error": {"code": "forbidden"}}'),
    Fault.GONE: Answer(404, {}, b"<html>Not found</html>"),
}
AFTER: dict[Fault, Reply] = {
    Fault.LOST_AFTER: NoAnswer("read-error", maybe_sent=True, detail="The answer was lost."),
    Fault.FAILS_AFTER: Answer(500, {}, b'{"error": {"code": "server_error", "message": "x"}}'),
    Fault.TRUNCATED: Answer(201, {}, b'{"invoice": {"id": 1'),
    Fault.REDIRECT_AFTER: Answer(307, {"location": "https://elsewhere.example/"}, b""),
    Fault.YES_AND_NO: Answer(200, {}, b'{"error": {"code": "server_error", "message": "x"}}'),
}
STORED = Answer(500, {}, b'{"error": {"code": "server_error", "message": "stored"}}')


class Behaviour(NamedTuple):
    """What the pages of Facturalia leave open: how long things are remembered, and what a repetition is told."""

    key_hours: int = 24  # 24 to 72
    external_id: str = "forever"  # or "with key", or "never": how long a second one is refused
    conflict: bool = False  # a second external_id is told 409, not 422
    keeps_rejections: bool = True  # a rejection comes back under its key, even when its cause is gone
    dated: bool = False  # answers say when they were made, by a clock that is right


class Made(NamedTuple):
    """An invoice as it exists in Facturalia."""

    account: str
    external_id: str
    number: str
    body: bytes
    remote_id: int
    at: float


class _Kept(NamedTuple):
    body: bytes
    reply: Answer
    at: float


class Facturalia:
    """Facturalia, all accounts. Times are true seconds."""

    def __init__(self, behaviour: Behaviour, products: set[str]) -> None:
        self.behaviour = behaviour
        self.products = products
        self.made: list[Made] = []
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._late: list[tuple[float, str, bytes, str]] = []

    def post(self, account: str, body: bytes, key: str, fault: Fault, now: float) -> Reply:
        """One POST and what the sender hears of it."""
        reply = self._post(account, body, key, fault, now)
        if self.behaviour.dated and isinstance(reply, Answer):
            date = format_datetime(START + timedelta(seconds=now), usegmt=True)
            return reply._replace(headers={**reply.headers, "date": date})
        return reply

    def _post(self, account: str, body: bytes, key: str, fault: Fault, now: float) -> Reply:
        self.deliver(now)
        if fault in BEFORE:
            return BEFORE[fault]
        if fault is Fault.LATE:
            self._late.append((now + LATENESS, account, body, key))
            return BEFORE[Fault.LOST_BEFORE]
        if fault is Fault.STORED_BEFORE and self._remembered(account, key, now) is None:
            self._kept[account, key] = _Kept(body, STORED, now)
            return STORED
        reply = self._serve(account, body, key, now)
        if fault in AFTER:
            return AFTER[fault]
        if fault is Fault.STORED_AFTER:
            self._kept[account, key] = _Kept(body, STORED, now)
            return STORED
        return _odd(reply, fault) if reply.status in {200, 201} else reply

    def deliver(self, now: float) -> None:
        """The requests that were held up and are due by now are carried out, each at its own moment."""
        due = [late for late in self._late if late[0] <= now]
        self._late = [late for late in self._late if late[0] > now]
        for at, account, body, key in due:
            self._serve(account, body, key, at)

    def find(self, account: str, external_id: str) -> list[Made]:
        """What a person sees who looks for an invoice."""
        return [made for made in self.made if (made.account, made.external_id) == (account, external_id)]

    def _remembered(self, account: str, key: str, now: float) -> _Kept | None:
        kept = self._kept.get((account, key))
        return kept if kept is not None and now - kept.at < self.behaviour.key_hours * HOUR else None

    def _serve(self, account: str, body: bytes, key: str, now: float) -> Answer:
        kept = self._remembered(account, key, now)
        if kept is not None:
            if kept.body != body:
                return _error(409, "idempotency_conflict", {})
            return kept.reply._replace(
                status=200 if kept.reply.status in {200, 201} else kept.reply.status,
                headers={"idempotency-status": "replayed"},
            )
        reply = self._judge(account, json.loads(body), body, now)
        if reply.status == 201 or self.behaviour.keeps_rejections:
            self._kept[account, key] = _Kept(body, reply, now)
        return reply

    def _judge(self, account: str, document: dict[str, Any], body: bytes, now: float) -> Answer:
        external_id = document["external_id"]
        number = document["invoice"].get("number", "")
        others = [made for made in self.made if made.account == account]
        if any(made.external_id == external_id and self._minds(made, now) for made in others):
            if self.behaviour.conflict:
                return _error(409, "idempotency_conflict", {"external_id": "exists"})
            return _error(422, "validation_error", {"external_id": "has been used"})
        if number and any(made.number == number for made in others):
            return _error(422, "validation_error", {"invoice.number": "has already been taken"})
        for place, line in enumerate(document["lines"]):
            if line["product_code"] not in self.products:
                return _error(422, "validation_error", {f"lines.{place}.product_code": "does not exist"})
        made = Made(account, external_id, number, body, len(self.made) + 1, now)
        self.made.append(made)
        text = json.dumps({"invoice": {"id": made.remote_id, "number": number or f"F{made.remote_id}"}})
        return Answer(201, {"idempotency-status": "created"}, text.encode())

    def _minds(self, made: Made, now: float) -> bool:
        match self.behaviour.external_id:
            case "forever":
                return True
            case "with key":
                return now - made.at < self.behaviour.key_hours * HOUR
            case _:
                return False


def _error(status: int, code: str, details: dict[str, str]) -> Answer:
    return Answer(status, {}, json.dumps({"error": {"code": code, "message": "no", "details": details}}).encode())


def _odd(reply: Answer, fault: Fault) -> Answer:
    if fault is Fault.NO_ID:
        return reply._replace(body=b'{"ok": true}')
    if fault is Fault.KEY_IGNORED:
        return reply._replace(headers={"idempotency-status": "ignored"})
    if fault is Fault.OTHER_TOTALS:
        return reply._replace(body=b'{"invoice": {"id": 1, "total_excl": 0.01}}')
    return reply
