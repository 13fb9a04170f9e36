"""`web`: the accountant's pages on this machine."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.language import tr
from importer.cli.options import Json

if TYPE_CHECKING:
    from importer.settings import Settings


def web(
    port: Annotated[
        int | None, typer.Option("--port", help="The port on 127.0.0.1; default 8087.", show_default=False)
    ] = None,
    practice: Annotated[
        bool, typer.Option("--practice", help="Try it out: a sandbox and an empty ledger, forgotten at the end.")
    ] = False,
    team: Annotated[bool, typer.Option("--team", help="People sign in with name and password.")] = False,
    public_url: Annotated[
        str, typer.Option("--public-url", help="With --team: the https address of the proxy before the pages.")
    ] = "",
    listen: Annotated[
        str, typer.Option("--listen", help="With --team: the address to listen on; default 127.0.0.1.")
    ] = "",
    browser: Annotated[bool, typer.Option("--browser", help="Open the link in the browser of this machine.")] = False,
    json: Json = False,
) -> int:
    """Serve the accountant's pages on this machine: upload a file, look, confirm, post. Ctrl-C ends it.

    Example: importer web --practice --browser
    """
    from importer.cli.screen import print_json
    from importer.cli.version import version
    from importer.domain.clock import SystemClock
    from importer.errors import ConfigError
    from importer.settings import load_settings
    from importer.web.server import DEFAULT_PORT, front, serve

    if (public_url or listen) and not team:
        raise ConfigError(
            "team-only", "--public-url and --listen are for a team.", fix="Add --team, or leave them out."
        )

    if practice and team:
        raise ConfigError("practice-alone", "One practises alone.", fix="Leave --team or --practice out.")

    def tell(link: str) -> None:
        if json:
            print_json({"exit": 0, "link": link})
        else:
            opens = "Open this address and sign in: {link}" if team else "Open this link; it works once: {link}"
            print(tr(opens, link=link))
            print("# " + tr("Ctrl-C ends the pages; what is being posted is finished first"))
        sys.stdout.flush()
        if browser:
            import webbrowser

            webbrowser.open(link)

    people = front(public_url, listen) if team else None
    with _practising() if practice else nullcontext(load_settings()) as settings:
        serve(
            settings,
            SystemClock(),
            version(),
            port=DEFAULT_PORT if port is None else port,
            ready=tell,
            team=people,
        )
    return 0


@contextmanager
def _practising() -> "Iterator[Settings]":
    """A sandbox and a folder that are gone afterwards."""
    import tempfile

    from importer.cli.screen import say
    from importer.facturalia.sandbox import SandboxSettings, running
    from importer.profile.shipped import samples_folder
    from importer.settings import load_settings, practice_settings

    with tempfile.TemporaryDirectory(prefix="importer-practice-") as folder, running(SandboxSettings()) as server:
        say(tr("A sandbox answers on {url}; nothing leaves this machine.", url=server.base_url))
        sample = samples_folder() / "demo" / "facturen-maart.xlsx"
        say(tr("A file to try it with: {path}", path=str(sample)))
        yield practice_settings(load_settings(), server.base_url, server.api_key, Path(folder))
