"""All sentences a person may read, gathered from the source: `importer/locale/importer.pot` and the two translations.

    python -m tests.language.messages            says what is new, obsolete or not translated; exit 1 if anything is
    python -m tests.language.messages --write    writes the templates file anew and brings the .po files up to date:
                                                 new sentences come in empty, those that nothing uses go out

Sentences come from the catalogue of findings, the table of the report's words, and from the code: what is raised as an
error, said on the screen (`tr`, `trn`), told as a step, a problem or a fact.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import chain
from pathlib import Path

import typer
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from importer import errors
from importer.cli import explain, findings, helping, people, screen
from importer.cli.main import app
from importer.domain import findings as domain_findings
from importer.domain.catalogue import CATALOGUE
from importer.domain.states import State
from importer.facturalia.answers import _STOPS
from importer.language.book import PLACEHOLDER
from importer.profile.load import shipped
from importer.profile.model import SECTIONS
from importer.stations.report.returned import words as returned
from importer.stations.report.words import ENGLISH
from importer.suggest import write
from tests.language.source import Module

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "importer"
LOCALE = PACKAGE / "locale"
TEMPLATES = LOCALE / "importer.pot"
TRANSLATED = ("nl", "fr")

ERRORS = frozenset(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.ImporterError)
)
# Functions whose arguments at these places are read by a person.
SAID: dict[str, tuple[int, ...]] = {
    "tr": (0,),
    "on_step": (0,),
    "step": (0,),
    "Fact": (0, 1, 2),
    "_fault": (0,),
    "Choice": (1,),
    "Answer": (1,),
    "open_field": (2,),
    "Problem": (2,),
}
SPOKEN = frozenset({"tr", "say", "sentence"})  # what these are handed is a template already
COUNTS = ("trn", "count")  # functions that are handed one sentence for one thing and another for several
NAMED = ("detail",)  # keywords of any call
# Modules that do nothing but make sentences: every text in them with a space counts.
SPEAKERS = ("profile/explain.py", "profile/lint.py", "profile/patterns.py", "ledger/health.py", "profile/golden.py")
# The same, but beside patterns, forms of dates and lines of YAML, which are no sentences.
SUGGESTING = "suggest"
_NO_SENTENCE = re.compile(r"[|\\\[]|%[dbBH]|\{indent|^#|_scalar|^version:|\{\{")
# What libraries and the operating system say.
OUTSIDE = (
    "Permission denied",
    "No such file or directory",
    "No space left on device",
    "Is a directory",
    "Not a directory",
    "File exists",
    "Read-only file system",
    "Input/output error",
    "Too many open files",
    "File name too long",
    "Disk quota exceeded",
    "Missing option '{option}'.",
    "Missing argument '{argument}'.",
    "No such command '{command}'.",
    "No such option: {option}",
    "Invalid value for '{option}': {value}",
    "Option '{option}' requires an argument.",
    "Got unexpected extra argument ({argument})",
)

# Our own words among the facts of findings and of sheets.
FACTS = (
    " as {number}",
    '{path} was "{old}", is "{new}"',
    "its stored copy was purged, only its hash differs",
    '"{key}" is not a known {what:words}; did you mean "{nearest}"? Known are {known}',
    "key",
    "field",
    '"{decimal}" before the cents and {middle:words} between thousands',
    "nothing",
    "a space",
    "an apostrophe",
    "date",
    "logical value",
    "encoding",
    "delimiter",
    "format",
    "dates",
    "amounts",
    "text dates",
    "read as {form:form}",
    "macros",
    "Excel workbook",
    "text (CSV)",
    '"{delimiter:words}" (detected)',
    '"{delimiter:words}" (profile)',
    '"{delimiter:words}" (sep= line)',
    "counted from 1904",
    "{one:things} on {other:things}",
    *("country", "shipping", "customer", "description", "discount", "order", "phone", "price", "quantity"),
    *("street", "city", "product", "rate", "amount", "company", "currency", "reference", "language", "note"),
    "present, never run",
    "with the digits before them its last two should be {digits}",
    "it has {found} digits, a Belgian number has 10 and begins with 0 or 1",
    "it is not a Belgian number",
    "it does not begin with the code of a country of the EU",
    "it does not have the form or the check digits of a number of {country}",
)
IGNORED = (
    "Totaal 12,50",  # an example of a cell
    "PRAGMA journal_mode",
    "PRAGMA synchronous",
    "? Known are ",  # halves of a sentence that stands whole above
    "' or '",
)

Message = str | tuple[str, str]


def gather() -> dict[Message, list[str]]:
    """Every sentence, with comments that say where it is used; singular and plural together as a pair."""
    found: dict[Message, list[str]] = {}
    for message, comment in chain(_catalogue(), _tables(), _help(), _written(), _modules()):
        if _is_read(message):
            comments = found.setdefault(message, [])
            if comment not in comments:
                comments.append(comment)
    return found


def _is_read(message: Message) -> bool:
    """Whether there are words in it at all, but for its placeholders."""
    text = message if isinstance(message, str) else message[0]
    return _has_words(text) and text not in IGNORED


def _catalogue() -> Iterator[tuple[Message, str]]:
    for code, entry in CATALOGUE.items():
        for part in explain.SENTENCES:
            yield getattr(entry, part), f"finding {code}: {part}"


def _written() -> Iterator[tuple[Message, str]]:
    """What stands in the lists above."""
    for fact in FACTS:
        yield fact, "fact"
    for section in ("invoice", "customer", "lines"):
        for name in sorted(SECTIONS[section]):
            yield f"{section}.{name}", "field"
    for said in OUTSIDE:
        yield said, "said by a library"


def _modules() -> Iterator[tuple[Message, str]]:
    """What stands in the code."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = Module(path)
        where = str(path.relative_to(PACKAGE))
        yield from _raised(module)
        yield from ((message, where) for message in chain(_said(module), _counted(module), _named(module)))
        if where in SPEAKERS:
            yield from ((part, f"said by {path.stem}") for part in _spoken(module))
        if path.parent.name == SUGGESTING:
            sentences = (part.lstrip(".;, ") for part in _spoken(module) if not _NO_SENTENCE.search(part))
            yield from ((part, f"said by {SUGGESTING}") for part in sentences)
            yield from ((pair, "number of things") for pair in _things(module))


def _things(module: Module) -> Iterator[Message]:
    """The nouns that are counted, as `{count} row` and `{count} rows`."""
    for call in module.calls.get("counted", ()):
        for part in module.parts(call.args[1]) if len(call.args) == 2 else ():
            yield f"{{count}} {part.template}", f"{{count}} {part.template}s"


def _help() -> Iterator[tuple[Message, str]]:
    """What the help of the commands says."""
    for sentence in chain(helping.sentences(typer.main.get_command(app)), helping.fixed_words()):
        yield sentence, "help"


def _tables() -> Iterator[tuple[Message, str]]:
    """Words that stand in tables."""
    for names, comment in (
        (domain_findings.PLACES.values(), "place of a finding"),
        (screen.WOULD.values(), "screen"),
        (screen.PLACES.values(), "screen"),
        ((one.title for one in shipped()), "title of a profile"),
        (write.TITLES.values(), "said by suggest"),
        (write.MARKS.values(), "said by suggest"),
        (people.MEANINGS.values(), "screen"),
        (people.REMEDIES.values(), "screen"),
        (explain.KINDS.values(), "explain"),
        (returned.STATUS_WORDS.values(), "file given back"),
        (returned.MEANINGS.values(), "file given back"),
        (returned.HAPPENED.values(), "file given back"),
        (map(str, State), "state of an invoice"),
        (map(str, domain_findings.Severity), "severity"),
        (("and", "or"), "between the last two of a list"),
        (("yyyy", "yy", "mm", "dd", "hh", "ss"), "form of a date"),
        (("settled", "changed", "not-posted"), "state of an invoice"),
    ):
        for name in names:
            yield name, comment
    for pair in (*findings.COUNTED.values(), *returned.COUNTED.values()):
        yield pair, "screen or file given back"
    for table in ("sheets", "headers", "titles", "places", "meanings", "exits", "labels", "phrases", "severities"):
        for word in _words(getattr(ENGLISH, table)):
            yield word, f"report, {table}"
    for table in ("fixes", "reasons"):
        for word in _words(getattr(ENGLISH, table)):
            yield word, f"report, {table}"
    yield ENGLISH.cut_off, "report"
    for noun in ENGLISH.nouns.values():
        for word in noun:
            yield word, "report, nouns"


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _words(one)
    elif hasattr(value, "values"):
        for one in value.values():
            yield from _words(one)


def _raised(module: Module) -> Iterator[tuple[Message, str]]:
    """The sentences of errors, each with the class and code it belongs to."""
    for kind, code, message, fix in raised(module):
        for comment, node in ((f"{kind} {code}: message", message), (f"{kind} {code}: fix", fix)):
            for part in module.parts(node):
                yield part.template, comment
                for inner in part.inner:
                    for template in inner.everything():
                        whole = template.endswith(".") and not _has_words(part.template)
                        yield template, comment if whole else f"part of {code}"


def _has_words(template: str) -> bool:
    return any(map(str.isalpha, PLACEHOLDER.sub("", template)))


def raised(module: Module) -> Iterator[tuple[str, str, ast.expr | None, ast.expr | None]]:
    """Every error made in a module: class, code, the expressions of message and fix. The code is empty if not a text."""
    for kind in sorted(ERRORS):
        for call in module.calls.get(kind, ()):
            fix = next((keyword.value for keyword in call.keywords if keyword.arg == "fix"), None)
            codes = list(dict.fromkeys(part.template for part in module.parts(call.args[0]))) if call.args else []
            message = call.args[1] if len(call.args) > 1 else None
            for row, code in enumerate(codes or [""]):
                yield kind, code, _of_row(module, message, row, codes), _of_row(module, fix, row, codes)
    for call in module.calls.get("Refusal", ()):
        for part in module.parts(call.args[0]):
            yield "SourceError", part.template, ast.JoinedStr([*_name(), *_literal(call.args[1])]), call.args[2]
    if module.path.name == "answers.py" and module.path.parent.name == "facturalia":
        yield from _stops()


def _of_row(module: Module, node: ast.expr | None, row: int, codes: Sequence[str]) -> ast.expr | None:
    """What belongs to one code where code, sentence and remedy stand in the rows of one table."""
    if isinstance(node, ast.JoinedStr) and len(codes) > 1:
        values = [
            _of_row(module, one.value, row, codes) if isinstance(one, ast.FormattedValue) else None
            for one in node.values
        ]
        return ast.JoinedStr(
            [
                ast.FormattedValue(value, -1, None) if isinstance(value, ast.Constant) else one
                for one, value in zip(node.values, values, strict=True)
            ]
        )
    parts = module.parts(node)
    return ast.Constant(parts[row].template) if len(codes) == len(parts) > 1 else node


def _name() -> list[ast.expr]:
    return [ast.FormattedValue(ast.Name("name"), -1, None), ast.Constant(" ")]


def _literal(node: ast.expr) -> list[ast.expr]:
    return node.values if isinstance(node, ast.JoinedStr) else [node]


def _stops() -> Iterator[tuple[str, str, ast.expr | None, ast.expr | None]]:
    """The table of answers that end a run: templates of `str.format`, so their placeholders stay."""
    for stop, (kind, message, fix) in _STOPS.items():
        made = ast.parse(f"f{message!r}", mode="eval").body
        yield kind.__name__, str(stop), made, ast.Constant(fix)


def _said(module: Module) -> Iterator[Message]:
    """The arguments of functions that say something."""
    on_screen = module.path.parent.name == "cli"  # there `say` prints what is translated already
    names = {name: SAID.get(name, (0,)) for name in (*SAID, *SPOKEN) if name != "say" or not on_screen}
    for name, places in names.items():
        for call in module.calls.get(name, ()):
            nodes = [call.args[place] for place in places if place < len(call.args)]
            for template in _templates(module, nodes):
                yield _plain_text(template) if name in SPOKEN else template


def _counted(module: Module) -> Iterator[Message]:
    """The sentences for one and for several."""
    for call in chain.from_iterable(module.calls.get(name, ()) for name in COUNTS):
        texts = [[_plain_text(part.template) for part in module.parts(node)] for node in call.args[1:3]]
        if len(texts) == 2 and all(texts):
            yield texts[0][0], texts[1][0]


def _named(module: Module) -> Iterator[Message]:
    """Sentences handed over by name."""
    for call in chain.from_iterable(module.calls.values()):
        yield from _templates(module, [keyword.value for keyword in call.keywords if keyword.arg in NAMED])


def _templates(module: Module, nodes: Iterable[ast.expr]) -> Iterator[str]:
    for node in nodes:
        for part in module.parts(node):
            yield from part.everything()


def _plain_text(template: str) -> str:
    """What `tr` is handed is a template already: its braces are placeholders."""
    return template.replace("{{", "{").replace("}}", "}")


def _spoken(module: Module) -> Iterator[str]:
    """Every text of a module with a space in it, but docstrings."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module.tree):
        if id(node) in documented or isinstance(module.parents.get(node), ast.JoinedStr):
            continue
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            for part in module.parts(node):
                for template in part.everything():
                    if " " in PLACEHOLDER.sub("", template).strip():
                        yield template


def catalog(found: Mapping[Message, Sequence[str]], language: str | None = None) -> Catalog:
    """The sentences as a catalogue in alphabetical order, with the translations that `language` has already."""
    made = Catalog(locale=language, project="facturalia-importer", fuzzy=False)
    before = read(language) if language else None
    for message in sorted(found, key=lambda one: one if isinstance(one, str) else one[0]):
        old = before.get(message if isinstance(message, str) else message[0]) if before is not None else None
        made.add(message, old.string if old is not None else None, auto_comments=sorted(found[message]))
    return made


def read(language: str) -> Catalog:
    """A translation as it stands; empty if there is none yet."""
    path = place(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def place(language: str) -> Path:
    """Where a translation stands."""
    return LOCALE / language / "LC_MESSAGES" / "importer.po"


def text(made: Catalog, *, comments: bool = True) -> str:
    """A catalogue as a file: no dates, no line numbers, so that it changes only when a sentence does."""
    out = BytesIO()
    if not comments:
        for message in made:
            message.auto_comments = []
    write_po(out, made, width=0, omit_header=True)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    if made.locale is not None:
        head += f'"Language: {made.locale}\\n"\n"Plural-Forms: nplurals={made.num_plurals}; plural={made.plural_expr};\\n"\n'
    return head + "\n" + out.getvalue().decode().strip() + "\n"


def complaints(found: Mapping[Message, Sequence[str]], translations: Mapping[str, Catalog]) -> list[str]:
    """What is new, obsolete, doubtful or not translated in translations by language, one line each."""
    told = []
    for language, translation in translations.items():
        known = {message.id: message for message in translation if message.id}
        told += [f"{language}: new: {message}" for message in found if message not in known]
        told += [f"{language}: obsolete: {message}" for message in known if message not in found]
        for message_id, message in known.items():
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            if message_id in found and (message.fuzzy or not all(forms)):
                told.append(f"{language}: not translated: {message_id}")
    return told


def unread(module: Module) -> list[str]:
    """Errors whose sentence or remedy cannot be followed to a text, as `file:line`, but for what another error said."""
    told = []
    for _, code, message, fix in raised(module):
        for node in (message, fix) if code else ():  # with its code, the whole error comes from elsewhere
            handed_on = isinstance(node, ast.Attribute) or (isinstance(node, ast.Call) and "join" in ast.unparse(node))
            if node is not None and not handed_on and not module.parts(node):
                told.append(f"{module.path.name}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)}")
    return told


def translations() -> dict[str, Catalog]:
    """The translations as they stand."""
    return {language: read(language) for language in TRANSLATED}


def is_current(found: Mapping[Message, Sequence[str]]) -> bool:
    """Whether the templates file holds exactly these sentences."""
    return TEMPLATES.exists() and TEMPLATES.read_text(encoding="utf-8") == text(catalog(found))


def main() -> int:
    """Write or complain."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    found = gather()
    if parser.parse_args().write:
        TEMPLATES.write_text(text(catalog(found)), encoding="utf-8")
        for language in TRANSLATED:
            made = text(catalog(found, language), comments=False)
            place(language).parent.mkdir(parents=True, exist_ok=True)
            place(language).write_text(made, encoding="utf-8")
    told = complaints(found, translations())
    if not is_current(found):
        told.append(f"{TEMPLATES.name} is not current: run with --write")
    print("\n".join(told) if told else f"{len(found)} sentences, all in {', '.join(TRANSLATED)}")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
