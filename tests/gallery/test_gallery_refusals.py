"""Exports that hold no lines of invoices are refused by name, whichever way they come in."""

from pathlib import Path

import pytest
from desk import Desk

from importer.profile.load import load_profile, shipped
from importer.profile.samplefile import samples_of
from importer.profile.unusable import KNOWN, Unusable, unusable


@pytest.mark.parametrize("one", KNOWN, ids=lambda one: f"{one.program}-{one.headers[1]}")
@pytest.mark.parametrize("command", [("check", "-m", "demo"), ("plan",), ("profile", "suggest")], ids=" ".join)
def test_a_known_export_without_lines_is_called_by_its_name(
    tmp_path: Path, one: Unusable, command: tuple[str, ...]
) -> None:
    """The sentence names the program and the remedy; with a profile, without one, and when one is to be suggested."""
    path = tmp_path / "export.csv"
    headers = [*one.headers, "Something else"]
    rows = [";".join(headers), *(";".join(f"{place}{row}" for place in range(len(headers))) for row in range(3))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    words = [word for word in command if word not in {"-m", "demo"}]

    said = Desk(tmp_path, None).run(*words, str(path), *(("-m", "demo") if "demo" in command else ()), "--json")

    assert said.code == 2
    assert said.refusal() == "export-without-lines"
    assert one.program in said.object()["error"]["message"]


def test_no_export_that_has_a_profile_is_taken_for_one_without_lines() -> None:
    """The headers of every shipped sample belong to none of the refused exports."""
    for profile in shipped():
        for sample in samples_of(load_profile(profile.name)):
            assert sample.path is not None
            if sample.path.suffix == ".csv":
                text = sample.path.read_bytes().decode("utf-8", "replace")
                for line in text.splitlines()[:8]:
                    for delimiter in ",;\t":
                        assert unusable(cell.strip('"') for cell in line.split(delimiter)) is None
