"""Station READ: a file becomes tables of text cells, each with its row number and what the cell was."""

from importer.stations.read.tables import read_tables

__all__ = ["read_tables"]
