"""`web`: the accountant's pages on this machine."""

import sys
from typing import Annotated

import typer

from importer.cli.language import tr
from importer.cli.options import Json


def web(
    port: Annotated[
        int | None, typer.Option("--port", help="The port on 127.0.0.1; default 8087.", show_default=False)
    ] = None,
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

    Example: importer web --browser
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

    serve(
        load_settings(),
        SystemClock(),
        version(),
        port=DEFAULT_PORT if port is None else port,
        ready=tell,
        team=front(public_url, listen) if team else None,
    )
    return 0
