"""The reader process: takes one workbook at a time over its input, answers over its output, ends with its input.

Requests are JSON objects, answers too; rows come as frames of Arrow before their answer:

    {"do": "open", "name", "kind", "seconds", "exact"}, then the file -> {"format", "detected", "sheets"}
    {"do": "facts", "sheet"}                                    -> {"last_row", "last_column", "hidden", "merges"}
    {"do": "rows", "sheet", "first", "last", "width"}           -> frames, then {"rows": count} or {"again": true}
    {"do": "close"}                                             -> {}

Whatever stops a request is answered as {"error": [code, message, fix]}.
"""

import gc
import json
import os
import signal
import sys
import threading
from importlib import import_module
from importlib.abc import MetaPathFinder
from typing import Any, BinaryIO

from importer.errors import SourceError
from importer.stations.read.child.ahead import start_ahead
from importer.stations.read.child.limits import limit_early, limit_memory, limit_time
from importer.stations.read.kinds import allowed, kind_of
from importer.stations.read.sniff import Format, sniff
from importer.stations.read.wire import BYTES, receive, send, send_words


def run() -> None:
    """Serve until the input ends."""
    sys.meta_path.insert(0, _WithoutPandas())
    gc.disable()  # rows of cells hold no cycles, and there are millions
    libraries = threading.Thread(target=import_module, args=("importer.stations.read.child.xlsx",), daemon=True)
    libraries.start()  # slow to load; meanwhile the file comes in
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the importer; it closes our input when it ends
    answers = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints must not get between the answers
    try:
        _Server(sys.stdin.buffer, answers, libraries).serve()
    except (EOFError, OSError):
        pass
    finally:
        sys.stdout.flush()
        os._exit(0)  # no farewell: nothing here outlives the file at hand


class _WithoutPandas(MetaPathFinder):
    """pyarrow loads pandas with the first array, if it can: that takes as long as reading a large file."""

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> None:
        """Refuse pandas, leave the rest to others."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


class _Server:
    def __init__(self, requests: BinaryIO, answers: BinaryIO, libraries: threading.Thread) -> None:
        self._requests, self._answers, self._libraries = requests, answers, libraries
        self._book: Any = None  # Book, whose module is imported with the first file
        self._name = ""
        self._limited = False

    def serve(self) -> None:
        """Answer one request after the other. Raises EOFError at the end of the input."""
        while True:
            _, words = receive(self._requests)
            request = json.loads(words)
            try:
                answer = getattr(self, f"_{request['do']}")(request)
            except SourceError as error:
                answer = {"error": [error.code, error.message, error.fix]}
            except MemoryError:
                self._book = None
                answer = {"error": ["memory", "", ""]}
            except Exception as error:  # noqa: BLE001 - libraries raise many types on damage; none may end the process
                answer = {"error": ["damage", type(error).__name__, ""]}
            send_words(self._answers, answer)

    def _open(self, request: dict[str, Any]) -> dict[str, Any]:
        _, data = receive(self._requests)
        self._book, self._name = None, request["name"]
        limit_time(request["seconds"])
        if not self._limited:
            limit_early()
        found = allowed(sniff(data), kind_of(request["kind"], data), self._name)
        exact = request["exact"]
        ahead = start_ahead(data, self._name) if found is Format.XLSX and not exact else None
        self._libraries.join()  # two threads that load the same modules see them half made
        from importer.stations.read.child.books import open_book  # noqa: PLC0415 - slow; meanwhile the file is read

        if not self._limited:  # not before: its libraries map much, and use little
            limit_memory()
            self._limited = True
        self._book = open_book(data, self._name, found, exact=exact, ahead=ahead)
        sheets = [{"name": sheet.name, "visible": sheet.visible} for sheet in self._book.sheets]
        return {"format": str(found), "detected": self._book.detected, "sheets": sheets}

    def _facts(self, request: dict[str, Any]) -> dict[str, Any]:
        facts = self._book.facts(request["sheet"])
        return {
            "last_row": facts.last_row,
            "last_column": facts.last_column,
            "hidden": facts.hidden,
            "merges": list(facts.merges),
        }

    def _rows(self, request: dict[str, Any]) -> dict[str, Any]:
        from importer.stations.read.child.convert import packed  # noqa: PLC0415 - the same
        from importer.stations.read.child.facts import Untrusted  # noqa: PLC0415 - imported with the file

        count = 0
        try:
            for block in self._book.blocks(request["sheet"], request["first"], request["last"], request["width"]):
                send(self._answers, BYTES, packed(block))
                count += len(block.columns[0]) if block.columns else 0
        except Untrusted:
            return {"again": True}
        return {"rows": count}

    def _close(self, _: dict[str, Any]) -> dict[str, Any]:
        self._book = None
        gc.collect()
        return {}
