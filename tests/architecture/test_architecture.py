"""The house: who may import whom, and what may stand where."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).parent / "lint-imports"
TOP_LEVEL = {
    "pyproject.toml",
    "README.md",
    "importer",
    "mappings",
    "tests",
    "sample_data",
    "alembic",
    "docs",
    "LICENSE",
    "CHANGELOG.md",
    "constraints.txt",
}


def _contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_the_contracts_hold() -> None:
    """Data flows one way; stations never import each other; each library stays in its room."""
    result = _contracts(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "planted", "broken"),
    [
        (
            "importer/stations/plan.py",
            "from importer.stations.submit import submit",
            "Stations never import each other",
        ),
        ("importer/stations/plan.py", "import pandas", "No frame passes group"),
        ("importer/domain/money.py", "import numpy", "The domain and the errors need the standard library only"),
        ("importer/ledger/store.py", "from importer.stations.plan import make_plan", "Data flows one way"),
        ("importer/facturalia/answers.py", "import httpx", "Only the client speaks HTTP"),
        ("importer/pipeline.py", "import sqlalchemy", "Only the ledger speaks SQL"),
        ("importer/settings.py", "import ruamel.yaml", "Only the profile room reads YAML"),
    ],
)
def test_a_planted_violation_is_caught(tmp_path: Path, module: str, planted: str, broken: str) -> None:
    """Each kind of forbidden import turns its contract red: the guard can fail."""
    shutil.copytree(ROOT / "importer", tmp_path / "importer", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    source = tmp_path / module
    lines = source.read_text().splitlines()
    end = next(number for number, line in enumerate(lines) if line.startswith(("import ", "from ")))
    source.write_text("\n".join([*lines[:end], planted, *lines[end:]]))

    result = _contracts(tmp_path)

    assert result.returncode != 0
    assert any(line.startswith(broken) and line.endswith("BROKEN") for line in result.stdout.splitlines()), (
        result.stdout
    )


def test_alembic_is_no_package() -> None:
    """A package called alembic at the top would shadow the library."""
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_the_top_level_holds_what_was_agreed() -> None:
    """Nothing but the agreed entries and dotfiles stands at the top."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    entries = {path.split("/")[0].strip('"') for path in tracked if path}

    assert {entry for entry in entries if not entry.startswith(".")} <= TOP_LEVEL


def test_modules_fit_in_one_sitting() -> None:
    """No module of the package grows far beyond 300 lines; the catalogue is data."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "importer").rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 330 and path.name != "catalogue.py"
    }

    assert not long


def test_no_code_in_package_files() -> None:
    """`__init__.py` holds a docstring and names for others, never code."""
    for path in (ROOT / "importer").rglob("__init__.py"):
        body = path.read_text()
        assert "def " not in body, path
        assert "class " not in body, path
