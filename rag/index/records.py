"""Turn frozen dataclasses into JSON and back into equal dataclasses."""

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


class RecordError(ValueError):
    """JSON that is not the record it should be."""


def encode(record: Any) -> str:
    """One line of JSON with the fields in order; equal records give equal text."""
    return json.dumps(asdict(record), ensure_ascii=False, separators=(",", ":"))


def decode(kind: type[Record], text: str) -> Record:
    """The record of dataclass `kind` that `encode` wrote.

    Fields may be `str`, `int`, `float`, `bool`, `None`, dataclasses, and unions, tuples and string-keyed mappings of
    these. Raises `RecordError` for broken JSON, a missing or unknown field, or a value of another type.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise RecordError(f"{kind.__name__} is not JSON: {error}") from error
    record: Record = _read(kind, value)
    return record


def _read(kind: Any, value: Any) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        types = _field_types(kind)
        if not isinstance(value, dict) or value.keys() != types.keys():
            raise RecordError(f"{_name(kind)} has the fields {', '.join(types)}, not {_shown(value)}")
        return kind(**{name: _read(types[name], item) for name, item in value.items()})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple and isinstance(value, list):
        if arguments[1:] == (...,):
            return tuple(_read(arguments[0], item) for item in value)
        if len(arguments) == len(value):
            return tuple(_read(argument, item) for argument, item in zip(arguments, value, strict=True))
    elif origin in (dict, Mapping) and isinstance(value, dict):
        return {key: _read(arguments[1], item) for key, item in value.items()}
    elif origin in (Union, UnionType):
        return _read_union(arguments, value)
    elif type(value) is (NoneType if kind is None else kind):
        return value
    raise RecordError(f"{_shown(value)} is not of type {_name(kind)}")


def _read_union(arguments: tuple[Any, ...], value: Any) -> Any:
    for argument in arguments:
        try:
            return _read(argument, value)
        except RecordError:
            continue
    raise RecordError(f"{_shown(value)} is not of type {' | '.join(map(_name, arguments))}")


@functools.cache
def _field_types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
