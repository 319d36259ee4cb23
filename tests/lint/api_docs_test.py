"""docs/api.md says what docs/openapi.json says. `api_docs_test.py --write` makes it anew.

That the binary answers as docs/openapi.json says is tests/cli/api_schema_test.cc's to show.
"""

import json
import pathlib
import sys
import unittest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
HEAD = """# The API of a running job

Made from [openapi.json](openapi.json) by `tests/lint/api_docs_test.py --write`.

"""


def name_of(reference):
    return reference["$ref"].rsplit("/", 1)[1]


def type_of(schema):
    if "$ref" in schema:
        return f"[{name_of(schema)}](#{name_of(schema).lower()})"
    if "oneOf" in schema:
        return " or ".join(type_of(one) for one in schema["oneOf"])
    if schema["type"] == "array":
        return f"list of {type_of(schema['items'])}"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join(types)


def rows(properties, prefix=""):
    for name, schema in properties.items():
        text = schema.get("description", "")
        if "enum" in schema:
            text += " One of: " + ", ".join(f"`{word}`" for word in schema["enum"]
                                        if word is not None) + "."
        yield f"| `{prefix}{name}` | {type_of(schema)} | {text} |"
        if "properties" in schema:
            yield from rows(schema["properties"], f"{prefix}{name}.")


def route(path, method, operation):
    yield f"### {method.upper()} {path}"
    yield ""
    yield operation["summary"] + "."
    yield ""
    if "requestBody" in operation:
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        yield f"- body: {type_of(body)}"
    for code, response in operation["responses"].items():
        (content,) = response["content"].values()
        schema = content["schema"]
        shown = f" {type_of(schema)}." if "$ref" in schema else ""
        yield f"- {code}:{shown} {response['description']}"
    yield ""


def markdown(document):
    lines = [document["info"]["description"], "",
             "    curl http://127.0.0.1:9853/api/v1/status",
             "    curl -H 'Content-Type: application/json' -d '{\"write_capacity\": 500}' \\",
             "      http://127.0.0.1:9853/api/v1/throttle", "", "## Routes", ""]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            lines += route(path, method, operation)
    lines += ["## Objects", ""]
    for name, schema in document["components"]["schemas"].items():
        lines += [f"### {name}", "", schema["description"], "", "| field | type | |",
                  "|---|---|---|", *rows(schema["properties"]), ""]
    return HEAD + "\n".join(lines).rstrip() + "\n"


class ApiDocs(unittest.TestCase):
    def test_the_page_is_made_from_the_description(self):
        wanted = markdown(json.loads((DOCS / "openapi.json").read_text()))
        self.assertEqual(wanted, (DOCS / "api.md").read_text(),
                         "tests/lint/api_docs_test.py --write")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        (DOCS / "api.md").write_text(markdown(json.loads((DOCS / "openapi.json").read_text())))
    else:
        unittest.main()
