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
    browser: Annotated[bool, typer.Option("--browser", help="Open the link in the browser of this machine.")] = False,
    json: Json = False,
) -> int:
    """Serve the accountant's pages on this machine: upload a file, look, confirm, post. Ctrl-C ends it.

    Example: importer web --browser
    """
    from importer.cli.screen import print_json
    from importer.cli.version import version
    from importer.domain.clock import SystemClock
    from importer.settings import load_settings
    from importer.web.server import DEFAULT_PORT, serve

    def tell(link: str) -> None:
        if json:
            print_json({"exit": 0, "link": link})
        else:
            print(tr("Open this link; it works once: {link}", link=link))
            print("# " + tr("Ctrl-C ends the pages; what is being posted is finished first"))
        sys.stdout.flush()
        if browser:
            import webbrowser

            webbrowser.open(link)

    serve(load_settings(), SystemClock(), version(), port=DEFAULT_PORT if port is None else port, ready=tell)
    return 0
