"""MAP: columns of the file become our fields, still text. Rows that are no data leave here, each with its reason."""

from importer.stations.map.station import map_columns

__all__ = ["map_columns"]
