"""Shared by all tests: a clean environment, Hypothesis profiles, and an eye on secrets."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.secrets.watch import Watch

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("deep", max_examples=5_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.hookimpl(trylast=True)  # after pytest has made its folder for temporary files
def pytest_configure(config: pytest.Config) -> None:
    """Watch the whole session: no key and no customer may get out of it."""
    config.pluginmanager.register(Watch(config), "canaries")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the settings, or the ledger, of the person who runs it."""
    for name in list(os.environ):
        if name.startswith("IMPORTER_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("IMPORTER_LANGUAGE", "en")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
