from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from importer.profile.load import shipped
from importer.profile.model import SECTIONS, FieldRule, Join, Profile, RowsRule, SkipRule, SourceRule
from importer.profile.schema import profile_schema
from importer.profile.shipped import mappings_folder

MODELS = (Profile, SourceRule, RowsRule, SkipRule, FieldRule, Join)
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
    ],
    ids=str,
)
def test_what_load_refuses_the_schema_refuses(change: dict[str, Any]) -> None:
    """An editor marks unknown keys, wrong words, missing fields and two origins of one field."""
    data = editor_view((mappings_folder() / "demo.yaml").read_text(encoding="utf-8"))
    assert validator().is_valid(data)
    assert not validator().is_valid(data | change)


def test_every_key_of_the_model_is_in_the_schema() -> None:
    """The schema offers each key that a profile may have, and each field of each section."""
    schema = profile_schema()
    parts = {"Profile": schema} | schema["$defs"]
    for model in MODELS:
        assert set(parts[model.__name__]["properties"]) == set(model.model_fields)
    for section, known in SECTIONS.items():
        assert set(schema["properties"][section]["properties"]) == known


def test_the_template_shows_every_key() -> None:
    """`_template.yaml` explains each key of the model and each field of each section, on a line that is a key."""
    text = (mappings_folder() / "_template.yaml").read_text(encoding="utf-8")
    words = set(text.replace("#", " ").replace("{", " ").replace(",", " ").split())
    keys = {name for model in MODELS for name in model.model_fields} | {
        name for known in SECTIONS.values() for name in known
    }
    assert {key for key in keys if f"{key}:" not in words} == set()
