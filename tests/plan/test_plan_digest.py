"""The digest of a plan: what was approved is what is sent."""

import hashlib
import json

import pytest
from sources import ACCOUNT, Run, go, known, table

from importer.domain.identity import Account
from importer.domain.records import Plan
from importer.domain.states import State

LINES = "\n".join(f"{number};01/03/2026;Zoë;A1;2;10,00;21" for number in (1001, 1002, 1003))


def digest_by_hand(plan: Plan, account: Account) -> str:
    """SHA-256 over the account and the sorted (external_id, class, payload hash)."""
    lines = sorted(f"{item.frozen.external_id} {item.plan_class} {item.frozen.digest}\n" for item in plan.items)
    return (
        "sha256:" + hashlib.sha256((json.dumps([*account], ensure_ascii=False) + "".join(lines)).encode()).hexdigest()
    )


def test_golden_digest() -> None:
    """A digest approved today must be understood by the importer of tomorrow."""
    plan = go(LINES).plan()

    assert plan.digest == digest_by_hand(plan, ACCOUNT)
    assert plan.digest == "sha256:3cc3c4d13b61b04a957015c01949c1b625b40cd2046d31a7344c4c9e386dc655"


def test_the_digest_of_nothing_is_a_digest() -> None:
    """A plan without invoices has one too, and it tells accounts apart."""
    empty = go("1001;x;Zoë;A1;2;10,00;21")

    assert empty.plan().digest != empty.plan(account=Account("https://other.example", "default")).digest


def changed_digests(run: Run) -> dict[str, str]:
    """Digests after one thing has changed."""
    first, second, _ = run.frozen()
    return {
        "the same": run.plan().digest,
        "a posted invoice": run.plan(known(first, State.POSTED)).digest,
        "another posted invoice": run.plan(known(second, State.POSTED)).digest,
        "a rejected invoice": run.plan(known(first, State.REJECTED)).digest,
        "an unknown invoice": run.plan(known(first, State.UNKNOWN)).digest,
        "a held invoice": run.plan(known(first, State.HELD, reason="hold: x")).digest,
        "a settled invoice": run.plan(known(first, State.REJECTED, settled=True)).digest,
        "an open attempt": run.plan(known(first, State.SENDING)).digest,
        "a frozen invoice": run.plan(known(first, State.READY)).digest,
        "another account": run.plan(account=Account(ACCOUNT.origin, "other")).digest,
        "another origin": run.plan(account=Account("https://sandbox.example", ACCOUNT.name)).digest,
        "a price": go(LINES.replace("10,00", "10,01", 1)).plan().digest,
        "a line less": go(LINES.rsplit("\n", 1)[0]).plan().digest,
        "another system": go(LINES, {"system": "other"}).plan().digest,
        "a fixed value": go(LINES, {"invoice": {"language": {"value": "nl"}}}).plan().digest,
        "a refused invoice": go(LINES.replace("10,00", "x", 1)).plan().digest,
    }


def test_any_class_or_payload_changes_the_digest() -> None:
    """No two of these plans may be approved as one another."""
    digests = changed_digests(go(LINES))

    assert len(set(digests.values())) == len(digests)


@pytest.mark.parametrize("name", ["april.csv", "maart.csv"])
def test_what_does_not_change_the_digest(name: str) -> None:
    """File name, row order, blank rows and spelling of numbers are not what was approved."""
    source = "\n\n".join(reversed(LINES.split("\n"))).replace("10,00", "<n>10")

    assert go([table(source, file=name)]).plan().digest == go(LINES).plan().digest


def test_known_invoices_that_are_not_in_the_file_change_nothing() -> None:
    """The ledger may know ten thousand others."""
    run = go(LINES)
    (other,) = go("9999;01/03/2026;Zoë;A1;2;10,00;21").frozen()

    assert run.plan(known(other, State.UNKNOWN)).digest == run.plan().digest
