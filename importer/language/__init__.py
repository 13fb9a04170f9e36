"""The languages of the importer: English is the source, Dutch and French are read from `importer/locale`."""
