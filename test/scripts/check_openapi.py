#!/usr/bin/env python3
"""Checks that runtime/http/openapi.json describes what the server takes: its routes, and the fields that it reads.

    test/scripts/check_openapi.py [ROOT]      test/scripts/check_openapi.py --self-test

Routes are the rows of `Service::routes`; fields are the names that sources of runtime/http ask RequestFields for, each of a
kind (`fields.integer("n", 1, 16)`), or ignore. test/runtime/open_api_test.cpp compares their ranges with the running service.
"""
import json
import re
import sys

import source_tree

SPECIFICATION, FOLDER = "runtime/http/openapi.json", "runtime/http/"
ROUTE = re.compile(r'^ *\{"([A-Z]+)", "([^"]+)", &Service::', re.M)
READ = re.compile(r'\b(?:fields_?|inner|message|part)\.(integer|number|boolean|text|texts|array|object|value)\(\s*"(\w+)"')
IGNORED = re.compile(r"\bignore\(\{([^}]*)\}\)")
LISTED = re.compile(r'for \(const char \*\w+ : \{([^}]*)\}\)\s*\n?\s*(?:if )?\(?(?:const JsonValue \*\w+ = )?(?:fields|message)\.value\(')
KINDS = {"integer": "integer", "number": "number", "boolean": "boolean", "text": "string", "array": "array", "object": "object"}


def routesOf(specification):
    return {(method.upper(), re.sub(r"\{\w+\}", "*", path)) for path, methods in specification["paths"].items() for method in methods}


def kindsOf(schema):
    """The types that a schema allows by its own words."""
    return {kind for each in schema.get("oneOf", [schema]) for kind in ([each["type"]] if "type" in each else [])}


def requestFields(specification):
    """{name: kinds} of the properties of all bodies, of what they refer to, and of objects in them that are read field by field."""
    schemas, fields = specification["components"]["schemas"], {}
    for name, schema in schemas.items():
        if not name.endswith("Request") and name not in ("ChangedDocument", "Message", "NewDocument"):
            continue
        parts = [schema, schema["properties"].get("stream_options", {})]
        parts += [each["items"] for each in schema["properties"].get("content", {}).get("oneOf", []) if "items" in each]
        for part in parts:
            for field, value in part.get("properties", {}).items():
                fields.setdefault(field, set()).update(kindsOf(value))
    return fields


def readFields(root, files):
    read, ignored = {}, set()
    for path in files:
        if path.startswith(FOLDER) and path.endswith(".cpp"):
            text = source_tree.read(root, path)
            for kind, name in READ.findall(text):
                read.setdefault(name, set()).update({KINDS[kind]} if kind in KINDS else set())
            for names in IGNORED.findall(text) + LISTED.findall(text):
                ignored |= set(re.findall(r'"(\w+)"', names))
    return read, ignored


def check(root):
    files = source_tree.listFiles(root)
    specification = json.loads(source_tree.read(root, SPECIFICATION))
    routes = {route for path in files if path.startswith(FOLDER) and path.endswith(".cpp")
              for route in ROUTE.findall(source_tree.read(root, path))}
    described = routesOf(specification)
    out = [f"{SPECIFICATION}: {method} {path} is not described" for method, path in sorted(routes - described)]
    out += [f"{SPECIFICATION}: there is no {method} {path}" for method, path in sorted(described - routes)]
    read, ignored = readFields(root, files)
    fields = requestFields(specification)
    out += [f"{SPECIFICATION}: the field '{name}' is not described" for name in sorted((set(read) | ignored) - set(fields))]
    out += [f"{SPECIFICATION}: nobody reads the field '{name}'" for name in sorted(set(fields) - set(read) - ignored)]
    for name in sorted(set(read) & set(fields)):
        out += [f"{SPECIFICATION}: the field '{name}' is read as {kind}" for kind in sorted(read[name] - fields[name])]
    return out


def tree(fields, source):
    paths = {"/v1/things/{id}": {"get": {}}, "/v1/things": {"post": {}}}
    return {SPECIFICATION: json.dumps({"paths": paths, "components": {"schemas": {"ThingRequest": {"properties": fields}}}}),
            "runtime/http/Service.cpp": '    {"GET", "/v1/things/*", &Service::show, false},\n    {"POST", "/v1/things", &Service::add, false},\n' + source}


FIELDS = {"n": {"type": "integer"}, "stop": {"oneOf": [{"type": "string"}, {"type": "array"}]}, "user": {}, "file": {}}
SOURCE = 'fields.integer("n", 1, 16); fields.texts("stop", 4);\nfields.ignore({"user"});\nfor (const char *other : {"file"})\n    if (fields.value(other))\n'
CLEAN = tree(FIELDS, SOURCE)
CASES = [
    ("a route that is not described", {"runtime/http/Service.cpp": CLEAN["runtime/http/Service.cpp"] + '    {"DELETE", "/v1/things/*", &Service::x},\n'}, "DELETE"),
    ("a route that is gone", {"runtime/http/Service.cpp": SOURCE + '    {"POST", "/v1/things", &Service::add, false},\n'}, "GET /v1/things/*"),
    ("a field that is not described", tree(FIELDS, SOURCE + 'fields.text("name");'), "'name'"),
    ("an ignored field that is not described", tree(FIELDS, SOURCE + 'fields.ignore({"store"});'), "'store'"),
    ("a field that nobody reads", tree({**FIELDS, "seed": {"type": "integer"}}, SOURCE), "'seed'"),
    ("a field of another kind", tree({**FIELDS, "n": {"type": "number"}}, SOURCE), "read as integer"),
]

if __name__ == "__main__":
    sys.exit(source_tree.main("check_openapi.py", check, CLEAN, CASES))
