"""The pages of a team: signing in and out, one's own password, and who may use the pages."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from importer.errors import ConfigError, ImporterError
from importer.web.desk import Desk
from importer.web.given import TheDesk
from importer.web.guard import session_cookie
from importer.web.roles import user_of
from importer.web.show import language_of, local, page, plain_page
from importer.web.team import KNOWN, Busy, SignedIn, Team
from importer.web.users import Role, User
from importer.web.words import Words

BROWSER: Final = "importer_browser"
Text = Annotated[str, Form()]

pages = APIRouter()


def _team(desk: TheDesk) -> Team:
    """The team of this server. 404 where one person uses the pages alone."""
    if desk.team is None:
        raise HTTPException(404)
    return desk.team


TheTeam = Annotated[Team, Depends(_team)]


@pages.get("/login")
def login(request: Request, team: TheTeam, back: str = "/", ended: str = "") -> Response:
    """Ask for name and password; `ended` says that a session has just ended."""
    return login_page(request, team, back=back, ended=bool(ended))


@pages.post("/login")
def sign_in(request: Request, team: TheTeam, name: Text = "", password: Text = "", back: Text = "/") -> Response:
    """Open a session and go on where it ended."""
    words = Words(language_of(request))
    try:
        inside = team.sign_in(name, password, request.cookies.get(BROWSER, ""))
    except Busy as busy:
        answer = login_page(request, team, 429, back=back, name=name, wrong=words("signin_wait", n=busy.seconds))
        answer.headers["Retry-After"] = str(busy.seconds)
        return answer
    if inside is None:
        return login_page(request, team, 401, back=back, name=name, wrong=words("signin_wrong"))
    return entered(request, inside, RedirectResponse(local(back), 303))


def login_page(
    request: Request, team: Team, status: int = 200, *, back: str, name: str = "", wrong: str = "", ended: bool = False
) -> Response:
    """The page where people sign in. `wrong` is why they are not in yet."""
    return plain_page(
        request, "login.html", status=status, back=local(back), name=name[:60], wrong=wrong, ended=ended,
        provider=team.provider is not None,
    )  # fmt: skip


def entered(request: Request, inside: SignedIn, answer: Response) -> Response:
    """The answer that opens a session in this browser."""
    answer.set_cookie(session_cookie(request), inside.cookie, httponly=True, samesite="strict")
    answer.set_cookie(BROWSER, inside.browser, httponly=True, samesite="strict", max_age=int(KNOWN.total_seconds()))
    return answer


@pages.post("/logout")
def sign_out(request: Request, team: TheTeam) -> Response:
    """End this session."""
    name = session_cookie(request)
    team.sign_out(request.cookies.get(name, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(name, httponly=True, samesite="strict")
    return answer


@pages.get("/password")
def password(request: Request, desk: TheDesk, _: TheTeam) -> Response:
    """Ask for a new password of one's own."""
    return page(request, desk, "password.html", nav="", error=None)


@pages.post("/password")
def change_password(
    request: Request, desk: TheDesk, team: TheTeam, old: Text = "", new: Text = "", again: Text = ""
) -> Response:
    """Change one's own password: all sessions of this person end, also on other machines."""
    try:
        me = _me(request)
        if new != again:
            raise ConfigError("passwords-differ", "The two new passwords differ.", fix="Type the same one twice.")
        if team.sign_in(me.name, old, request.cookies.get(BROWSER, "")) is None:
            raise ConfigError("wrong-password", "That is not your password.", fix="Type the one you use now.")
        team.users.set_password(me.name, new)
    except Busy as busy:
        error = ConfigError(
            "wait", f"Too many wrong passwords; wait {busy.seconds} seconds.", fix="Try again after that."
        )
        return page(request, desk, "password.html", status=429, nav="", error=error)
    except ImporterError as error:
        return page(request, desk, "password.html", status=422, nav="", error=error)
    return RedirectResponse("/login", 303)


@pages.get("/users")
def users(request: Request, desk: TheDesk, team: TheTeam) -> Response:
    """Who may use the pages."""
    return _users(request, desk, team)


@pages.post("/users")
def add_user(request: Request, desk: TheDesk, team: TheTeam, name: Text, role: Text, password: Text) -> Response:
    """A new person with a first password."""
    return _changed(request, desk, team, lambda: team.users.add(name, _role(role), password))


@pages.post("/users/{name}")
def change_user(
    request: Request, desk: TheDesk, team: TheTeam, name: str, do: Text, role: Text = "", password: Text = ""
) -> Response:
    """Another role or password for somebody, or their removal."""
    match do:
        case "role":
            return _changed(request, desk, team, lambda: team.users.set_role(name, _role(role)))
        case "password":
            return _changed(request, desk, team, lambda: team.users.set_password(name, password))
        case "remove":
            return _changed(request, desk, team, lambda: team.users.remove(name))
    raise HTTPException(404)


def _changed(request: Request, desk: Desk, team: Team, change: Callable[[], object]) -> Response:
    try:
        change()
    except ImporterError as error:
        return _users(request, desk, team, error)
    return RedirectResponse("/users", 303)


def _users(request: Request, desk: Desk, team: Team, error: ImporterError | None = None) -> Response:
    return page(
        request, desk, "users.html", status=422 if error else 200, nav="users", users=team.users.all(), roles=list(Role),
        error=error,
    )  # fmt: skip


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise ConfigError("no-role", "That role does not exist.", fix="Choose one of the list.") from None


def _me(request: Request) -> User:
    user = user_of(request)
    if user is None:
        raise HTTPException(403)
    return user
