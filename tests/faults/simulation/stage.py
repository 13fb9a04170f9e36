"""The database and the machine that all sequences of a process share."""

import sqlite3

from importer.ledger.migrate import create_in_memory
from tests.faults.simulation.process import FragileDatabase, Machine, Time


class Stage:
    """One database, emptied for each sequence: building it anew would take most of the time."""

    def __init__(self) -> None:
        self.machine = Machine(Time())
        self.database = FragileDatabase(self.machine)
        create_in_memory(self.database)
        with self.database.reading() as connection:
            raw = connection.connection.driver_connection
        if not isinstance(raw, sqlite3.Connection):
            raise TypeError(raw)
        self.raw = raw
        self._empty = sqlite3.connect(":memory:")
        raw.backup(self._empty)

    def clear(self) -> None:
        """An empty ledger, a new clock."""
        self._empty.backup(self.raw)
        self.machine.time = Time()
        self.machine.start()

    def close(self) -> None:
        """Close all connections."""
        self._empty.close()
        self.database.close()
