"""How the plan of an import is approved: at once, or by the person at the terminal."""

import sys
from typing import TYPE_CHECKING

import typer

from importer.cli.language import tr, trn

if TYPE_CHECKING:
    from importer.domain.records import Plan
    from importer.pipeline import Approve


def approval(*, yes: bool, json: bool, account: str) -> "Approve":
    """How the plan is approved: at once, or by asking the person at the terminal."""
    from importer.errors import ConfigError

    if yes:
        return lambda _: True
    if json or sys.stdin is None or not sys.stdin.isatty():
        raise ConfigError(
            "needs-approval",
            "Nobody can be asked here whether the plan may be sent.",
            fix="Look at it with `importer plan`, then use --plan DIGEST, or --yes to send whatever the plan is.",
        )

    def ask(plan: "Plan") -> bool:
        from importer.cli.findings import show_findings
        from importer.cli.screen import console, money, show_new, show_summary
        from importer.domain.states import SENDABLE
        from importer.domain.summary import summarise_plan

        show_summary(summarise_plan(plan), plan.sheets, sends=False)
        show_findings(plan.findings)
        show_new(plan)
        count = sum(1 for item in plan.items if item.plan_class in SENDABLE)
        if not count:
            return True
        console().print(
            trn(
                count,
                "{count} invoice, {total} euro incl. VAT, will be made in account {account} ({origin}). "
                "This cannot be undone.",
                "{count} invoices, {total} euro incl. VAT, will be made in account {account} ({origin}). "
                "This cannot be undone.",
                total=money(plan.totals.incl),
                account=account,
                origin=plan.account.origin,
            )
        )
        return _confirm(tr("Post them?"))

    return ask


def _confirm(question: str) -> bool:
    """Ask at the terminal. The letters of the language count, and y and n in every one; Enter is no."""
    yes, no = tr("y"), tr("n")
    while True:
        answer = typer.prompt(f"{question} [{yes}/{no.upper()}]", default=no, show_default=False).strip().lower()
        if answer[:1] in {yes, "y"}:
            return True
        if answer[:1] in {no, "n", ""}:
            return False
