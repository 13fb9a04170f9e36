from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from importer.profile.load import shipped
from importer.profile.model import SECTIONS, ExtraLine, FieldRule, Join, PackedRule, Profile
from importer.profile.rows import CellTest, RowsRule, SkipRule
from importer.profile.schema import profile_schema
from importer.profile.shipped import mappings_folder
from importer.profile.source import HeaderRule, JoinedSheet, SheetJoin, SourceRule

MODELS = (
    Profile,
    SourceRule,
    HeaderRule,
    SheetJoin,
    JoinedSheet,
    RowsRule,
    SkipRule,
    CellTest,
    FieldRule,
    Join,
    PackedRule,
    ExtraLine,
)
FILES = [*(profile.path for profile in shipped()), mappings_folder() / "_template.yaml"]


def validator() -> Any:
    """A checker for the schema as an editor would use it."""
    return jsonschema_rs.Draft202012Validator(profile_schema())


def editor_view(text: str) -> Any:
    """A profile as an editor reads it: 21 is a number, true a boolean."""
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_profiles_fit_the_schema(path: Any) -> None:
    """An editor shows no red line in a profile that loads."""
    validator().validate(editor_view(path.read_text(encoding="utf-8")))


def test_text_may_look_like_numbers_and_booleans() -> None:
    """What `load` takes as text, the schema takes without quotes."""
    text = (mappings_folder() / "demo.yaml").read_text(encoding="utf-8").replace('"1"', "1")
    data = editor_view(text) | {"source": None, "rows": {"skip": [{"column": 5, "blank": True, "reason": "x"}]}}
    validator().validate(data)


@pytest.mark.parametrize(
    "change",
    [
        {"varsion": "1"},
        {"prices": "net"},
        {"profile": "Acme BV"},
        {"source": {"header": 0}},
        {"source": {"delimeter": ";"}},
        {"invoice": {"number": {"column": "Nr"}}},
        {"invoice": {"date": {"column": "D"}, "dat": {"column": "D"}}},
        {"invoice": {"date": {"column": "D", "value": "x"}}},
        {"invoice": {"date": {}}},
        {"invoice": {"date": "Datum"}},
        {"customer": {"city": {"column": "Stad"}}},
        {"lines": {"quantity": {"column": "Aantal"}}},
        {"controls": {"totaal": {"column": "T"}}},
        {"answer": {"id": []}},
        {"rows": {"skip": [{"column": "x", "reason": "r"}]}},
        {"rows": {"skip": [{"column": "x", "equals": "a", "blank": True, "reason": "r"}]}},
        {"invoice_key": []},
        {"source": {"header": {"row": 3, "rows": 3}}},
        {"source": {"join": {"header": {"sheet": "a", "key": "x"}}}},
        {"rows": {"footer": [{"column": "x", "contains": "a", "matches": "b", "reason": "r"}]}},
        {"rows": {"skip": [{"column": "x", "equals": "a", "also": [{"column": "y"}], "reason": "r"}]}},
        {"extra_lines": {"shipping": {"amount": {"column": "S"}, "product_code": {"value": "S"}}}},
        {"extra_lines": {"Shipping": {}}},
        {"packed": {"count": 2}},
        {"severity": {"bad-amount": "warning"}},
        {"severity": {"bad-iban": "note"}},
    ],
    ids=str,
)
def test_what_load_refuses_the_schema_refuses(change: dict[str, Any]) -> None:
    """An editor marks unknown keys, wrong words, missing fields and two origins of one field."""
    data = editor_view((mappings_folder() / "demo.yaml").read_text(encoding="utf-8"))
    assert validator().is_valid(data)
    assert not validator().is_valid(data | change)


@pytest.mark.parametrize(
    "change",
    [
        {"source": {"header": 3}},
        {"source": {"header": {"row": "auto", "rows": 2}}},
        {"source": {"join": {"header": {"sheet": "a", "key": "x"}, "lines": {"sheet": "b", "key": ["y"]}}}},
        {"rows": {"footer": [{"column": "x", "starts_with": ["a", "b"], "reason": "r"}]}},
        {"rows": {"skip": [{"column": "x", "other_than": 5, "also": [{"column": "y", "blank": True}], "reason": "r"}]}},
        {"extra_lines": {"tip": {"amount": {"column": "T"}, "product_code": {"value": 1}, "vat_rate": {"value": 0}}}},
        {"severity": {"bad-iban": "warning", "near-equal-keys": "error"}},
    ],
    ids=str,
)
def test_the_schema_takes_what_load_takes(change: dict[str, Any]) -> None:
    """Every form of a key that a profile may have is fine in an editor too."""
    data = editor_view((mappings_folder() / "demo.yaml").read_text(encoding="utf-8"))
    validator().validate(data | change)


def test_a_profile_that_extends_needs_little() -> None:
    """With `extends` only name and version are needed, and a section may hold one field; without it they are not enough."""
    data = {"profile": "mine", "version": 1, "extends": "demo", "customer": {"street": {"column": "Straat"}}}
    validator().validate(data)
    del data["extends"]
    assert not validator().is_valid(data)


def test_every_key_of_the_model_is_in_the_schema() -> None:
    """The schema offers each key that a profile may have, and each field of each section."""
    schema = profile_schema()
    parts = {"Profile": schema} | schema["$defs"]
    for model in MODELS:
        assert set(parts[model.__name__]["properties"]) == set(model.model_fields) - {"packed"}
    for section, known in SECTIONS.items():
        assert set(schema["properties"][section]["properties"]) == known | ({"packed"} if section == "lines" else set())


def test_the_template_shows_every_key() -> None:
    """`_template.yaml` explains each key of the model and each field of each section, on a line that is a key."""
    text = (mappings_folder() / "_template.yaml").read_text(encoding="utf-8")
    words = set(text.replace("#", " ").replace("{", " ").replace(",", " ").split())
    keys = {name for model in MODELS for name in model.model_fields} | {
        name for known in SECTIONS.values() for name in known
    }
    assert {key for key in keys if f"{key}:" not in words} == set()
