"""The page `docs/findings.md`: every code in three languages, made from the catalogue and its reproducers.

python -m tests.docs.findings_page            says whether the page is current; exit 1 if it is not
python -m tests.docs.findings_page --write    writes it anew
"""

import argparse
import importlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tests" / "findings")]  # as pytest finds them

from importer.cli.explain import KINDS, exit_of  # noqa: E402
from importer.domain.catalogue import CATALOGUE  # noqa: E402
from importer.domain.findings import Finding  # noqa: E402
from importer.language.book import PLACEHOLDER, error_texts  # noqa: E402
from importer.language.speech import LANGUAGES, Speech  # noqa: E402

PAGE = ROOT / "docs" / "findings.md"
NAMES = {"nl": "Nederlands", "fr": "Français", "en": "English"}
HEAD = """\
# Findings and errors

What the importer can say of a file or of itself, in the three languages it speaks. This page is made by
`python -m tests.docs.findings_page --write`; `importer explain CODE` tells the same on the screen, in your language
(`--lang nl`, `fr` or `en`, or IMPORTER_LANGUAGE; else that of the system).

An **error** refuses the invoice it stands in, or the row that belongs to none; a **warning** is shown, and the invoice
is sent or held as it says; a **note** is for information. `{words in braces}` are filled in. Where a finding allows it,
a profile may give it another severity (`severity:`), and `import --accept CODE --reason TEXT` lets it pass once.
"""


def page() -> str:
    """The whole page."""
    parts = [
        HEAD,
        "## In the data\n",
        _contents(),
        *(_finding(code) for code in CATALOGUE),
        "## What stops a command\n",
    ]
    parts += [_errors()]
    return "\n".join(parts)


def example(code: str) -> Finding | None:
    """The finding that the smallest source of this code raises; None if it has none, which another test tells."""
    reproducers = importlib.import_module("test_findings_reproducers")
    path = next((path for path in reproducers.CASES if path.stem == code), None)
    if path is not None:
        findings = reproducers._run(reproducers._case(path)).findings
    elif code in reproducers.MADE:
        with tempfile.TemporaryDirectory() as folder:
            findings = reproducers.MADE[code][0](Path(folder))
    else:
        findings = []
    return next((finding for finding in findings if finding.code == code), None)


def _contents() -> str:
    rows = [
        f"| [`{code}`](#{code}) | {entry.severity} | "
        + " | ".join(_plain(entry.title, name) for name in LANGUAGES)
        + " |"
        for code, entry in CATALOGUE.items()
    ]
    head = "| code | severity | " + " | ".join(NAMES[name] for name in LANGUAGES) + " |"
    return "\n".join([head, "|---" * (2 + len(LANGUAGES)) + "|", *rows, ""])


def _finding(code: str) -> str:
    entry, shown = CATALOGUE[code], example(code)
    allowed = f" A profile may make it: {' or '.join(entry.allowed)}." if entry.allowed else ""
    parts = [f"### {code}\n", f"Severity: {entry.severity}.{allowed}\n"]
    for language in LANGUAGES:
        speech = Speech(language)
        parts += [
            f"**{NAMES[language]}: {_plain(entry.title, language)}.** {_plain(entry.why, language)}\n",
            f"> {_plain(entry.message, language)}",
            ">",
            f"> {_plain(entry.fix, language)}\n",
        ]
        if shown is not None:
            parts += ["```text", *_lines(shown, speech), "```\n"]
    return "\n".join(parts)


def _lines(finding: Finding, speech: Speech) -> Iterator[str]:
    place, message = finding.place_in(speech), finding.message_in(speech)
    yield speech.say("{place}: {message}", place=place, message=message) if place else message
    yield f"  {finding.fix_in(speech)}"


def _errors() -> str:
    parts = []
    for code, text in error_texts().items():
        parts.append(f"### {code} (exit {exit_of(text.kind)})\n")
        for language in LANGUAGES:
            said = " · ".join(_plain(message, language) for message in text.messages)
            fixes = " · ".join(_plain(fix, language) for fix in text.fixes)
            parts.append(f"- **{NAMES[language]}:** {_plain(KINDS[text.kind], language)}")
            parts += [f"  - {line}" for line in (said, fixes) if line]
        parts.append("")
    return "\n".join(parts)


def _plain(template: str, language: str) -> str:
    """A template as a person reads it, on one line and safe in a table."""
    words = PLACEHOLDER.sub(r"{\1}", Speech(language).sentence(template)).replace("{{", "{").replace("}}", "}")
    return words.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def main() -> int:
    """Write the page, or say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        PAGE.write_text(page(), encoding="utf-8")
    current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
    print("docs/findings.md is current" if current else "docs/findings.md is not current: run with --write")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
