"""Signing in through the provider of the settings: there, and back."""

from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from importer.web.login import TheTeam, entered, login_page
from importer.web.show import language_of, local, plain_page
from importer.web.words import Words

COOKIE: Final = "importer_provider"
SECONDS: Final = 600  # the cookie outlives no question

pages = APIRouter()


@pages.get("/login/provider")
def there(request: Request, team: TheTeam, back: str = "/") -> Response:
    """Send the browser to the provider, with a cookie that tells its answer from that to anybody else."""
    if team.provider is None:
        raise HTTPException(404)
    from importer.web.oidc import Unreachable  # noqa: PLC0415 - of an extra, like the provider itself

    try:
        asked = team.provider.begin(local(back))
    except Unreachable:
        return login_page(request, team, 502, back=back, wrong=Words(language_of(request))("provider_down"))
    answer = RedirectResponse(asked.address, 303)
    # lax: the way back begins on the provider's page, and a strict cookie would stay behind
    answer.set_cookie(_cookie(request), asked.cookie, httponly=True, samesite="lax", max_age=SECONDS)
    return answer


@pages.get("/login/back")
def back(request: Request, team: TheTeam, state: str = "", code: str = "") -> Response:
    """Open a session for whom the provider vouches, if they are one of the users."""
    if team.provider is None:
        raise HTTPException(404)
    from importer.web.oidc import NotProved, Unreachable  # noqa: PLC0415 - of an extra, like the provider itself

    words, name = Words(language_of(request)), _cookie(request)
    try:
        proved = team.provider.finish(state, code, request.cookies.get(name, ""))
    except NotProved:
        answer = login_page(request, team, 401, back="/", wrong=words("provider_wrong"))
    except Unreachable:
        answer = login_page(request, team, 502, back="/", wrong=words("provider_down"))
    else:
        inside = team.vouched(proved.names)
        if inside is None:
            answer = login_page(request, team, 403, back=proved.back, wrong=words("provider_nobody"))
        else:
            # a page of ours leads on: behind a redirect from elsewhere the strict cookie would not be sent
            answer = entered(request, inside, plain_page(request, "onward.html", back=local(proved.back)))
    answer.delete_cookie(name, httponly=True, samesite="lax")
    return answer


def _cookie(request: Request) -> str:
    return f"__Host-{COOKIE}" if request.state.secure else COOKIE
