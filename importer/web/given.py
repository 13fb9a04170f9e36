"""What FastAPI hands to every page: the desk, and the work an address names."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from importer.web.desk import Desk
from importer.web.uploads import Work


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


TheDesk = Annotated[Desk, Depends(_desk)]


def _work(name: str, desk: TheDesk) -> Work:
    """The work of that name, if its account is still one of ours. 404 otherwise."""
    work = desk.uploads.find(name)
    if work is None or work.account not in desk.settings.accounts():
        raise HTTPException(404)
    return work


TheWork = Annotated[Work, Depends(_work)]


async def _form(request: Request) -> dict[str, str]:
    """A form whose names are those of the file; FastAPI reads one only so. Files in it are passed over."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


TheForm = Annotated[dict[str, str], Depends(_form)]
