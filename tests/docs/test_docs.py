"""The documentation cannot lie: its commands run, its tables agree with the code."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from importer.cli.main import app
from importer.facturalia.sandbox import SandboxSettings, running
from tests.secrets.canaries import KEY

ROOT = Path(__file__).resolve().parents[2]
IMPORTER = Path(sys.executable).parent / "importer"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def _commands(page: Path) -> list[str]:
    """The `importer` lines of the page's sh blocks; a line with … is an example with something left out."""
    blocks = FENCE.findall(page.read_text(encoding="utf-8"))
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("importer ") and "…" not in line]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_works(page: Path, tmp_path: Path) -> None:
    """The commands of a page, one after the other, do what the page says on the shipped sample."""
    demo = ROOT / "sample_data" / "demo"
    shutil.copy(demo / "facturen-maart.csv", tmp_path / "maart.csv")
    shutil.copy(demo / "facturen-maart.csv", tmp_path / "export.csv")
    profile = (ROOT / "mappings" / "demo.yaml").read_text(encoding="utf-8")
    (tmp_path / "mijn-webshop.yaml").write_text(profile.replace("sample_data/demo/", str(demo) + "/"), encoding="utf-8")
    with running(SandboxSettings(api_key=KEY)) as server:
        environment = {
            **os.environ,
            "IMPORTER_BASE_URL": server.base_url,
            "IMPORTER_API_KEY": server.api_key,
            "IMPORTER_LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.db'}",
        }
        for command in _commands(page):
            arguments = shlex.split(command)[1:]
            if arguments[0] == "import" and not {"--yes", "--plan"} & set(arguments):
                arguments.append("--yes")  # nobody sits here to answer
            result = subprocess.run(
                [IMPORTER, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            expected = 3 if "--limit" in arguments else 0
            assert result.returncode == expected, (command, result.stdout, result.stderr)


def test_every_command_is_documented() -> None:
    """Each command of the program stands in docs/commands.md."""
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    names = [command.name for command in app.registered_commands]

    assert len(names) > 10
    assert not [name for name in names if not re.search(rf"`?(importer )?{name}\b", text)]


def test_links_between_pages_lead_somewhere() -> None:
    """Each relative link points at a file that is there."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), (page.name, target)
