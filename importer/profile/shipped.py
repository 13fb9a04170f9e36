"""Where the shipped profiles and samples are: in the checkout, or inside the installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def mappings_folder() -> Path:
    """The folder of the shipped profiles."""
    return _folder("mappings")


def samples_folder() -> Path:
    """The folder of the shipped samples, one folder a case."""
    return _folder("sample_data")


def _folder(name: str) -> Path:
    """`importer/_NAME` of a wheel; an editable install has none and uses the folder of the checkout."""
    packed = PACKAGE / f"_{name}"
    return packed if packed.is_dir() else PACKAGE.parent / name
