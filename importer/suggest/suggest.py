"""A profile suggested from a file: every key with what proves it; what nothing proves is a comment or left open."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from importer.domain.identity import Account
from importer.domain.summary import summarise_plan
from importer.errors import ConfigError, ImporterError
from importer.language.speech import ENGLISH, Speech
from importer.pipeline import check_files
from importer.profile.load import parse_profile
from importer.suggest.answers import answered
from importer.suggest.draft import make_draft
from importer.suggest.model import Draft
from importer.suggest.model import Path as KeyPath
from importer.suggest.values import fold
from importer.suggest.write import profile_text

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Trial:
    """What the suggested profile makes of the very file. `error`: a sentence, where it could not even be read."""

    rows: Mapping[str, int]
    invoices: int
    refused: int
    held: int
    findings: Mapping[str, int]
    error: str = ""


@dataclass(frozen=True)
class Suggestion:
    """A suggested profile: the draft with all proofs, its text, and the trial (None while choices are open)."""

    draft: Draft
    text: str
    trial: Trial | None

    @property
    def complete(self) -> bool:
        """Whether nothing is open, and the file was read with it without one refused invoice or row."""
        trial = self.trial
        return trial is not None and not trial.error and not trial.refused and not trial.rows["refused"]


def start(path: Path, name: str | None = None, told: Mapping[KeyPath, str] | None = None) -> Draft:
    """What a file says about its profile. `name` is the profile's; default: made from the file's name.

    `told` is what a person says of single fields, see `importer.suggest.retell`; everything is worked out with it.

    Raises ConfigError `bad-profile-name`, and SourceError where the file cannot be read or holds no table.
    """
    called = name if name is not None else slug(path.stem)
    if not _NAME.fullmatch(called):
        raise ConfigError(
            "bad-profile-name",
            f'"{called}" cannot be the name of a profile.',
            fix="Use small letters, digits and -, beginning with a letter or digit, such as mijn-webshop.",
        )
    return make_draft(path, called, told)


def suggest_profile(
    path: Path, name: str | None = None, answers: Sequence[tuple[tuple[str, ...], str]] = ()
) -> Suggestion:
    """A profile for a file; `answers` settle open choices by their path. Nothing is written.

    Raises what `start` raises, and ConfigError `bad-answer` for an answer that fits no open choice.
    """
    draft = start(path, name)
    for where, text in answers:
        answered(draft, where, text)
    return finished(draft, path)


def finished(draft: Draft, path: Path, sample: str | None = None, speech: Speech = ENGLISH) -> Suggestion:
    """The text of a draft, tried on the file if nothing is open. `sample` is how the head calls the file.

    The comments of the text are in the language of `speech`; the draft and the trial keep English.
    """
    text = profile_text(draft, sample or path.name, speech)
    trial = None if draft.choices else try_profile(text, path)
    return Suggestion(draft, text, trial)


def try_profile(text: str, path: Path) -> Trial:
    """Read the file with the profile, as `check` does."""
    try:
        plan = check_files([path], parse_profile(text.encode(), "the suggested profile"), Account("check", "check"))
    except ImporterError as error:
        return Trial({}, 0, 0, 0, {}, error.message)
    summary = summarise_plan(plan)
    codes: dict[str, int] = {}
    for finding in plan.findings:
        codes[finding.code] = codes.get(finding.code, 0) + 1
    counts = summary.invoices
    return Trial(dict(summary.rows), counts["total"], counts["refused"], counts["held"], codes)


def slug(stem: str) -> str:
    """A profile name from a file name: small letters and -, without dates and numbers at its ends."""
    text = re.sub(r"[^a-z0-9]+", "-", fold(stem)).strip("-")
    text = re.sub(r"^[\d-]+|[-]?\d[\d-]*$", "", text).strip("-")
    return text or "my-export"
