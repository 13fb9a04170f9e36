"""What each role may do: one table of all pages. What is not in it, nobody may; a test compares it with the pages."""

from collections.abc import Mapping
from typing import Final

from fastapi import HTTPException, Request

from importer.web.users import Role, User

OPEN: Final = frozenset(
    {
        ("GET", "/login"),
        ("POST", "/login"),
        ("GET", "/login/provider"),
        ("GET", "/login/back"),
        ("GET", "/static/{name}"),
        ("GET", "/language/{code}"),
    }
)
NEEDED: Final[Mapping[tuple[str, str], Role]] = {
    **dict.fromkeys(
        [
            ("GET", "/"),
            ("POST", "/import"),
            ("GET", "/import/{name}"),
            ("POST", "/import/{name}/discard"),
            ("POST", "/import/{name}/again"),
            ("GET", "/import/{name}/preview"),
            ("GET", "/import/{name}/invoice/{place}"),
            ("GET", "/import/{name}/annotated"),
            ("GET", "/import/{name}/failures"),
            ("GET", "/import/{name}/profile"),
            ("POST", "/import/{name}/profile"),
            ("POST", "/import/{name}/workshop"),
            ("GET", "/import/{name}/profile.yaml"),
            ("GET", "/import/{name}/confirm"),
            ("POST", "/import/{name}/ask"),
            ("GET", "/import/{name}/progress"),
            ("GET", "/import/{name}/events"),
            ("GET", "/runs/{number}"),
            ("GET", "/runs/{number}/report.xlsx"),
            ("GET", "/runs/{number}/credit.csv"),
            ("GET", "/todo"),
            ("GET", "/history"),
            ("GET", "/invoices/{identity}"),
            ("GET", "/template.xlsx"),
            ("POST", "/logout"),
            ("GET", "/password"),
            ("POST", "/password"),
        ],
        Role.PREPARE,
    ),
    **dict.fromkeys(
        [
            ("POST", "/import/{name}/confirm"),
            ("POST", "/import/{name}/retry"),
            ("POST", "/import/{name}/stop"),
            ("POST", "/import/{name}/go-on"),
            ("POST", "/invoices/{identity}"),
        ],
        Role.APPROVE,
    ),
    **dict.fromkeys([("GET", "/users"), ("POST", "/users"), ("POST", "/users/{name}")], Role.ADMINISTER),
}


def user_of(request: Request) -> User | None:
    """Who asks; None where the pages serve one person alone."""
    found: User | None = getattr(request.state, "user", None)
    return found


def name_of(request: Request) -> str:
    """Their name, empty where one person uses the pages alone."""
    user = user_of(request)
    return user.name if user is not None else ""


def allowed(request: Request) -> None:
    """Let a request through only if the table says so. A dependency of every page; without a team it asks nothing."""
    if request.app.state.desk.team is None:
        return
    key = (request.method, str(request.scope["route"].path))
    if key in OPEN:
        return
    need(request, NEEDED.get(key))


def need(request: Request, role: Role | None) -> None:
    """403 for whoever may not do what a role is needed for; None is nobody's. Without a team it asks nothing."""
    user = user_of(request)
    if request.app.state.desk.team is not None and (user is None or role is None or not user.may(role)):
        raise HTTPException(403, detail=str(role or ""))
