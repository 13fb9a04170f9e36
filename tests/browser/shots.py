"""Pictures of every page and state, to be looked at.

    python -m tests.browser.shots [--out pictures] [--only preview] [--language nl]

Each state in Dutch, French and English, 1280 and 320 pixels wide, light and dark: `preview-nl-1280-light.png`.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.tour import SCREENS, name_of, tour, tour_of_team
from tests.support.office import CHROMIUM, LOCALES


def main() -> None:
    """Take them and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    parser.add_argument("--only", default="", help="states whose name begins with this")
    parser.add_argument("--fold", action="store_true", help="what is seen without scrolling, instead of the whole page")
    parser.add_argument("--language", choices=list(LOCALES), action="append")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    taken = 0

    with sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for language in options.language or LOCALES:

            def look(page: Any, state: str, language: str = language) -> None:
                nonlocal taken
                if not state.startswith(options.only):
                    return
                for width, scheme in SCREENS:
                    page.set_viewport_size({"width": width, "height": 800})
                    page.emulate_media(color_scheme=scheme)
                    path = options.out / name_of(state, language, width, scheme)
                    page.screenshot(path=path, full_page=not options.fold)
                    taken += 1
                    print(f"{path.name} {path.stat().st_size // 1024} kB", flush=True)
                page.set_viewport_size({"width": 1280, "height": 800})

            for number, walk in enumerate((tour, tour_of_team)):
                place = Path(folder) / f"{language}{number}"
                place.mkdir()
                walk(browser, place, language, look)
        browser.close()
    print(f"pictures={taken}")


if __name__ == "__main__":
    main()
