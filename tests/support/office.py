"""The pages and their sandbox as real processes, and a browser that comes in."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from importer.facturalia.sandbox import SandboxSettings, SandboxThread

IMPORTER: Final = str(Path(sys.executable).parent / "importer")
CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE: Final = 60  # seconds
DEMO: Final = Path(__file__).resolve().parents[2] / "sample_data" / "demo" / "facturen-maart.xlsx"
LOCALES: Final = {"nl": "nl-BE", "fr": "fr-BE", "en": "en-GB"}


class Office:
    """A sandbox and the pages before it; the pages may be killed and started again on the same port."""

    def __init__(
        self,
        folder: Path,
        *,
        latency: float = 0.0,
        products: frozenset[str] | None = None,
        arguments: Sequence[str] = (),
        **settings: str,
    ) -> None:
        self.sandbox = SandboxThread(SandboxSettings(latency=latency, products=products))
        self._arguments = arguments
        self._environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("IMPORTER_")},
            "IMPORTER_BASE_URL": self.sandbox.base_url,
            "IMPORTER_API_KEY": self.sandbox.api_key,
            "IMPORTER_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
            **settings,
        }
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.port = "0"
        self.link = self.start()

    def start(self) -> str:
        """Start the pages; the link that lets one browser in."""
        self._process = subprocess.Popen(
            [IMPORTER, "web", "--port", self.port, "--json", *self._arguments],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        link = str(json.loads(self._process.stdout.readline())["link"])
        self.port = link.removeprefix("http://127.0.0.1:").partition("/")[0]  # of a team: no more than the address
        return link

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number: int) -> None:
        """End the pages with this signal."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def close(self) -> None:
        """End both."""
        self.stop(signal.SIGINT)
        self.sandbox.stop()


def enter(chromium: Any, office: Office, problems: list[str], language: str = "nl", **options: Any) -> Any:
    """A page of a browser that came in by the link. Whatever it asks another server for is a problem."""
    context = chromium.new_context(locale=LOCALES[language], **options)
    page = context.new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(office.url) else problems.append(asked.url))
    page.goto(office.link)
    return page


def upload(page: Any, path: Path) -> None:
    """Choose a file and read it."""
    page.set_input_files("#files", str(path))
    page.click("main button.go")
    page.wait_for_url("**/import/**")
