import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from importer.errors import ConfigError, SettingsError
from importer.web.users import FILE, LONGEST, Role, Users

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD = "vier woorden op rij"
ADMIN = "Ann"


def _now() -> datetime:
    return datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def users(tmp_path: Path) -> Users:
    """A team of one administrator."""
    made = Users(tmp_path / FILE, _now, QUICK)
    made.add(ADMIN, Role.ADMINISTER, GOOD)
    return made


def test_each_role_may_also_do_what_those_before_it_may() -> None:
    """Prepare, approve, administer: one order, nothing else."""
    allowed = {(mine, needed) for mine in Role for needed in Role if mine.may(needed)}
    assert allowed == {
        (Role.PREPARE, Role.PREPARE),
        (Role.APPROVE, Role.PREPARE),
        (Role.APPROVE, Role.APPROVE),
        *((Role.ADMINISTER, needed) for needed in Role),
    }


def test_the_right_password_alone_is_known(users: Users) -> None:
    """The password as it was given, for the name in any capitals; nothing shorter, longer, empty or of somebody else."""
    users.add("Bob", Role.PREPARE, "een ander wachtwoord")
    found = users.check("aNN", GOOD)
    assert found is not None
    assert found.name == ADMIN
    wrong = ("", GOOD[:-1], f"{GOOD} ", GOOD.upper(), "een ander wachtwoord", GOOD * 1000, "\0", "\ud800")
    assert [text for text in wrong if users.check(ADMIN, text) is not None] == []
    assert users.check("Nobody", GOOD) is None
    assert users.check("", "") is None


def test_the_file_holds_no_password_and_is_for_one_user_alone(users: Users) -> None:
    """Argon2id with its salt stands in the file, mode 0600; two equal passwords look different."""
    users.add("Bob", Role.PREPARE, GOOD)
    text = users.file.read_text(encoding="utf-8")
    entries = json.loads(text)["users"]
    assert GOOD not in text
    assert users.file.stat().st_mode & 0o777 == 0o600
    assert all(one["hash"].startswith("$argon2id$") for one in entries)
    assert entries[0]["hash"] != entries[1]["hash"]
    assert entries[0]["added"] == "2026-03-02T09:00:00.000000Z"


def test_passwords_are_hashed_with_much_memory(tmp_path: Path) -> None:
    """What is stored in earnest takes 64 MB and three passes to try."""
    users = Users(tmp_path / FILE, _now)
    assert "$m=65536,t=3," in users.add(ADMIN, Role.ADMINISTER, GOOD).hash


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Bob", "elf letters"),
        ("Bob", ""),
        ("Bob", " " * 20),
        ("Bob", "x" * (LONGEST + 1)),
        ("bob de bouwer", "Bob de  Bouwer"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(users: Users, name: str, password: str) -> None:
    """Too short, empty, blank, too long, or the name itself; the message does not repeat it."""
    with pytest.raises(ConfigError) as caught:
        users.add(name, Role.PREPARE, password)
    assert caught.value.code == "weak-password"
    assert not password.strip() or password not in caught.value.message + caught.value.fix
    assert users.find(name) is None


@pytest.mark.parametrize(
    "name", ["", " ", "-x", "_x", ".", "<script>alert(1)</script>", "a/b", "a\\b", 'a"b', "a\nb" + "c" * 60, "x" * 61, "a\x00b"]
)  # fmt: skip
def test_a_name_that_could_do_harm_is_refused(users: Users, name: str) -> None:
    """No markup, paths, quotes, controls; nothing empty and nothing endless."""
    with pytest.raises(ConfigError) as caught:
        users.add(name, Role.PREPARE, GOOD)
    assert caught.value.code == "bad-user-name"
    assert [user.name for user in users.all()] == [ADMIN]


@pytest.mark.parametrize("name", ["Zoë d'Hondt", "an.peeters@voorbeeld.example", "Jean-François +1", "李"])
def test_names_of_people_and_addresses_are_fine(users: Users, name: str) -> None:
    """Letters of all languages, spaces and what addresses have."""
    assert users.add(name, Role.PREPARE, GOOD) == users.find(name)


def test_one_name_is_one_person(users: Users) -> None:
    """Capitals, spaces and the way an accent is written make no second person."""
    users.add("Zoë Maes", Role.PREPARE, GOOD)
    for same in ("ZOË MAES", " zoë  maes ", "Zoe\u0308 Maes"):
        with pytest.raises(ConfigError) as caught:
            users.add(same, Role.PREPARE, GOOD)
        assert caught.value.code == "user-exists"


def test_the_last_administrator_stays(users: Users) -> None:
    """Nobody can shut everybody out: the last administrator is neither removed nor made less."""
    users.add("Bob", Role.APPROVE, GOOD)
    for change in (lambda: users.remove(ADMIN), lambda: users.set_role(ADMIN, Role.APPROVE)):
        with pytest.raises(ConfigError) as caught:
            change()
        assert caught.value.code == "last-administrator"
    users.set_role("Bob", Role.ADMINISTER)
    users.remove(ADMIN)
    assert [user.name for user in users.all()] == ["Bob"]


def test_another_password_role_or_person_has_another_mark(users: Users) -> None:
    """What a session remembers of its user no longer fits after any change."""
    first = users.add("Bob", Role.PREPARE, GOOD)
    marks = {
        first.mark,
        users.set_password("Bob", "een ander wachtwoord").mark,
        users.set_role("Bob", Role.APPROVE).mark,
    }
    users.remove("Bob")
    marks.add(users.add("Bob", Role.APPROVE, "een ander wachtwoord").mark)
    assert len(marks) == 4


def test_a_change_beside_the_pages_counts_at_once(users: Users) -> None:
    """What a command writes into the file, running pages know with their next look."""
    beside = Users(users.file, _now, QUICK)
    assert users.find("Bob") is None
    beside.add("Bob", Role.APPROVE, GOOD)
    assert users.who_may(Role.APPROVE) == [ADMIN, "Bob"]
    beside.set_role("Bob", Role.PREPARE)
    assert users.who_may(Role.APPROVE) == [ADMIN]
    beside.remove("Bob")
    assert users.find("Bob") is None


def test_two_who_write_at_once_lose_nobody(tmp_path: Path) -> None:
    """Eight writers at the same moment, each with eyes of its own: everybody is in the file."""
    Users(tmp_path / FILE, _now, QUICK).add(ADMIN, Role.ADMINISTER, GOOD)

    def add(number: int) -> None:
        Users(tmp_path / FILE, _now, QUICK).add(f"User {number}", Role.PREPARE, GOOD)

    writers = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(Users(tmp_path / FILE, _now, QUICK).all()) == 9


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"users": 1}', '{"users": [{}]}', '{"users": [{"name": "x", "role": "king"}]}']
)
def test_a_damaged_file_is_neither_believed_nor_overwritten(users: Users, content: str) -> None:
    """Where the file cannot be understood, everything that needs it says so and leaves it as it is."""
    users.file.write_text(content, encoding="utf-8")
    for ask in (users.all, lambda: users.check(ADMIN, GOOD), lambda: users.add("Bob", Role.PREPARE, GOOD)):
        with pytest.raises(SettingsError) as caught:
            ask()
        assert caught.value.code == "bad-users"
    assert users.file.read_text(encoding="utf-8") == content


@pytest.mark.skipif(os.name != "posix", reason="rights of files as Unix has them")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_can_reach_is_not_believed(users: Users, mode: int) -> None:
    """Whoever can write the file could make themselves administrator; whoever can read it could guess in peace."""
    users.file.chmod(mode)
    with pytest.raises(SettingsError) as caught:
        users.find(ADMIN)
    assert caught.value.code == "unsafe-users"


def test_nobody_of_that_name_is_told(users: Users) -> None:
    """A name that nobody has is said, with where to look."""
    for change in (
        lambda: users.remove("Bob"),
        lambda: users.set_role("Bob", Role.APPROVE),
        lambda: users.set_password("Bob", GOOD),
    ):
        with pytest.raises(ConfigError) as caught:
            change()
        assert caught.value.code == "no-user"
        assert "Bob" in caught.value.message
