"""The table of answers against DESIGN's own, written a second time in another way, for every status and fact."""

import itertools
import json
from datetime import UTC, datetime

import pytest

from importer.domain.records import Answered, Result
from importer.errors import ApiRefused, Doubtful
from importer.facturalia.answers import RULES, Fact, Next, Stop, Verdict, judge, retry_after, stop_error
from importer.facturalia.reply import Answer, NoAnswer, Reply

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
MADE = b'{"invoice": {"id": 7}}'
EMPTY = b"{}"
HTML = b"<html>Bad Gateway</html>"
PLAIN = b'{"error": {"code": "x", "message": "no"}}'
DETAILS = b'{"error": {"code": "validation_error", "message": "no", "details": {"lines.0.product_code": "unknown"}}}'
NAMED = b'{"error": {"code": "validation_error", "message": "no", "details": {"invoice.number": "taken"}}}'
BODIES = (b"", HTML, b"[1]", EMPTY, MADE, PLAIN, DETAILS, NAMED)
FLAGS = list(itertools.product((False, True), repeat=3))


def decide(
    reply: Reply, *, doubt: bool = False, conflict: bool = False, posted: bool = False, sent: bytes = b""
) -> Verdict:
    """The verdict on a reply."""
    return judge(reply, ambiguous_before=doubt, after_conflict=conflict, posted_in_run=posted, now=NOW, sent=sent)


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    """An answer; underscores in header names stand for hyphens."""
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def by_design(  # noqa: PLR0911 - a chain of questions, as the design asks them
    status: int, body: bytes, replayed: bool, doubt: bool, conflict: bool, posted: bool
) -> tuple[Result, str]:
    """Section 4 of the design as a chain of questions: the result, and what stops the run."""
    is_object = body.startswith(b"{")
    if 200 <= status <= 299:
        if not is_object:
            return Result.AMBIGUOUS, ""
        return (Result.UNKNOWN if b'"error"' in body else Result.POSTED), ""
    if 300 <= status <= 399:
        return Result.AMBIGUOUS, "redirected"
    if status == 409:
        return (Result.UNKNOWN if conflict else Result.AMBIGUOUS), ""
    about_invoice = Result.UNKNOWN if doubt or body is NAMED else Result.REJECTED
    if status in {400, 422}:
        return about_invoice, ""
    if status == 404 and (posted or body in {DETAILS, NAMED}):
        return about_invoice, ""
    if status == 429:
        return Result.NOT_SENT, ""
    if 400 <= status <= 499:
        names = {401: "key-refused", 403: "no-rights", 404: "wrong-address", 405: "wrong-method"}
        return Result.REFUSED_US, names.get(status, "wrong-media-type" if status == 415 else "api-refused")
    if 500 <= status <= 599 and replayed:
        return Result.UNKNOWN, ""
    return Result.AMBIGUOUS, ""


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_every_status_means_what_the_design_says(body: bytes) -> None:
    """For each status from 100 to 599, each body and each flag, result and stop are those of the design."""
    for status, replayed, (doubt, conflict, posted) in itertools.product(range(100, 600), (False, True), FLAGS):
        headers = {"idempotency-status": "replayed"} if replayed else {}
        verdict = decide(Answer(status, headers, body), doubt=doubt, conflict=conflict, posted=posted)
        expected = by_design(status, body, replayed, doubt, conflict, posted)

        assert (verdict.result, str(verdict.stop)) == expected, (status, replayed, doubt, conflict, posted)
        assert verdict.status == status
        assert verdict.body == body


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_the_next_step_follows_from_the_result(body: bytes) -> None:
    """What is proved is done, what stops the run is left, a first 409 goes once more, all else goes again."""
    for status, (doubt, conflict, posted) in itertools.product(range(100, 600), FLAGS):
        verdict = decide(answer(status, body), doubt=doubt, conflict=conflict, posted=posted)
        proved = verdict.result in {Result.POSTED, Result.REJECTED, Result.UNKNOWN}
        expected = (
            Next.DONE if proved else Next.LEAVE if verdict.stop else Next.ONCE_MORE if status == 409 else Next.AGAIN
        )

        assert verdict.then is expected


@pytest.mark.parametrize("flags", FLAGS, ids=repr)
def test_no_answer_is_judged_by_whether_anything_left(flags: tuple[bool, bool, bool]) -> None:
    """Proved not sent may be repeated freely; everything else without an answer is ambiguous, whatever came before."""
    doubt, conflict, posted = flags
    for maybe_sent, expected in ((False, Result.NOT_SENT), (True, Result.AMBIGUOUS)):
        verdict = decide(NoAnswer("word", maybe_sent, "Why."), doubt=doubt, conflict=conflict, posted=posted)

        assert (verdict.result, verdict.then, verdict.stop) == (expected, Next.AGAIN, Stop.NO)
        assert (verdict.status, verdict.code, verdict.detail, verdict.alive) == (0, "word", "Why.", False)


def test_no_rule_is_dead() -> None:
    """Every rule of the table decides at least one case: none is hidden behind another."""
    used = set()
    for status in range(1000):
        for bits in range(Fact.SUCCESS.value * 2):
            used.add(next(r for r in RULES if status in r.statuses and r.facts in Fact(bits)))

    assert used == set(RULES)


@pytest.mark.parametrize("value", ["ignored", "conflict", "replayed, created", "?"])
@pytest.mark.parametrize("status", [200, 201, 302, 422, 409, 429, 500])
def test_an_unknown_idempotency_status_stops_the_run(value: str, status: int) -> None:
    """A promise the API does not keep as documented stops everything; what it made is recorded all the same."""
    verdict = decide(answer(status, MADE if status < 300 else b"", idempotency_status=value))

    assert verdict.stop is (Stop.REDIRECTED if status == 302 else Stop.KEY_IGNORED)
    assert verdict.then in {Next.DONE, Next.LEAVE}
    assert (verdict.result is Result.POSTED) == (status < 300)
    if status != 302:
        assert isinstance(stop_error(verdict), Doubtful)
        assert stop_error(verdict).exit_code == 4


@pytest.mark.parametrize("value", ["", "created", "Processed", " REPLAYED "])
def test_known_idempotency_statuses_go_on(value: str) -> None:
    """Absent, created, processed and replayed are what the pages promise; only the last one means a replay."""
    verdict = decide(answer(200, MADE, idempotency_status=value))

    assert (verdict.result, verdict.stop) == (Result.POSTED, Stop.NO)
    assert verdict.answered.replayed == (value.strip().lower() == "replayed")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (422, "idempotency_conflict", Result.AMBIGUOUS),
        (400, "idempotency_conflict", Result.AMBIGUOUS),
        (403, "rate_limited", Result.NOT_SENT),
        (400, "unauthorized", Result.REFUSED_US),
        (422, "forbidden", Result.REFUSED_US),
        (400, "server_error", Result.AMBIGUOUS),
        (409, "rate_limited", Result.AMBIGUOUS),
        (409, "validation_error", Result.AMBIGUOUS),
        (500, "validation_error", Result.AMBIGUOUS),
        (503, "rate_limited", Result.AMBIGUOUS),
        (422, "validation_error", Result.REJECTED),
        (400, "invalid_json", Result.REJECTED),
        (404, "not_found", Result.REFUSED_US),
    ],
)
def test_the_error_code_explains_a_4xx(status: int, code: str, expected: Result) -> None:
    """A 4xx is read as its error code says; a 409 or 5xx is never explained away."""
    verdict = decide(answer(status, json.dumps({"error": {"code": code, "message": "x"}}).encode()))

    assert verdict.result is expected
    assert verdict.code == code


@pytest.mark.parametrize(
    "error",
    [
        {"details": {"external_id": "bestaat al"}},
        {"details": {"invoice.number": "bestaat al"}},
        {"details": {"number": "x"}},
        {"details": [{"field": "invoice.number", "message": "taken"}]},
        {"details": {"invoice": ["number is taken"]}},
        {"message": "external_id al gebruikt"},
        {"message": "Dit factuurnummer bestaat al."},
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_a_rejection_that_names_our_number_may_be_our_own_success(status: int, error: dict[str, object]) -> None:
    """A complaint about number or external_id, in details or message, is never taken for a plain rejection."""
    assert decide(answer(status, json.dumps({"error": error}).encode())).result is Result.UNKNOWN


@pytest.mark.parametrize("field", ["lines.0.product_code", "invoice.due_days", "customer.vat_number"])
def test_other_fields_are_plain_rejections(field: str) -> None:
    """A complaint about another field rejects the invoice, and the sentence names the field."""
    verdict = decide(answer(422, json.dumps({"error": {"details": {field: "Moet ≥ 0 zijn."}}}).encode()))

    assert verdict.result is Result.REJECTED
    assert verdict.detail == f"{field}: Moet ≥ 0 zijn."


@pytest.mark.parametrize("status", [s for s in range(300, 500) if s not in {400, 404, 409, 422, 429}] + [404])
def test_a_refusal_of_us_blames_no_invoice_and_is_exit_2(status: int) -> None:
    """Every answer about our configuration stops the run with a sentence and a remedy, whole and without a hole."""
    error = stop_error(decide(answer(status)))

    assert isinstance(error, ApiRefused)
    assert error.exit_code == 2
    assert error.fix
    assert "{" not in error.message


def test_a_success_without_an_id_is_posted_and_flagged() -> None:
    """The money exists, so it is posted, and its code says that no id was found."""
    verdict = decide(answer(201, b'{"something": "else"}'))

    assert (verdict.result, verdict.code, verdict.answered) == (Result.POSTED, "no-id", Answered())


def test_a_success_with_id_and_a_complaint_is_posted() -> None:
    """An answer that shows the invoice and mentions a failed mail, say, is a success: the invoice is there."""
    verdict = decide(answer(201, b'{"id": 5, "error": {"code": "mail_failed"}}'))

    assert (verdict.result, verdict.answered.remote_id) == (Result.POSTED, "5")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"1", b'"x"', b"{", b"<p>{}</p>", b"\xff{", b'{"a": ' * 100_000])
def test_a_2xx_that_is_no_json_object_is_ambiguous(body: bytes) -> None:
    """A login page, an empty body or half an object prove nothing, and no depth of nesting breaks the reader."""
    assert decide(answer(200, body)).result is Result.AMBIGUOUS


def test_no_customer_in_the_detail() -> None:
    """What the API repeats of the customer, in any case, is struck out of the sentence; fields and remedies stay."""
    sent = json.dumps(
        {
            "customer": {"name": "Café Zoë BV", "street": "Kerkstraat 1", "vat_number": "BE0403170701"},
            "invoice": {"reference": "PO-77-Zoë", "language": "nl"},
        }
    ).encode()
    error = {
        "code": "validation_error",
        "message": 'Klant "CAFÉ ZOË BV" (Kerkstraat 1) onbekend.',
        "details": {
            "customer.vat_number": "BE0403170701 / BE 0403.170.701, zoe@example.com",
            "lines.0.x": "PO-77-Zoë nl",
        },
    }
    detail = decide(answer(422, json.dumps({"error": error}).encode()), sent=sent).detail

    assert detail == 'Klant "…" (…) onbekend.; customer.vat_number: … / BE …, …; lines.0.x: … nl'


def test_a_flood_of_messages_is_cut() -> None:
    """However much the API says, the kept sentence stays short and printable."""
    details = {f"lines.{place}.unit_price": "x\x00" * 5_000 for place in range(1_000)}
    detail = decide(answer(422, json.dumps({"error": {"details": details}}).encode())).detail

    assert len(detail) <= 600
    assert detail.isprintable()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "9" * 400}, 999_999_999.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Tue, 03 Mar 2026 09:02:00 GMT"}, 120.0),
        ({"retry-after": "Tue, 03 Mar 2026 08:00:00 GMT"}, 0.0),
        ({"retry-after": "Tue, 03 Mar 2026 11:02:00 GMT", "date": "Tue, 03 Mar 2026 11:00:00 GMT"}, 120.0),
        ({"retry-after": "Tue, 99 Mar 2026 11:02:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], expected: float | None) -> None:
    """Seconds and HTTP dates are understood, dates against the server's own clock; nonsense counts as absent."""
    assert retry_after(Answer(429, headers, b""), NOW) == expected
