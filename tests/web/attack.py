"""Attack the pages: every request is refused, or held harmless, or the command fails.

    python -m tests.web.attack

Starts a sandbox and a real `importer web`, for one person and for teams, and speaks to it over bare sockets. One line an attack: `held` or `THROUGH`,
its name, what the server did. The last line is `attacks=… refused=…`; the exit code is 1 if one got through.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.web.attacks_door import before_signing_in, brute_force, other_names, other_sites
from tests.web.attacks_files import hostile_files, hostile_names, too_much
from tests.web.attacks_markup import markup
from tests.web.attacks_pages import climbing, elsewhere, posting
from tests.web.attacks_rights import four_eyes, more_than_one_may
from tests.web.attacks_team import (
    behind_a_proxy,
    damaged,
    exposed,
    forms_of_others,
    guessing,
    names,
    strangers,
    ways_back,
)
from tests.web.attacks_workshop import workshop
from tests.web.target import Target, Verdict, a_target
from tests.web.teamtarget import TeamTarget, a_team

Attacks = Callable[[Target], Iterator[Verdict]]

OUTSIDE: Final[Sequence[Attacks]] = (
    other_sites,
    other_names,
    hostile_names,
    hostile_files,
    too_much,
    elsewhere,
)
INSIDE: Final[Sequence[Attacks]] = (climbing, posting)
TEXTS: Final[Sequence[Attacks]] = (markup, workshop)  # the workshop leaves a profile behind


TeamAttacks = Callable[[TeamTarget], Iterator[Verdict]]

DOOR: Final[Sequence[TeamAttacks]] = (strangers, forms_of_others, ways_back, names, damaged, guessing)
PROXY: Final[Sequence[TeamAttacks]] = (behind_a_proxy, more_than_one_may)
EYES: Final[Sequence[TeamAttacks]] = (four_eyes,)
TEAMS: Final = {
    "door": (DOOR, "", False),
    "proxy": (PROXY, "https://facturen.example", False),
    "eyes": (EYES, "", True),
}


def attack_team(folder: Path, team: str) -> Iterator[Verdict]:
    """Attacks on a team of TEAMS, whose users, ledger and uploads lie in a folder."""
    groups, public, four = TEAMS[team]
    with a_team(folder, public=public, four_eyes=four) as target:
        for group in groups:
            yield from group(target)
    errors = (folder / "web.err").read_text()
    expected = all("Nobody can sign in" in line for line in errors.splitlines())  # while its file was damaged
    yield Verdict("no trace on the screen of the server", expected, errors[-300:] or "silent")


def attack(folder: Path, groups: Sequence[Attacks]) -> Iterator[Verdict]:
    """Groups of attacks on one server, whose ledger and uploads lie in a folder; before and after them those on its door."""
    with a_target(folder) as target:
        for group in (before_signing_in, *groups, brute_force):
            yield from group(target)
    errors = (folder / "web.err").read_text()
    yield Verdict("nothing on the screen of the server", not errors, errors[-300:] or "silent")


def _all(folder: Path) -> Iterator[Verdict]:
    for name in ("one", "none", *TEAMS):
        (folder / name).mkdir()
    yield from attack(folder / "one", (*OUTSIDE, *INSIDE, *TEXTS))
    yield from exposed(folder / "none")
    for team in TEAMS:
        yield from attack_team(folder / team, team)


def main() -> int:
    """Attack, tell, judge."""
    with tempfile.TemporaryDirectory(prefix="importer-attack-") as folder:
        seen = []
        for one in _all(Path(folder)):
            seen.append(one)
            print(f"{'held   ' if one.held else 'THROUGH'} {one.name}: {one.why}", flush=True)
    held = sum(one.held for one in seen)
    print(f"attacks={len(seen)} refused={held}")
    return int(held < len(seen))


if __name__ == "__main__":
    sys.exit(main())
