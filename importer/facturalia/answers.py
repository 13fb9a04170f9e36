"""What an answer means: one table, for every status and every way of not answering.

`judge` turns a reply into facts, and the first rule whose statuses and facts fit decides. Nothing is guessed from
prose; where two readings are possible, the one that can never make a second invoice wins.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Flag, StrEnum, auto
from typing import NamedTuple

from importer.domain.records import Answered, Result
from importer.errors import ApiRefused, Doubtful, ImporterError
from importer.facturalia.dates import http_date, server_moment
from importer.facturalia.reading import NO_PATHS, Paths, Problem, as_object, find_answered, read_problem
from importer.facturalia.reply import Answer, NoAnswer, Reply


class Next(StrEnum):
    """What to do with the invoice after this answer."""

    DONE = "done"  # the result stands
    AGAIN = "again"  # the same bytes and key, after a wait
    ONCE_MORE = "once-more"  # the same bytes and key, one single time
    LEAVE = "leave"  # the run stops; the invoice is not blamed


class Stop(StrEnum):
    """Why the whole run stops; the empty text means that it goes on."""

    NO = ""
    KEY_REFUSED = "key-refused"
    NO_RIGHTS = "no-rights"
    WRONG_ADDRESS = "wrong-address"
    WRONG_METHOD = "wrong-method"
    WRONG_TYPE = "wrong-media-type"
    REDIRECTED = "redirected"
    REFUSED = "api-refused"
    KEY_IGNORED = "idempotency-doubtful"


class Fact(Flag):
    """What can be said of a reply, and of the invoice and the run before it."""

    NONE = 0
    MAYBE_SENT = auto()  # no answer, and something may have arrived
    OBJECT = auto()  # the body is a JSON object
    ERROR = auto()  # the body of a success holds an error with a code, and no id of an invoice
    DETAILS = auto()  # the error has details of fields
    NAMES_US = auto()  # the error names the invoice number or the external_id
    REPLAYED = auto()  # Idempotency-Status: replayed
    DOUBT = auto()  # an attempt before this one may have made the invoice
    CONFLICT = auto()  # the attempt before this one was answered with 409
    SUCCESS = auto()  # this run has posted an invoice


class Rule(NamedTuple):
    """If the status is in `statuses` and all of `facts` hold: this result, this next step, this stop."""

    statuses: range
    facts: Fact
    result: Result
    then: Next
    stop: Stop = Stop.NO


class Verdict(NamedTuple):
    """What a reply proves of one invoice.

    `wait` is what the API asks for in seconds (None: it does not say). `code` is the API's error code or our own word,
    `detail` a sentence without customer data. `alive` is False where the API does not work: no answer, a useless one, 5xx.
    """

    result: Result
    then: Next
    stop: Stop = Stop.NO
    wait: float | None = None
    status: int = 0
    code: str = ""
    detail: str = ""
    body: bytes = b""
    answered: Answered = Answered()
    alive: bool = True


NO_STATUS = range(1)
SUCCESSES = range(200, 300)
SERVER_FAILS = 500  # from here on up
OTHER = range(1, 1000)  # whatever no rule before it knows

# First match wins: within a status, the rule with more facts stands first.
RULES: tuple[Rule, ...] = (
    Rule(NO_STATUS, Fact.MAYBE_SENT, Result.AMBIGUOUS, Next.AGAIN),
    Rule(NO_STATUS, Fact.NONE, Result.NOT_SENT, Next.AGAIN),
    Rule(SUCCESSES, Fact.OBJECT | Fact.ERROR, Result.UNKNOWN, Next.DONE),  # says yes and no at once
    Rule(SUCCESSES, Fact.OBJECT, Result.POSTED, Next.DONE),
    Rule(SUCCESSES, Fact.NONE, Result.AMBIGUOUS, Next.AGAIN),
    Rule(range(300, 400), Fact.NONE, Result.AMBIGUOUS, Next.LEAVE, Stop.REDIRECTED),
    Rule(range(400, 401), Fact.DOUBT, Result.UNKNOWN, Next.DONE),
    Rule(range(400, 401), Fact.NAMES_US, Result.UNKNOWN, Next.DONE),
    Rule(range(400, 401), Fact.NONE, Result.REJECTED, Next.DONE),
    Rule(range(401, 402), Fact.NONE, Result.REFUSED_US, Next.LEAVE, Stop.KEY_REFUSED),
    Rule(range(403, 404), Fact.NONE, Result.REFUSED_US, Next.LEAVE, Stop.NO_RIGHTS),
    Rule(range(404, 405), Fact.DETAILS | Fact.DOUBT, Result.UNKNOWN, Next.DONE),
    Rule(range(404, 405), Fact.DETAILS | Fact.NAMES_US, Result.UNKNOWN, Next.DONE),
    Rule(range(404, 405), Fact.DETAILS, Result.REJECTED, Next.DONE),
    Rule(range(404, 405), Fact.SUCCESS | Fact.DOUBT, Result.UNKNOWN, Next.DONE),
    Rule(range(404, 405), Fact.SUCCESS | Fact.NAMES_US, Result.UNKNOWN, Next.DONE),
    Rule(range(404, 405), Fact.SUCCESS, Result.REJECTED, Next.DONE),
    Rule(range(404, 405), Fact.NONE, Result.REFUSED_US, Next.LEAVE, Stop.WRONG_ADDRESS),
    Rule(range(405, 406), Fact.NONE, Result.REFUSED_US, Next.LEAVE, Stop.WRONG_METHOD),
    Rule(range(409, 410), Fact.CONFLICT, Result.UNKNOWN, Next.DONE),
    Rule(range(409, 410), Fact.NONE, Result.AMBIGUOUS, Next.ONCE_MORE),
    Rule(range(415, 416), Fact.NONE, Result.REFUSED_US, Next.LEAVE, Stop.WRONG_TYPE),
    Rule(range(422, 423), Fact.DOUBT, Result.UNKNOWN, Next.DONE),
    Rule(range(422, 423), Fact.NAMES_US, Result.UNKNOWN, Next.DONE),
    Rule(range(422, 423), Fact.NONE, Result.REJECTED, Next.DONE),
    Rule(range(429, 430), Fact.NONE, Result.NOT_SENT, Next.AGAIN),
    Rule(range(400, 500), Fact.NONE, Result.REFUSED_US, Next.LEAVE, Stop.REFUSED),
    Rule(range(500, 600), Fact.REPLAYED, Result.UNKNOWN, Next.DONE),  # a stored failure comes back for ever
    Rule(range(500, 600), Fact.NONE, Result.AMBIGUOUS, Next.AGAIN),
    Rule(OTHER, Fact.NONE, Result.AMBIGUOUS, Next.AGAIN),
)

# A 4xx whose error code contradicts it is read as its code says. 409 stays 409: nothing is safer than that.
STATUS_OF_CODE: Mapping[str, int] = {
    "idempotency_conflict": 409,
    "rate_limited": 429,
    "unauthorized": 401,
    "forbidden": 403,
    "method_not_allowed": 405,
    "unsupported_media_type": 415,
    "server_error": 500,
}

KNOWN_IDEMPOTENCY = frozenset({"", "created", "processed", "replayed"})

_STOPS: Mapping[Stop, tuple[type[ImporterError], str, str]] = {
    Stop.KEY_REFUSED: (
        ApiRefused,
        "Facturalia does not accept the API key (401).",
        "Check the key in Facturalia under Extra > Modules > API, set it anew, and run the same command again.",
    ),
    Stop.NO_RIGHTS: (
        ApiRefused,
        "The API key has no right to create invoices (403).",
        'Give the key the scope "invoices:create" in Facturalia, and run the same command again.',
    ),
    Stop.WRONG_ADDRESS: (
        ApiRefused,
        "There is no Facturalia at the base URL (404).",
        "Check IMPORTER_BASE_URL; it ends in /api/v1.",
    ),
    Stop.WRONG_METHOD: (
        ApiRefused,
        "The address does not take invoices (405).",
        "Check IMPORTER_BASE_URL; it ends in /api/v1.",
    ),
    Stop.WRONG_TYPE: (
        ApiRefused,
        "The address does not take JSON (415).",
        "Check IMPORTER_BASE_URL, and whether something between this machine and Facturalia changes requests.",
    ),
    Stop.REDIRECTED: (
        ApiRefused,
        "Facturalia points to another address ({status}). Redirects are never followed.",
        "Check IMPORTER_BASE_URL (https, the right host, no slash at the end); then run `importer resume`.",
    ),
    Stop.REFUSED: (
        ApiRefused,
        "Facturalia refuses the request for a reason that is not the invoice's ({status}).",
        "Look at the code in the report, ask Facturalia if it is not clear, and run the same command again.",
    ),
    Stop.KEY_IGNORED: (
        Doubtful,
        "Facturalia gives an Idempotency-Status that is not known, so repeating a request may not be safe.",
        "Compare the last invoices in Facturalia with the report before anything else is sent.",
    ),
}


def judge(
    reply: Reply,
    *,
    ambiguous_before: bool,
    after_conflict: bool,
    posted_in_run: bool,
    now: datetime,
    paths: Paths = NO_PATHS,
    sent: bytes = b"",
) -> Verdict:
    """What a reply proves. Pure, never raises.

    `ambiguous_before`: an earlier attempt may have made the invoice. `after_conflict`: this was the one repetition
    after a 409. `posted_in_run`: this run has posted an invoice before. `now` turns a Retry-After date into seconds.
    `paths` are the profile's places in the answer. `sent` are the request bytes: the customer in them is struck out of
    `detail`.
    """
    facts = (
        (Fact.DOUBT if ambiguous_before else Fact.NONE)
        | (Fact.CONFLICT if after_conflict else Fact.NONE)
        | (Fact.SUCCESS if posted_in_run else Fact.NONE)
    )
    if isinstance(reply, NoAnswer):
        rule = _rule(0, facts | (Fact.MAYBE_SENT if reply.maybe_sent else Fact.NONE))
        return Verdict(rule.result, rule.then, code=reply.kind, detail=reply.detail, alive=False)
    document = as_object(reply.body)
    idempotency = reply.headers.get("idempotency-status", "").strip().lower()
    if document is not None:
        facts |= Fact.OBJECT
    if idempotency == "replayed":
        facts |= Fact.REPLAYED
    problem, answered = Problem(), Answered()
    if reply.status in SUCCESSES:
        answered = find_answered(document or {}, paths)._replace(replayed=idempotency == "replayed")
        if document and "error" in document and not answered.remote_id:
            problem = read_problem(document, sent)
            facts |= Fact.ERROR if problem.code else Fact.NONE
    elif document is not None:
        problem = read_problem(document, sent)
        facts |= Fact.DETAILS if problem.details else Fact.NONE
        facts |= Fact.NAMES_US if problem.names_us else Fact.NONE
    rule = _rule(_meant_status(reply.status, problem.code), facts)
    code, detail = problem.code, problem.sentence
    if rule.result is not Result.POSTED:
        code, answered = code or f"http-{reply.status}", Answered()
    elif not answered.remote_id:
        code, detail = "no-id", "Facturalia made the invoice, but its answer names no id that we know how to find."
    stop = rule.stop or (Stop.NO if idempotency in KNOWN_IDEMPOTENCY else Stop.KEY_IGNORED)
    return Verdict(
        rule.result,
        Next.LEAVE if stop and rule.then is not Next.DONE else rule.then,
        stop,
        wait=retry_after(reply, now),
        status=reply.status,
        code=code,
        detail=detail,
        body=reply.body,
        answered=answered,
        alive=rule.then is not Next.AGAIN and reply.status < SERVER_FAILS,
    )


def stop_error(verdict: Verdict) -> ImporterError:
    """The error that ends the run, for a verdict whose `stop` is not NO."""
    kind, message, fix = _STOPS[verdict.stop]
    return kind(str(verdict.stop), message.format(status=verdict.status), fix=fix)


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds the Retry-After header asks to wait (a number, or a date against the server's own clock); None without.

    A date in the past is 0; what cannot be read counts as absent.
    """
    text = answer.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])  # 30 years are enough for anybody, and never overflow
    until = http_date(text)
    if until is None:
        return None
    here = server_moment(answer.headers) or now
    return max(0.0, (until - here).total_seconds())


def _rule(status: int, facts: Fact) -> Rule:
    return next(rule for rule in RULES if status in rule.statuses and rule.facts in facts)


def _meant_status(status: int, code: str) -> int:
    """The status as its error code explains it; only a 4xx can be explained away."""
    if 400 <= status < 500 and status != 409:  # noqa: PLR2004 - HTTP
        return STATUS_OF_CODE.get(code, status)
    return min(max(status, OTHER.start), OTHER.stop - 1)
