"""The JSON Schema of a profile file, for editors: completion, explanations and red lines while typing.

An editor reads YAML in its own way (`21` is a number to it, `true` a boolean), so wherever a profile takes text the
schema takes those too; `load` reads them all as text.
"""

from typing import Any, Final

from importer.domain.catalogue import CATALOGUE
from importer.profile.explain import OPTIONAL_SECTIONS
from importer.profile.model import PACKED, Profile
from importer.profile.names import CUSTOMER_FIELDS, LINE_FIELDS, SECTIONS
from importer.profile.rows import TESTS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SCALAR: Final = ["string", "number", "boolean"]
ORIGINS: Final = ("column", "value", "join", "first_of")
ALWAYS: Final = ("profile", "version")  # the only keys that no profile inherits


def profile_schema() -> dict[str, Any]:
    """The schema as JSON data, from the model that `load` uses."""
    schema = Profile.model_json_schema()
    schema = {"$schema": DIALECT, **_editor(schema), "title": "Profile of facturalia-importer"}
    _known_fields(schema["properties"])
    _header_forms(schema["$defs"]["SourceRule"]["properties"])
    _weights(schema["properties"]["severity"])
    _exactly_one(schema["$defs"]["FieldRule"], ORIGINS)
    for name in ("CellTest", "SkipRule"):
        _exactly_one(schema["$defs"][name], TESTS)
    _required_unless_inherited(schema)
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
    packed = properties.pop(PACKED)
    for section, known in SECTIONS.items():
        rule = properties[section].pop("additionalProperties")
        if section == "lines":
            properties[section]["patternProperties"] = {"^(?!packed$)[a-z][a-z0-9_]*$": rule}
        properties[section] |= {"properties": dict.fromkeys(sorted(known), rule), "additionalProperties": False}
    properties["lines"]["properties"]["packed"] = packed
    rule = properties["extra_lines"].pop("additionalProperties")
    properties["extra_lines"] |= {"patternProperties": {"^[a-z][a-z0-9_]*$": rule}, "additionalProperties": False}
    for section in OPTIONAL_SECTIONS:
        rule = properties[section]
        rule.pop("default", None)
        reference = rule.pop("$ref", None)
        if reference is not None:
            rule["anyOf"] = [{"$ref": reference}, {"type": "null"}]
        else:
            rule["type"] = ["object", "null"]


def _header_forms(source: dict[str, Any]) -> None:
    """`header` is auto, a row number, or a group."""
    rule = source["header"]
    group = rule.pop("$ref")
    rule.pop("default", None)
    rule["anyOf"] = [{"const": "auto"}, {"type": "integer", "minimum": 1}, {"$ref": group}]


def _weights(severity: dict[str, Any]) -> None:
    """For each finding code the severities that the catalogue allows; the codes that are fixed are no keys."""
    severity.pop("additionalProperties", None)
    severity["properties"] = {
        code: {"enum": sorted({entry.severity, *entry.allowed}), "description": entry.title}
        for code, entry in CATALOGUE.items()
        if entry.allowed
    }
    severity["additionalProperties"] = False


def _exactly_one(rule: dict[str, Any], names: tuple[str, ...]) -> None:
    rule["oneOf"] = [{"required": [name]} for name in names]


def _required_unless_inherited(schema: dict[str, Any]) -> None:
    """What must be there, unless the profile extends another one that may have it."""
    required = schema.pop("required")
    sections = {
        "invoice": {"required": ["date"]},
        "customer": {
            "anyOf": [{"required": [name]} for name in ("customer_id", "name", "vat_number") if name in CUSTOMER_FIELDS]
        },
        "lines": {"required": sorted(LINE_FIELDS)},
    }
    schema["required"] = [name for name in required if name in ALWAYS]
    schema["if"] = {"required": ["extends"]}
    schema["else"] = {"required": required, "properties": sections}
