"""The options that several commands share, worded once."""

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[list[Path], typer.Argument(help="The spreadsheets or text files.", show_default=False)]
ProfileName = Annotated[
    str | None,
    typer.Option(
        "--mapping",
        "-m",
        help="The profile: a path, or a name (`importer profile list`); default: the one that fits the headers.",
        show_default=False,
    ),
]
AccountName = Annotated[str, typer.Option("--account", "-a", help="The Facturalia account.")]
Json = Annotated[
    bool, typer.Option("--json", help="One JSON object on standard output; progress goes to standard error.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.", show_default=False)]
Identity = Annotated[
    str, typer.Argument(help="The invoice: its number in the file, or its external_id (imp-…).", show_default=False)
]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        help="Let findings of this code pass once, with --reason (`importer explain CODE`).",
        show_default=False,
    ),
]
AcceptReason = Annotated[
    str, typer.Option("--reason", help="With --accept: why; kept in the ledger and shown in the report.")
]
AcceptedBy = Annotated[str, typer.Option("--by", help="With --accept: who; default: the user of this machine.")]
Annotate = Annotated[
    Path | None,
    typer.Option(
        "--annotate",
        help="Give the file back as a workbook: faults coloured and commented, a status for each row.",
        show_default=False,
    ),
]
Failures = Annotated[
    Path | None,
    typer.Option(
        "--failures",
        help="Write a workbook of the failing invoices alone, to correct and import.",
        show_default=False,
    ),
]
