"""GROUP: rows become invoices. The last station that knows frames; what leaves it is plain data."""

from importer.stations.group.station import group_invoices

__all__ = ["group_invoices"]
