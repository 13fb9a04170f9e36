"""The page about profiles says what the code does."""

import re
from pathlib import Path

from importer.domain.catalogue import CATALOGUE
from importer.profile.load import parse_profile

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `([a-z-]+)` \| (\w+) \| ([\w, ]+) \|$", re.MULTILINE)


def test_the_table_of_severities_is_that_of_the_catalogue() -> None:
    """Every code that a profile may weigh stands in the table, with what it usually is and what it may be."""
    written = {code: (usual, tuple(allowed.split(", "))) for code, usual, allowed in ROW.findall(PAGE)}

    assert written == {code: (entry.severity, entry.allowed) for code, entry in CATALOGUE.items() if entry.allowed}


def test_every_example_is_a_profile_that_loads() -> None:
    """The first block is a whole profile; each later one goes with it."""
    whole, *parts = BLOCK.findall(PAGE)

    assert len(parts) >= 2
    for part in parts:
        key = part.split(":")[0]
        base = re.sub(rf"^{key}:\n(  .*\n)+", "", whole, flags=re.MULTILINE)
        parse_profile((base + part).encode(), "docs/profiles.md")
