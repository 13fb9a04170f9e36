"""The page `docs/traps.md`: every trap, what becomes of it, and the test that shows it.

python -m tests.traps.page            says whether the page is current; exit 1 if it is not
python -m tests.traps.page --write    writes it anew
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support")]  # as pytest finds it

from importer.domain.findings import visible  # noqa: E402
from tests.traps.outcome import Outcome  # noqa: E402
from tests.traps.traplist import ELSEWHERE, SECTIONS  # noqa: E402

PAGE = ROOT / "docs" / "traps.md"
HEAD = """\
# Traps

Files that spreadsheet programs and libraries misread without a word, and what the importer does with them: it reads
the right value, or it refuses and says why and where. `code` is explained in [findings.md](findings.md). This page is
made by `python -m tests.traps.page --write`; each row is a file that `tests/traps/test_traps.py` makes and reads, under
the name in the first column.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, traps in SECTIONS:
        parts += [f"## {title}\n", "| trap | what the file holds | what happens |", "|---|---|---|"]
        parts += [f"| {trap.name} | {_cell(trap.what)} | {_cell(happens(trap.must))} |" for trap in traps]
        parts.append("")
    parts += ["## Traps that are more than one small file\n", "| trap | shown by |", "|---|---|"]
    parts += [f"| {_cell(what)} | `{test}` |" for what, test in ELSEWHERE]
    return "\n".join([*parts, ""])


def happens(must: Outcome) -> str:
    """What becomes of a trap, in a sentence or two."""
    return " ".join(_sentences(must)) or "Nothing to send, and nothing is lost."


def _sentences(must: Outcome) -> Iterator[str]:
    if must.file:
        yield f"The file is refused: `{must.file}`."
    if must.told:
        yield (
            "Told: "
            + ", ".join(f"`{code}` at {place}" for code, place in map(str.split, dict.fromkeys(must.told)))
            + "."
        )
    if must.refused:
        named = [f'"{label}"' for label in must.refused if label]
        yield "Refused: " + (f"invoice {', '.join(named)}." if named else "the row, which belongs to no invoice.")
    if must.sent:
        yield "Read: " + "; ".join(must.sent) + "."


def _cell(text: str) -> str:
    return visible(text).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def main() -> int:
    """Write the page, or say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        PAGE.write_text(page(), encoding="utf-8")
    current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
    print("docs/traps.md is current" if current else "docs/traps.md is not current: run with --write")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
