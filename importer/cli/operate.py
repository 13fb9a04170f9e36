"""`sample`, `sandbox`, `ledger …`, `doctor`: trying and caring."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.language import speech, tr, trn
from importer.cli.options import AccountName, Json

MOST_PROBLEMS = 20  # of a broken ledger shown on screen

if TYPE_CHECKING:
    from importer.facturalia.sandbox import RateLimit, Sandbox


def sample(
    out: Annotated[Path, typer.Argument(help="The file to write: .csv or .xlsx.", show_default=False)],
    invoices: Annotated[int, typer.Option("--invoices", min=1, help="How many invoices.", show_default=False)],
    lines: Annotated[int, typer.Option("--lines", min=1, help="Lines on each invoice.")] = 4,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")] = 0,
    json: Json = False,
) -> int:
    """Write an invented export in the layout of the profile `demo`, for trying and measuring.

    Example: importer sample --invoices 2000 probeer.csv
    """
    from importer.cli.screen import print_json, say
    from importer.tools.sample import write_sample

    write_sample(out, invoices=invoices, lines=lines, seed=seed)
    if json:
        print_json({"exit": 0, "path": str(out), "invoices": invoices, "rows": invoices * lines})
    else:
        rows = invoices * lines
        say(
            tr(
                "{path}: {invoices} invoices, {rows} rows. Read it with -m demo.",
                path=str(out),
                invoices=invoices,
                rows=rows,
            )
        )
    return 0


def sandbox(
    port: Annotated[
        int | None, typer.Option("--port", help="The port on 127.0.0.1; default 8089.", show_default=False)
    ] = None,
    faults: Annotated[
        str, typer.Option("--faults", help="Faults and their shares, such as lost-after:0.05,500-before:0.02")
    ] = "",
    products: Annotated[
        Path | None, typer.Option("--products", help="A text file with the product codes that exist; default: all do.")
    ] = None,
    database: Annotated[
        str, typer.Option("--database", help="A SQLite file to keep what was received; default: memory.")
    ] = ":memory:",
    retention: Annotated[
        float, typer.Option("--retention", min=0, help="Hours an Idempotency-Key is remembered.")
    ] = 24.0,
    rate_limit: Annotated[
        str, typer.Option("--rate-limit", help="REQUESTS/SECONDS, such as 100/60; default: none.")
    ] = "",
    latency: Annotated[float, typer.Option("--latency", min=0, help="Seconds before each answer.")] = 0.0,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same faults.")] = 0,
    json: Annotated[
        bool, typer.Option("--json", help="Print where it listens as one JSON object, then serve.")
    ] = False,
) -> int:
    """Serve a look-alike of Facturalia on this machine, with a page that lists what it received. Ctrl-C ends it.

    Example: importer sandbox --faults lost-after:0.05
    """
    from importer.cli.screen import print_json
    from importer.facturalia.sandbox import DEFAULT_PORT, SandboxSettings, read_products, serve

    settings = SandboxSettings(
        database=database,
        products=read_products(products) if products is not None else None,
        retention_hours=retention,
        rate_limit=_rate_limit(rate_limit),
        latency=latency,
        faults=faults,
        seed=seed,
    )

    def tell(server: "Sandbox") -> None:
        page = server.page_url
        if json:
            print_json({"exit": 0, "base_url": server.base_url, "api_key": server.api_key, "page": page})
        else:
            print(f"export IMPORTER_BASE_URL={server.base_url}\nexport IMPORTER_API_KEY={server.api_key}")
            print("# " + tr("what it received: {page} (as CSV: {page}export.csv); Ctrl-C ends it", page=page))
        sys.stdout.flush()

    serve(settings, port=DEFAULT_PORT if port is None else port, ready=tell)
    return 0


def upgrade(json: Json = False) -> int:
    """Bring the ledger's schema up to date; an older ledger is backed up beside itself first.

    Example: importer ledger upgrade
    """
    from importer.cli.screen import print_json, say
    from importer.domain.clock import SystemClock
    from importer.ledger.health import health
    from importer.ledger.store import open_ledger
    from importer.settings import load_settings

    with open_ledger(load_settings().ledger_url, clock=SystemClock()) as ledger:
        facts = health(ledger.database)
    if json:
        print_json({"exit": 0, "schema": facts.schema, "path": str(facts.path or "")})
    else:
        say(
            tr("The ledger {path:words} has schema {schema}.", path=str(facts.path or "in memory"), schema=facts.schema)
        )
    return 0


def verify(
    head: Annotated[str | None, typer.Option("--head", help="The newest hash as a report printed it.")] = None,
    json: Json = False,
) -> int:
    """Prove that the ledger is as it was written: hash chain, rows, stored bytes. Names the first broken place.

    Example: importer ledger verify
    """
    from importer.cli.screen import print_json, say
    from importer.cli.setup import existing
    from importer.domain.clock import SystemClock
    from importer.ledger.store import open_ledger
    from importer.ledger.verify import verify as verify_ledger
    from importer.settings import load_settings

    with open_ledger(existing(load_settings().ledger_url), clock=SystemClock()) as ledger:
        problems = [
            f"{one.where}: {speech().words(one.message)}  [{one.code}]"
            for one in verify_ledger(ledger.database, head=head)
        ]
        count, newest = ledger.events_head()
    if json:
        print_json({"exit": 4 if problems else 0, "events": count, "head": newest, "problems": problems})
    else:
        for problem in problems[:MOST_PROBLEMS]:
            print(problem)
        if len(problems) > MOST_PROBLEMS:
            print(tr("… and {count} more (all are in --json)", count=len(problems) - MOST_PROBLEMS))
        verdict = (
            trn(len(problems), "{count} problem", "{count} problems") if problems else tr("all is as it was written")
        )
        say(tr("{events} events, newest hash {hash}: {verdict}", events=count, hash=newest, verdict=verdict))
    return 4 if problems else 0


def backup(
    out: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)], json: Json = False
) -> int:
    """Copy the ledger safely, also while it is in use. Never copy the file by hand.

    Example: importer ledger backup kopie.db
    """
    from importer.cli.screen import print_json, say
    from importer.cli.setup import existing
    from importer.domain.clock import SystemClock
    from importer.ledger.backup import backup as copy
    from importer.ledger.store import open_ledger
    from importer.settings import load_settings

    with open_ledger(existing(load_settings().ledger_url), clock=SystemClock()) as ledger:
        copy(ledger.database, out)
    if json:
        print_json({"exit": 0, "path": str(out)})
    else:
        say(tr("The ledger was copied to {path}.", path=str(out)))
    return 0


def purge(
    older_than: Annotated[
        int,
        typer.Option(
            "--older-than", min=1, help="Days since an invoice was posted, or a run ended.", show_default=False
        ),
    ],
    json: Json = False,
) -> int:
    """Take customers' data out of the ledger; identities, hashes, amounts and outcomes stay, so reruns stay safe.

    Example: importer ledger purge --older-than 400
    """
    from datetime import timedelta

    from importer.cli.screen import print_json, say
    from importer.cli.setup import existing
    from importer.domain.clock import SystemClock
    from importer.ledger.purge import purge as take_out
    from importer.ledger.store import open_ledger
    from importer.settings import load_settings

    clock = SystemClock()
    with open_ledger(existing(load_settings().ledger_url), clock=clock) as ledger:
        done = take_out(ledger.database, before=clock.now() - timedelta(days=older_than), clock=clock)
    if json:
        print_json({"exit": 0, "invoices": done.invoices, "runs": done.runs})
    else:
        say(
            tr(
                "Customers' data of {invoices} invoices and {runs} runs was taken out.",
                invoices=done.invoices,
                runs=done.runs,
            )
        )
    return 0


def doctor(account: AccountName = "default", json: Json = False) -> int:
    """Look whether everything is in place: settings, key, ledger, disk. Sends nothing.

    Example: importer doctor
    """
    from importer.cli.screen import console, print_json, table
    from importer.tools.doctor import examine

    facts = examine(account)
    words = speech().words
    if json:
        told = [fact._replace(found=words(fact.found), fix=words(fact.fix))._asdict() for fact in facts]
        print_json({"exit": max((fact.exit for fact in facts), default=0), "facts": told})
    else:
        console().print(
            table(
                ("", tr("what"), tr("found"), tr("what to do")),
                [
                    ("ok" if not fact.exit else "!!", tr(fact.what), words(fact.found), words(fact.fix))
                    for fact in facts
                ],
            )
        )
    return max((fact.exit for fact in facts), default=0)


def _rate_limit(text: str) -> "RateLimit | None":
    from importer.errors import ConfigError
    from importer.facturalia.sandbox import RateLimit

    if not text:
        return None
    try:
        requests, _, window = text.partition("/")
        return RateLimit(int(requests), float(window))
    except ValueError:
        raise ConfigError(
            "bad-rate-limit", f'"{text}" is not a rate limit.', fix="Write REQUESTS/SECONDS, such as 100/60."
        ) from None
