"""The one JSON object of `--json`, as text."""

import json
import sys
from collections.abc import Mapping


def json_text(value: Mapping[str, object]) -> str:
    """One line of JSON: as it is where standard output is UTF-8, else in ASCII, which every code page can show."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    return json.dumps(value, ensure_ascii=plain)
