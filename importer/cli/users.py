"""`users list|add|role|password|remove`: who may use the pages of a team."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.language import tr
from importer.cli.options import Json

if TYPE_CHECKING:
    from importer.web.users import User, Users

MOST_TYPED = 4_096  # characters of a line that can be a password


class RoleName(StrEnum):
    """What a person may do; each may also do what those before it may. The same words as `importer.web.users.Role`."""

    PREPARE = "prepare"
    APPROVE = "approve"
    ADMINISTER = "administer"


Name = Annotated[str, typer.Argument(help="The name with which the person signs in.", show_default=False)]
RoleOption = Annotated[
    RoleName, typer.Option("--role", help="prepare, approve or administer; each also does what those before it do.")
]
RoleArgument = Annotated[RoleName, typer.Argument(help="prepare, approve or administer.", show_default=False)]


def list_(json: Json = False) -> int:
    """List who may use the pages of a team, with their roles.

    Example: importer users list
    """
    from importer.cli.screen import console, print_json, table

    found = _users().all()
    if json:
        print_json({"exit": 0, "users": [_plain(user) for user in found]})
    elif found:
        rows = [(user.name, tr(str(user.role)), user.added[:10]) for user in found]
        console().print(table((tr("name"), tr("role"), tr("added")), rows))
    else:
        print(tr("No users yet. `importer users add NAME --role administer` adds the first."))
    return 0


def add(name: Name, role: RoleOption, json: Json = False) -> int:
    """Let a person use the pages of a team. The password is asked for, or read as one line from a pipe.

    Example: importer users add Ann --role administer
    """
    from importer.web.users import Role

    users = _users()
    users.check_new(name)
    user = users.add(name, Role(role), _password(name))
    return _told(user, tr("{name} may now sign in.", name=user.name), json=json)


def role(name: Name, role: RoleArgument, json: Json = False) -> int:
    """Give a person another role; they sign in again.

    Example: importer users role Ann approve
    """
    from importer.web.users import Role

    user = _users().set_role(name, Role(role))
    return _told(user, tr("{name} has another role, and signs in again.", name=user.name), json=json)


def password(name: Name, json: Json = False) -> int:
    """Give a person another password; they sign in again. It is asked for, or read as one line from a pipe.

    Example: importer users password Ann
    """
    users = _users()
    users.known(name)
    user = users.set_password(name, _password(name))
    return _told(user, tr("{name} has another password, and signs in again.", name=user.name), json=json)


def remove(name: Name, json: Json = False) -> int:
    """Let a person use the pages no more; their sessions end at once. What they did stays in the ledger.

    Example: importer users remove Ann
    """
    from importer.cli.screen import print_json

    _users().remove(name)
    if json:
        print_json({"exit": 0, "removed": name})
    else:
        print(tr("{name} may no longer sign in.", name=name))
    return 0


def _users() -> "Users":
    from importer.domain.clock import SystemClock
    from importer.settings import load_settings
    from importer.web.private import folder_of
    from importer.web.users import FILE, Users

    return Users(folder_of(load_settings().ledger_url) / FILE, SystemClock().now)


def _password(name: str) -> str:
    """Typed twice without being shown or, where a program asks, one line of standard input. Never an argument."""
    from getpass import getpass

    from importer.errors import ConfigError

    if not sys.stdin.isatty():
        return sys.stdin.readline(MOST_TYPED).rstrip("\r\n")
    given = getpass(tr("Password of {name}: ", name=name))
    if getpass(tr("Once more: ")) != given:
        raise ConfigError("passwords-differ", "The two passwords differ.", fix="Type the same one twice.")
    return given


def _told(user: "User", words: str, *, json: bool) -> int:
    from importer.cli.screen import print_json

    if json:
        print_json({"exit": 0, "user": _plain(user)})
    else:
        print(words)
    return 0


def _plain(user: "User") -> dict[str, str]:
    """What a program may read of a user: no hash."""
    return {"name": user.name, "role": str(user.role), "added": user.added}
