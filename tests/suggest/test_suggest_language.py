"""What a suggested profile says is in the language of the reader, and means the same profile."""

import re
from pathlib import Path

import pytest

from importer.language.speech import Speech
from importer.profile.load import load_profile, shipped
from importer.profile.samplefile import samples_of
from importer.suggest.suggest import start
from importer.suggest.write import profile_text

_SMALL_WORDS = re.compile(r"\b(the|is not|are|and|with|which|its|have|must|cannot|this|that|from|what|all|says|rows)\b")
_QUOTED = re.compile(r'"[^"]*"|`[^`]*`')
SAMPLES = [(one.name, sample.path) for one in shipped() for sample in samples_of(load_profile(one.name)) if sample.path]


@pytest.mark.parametrize(("name", "path"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_no_comment_of_a_suggestion_is_english(name: str, path: Path) -> None:
    """Every proof, reason, remark and heading is Dutch or French, but for the file's own words; the keys are the same."""
    draft = start(path, name)
    english = profile_text(draft, "export.csv").splitlines()
    for language in ("nl", "fr"):
        told = profile_text(draft, "export.csv", Speech(language)).splitlines()
        comments = [line.strip() for line in told if line.lstrip().startswith("# ") and not _is_data(line)]
        left = [line for line in comments if _SMALL_WORDS.search(_QUOTED.sub("", line))]
        assert left == []
        assert [line for line in told if not line.lstrip().startswith("#")] == [
            line for line in english if not line.lstrip().startswith("#")
        ]


def _is_data(line: str) -> bool:
    """A row of the file in the head, or a key that is not used."""
    return line.startswith("#   ") or re.match(r"\s*# [\w]+: [\[{\"]", line) is not None
