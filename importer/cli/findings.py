"""Findings on the screen: errors first, kind by kind, each with its place, its value and, once a kind, its remedy."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from importer.cli.language import speech, tr, trn
from importer.cli.screen import console, wrapped
from importer.domain.findings import Finding, Severity

MOST_OF_A_KIND = 10  # shown on screen; all of them are in the report, the first thousand in --json
MOST = 40
ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
GAP = 2
COUNTED = {
    Severity.ERROR: ("{count} error", "{count} errors"),
    Severity.WARNING: ("{count} warning", "{count} warnings"),
    Severity.NOTE: ("{count} note", "{count} notes"),
}


def show_findings(findings: Sequence[Finding]) -> None:
    """Print findings, as many of each kind as a person reads; what is left out is counted."""
    out = console()
    width = out.width if out.is_terminal else 0
    counts = Counter(finding.severity for finding in findings)
    room = MOST
    for severity in ORDER:
        if not counts[severity]:
            continue
        out.print(trn(counts[severity], *COUNTED[severity]), style="bold")
        for code, kind in _kinds(finding for finding in findings if finding.severity is severity):
            shown = kind[: min(MOST_OF_A_KIND, room)]
            room -= len(shown)
            for line in _lines(shown, width):
                out.print(line)
            if len(kind) > len(shown):
                more = len(kind) - len(shown)
                left = tr("… and {count} more of {code}", count=more, code=code)
                out.print("  " + (left if shown else tr("{count} of {code}", count=more, code=code)))
        out.print()
    if sum(counts.values()) > MOST - room:
        out.print(tr("All of them stand in the workbook of `import --report`, and up to a thousand in --json."))
        out.print()


def _kinds(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings by code, in the order in which the codes first appear."""
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.code, []).append(finding)
    return list(kinds.items())


def _lines(findings: Sequence[Finding], width: int) -> Iterator[str]:
    """Each finding, and behind those that ask for the same the one remedy."""
    language = speech()
    for fix, group in groupby(findings, key=lambda one: one.fix_in(language)):
        for finding in group:
            where = finding.place_in(language)
            message = finding.message_in(language)
            told = tr("{place}: {message}", place=where, message=message) if where else message
            yield from beside(told, finding.code, width)
        yield from wrapped(f"  {fix}", width, indent="  ")


def beside(text: str, code: str, width: int) -> Iterator[str]:
    """`text`, wrapped to `width` columns (0: not at all), with `code` at the right end of its last line."""
    lines = list(wrapped(text, width, indent="    "))
    if not width:
        yield f"{lines[0]}  {code}"
        return
    if len(lines[-1]) + GAP + len(code) <= width:
        last = lines.pop()
        yield from lines
        yield last + code.rjust(width - len(last))
    else:
        yield from lines
        yield code.rjust(width)
