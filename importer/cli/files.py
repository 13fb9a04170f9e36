"""`check` and `plan`: look at files; nothing is written or sent."""

import csv
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from importer.cli.accepting import accepting, accepting_again
from importer.cli.language import speech, tr
from importer.cli.options import (
    Accept,
    AcceptedBy,
    AcceptReason,
    AccountName,
    Annotate,
    Failures,
    Files,
    Json,
    ProfileName,
)


def check(
    files: Files,
    mapping: ProfileName = None,
    annotate: Annotate = None,
    failures: Failures = None,
    accept: Accept = None,
    reason: AcceptReason = "",
    by: AcceptedBy = "",
    json: Json = False,
) -> int:
    """Read, map and validate files; show everything that is wrong. No ledger; only what is asked for is written.

    Example: importer check maart.csv -m demo --annotate maart-nagekeken.xlsx
    """
    from importer.stations.read.early import start_reader

    start_reader(*files)  # it starts while the libraries below are loaded
    from importer.cli.choose import chosen_profile
    from importer.cli.detected import detected_json, show_freeze
    from importer.cli.findings import show_findings
    from importer.cli.giveback import asked, give_back_plan, show_given
    from importer.cli.progress import ProgressBar
    from importer.cli.screen import print_json, say, show_summary
    from importer.domain.circumstances import Circumstances
    from importer.domain.clock import SystemClock, belgian_day
    from importer.domain.identity import Account
    from importer.domain.summary import summarise_plan
    from importer.pipeline import check_files

    wanted = asked(annotate, failures, files)
    called, loaded = chosen_profile(mapping, files)
    loaded = accepting(loaded, accept, reason, by)
    with ProgressBar() as bar:
        against = Circumstances(belgian_day(SystemClock().now()))
        plan = check_files(files, loaded, Account("check", "check"), given=against, on_step=bar.step)
    summary = summarise_plan(plan)
    given = give_back_plan(plan, files, loaded, wanted)
    if json:
        shown = {**summary.as_json(speech()), "profile": called, **detected_json(plan.sheets)}
        shown |= given.as_json() if given else {}
        del shown["plan"]  # it belongs to no account
        print_json(shown)
    else:
        show_summary(summary, plan.sheets, sends=False)
        show_freeze(plan.sheets, loaded)
        show_findings(summary.findings)
        show_given(given)
        say(tr("Nothing was sent. `importer plan` compares these files with the ledger."))
    return summary.exit


def plan(
    files: Files,
    mapping: ProfileName = None,
    account: AccountName = "default",
    new: Annotated[
        Path | None,
        typer.Option("--new", help="Write the products and customers never posted before to this CSV file."),
    ] = None,
    annotate: Annotate = None,
    failures: Failures = None,
    accept: Accept = None,
    reason: AcceptReason = "",
    by: AcceptedBy = "",
    json: Json = False,
) -> int:
    """Check files and compare them with the ledger: what would be posted, with a digest to approve. Nothing is sent.

    Example: importer plan maart.csv -m demo --new nieuw.csv
    """
    from importer.stations.read.early import start_reader

    start_reader(*files)  # it starts while the libraries below are loaded
    from importer.cli.choose import chosen_profile
    from importer.cli.detected import detected_json, show_freeze
    from importer.cli.findings import show_findings
    from importer.cli.giveback import asked, give_back_plan, show_given
    from importer.cli.progress import ProgressBar
    from importer.cli.screen import console, print_json, say, show_new, show_summary
    from importer.cli.setup import opened
    from importer.domain.circumstances import Circumstances
    from importer.domain.clock import SystemClock, belgian_day
    from importer.domain.summary import summarise_plan
    from importer.pipeline import plan_files

    wanted = asked(annotate, failures, files)
    called, loaded = chosen_profile(mapping, files)
    loaded = accepting(loaded, accept, reason, by)
    with opened(account, create=False) as (settings, ledger), ProgressBar() as bar:
        against = Circumstances(belgian_day(SystemClock().now()), settings.vat_number)
        made = plan_files(files, loaded, settings.account, ledger, given=against, on_step=bar.step)
        given = give_back_plan(made, files, loaded, wanted, ledger=ledger)
    summary = summarise_plan(made)
    if new is not None:
        _write_new(new, made.new_products, made.new_customers)
    if json:
        shown = {**summary.as_json(speech()), "profile": called, **detected_json(made.sheets)}
        print_json({**shown, **(given.as_json() if given else {})})
        return summary.exit
    show_summary(summary, made.sheets, sends=False)
    show_freeze(made.sheets, loaded)
    show_findings(summary.findings)
    show_new(made)
    show_given(given)
    console().print(tr("Plan {digest}", digest=made.digest))
    if summary.invoices["ready"]:
        again = ["importer", "import", *map(str, files), "-m", called]
        again += ["-a", account] if account != "default" else []
        again += accepting_again(loaded)
        # one line, so that it can be copied
        print(tr("Post it with: {command}", command=shlex.join([*again, "--plan", made.digest])))
    else:
        say(tr("There is nothing to post."))
    return summary.exit


def _write_new(path: Path, products: list[str], customers: Sequence[Mapping[str, str]]) -> None:
    """A list to check against Facturalia; opens in Excel (semicolon, byte order mark), and holds no live formula."""
    from importer.errors import ConfigError

    names = ("customer_id", "name", "vat_number", "street", "postal_code", "city", "country", "email")
    try:
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(("kind", "product_code", *names))
            writer.writerows(("product", _text(code)) for code in products)
            writer.writerows(
                ("customer", "", *(_text(customer.get(name, "")) for name in names)) for customer in customers
            )
    except OSError as error:
        raise ConfigError(
            "not-written", f'"{path}" cannot be written: {error.strerror}.', fix="Check the folder and its rights."
        ) from None


def _text(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
