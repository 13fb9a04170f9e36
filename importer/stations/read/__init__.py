"""Station READ: a file becomes tables of text cells, each with its row number and what the cell was."""

from importer.stations.read.station import Grid, read_grids, read_tables

__all__ = ["Grid", "read_grids", "read_tables"]
