"""The OpenAPI description of the service to a reference that people read, as Markdown and as a web page."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

Described = dict[str, Any]  # a part of an OpenAPI description

_SOURCE = """\
Made from the service's own description of itself, which programs read at `/openapi.json`. The service shows this page
at `/docs`, and `rag serve --reference` prints it."""


def markdown(openapi: Described) -> str:
    """The whole reference: a table of the requests, each of them, and the bodies they send and get."""
    operations = list(_operations(openapi))
    summaries = [
        (f"[{_request(*where)}]({_anchor(_request(*where))})", found["summary"]) for where, found in operations
    ]
    lines = ["# HTTP API", "", _SOURCE, "", openapi["info"]["description"].strip(), "", "## Requests", ""]
    lines += _table(("request", "what it does"), summaries)
    for where, operation in operations:
        lines += ["", f"### {_request(*where)}", "", *_operation(operation, openapi)]
    lines += ["", "## Bodies", ""]
    forms = {_name(schema) for _, operation in operations for kind, schema in _sent(operation) if "form" in kind}
    for name, schema in sorted(openapi["components"]["schemas"].items()):
        if name not in forms:  # a form stands with its request
            lines += [f"### {name}", "", *_body(schema), ""]
    return "\n".join(lines).rstrip() + "\n"


def html(openapi: Described) -> str:
    """The same as HTML, each heading with the id that its links lead to."""
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark").enable("table")
    tokens = renderer.parse(markdown(openapi))
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _anchor(inline.content)[1:])
    rendered: str = renderer.renderer.render(tokens, renderer.options, {})
    return rendered


def _operations(openapi: Described) -> Iterator[tuple[tuple[str, str], Described]]:
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            yield (method, path), operation


def _request(method: str, path: str) -> str:
    return f"`{method.upper()} {path}`"


def _anchor(heading: str) -> str:
    """The link to a heading, as GitHub and others make it: letters, digits, - and _ stay, a blank is a -."""
    return "#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _sent(operation: Described) -> list[tuple[str, Described]]:
    """The kinds of body that a request takes, each with its schema."""
    content = operation.get("requestBody", {}).get("content", {})
    return [(kind, described["schema"]) for kind, described in content.items()]


def _operation(operation: Described, openapi: Described) -> Iterator[str]:
    yield f"{operation['summary']}."
    if "description" in operation:
        yield from ("", operation["description"])
    parameters = [
        (f"`{item['name']}` ({item['in']})", _kind(item["schema"], needed=item["required"]), _meaning(item["schema"]))
        for item in operation.get("parameters", [])
    ]
    if parameters:
        yield from ("", *_table(("parameter", "kind", "meaning"), parameters))
    for kind, schema in _sent(operation):
        if "form" in kind:
            yield from ("", f"Takes a form (`{kind}`):", "")
            yield from _fields(openapi["components"]["schemas"][_name(schema)])
        else:
            yield from ("", f"Takes {_kind(schema)} (`{kind}`).")
    answers = [
        (status, *answer)
        for status, response in sorted(operation["responses"].items())
        for answer in _answers(status, response)
    ]
    yield from ("", *_table(("status", "body", "meaning"), answers))
    for response in operation["responses"].values():
        yield from _events(response)


def _answers(status: str, response: Described) -> Iterator[tuple[str, str]]:
    meaning = "" if status.startswith("2") else response["description"]
    for kind, described in response["content"].items():
        if "itemSchema" in described:
            yield f"events (`{kind}`)", "" if "oneOf" in described["itemSchema"] else described["schema"]["description"]
        elif "$ref" in described["schema"]:
            yield _kind(described["schema"]), meaning
        else:
            yield f"`{kind}`", meaning


def _events(response: Described) -> Iterator[str]:
    """The events of a stream, each with the schema of its data."""
    for described in response["content"].values():
        items = described.get("itemSchema", {})
        rows = []
        for item in items.get("oneOf", [items] if items else []):
            event, data = item["properties"].get("event", {}), item["properties"]["data"]["contentSchema"]
            rows.append(
                (f"`{event['const']}`" if event else "without a name", _kind(data), item.get("description", ""))
            )
        if rows:
            yield from ("", *_table(("event", "data", "meaning"), rows))


def _body(schema: Described) -> Iterator[str]:
    if "description" in schema:
        yield from (schema["description"], "")
    if "properties" in schema:
        yield from _fields(schema)
    elif "description" not in schema:
        yield _kind(schema)
    for example in schema.get("examples", [])[:1]:
        yield from ("", "```json", json.dumps(example, ensure_ascii=False, indent=2), "```")


def _fields(schema: Described) -> list[str]:
    needed = schema.get("required", [])
    rows = [
        (f"`{name}`", _kind(item, needed=name in needed), _meaning(item)) for name, item in schema["properties"].items()
    ]
    return _table(("field", "kind", "meaning"), rows) if rows else ["It has no fields."]


def _kind(schema: Described, *, needed: bool = True) -> str:
    """What a value may be, with its bounds; of what may be left out also that, and what stands for it."""
    kind = _bare_kind(schema)
    if needed:
        return kind
    return (
        f"{kind}; left out: `{json.dumps(schema['default'])}`"
        if schema.get("default") is not None
        else f"{kind}; optional"
    )


def _bare_kind(schema: Described) -> str:
    if "$ref" in schema:
        return f"[{_name(schema)}]({_anchor(_name(schema))})"
    if "anyOf" in schema:
        return " or ".join(_bare_kind(choice) for choice in schema["anyOf"])
    for key in ("enum", "const"):
        if key in schema:
            return ", ".join(f"`{value}`" for value in ([schema[key]] if key == "const" else schema[key]))
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        kind = f"list of {_bare_kind(schema['items'])}" if schema["items"] else "list"
        return f"{kind}, at most {schema['maxItems']} of them" if "maxItems" in schema else kind
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_bare_kind(schema['additionalProperties'])}"
    if schema.get("contentMediaType") == "application/octet-stream":
        return "file"
    if "maxLength" in schema:
        return f"{kind} of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    least, most = ((word, schema.get(key)) for word, key in (("from", "minimum"), ("to", "maximum")))
    bounds = [f" {word} {bound:g}" for word, bound in (least, most) if bound is not None]
    return kind + "".join(bounds) + (", not empty" if schema.get("minLength") == 1 else "")


def _meaning(schema: Described) -> str:
    examples = [f"`{json.dumps(example, ensure_ascii=False)}`" for example in schema.get("examples", [])]
    told = [schema.get("description", ""), f"e.g. {', '.join(examples)}" if examples else ""]
    return "; ".join(part for part in told if part)


def _name(schema: Described) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    cells = [tuple(" ".join(cell.split()).replace("|", "\\|") for cell in row) for row in rows]
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *cells)]
