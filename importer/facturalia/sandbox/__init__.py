"""A look-alike of Facturalia on this machine: same call, same answers, same mistakes on request. It creates nothing real.

Where FACTURALIA_API.md says UNKNOWN, this room chooses; every choice is written beside the code that makes it, and is
a field of `SandboxSettings` where someone may want the other reading.
"""

from importer.facturalia.sandbox.app import create_app
from importer.facturalia.sandbox.server import DEFAULT_PORT, Sandbox, SandboxThread, running, serve
from importer.facturalia.sandbox.settings import DEFAULT_API_KEY, RateLimit, SandboxSettings, read_products
from importer.facturalia.sandbox.store import Received, Seen, Store

__all__ = [
    "DEFAULT_API_KEY",
    "DEFAULT_PORT",
    "RateLimit",
    "Received",
    "Sandbox",
    "SandboxSettings",
    "SandboxThread",
    "Seen",
    "Store",
    "create_app",
    "read_products",
    "running",
    "serve",
]
