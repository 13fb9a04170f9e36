"""The line from file to posted invoices, as programs see it: `--json` and exit codes."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import CUSTOMER, Desk, a_desk, row, rows
from openpyxl import load_workbook

from importer.domain.summary import INVOICE_COUNTS
from importer.facturalia.sandbox import SandboxSettings, running

KEYS = {"run", "exit", "rows", "invoices", "totals", "file_totals", "recovered", "findings", "findings_total", "report"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose sandbox takes any product."""
    with a_desk(tmp_path) as made:
        yield made


def test_check_tells_all_and_leaves_no_trace(desk: Desk) -> None:
    """`check` lists every finding with its cell, sends nothing, and makes no ledger."""
    desk.file("maart.csv", [*rows(2), row("B-1", price="1.250,0O"), row("B-2", rate="7%")])

    said = desk.run("check", "maart.csv", "-m", "demo", "--json", IMPORTER_API_KEY="", IMPORTER_BASE_URL="")
    found = said.object()

    assert said.code == found["exit"] == 1
    assert set(found) >= KEYS
    assert "plan" not in found
    assert set(found["invoices"]) == set(INVOICE_COUNTS)
    assert found["rows"] == {"read": 4, "invoiced": 2, "skipped": 0, "refused": 2}
    assert [(one["code"], one["cell"], one["invoice"]) for one in found["findings"]] == [
        ("bad-amount", "N4", "B-1"),
        ("vat-rate", "O5", "B-2"),
    ]
    assert found["findings"][0]["value"] == "1.250,0O"
    assert found["totals"]["excl_vat"] == "40.00"
    assert desk.requests == 0
    assert not (desk.folder / "ledger.db").exists()


def test_plan_gives_a_digest_and_what_was_never_posted(desk: Desk) -> None:
    """`plan` is the same twice, names new products and customers, writes them with --new, and makes no ledger."""
    desk.file("maart.csv", [row("T-1", "=A1"), row("T-2", "B2")])

    first = desk.run("plan", "maart.csv", "-m", "demo", "--json").object()
    again = desk.run("plan", "maart.csv", "-m", "demo", "--json", "--new", "new.csv").object()

    assert first == again
    assert first["plan"].startswith("sha256:")
    assert first["new_products"] == ["=A1", "B2"]
    assert [one["name"] for one in first["new_customers"]] == [CUSTOMER]
    with (desk.folder / "new.csv").open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.reader(file, delimiter=";"))
    assert [line[:3] for line in written[1:]] == [["product", "'=A1"], ["product", "B2"], ["customer", "", ""]]
    assert written[3][3] == CUSTOMER
    assert desk.requests == 0
    assert not (desk.folder / "ledger.db").exists()


def test_import_posts_once_and_never_again(desk: Desk) -> None:
    """The same file again, also under another name, posts nothing: every invoice is told as posted before."""
    file = desk.file("maart.csv", rows(3))
    (desk.folder / "kopie van maart.csv").write_bytes(file.read_bytes())

    first = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
    again = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
    other = desk.run("import", "kopie van maart.csv", "-m", "demo", "--yes", "--json")

    assert [one.code for one in (first, again, other)] == [0, 0, 0]
    assert set(first.object()) >= KEYS | {"plan"}
    assert [one.object()["invoices"]["posted"] for one in (first, again, other)] == [3, 0, 0]
    assert [one.object()["invoices"]["already_posted"] for one in (first, again, other)] == [0, 3, 3]
    assert first.object()["totals"] == {
        "excl_vat": "60.00",
        "vat": "12.60",
        "incl_vat": "72.60",
        "by_rate": {"21": {"base": "60.00", "vat": "12.60"}},
    }
    assert desk.count == desk.requests == 3


def test_a_plan_is_sent_as_approved_or_not_at_all(desk: Desk) -> None:
    """`--plan` needs no --yes, sends the plan it names, and refuses (exit 2) when the file has changed since."""
    desk.file("maart.csv", rows(2))
    digest = desk.run("plan", "maart.csv", "-m", "demo", "--json").object()["plan"]
    desk.file("maart.csv", rows(3))

    refused = desk.run("import", "maart.csv", "-m", "demo", "--plan", digest, "--json")
    nonsense = desk.run("import", "maart.csv", "-m", "demo", "--plan", "1234", "--json")

    assert (refused.code, refused.refusal()) == (2, "plan-differs")
    assert (nonsense.code, nonsense.refusal()) == (2, "bad-digest")
    assert desk.requests == 0

    desk.file("maart.csv", rows(2))
    sent = desk.run("import", "maart.csv", "-m", "demo", "--plan", digest, "--json")

    assert sent.code == 0
    assert sent.object()["plan"] == digest
    assert desk.count == 2


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_nothing_is_sent_where_nobody_can_be_asked(desk: Desk, more: list[str]) -> None:
    """Without a terminal, or with --json, an import needs --yes or --plan: exit 2."""
    desk.file("maart.csv", rows(1))

    said = desk.run("import", "maart.csv", "-m", "demo", *more)

    assert said.code == 2
    assert "--yes" in said.err
    assert desk.requests == 0
    assert not (desk.folder / "ledger.db").exists()


def test_a_limit_leaves_the_rest_ready_and_resume_finishes(desk: Desk) -> None:
    """`--limit 2` posts two and exits 3; `resume` posts the rest; then there is nothing left to resume."""
    desk.file("maart.csv", rows(5))

    limited = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--limit", 2, "--json")

    assert limited.code == 3
    assert limited.object()["invoices"]["posted"] == 2
    assert limited.object()["invoices"]["ready"] == 3
    assert limited.object()["stopped"]["code"]
    assert desk.count == 2
    assert desk.run("status", "--json").object()["states"] == {
        "ready": 3, "sending": 0, "posted": 2, "rejected": 0, "unknown": 0, "held": 0,
    }  # fmt: skip

    resumed = desk.run("resume", "--run", limited.object()["run"], "--report", "verslag.xlsx", "--json")
    idle = desk.run("resume", "--json")

    assert (resumed.code, resumed.object()["invoices"]["posted"]) == (0, 3)
    assert resumed.object()["totals"]["excl_vat"] == "60.00"
    assert resumed.object()["report"] == "verslag.xlsx"
    assert (idle.code, idle.object()["invoices"]["posted"]) == (0, 0)
    assert desk.count == 5
    book = load_workbook(desk.folder / "verslag.xlsx", read_only=True)
    outcomes = [cells[3] for cells in book["Rows"].iter_rows(min_row=2, values_only=True)]
    assert outcomes == ["posted in this run"] * 2 + ["posted after this run"] * 3
    book.close()


def test_a_rejected_product_is_told_in_the_users_cell(tmp_path: Path) -> None:
    """A product that does not exist: exit 1, and the finding names the cell and the code that stands in it."""
    with a_desk(tmp_path, SandboxSettings(products=frozenset({"A1"}))) as desk:
        desk.file("maart.csv", [row("T-1"), row("T-2"), row("T-2", "GEEN"), row("T-3", "GEEN")])
        said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
        found = said.object()
        shown = desk.run("status")
    assert (said.code, found["invoices"]["posted"], found["invoices"]["rejected"]) == (1, 1, 2)
    assert [(one["code"], one["cell"], one["value"], one["column"]) for one in found["findings"]] == [
        ("rejected", "K4", "GEEN", "Code"),
        ("rejected", "K5", "GEEN", "Code"),
    ]
    assert 'K4 "GEEN"' in found["findings"][0]["message"]
    assert "lines." not in found["findings"][0]["message"]
    assert "line 2, product_code" in shown.out
    assert [one["invoice"] for one in found["findings"]] == ["T-2", "T-3"]


def test_a_corrected_product_list_lets_rejected_invoices_go(tmp_path: Path) -> None:
    """At the same address, with the product made, import posts what was rejected, under a new key, and resume leaves it."""
    store = tmp_path / "sandbox.db"
    with running(SandboxSettings(database=store, products=frozenset({"A1"}))) as server:
        desk = Desk(tmp_path, server)
        port = server.port
        desk.file("maart.csv", [row("T-1"), row("T-2", "GEEN")])
        assert desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json").code == 1
        assert desk.run("resume", "--json").object()["invoices"]["total"] == 0
        assert desk.count == 1
        keys = [one.key for one in server.requests()]
    with running(SandboxSettings(database=store), port=port) as server:
        desk.server = server
        said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
        keys += [one.key for one in server.requests()][len(keys) :]

    assert said.code == 0
    assert (said.object()["invoices"]["posted"], said.object()["invoices"]["already_posted"]) == (1, 1)
    assert len(keys) == len(set(keys)) == 3


def test_a_posted_invoice_that_changed_is_shown_and_never_sent(desk: Desk) -> None:
    """Another price after posting: exit 1, the difference told, nothing sent; settled by a person it is quiet."""
    desk.file("maart.csv", rows(2))
    desk.run("import", "maart.csv", "-m", "demo", "--yes")
    desk.file("maart.csv", [row("T-0001", price="11,00"), row("T-0002")])

    said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
    found = said.object()

    assert (said.code, found["invoices"]["changed"], found["invoices"]["already_posted"]) == (1, 1, 1)
    assert [one["code"] for one in found["findings"]] == ["changed-since-posted"]
    assert "11" in found["findings"][0]["message"]
    assert desk.count == desk.requests == 2

    waiting = desk.run("status", "--json").object()["attention"]
    assert [(one["invoice"], one["state"]) for one in waiting] == [("T-0001", "changed")]
    settled = desk.run("resolve", "T-0001", "--as", "settled", "--reason", "credit note made", "--json")
    assert settled.object()["settled"] is True
    quiet = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
    assert (quiet.code, quiet.object()["invoices"]["settled"]) == (0, 1)
    assert desk.count == 2


def test_credit_notes_are_held_until_a_person_settles_them(desk: Desk) -> None:
    """A negative invoice is held (exit 1), never sent; `resolve --as settled` takes it off the list."""
    desk.file("maart.csv", [row("T-1"), row("C-1", quantity="-2")])

    said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")

    assert (said.code, said.object()["invoices"]["held"]) == (1, 1)
    assert [one["code"] for one in said.object()["findings"]] == ["credit-note"]
    identity = desk.run("status", "--json").object()["attention"][0]["identity"]
    assert desk.run("resolve", identity, "--as", "settled", "--reason", "made by hand", "--json").code == 0
    assert desk.run("status", "--json").object()["attention"] == []
    again = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
    assert (again.code, again.object()["invoices"]["settled"]) == (0, 1)
    assert desk.count == 1


def test_hold_keeps_an_invoice_back_and_release_lets_it_go(desk: Desk) -> None:
    """A held invoice is in no import and no resume; once released, the next one posts it."""
    desk.file("maart.csv", rows(3))
    desk.run("import", "maart.csv", "-m", "demo", "--yes", "--limit", 1)

    held = desk.run("hold", "T-0003", "--reason", "customer disputes it", "--json")
    kept = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")

    assert (held.code, held.object()["state"]) == (0, "held")
    assert (kept.code, kept.object()["invoices"]["held"], desk.count) == (1, 1, 2)
    assert "customer disputes it" in desk.run("status").out
    assert desk.run("hold", "T-0001", "--reason", "too late", "--json").refusal() == "not-allowed"

    released = desk.run("release", "T-0003", "--reason", "agreed", "--json")
    assert (released.code, released.object()["state"]) == (0, "ready")
    assert desk.run("resume", "--json").code == 0
    assert desk.count == 3


@pytest.mark.parametrize("how", ["posted", "not-posted"])
def test_an_unknown_outcome_leaves_by_a_person(desk: Desk, how: str) -> None:
    """A number that exists with other bytes: exit 4, *unknown*, never sent again until a person says what it is."""
    desk.file("maart.csv", [row("T-1")])
    desk.run("import", "maart.csv", "-m", "demo", "--yes")
    lost = Desk(desk.folder, desk.server, name="lost.db")  # another ledger: what the first one knows is gone
    lost.file("maart.csv", [row("T-1", price="12,00")])

    said = lost.run("import", "maart.csv", "-m", "demo", "--yes", "--json")

    assert (said.code, said.object()["invoices"]["unknown"]) == (4, 1)
    assert [one["code"] for one in said.object()["findings"]] == ["unknown"]
    sent = lost.requests
    again = lost.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
    assert (again.code, again.object()["invoices"]["unknown"], lost.requests) == (4, 1, sent)
    assert lost.run("status", "--json").object()["attention"][0]["state"] == "unknown"

    decided = lost.run("resolve", "T-1", "--as", how, "--reason", "looked it up", "--json")

    after = lost.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
    if how == "posted":
        assert decided.object()["state"] == "posted"
        assert (after.code, after.object()["invoices"]["already_posted"], lost.requests) == (0, 1, sent)
    else:
        assert decided.object()["state"] == "ready"
        assert after.code == 4  # it does exist, so Facturalia says so again
        assert lost.requests > sent
    assert lost.count == 1


def test_several_files_go_together_or_not_at_all(desk: Desk) -> None:
    """Two files are one run; with one of them unreadable nothing is sent; the same bytes twice are refused."""
    first, second = desk.file("een.csv", rows(2)), desk.file("twee.csv", rows(2, first=3))
    (desk.folder / "drie.csv").write_bytes(second.read_bytes())
    (desk.folder / "stuk.xlsx").write_bytes(b"PK\x03\x04 no workbook")

    broken = desk.run("import", "een.csv", "stuk.xlsx", "-m", "demo", "--yes", "--json")
    twice = desk.run("import", "een.csv", "twee.csv", "drie.csv", "-m", "demo", "--yes", "--json")

    assert broken.code == twice.code == 2
    assert broken.refusal() != "bug"
    assert twice.refusal() == "same-file-twice"
    assert desk.requests == 0

    said = desk.run("import", first, second, "-m", "demo", "--yes", "--json")
    assert (said.code, said.object()["invoices"]["posted"], desk.count) == (0, 4, 4)


def test_a_report_accounts_for_the_run_and_can_be_had_again(desk: Desk) -> None:
    """`--report` and, later, `report RUN` give the same workbook, with one row for each row of the file."""
    desk.file("maart.csv", [*rows(2), row("B-1", price="x")])

    said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json", "--report", "een.xlsx")
    later = desk.run("report", said.object()["run"], "--out", "twee.xlsx", "--json")

    assert said.object()["report"] == "een.xlsx"
    assert later.object() == {"exit": 0, "run": said.object()["run"], "report": "twee.xlsx"}
    sheets = []
    for name in ("een.xlsx", "twee.xlsx"):
        book = load_workbook(desk.folder / name, read_only=True)
        sheets.append([list(sheet.iter_rows(values_only=True)) for sheet in book])
        assert len(list(book["Rows"].iter_rows(min_row=2))) == 3
        book.close()
    assert sheets[0] == sheets[1]
    assert desk.run("report", "nope", "--out", "x.xlsx", "--json").refusal() == "run-not-found"


def test_runs_lists_what_was_done(desk: Desk) -> None:
    """`runs` gives each run with its command, times, exit code and counts, newest first."""
    desk.file("maart.csv", rows(2))
    desk.run("import", "maart.csv", "-m", "demo", "--yes", "--limit", 1)
    desk.run("resume")

    found = desk.run("runs", "--json").object()

    assert [(one["command"], one["exit"], one["invoices"]["posted"]) for one in found["runs"]] == [
        ("resume", 0, 1),
        ("import", 3, 1),
    ]
    assert set(found["runs"][0]) == {
        "run", "command", "profile", "profile_version", "started", "finished", "exit", "invoices",
    }  # fmt: skip
    assert "import" in desk.run("runs").out


def test_runs_of_another_account_are_not_resumed(desk: Desk) -> None:
    """`--run` must name a run of the account, in `resume` and in `status`: a mistyped one is told, not taken as empty."""
    desk.file("maart.csv", rows(1))
    run = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json").object()["run"]
    other = {"IMPORTER_BASE_URL": "http://127.0.0.1:1/api/v1"}

    assert desk.run("resume", "--run", "nope", "--json").refusal() == "run-not-found"
    assert desk.run("status", "--run", "nope", "--json").refusal() == "run-not-found"
    assert desk.run("resume", "--run", run, "--json", **other).refusal() == "run-of-other-account"
    assert desk.run("status", "--run", run, "--json").object()["states"]["posted"] == 1
    assert [one["command"] for one in desk.run("runs", "--json").object()["runs"]] == ["import"]


def test_prices_that_mean_something_else_stop_the_run(tmp_path: Path) -> None:
    """Where the answer's totals are not ours, the first invoice alone is posted and the run stops: exit 4."""
    with a_desk(tmp_path, SandboxSettings(prices="incl_vat")) as desk:
        desk.file("maart.csv", rows(5))

        said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")

        assert said.code == 4
        assert said.object()["stopped"]["code"] == "totals-differ"
        assert (said.object()["invoices"]["posted"], said.object()["invoices"]["ready"], desk.count) == (1, 4, 1)


def test_demo_ends_with_invoices_and_a_report(tmp_path: Path) -> None:
    """`demo` needs nothing, posts the shipped sample into its own sandbox, and leaves ledger and report."""
    desk = Desk(tmp_path, None)

    said = desk.run("demo", "--folder", "here", "--json")
    found = said.object()

    assert said.code == 0
    assert found["invoices"]["posted"] == found["invoices"]["total"] == 12
    assert Path(desk.folder / found["report"]).exists()
    assert (tmp_path / "here" / "ledger.db").exists()
    assert not (tmp_path / "ledger.db").exists()
    assert json.loads(said.out)["rows"]["read"] == 31
