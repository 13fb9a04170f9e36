"""The JSON Schema of a profile file, for editors: completion, explanations and red lines while typing.

An editor reads YAML in its own way (`21` is a number to it, `true` a boolean), so wherever a profile takes text the
schema takes those too; `load` reads them all as text.
"""

from typing import Any, Final

from importer.profile.explain import OPTIONAL_SECTIONS
from importer.profile.model import CUSTOMER_FIELDS, LINE_FIELDS, SECTIONS, Profile

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SCALAR: Final = ["string", "number", "boolean"]
ORIGINS: Final = ("column", "value", "join", "first_of")
TESTS: Final = ("equals", "matches", "blank")


def profile_schema() -> dict[str, Any]:
    """The schema as JSON data, from the model that `load` uses."""
    schema = Profile.model_json_schema()
    schema = {"$schema": DIALECT, **_editor(schema), "title": "Profile of facturalia-importer"}
    _known_fields(schema["properties"])
    _exactly_one(schema["$defs"]["FieldRule"], ORIGINS)
    _exactly_one(schema["$defs"]["SkipRule"], TESTS)
    return schema


def _editor(node: Any) -> Any:
    """Text also as number or boolean; a list of texts also as one text; no null: an empty key is an error."""
    if isinstance(node, list):
        return [_editor(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _editor(item) for key, item in node.items() if not (key == "default" and item is None)}
    if "anyOf" in node:
        kinds = [item for item in node.pop("anyOf") if item != {"type": "null"}]
        node |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if node.get("const") == "true":
        node = {**node, "enum": ["true", True]}
        del node["const"]
        node["type"] = ["string", "boolean"]
    elif node.get("type") == "string" and "enum" not in node:
        node["type"] = list(SCALAR)
    if node.get("type") == "array" and node.pop("minLength", None) == 1:  # `OneOrMore`
        listed = {"type": node.pop("type"), "items": node.pop("items"), "minItems": 1}
        node["anyOf"] = [{"type": list(SCALAR)}, listed]
    return node


def _known_fields(properties: dict[str, Any]) -> None:
    """Name the fields of each section; a map of anything becomes a group of known keys."""
    for section, known in SECTIONS.items():
        rule = properties[section].pop("additionalProperties")
        if section == "lines":
            properties[section]["patternProperties"] = {"^[a-z][a-z0-9_]*$": rule}
            properties[section]["required"] = sorted(LINE_FIELDS)
        properties[section] |= {"properties": dict.fromkeys(sorted(known), rule), "additionalProperties": False}
    properties["invoice"]["required"] = ["date"]
    properties["customer"]["anyOf"] = [
        {"required": [name]} for name in ("customer_id", "name", "vat_number") if name in CUSTOMER_FIELDS
    ]
    for section in OPTIONAL_SECTIONS:
        rule = properties[section]
        rule.pop("default", None)
        reference = rule.pop("$ref", None)
        if reference is not None:
            rule["anyOf"] = [{"$ref": reference}, {"type": "null"}]
        else:
            rule["type"] = ["object", "null"]


def _exactly_one(rule: dict[str, Any], names: tuple[str, ...]) -> None:
    rule["oneOf"] = [{"required": [name]} for name in names]
