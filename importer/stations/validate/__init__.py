"""VALIDATE: text becomes exact typed values; every failing cell becomes one finding."""

from importer.stations.validate.station import validate_rows

__all__ = ["validate_rows"]
