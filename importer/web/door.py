"""What is said to whoever does not come in: one plain page that tells nothing of what lies behind it."""

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import Scope

from importer.web.show import environment, language_of
from importer.web.words import Words


def turned_away(scope: Scope, status: int, key: str, **facts: object) -> HTMLResponse:
    """The page with one text of `words.toml`, in the language that the browser asks for."""
    language = language_of(Request(scope))
    context = {"w": Words(language), "language": language, "key": key, "facts": facts}
    return HTMLResponse(environment().get_template("door.html").render(context), status)
