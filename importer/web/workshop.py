"""The profile of a file: chosen among those there are, or made in the workshop from what the file itself proves."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from importer.errors import ConfigError, ImporterError
from importer.language.speech import Speech
from importer.suggest.pick import Candidate, pick_profile
from importer.suggest.suggest import slug
from importer.web.bench import Bench, Benches, said
from importer.web.benchview import view_of
from importer.web.desk import Desk
from importer.web.given import TheDesk, TheForm, TheWork
from importer.web.ownprofiles import check_name
from importer.web.roles import name_of
from importer.web.show import language_of, page
from importer.web.uploads import Work, step

Text = Annotated[str, Form()]

pages = APIRouter()


@pages.get("/import/{name}/profile")
def profile(request: Request, work: TheWork, desk: TheDesk) -> Response:
    """Choose the profile that reads the file, or make one. What was confirmed keeps its profile."""
    if work.digest:
        return RedirectResponse(step(work), 303)
    return workshop_page(request, desk, work, None)


@pages.post("/import/{name}/profile")
def choose(request: Request, work: TheWork, desk: TheDesk, profile: Text = "") -> Response:
    """Take a profile there is, if it can read the file."""
    return _take(request, desk, work, profile)


@pages.post("/import/{name}/workshop")
def change(request: Request, work: TheWork, desk: TheDesk, form: TheForm) -> Response:
    """Keep what a person said; then show the suggestion anew or, with `do=save`, save it and check the file."""
    with _benches(request).turn(work.id):  # quick changes are kept in the order in which they came
        return _change(request, desk.uploads.find(work.id) or work, desk, form)


def _change(request: Request, work: Work, desk: Desk, form: dict[str, str]) -> Response:
    if work.digest:
        return RedirectResponse(step(work), 303)
    try:
        work.edits = said(_benches(request).lay_out(work), work.edits, form)
        desk.uploads.save(work)
        name = form.get("name", "").strip()
        check_name(name)
        work.called = name
        desk.uploads.save(work)
        if form.get("do") != "save":
            return RedirectResponse(f"/import/{work.id}/profile", 303)
        called = _save(request, desk, work, replace=form.get("replace") == "yes")
    except ImporterError as error:
        return workshop_page(request, desk, work, error)
    return _take(request, desk, work, called)


@pages.get("/import/{name}/profile.yaml")
def as_text(request: Request, work: TheWork) -> Response:
    """The suggested profile as a file."""
    bench = _benches(request).lay_out(work)
    headers = {"Content-Disposition": f'attachment; filename="{bench.draft.name}.yaml"'}
    return Response(
        bench.text(Speech(language_of(request))), media_type="application/yaml; charset=utf-8", headers=headers
    )


def _benches(request: Request) -> Benches:
    """Those of this application."""
    benches: Benches = request.app.state.benches
    return benches


def workshop_page(request: Request, desk: Desk, work: Work, error: ImporterError | None) -> HTMLResponse:
    """Why no profile was found, those there are, and the suggestion. `error` is what is wrong with what was just asked."""
    asking: ImporterError | None = None
    if not work.profile:
        try:
            named = [
                Candidate(one.loaded.profile.profile, one.loaded) for one in desk.profiles()
            ]  # a page shows no path
            pick_profile(desk.uploads.paths(work), named)
        except ConfigError as fault:
            asking = fault
        except ImporterError as fault:
            error = error or fault
    bench: Bench | None = None
    try:
        bench = _benches(request).lay_out(work)
    except ImporterError as fault:
        error = error or fault
    speech = Speech(language_of(request))
    name = work.called or slug(desk.uploads.paths(work)[0].stem)
    return page(
        request,
        desk,
        "profile.html",
        status=422 if error else 200,
        step=2,
        account=work.account,
        work=work,
        profiles=desk.profiles(),
        asking=asking,
        error=error,
        view=None if bench is None else view_of(bench, speech),
        name=name,
        replaces=desk.own.may_replace(name),
    )


def _take(request: Request, desk: Desk, work: Work, called: str) -> Response:
    """Go on with a profile, if it can read the file."""
    if work.digest:
        return RedirectResponse(step(work), 303)
    before, work.profile = work.profile, called
    try:
        desk.preview(work)
    except ImporterError as error:
        work.profile = before
        return workshop_page(request, desk, work, error)
    work.prepare(name_of(request))
    desk.uploads.save(work)
    return RedirectResponse(step(work), 303)


def _save(request: Request, desk: Desk, work: Work, *, replace: bool) -> str:
    """Write the profile that lies on the bench, if it is whole and its name free; what -m calls it then."""
    bench = _benches(request).lay_out(work)
    if bench.open:
        raise ConfigError(
            "profile-open",
            f"Choices still open: {bench.open}.",
            fix="Settle what is marked below, then save the profile.",
        )
    if bench.error is not None:
        raise bench.error
    name = bench.draft.name
    own = str(desk.own.folder / f"{name}.yaml")
    if any(one.loaded.profile.profile == name and one.called != own for one in desk.profiles()):
        raise ConfigError("profile-taken", f'There is another profile "{name}" already.', fix="Choose another name.")
    return str(desk.own.save(name, bench.text(Speech(language_of(request))), replace=replace, by=name_of(request)))
