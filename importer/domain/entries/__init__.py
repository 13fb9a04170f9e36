"""The findings as data, by what they are about; `importer.domain.catalogue` joins them."""
