"""The call `POST /invoices`: one request in, one answer out, everything it changes in one transaction.

UNKNOWN in the contract, chosen here: the order of checks (route and method, key, scope, rate limit, media type, JSON,
fields, duplicates); only results are remembered, so a 4xx uses up no key, external_id or number; a repeat that brings
a new Idempotency-Key is a replay and that key is remembered too; of several duplicates any difference is a 409.
"""

import hashlib
import hmac
import itertools
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from importer.domain.clock import Clock, moment, stamp
from importer.errors import SettingsError
from importer.facturalia.sandbox import answers, faults
from importer.facturalia.sandbox.answers import Answer
from importer.facturalia.sandbox.body import NotJson, Parsed, check, parse
from importer.facturalia.sandbox.faults import Fault
from importer.facturalia.sandbox.rate import RateGate, rate_headers
from importer.facturalia.sandbox.resource import called, due_date, resource
from importer.facturalia.sandbox.settings import SandboxSettings
from importer.facturalia.sandbox.store import Received, Seen, Store, Transaction
from importer.facturalia.sandbox.totals import sum_up

SCOPE = "invoices:create"
KEY_PATTERN = r"^[!-~]{1,255}$"  # UNKNOWN in the contract: visible ASCII, at most 255
_KEY = re.compile(KEY_PATTERN)
_BEARER = re.compile(r"Bearer ([^ ]+)")  # a single space, as documented
_JSON_TYPE = re.compile(r"application/json(\s*;\s*charset\s*=\s*\"?utf-8\"?)?\s*", re.IGNORECASE)


class Incoming(NamedTuple):
    """A request as it arrived. Absent headers are empty; `key` is None if absent; `origin` is scheme, host and port."""

    method: str
    path: str
    body: bytes = b""
    authorization: str = ""
    content_type: str = ""
    key: str | None = None
    fault: str = ""
    origin: str = ""


class Api:
    """Answers calls for one account. Thread-safe."""

    def __init__(self, settings: SandboxSettings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._dice = faults.FaultDice(settings.faults, settings.seed)
        self._gate = RateGate(settings.rate_limit, clock)
        self._request_ids = itertools.count(1)

    def create_invoice(self, incoming: Incoming) -> Answer:
        """Answer one `POST /invoices`, with the fault its header names or the dice give."""
        try:
            fault = faults.parse_fault(incoming.fault) if incoming.fault else self._dice.draw()
        except SettingsError as error:  # the test that sent it is wrong: say so loudly, touch nothing
            return answers.error_answer(400, said=("unknown_fault", f"{faults.FAULT_HEADER}: {error.message}"))
        parsed = _parsed(incoming.body)
        limits, verdict = self._judge(incoming, parsed)
        with self._store.transaction() as step:
            answer = self._before(step, fault, incoming, parsed)
            if answer is None:
                if fault is not None and fault.name == "forget-keys":
                    step.release_all("key")
                answer = verdict if isinstance(verdict, Answer) else self._place(step, incoming, verdict)
                answer = self._after(fault, answer._replace(headers={**limits, **answer.headers}))
            step.record(self._seen(incoming, answer, fault, parsed))
        return answer._replace(delay=answer.delay + self._settings.latency)

    def refuse_route(self, incoming: Incoming, status: int, headers: Mapping[str, str]) -> Answer:
        """Answer, and write down, a request that no route takes (404, 405, 413)."""
        answer = answers.error_answer(status, headers=headers)
        with self._store.transaction() as step:
            step.record(self._seen(incoming, answer, None, None))
        return answer

    def server_error(self) -> Answer:
        """A 500 with a fresh request id."""
        return answers.server_error(f"sandbox-{next(self._request_ids)}")

    def _judge(self, incoming: Incoming, parsed: Parsed | None) -> tuple[Mapping[str, str], Answer | Parsed]:
        """The rate headers of this request, and why it cannot be carried out, or the payload if it can."""
        bearer = _BEARER.fullmatch(incoming.authorization)
        if bearer is None or not hmac.compare_digest(bearer[1].encode(), self._settings.api_key.encode()):
            return {}, answers.unauthorized(given=bool(incoming.authorization))
        if SCOPE not in self._settings.scopes:
            return {}, answers.error_answer(403)
        limits, wait = self._gate.enter()
        if wait is not None:
            return limits, answers.rate_limited(wait, limits)
        if not _JSON_TYPE.fullmatch(incoming.content_type):
            return limits, answers.error_answer(415)
        if parsed is None:
            return limits, answers.error_answer(400)
        details = check(parsed.value, self._settings)
        if incoming.key is not None and not _KEY.fullmatch(incoming.key):
            details["Idempotency-Key"] = "Ongeldig."
        return limits, answers.error_answer(422, details=details) if details else parsed

    def _before(
        self, step: Transaction, fault: Fault | None, incoming: Incoming, parsed: Parsed | None
    ) -> Answer | None:
        """The answer of a fault that strikes before anything is done."""
        match fault:
            case Fault("lost-before"):
                return Answer(0, b"", manner="dropped")
            case Fault("500-before" | "500-stored" as name):
                answer = self.server_error()
                if name == "500-stored" and incoming.key and parsed is not None:
                    step.release("key", incoming.key)
                    step.hold("key", incoming.key, parsed.digest, stamp(self._clock.now()), failure=answer.body)
                return answer
            case Fault("429", seconds):
                return answers.rate_limited(seconds, rate_headers(1, 0, seconds))
            case Fault("html-502"):
                return answers.bad_gateway()
            case Fault("redirect"):
                return Answer(302, b"", {"Location": f"{self._settings.base_path}/moved/invoices"}, "text/html")
        return None

    def _after(self, fault: Fault | None, answer: Answer) -> Answer:
        """What a fault makes of a finished answer."""
        match fault:
            case Fault("lost-after"):
                return answer._replace(status=0, manner="dropped")
            case Fault("500-after"):
                return self.server_error()
            case Fault("slow", seconds):
                return answer._replace(delay=seconds)
            case Fault("truncated"):
                return answer._replace(manner="truncated")
        return answer

    def _place(self, step: Transaction, incoming: Incoming, parsed: Parsed) -> Answer:
        """Create the invoice, or repeat the result of the request that did."""
        now = stamp(self._clock.now())
        claims = self._claims(incoming, parsed.value)
        held = {kind: claim for kind, value in claims.items() if (claim := step.claim(kind, value)) is not None}
        if "key" in held and self._is_over(held["key"].at):
            step.release("key", claims["key"])
            del held["key"]
        if any(claim.digest != parsed.digest for claim in held.values()):
            return answers.error_answer(409)
        if not held:
            invoice = self._create(step, incoming, parsed.value, now)
            for kind, value in {**claims, "number": invoice.number}.items():
                step.hold(kind, value, parsed.digest, now, invoice=invoice.id)
            mark = {"Idempotency-Status": self._settings.created_mark} if self._settings.created_mark else {}
            return Answer(201, invoice.answer, mark)
        first = next(iter(held.values()))
        if first.invoice is None:
            return Answer(500, first.answer, answers.REPLAYED)
        for kind, value in claims.items():
            if kind not in held:
                step.hold(kind, value, first.digest, now, invoice=first.invoice)
        return Answer(self._settings.replay_status, first.answer, answers.REPLAYED)

    def _claims(self, incoming: Incoming, payload: Mapping[str, Any]) -> dict[str, str]:
        """What this request must be the only one to hold, strongest first."""
        claims = {}
        if incoming.key is not None and self._settings.retention_hours:
            claims["key"] = incoming.key
        if "external_id" in payload and self._settings.keep_external_ids:
            claims["external_id"] = payload["external_id"]
        if "number" in payload["invoice"]:
            claims["number"] = payload["invoice"]["number"]
        return claims

    def _is_over(self, since: str) -> bool:
        return self._clock.now() - moment(since) >= timedelta(hours=self._settings.retention_hours)

    def _create(self, step: Transaction, incoming: Incoming, payload: Mapping[str, Any], now: str) -> Received:
        invoice, customer, lines = payload["invoice"], payload["customer"], payload["lines"]
        sums = sum_up(lines, invoice, self._settings)
        number = invoice.get("number") or step.next_number(invoice["date"][:4])
        row = Received(
            id=step.next_id(),
            number=number,
            external_id=payload.get("external_id", ""),
            date=invoice["date"],
            customer=called(customer),
            lines=len(lines),
            excl=sums.excl,
            vat=sums.vat,
            incl=sums.incl,
            received_at=now,
            body=incoming.body,
            answer=b"",
        )
        due = due_date(invoice, self._settings.default_due_days)
        row = row._replace(answer=resource(row, payload, sums, due, f"{incoming.origin}/invoices/{row.id}.pdf"))
        step.add(row)
        return row

    def _seen(self, incoming: Incoming, answer: Answer, fault: Fault | None, parsed: Parsed | None) -> Seen:
        external_id = (
            parsed.value.get("external_id", "") if parsed is not None and isinstance(parsed.value, dict) else ""
        )
        return Seen(
            at=stamp(self._clock.now()),
            method=incoming.method,
            path=incoming.path,
            key=incoming.key or "",
            external_id=external_id if isinstance(external_id, str) else "",
            sha256=hashlib.sha256(incoming.body).hexdigest(),
            status=answer.status,
            fault=str(fault) if fault is not None else "",
            replayed=answer.replayed,
        )


def _parsed(body: bytes) -> Parsed | None:
    try:
        return parse(body)
    except NotJson:
        return None
