"""Pipeline events to the named server-sent events of `POST /v1/ask`, and the description of what each one carries."""

import json
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

from fastapi.sse import format_sse_event
from pydantic import BaseModel, ConfigDict, Field

from rag.answers.answer import Event
from rag.service.problems import REFERENCE, Problem
from rag.service.schemas import AnswerBody, ClaimBody, EvidenceBody, event_data
from rag.service.streaming import Frame


class StatusEvent(BaseModel):
    """What is being done."""

    text: str = Field(examples=["retrieving", "writing"])


class TokenEvent(BaseModel):
    """The next piece of the draft, not checked yet: the answer may say something else."""

    text: str


class HeartbeatEvent(BaseModel):
    """Nothing happened for a while, the answer is still being worked on."""

    model_config = ConfigDict(extra="forbid")


# In the order in which they first come; a heartbeat may come at any time but after the last event.
PAYLOADS: dict[str, tuple[type[BaseModel], str]] = {
    "status": (StatusEvent, "what is being done"),
    "evidence": (EvidenceBody, "a passage the answer is made from; all of them come before the generator starts"),
    "token": (TokenEvent, "the next piece of the draft, not checked yet: the answer may say something else"),
    "claim": (ClaimBody, "one statement of the answer, checked, with the ids of its citations"),
    "heartbeat": (HeartbeatEvent, "nothing happened for a while, the answer is still being worked on"),
    "answer": (AnswerBody, "the checked answer, as without streaming; the last event"),
    "error": (Problem, "what went wrong after the stream had begun; the last event"),
}


def frames(events: Generator[Event, None, None], *, title: Callable[[str], str]) -> Generator[Frame, None, None]:
    """A frame for each event; `title` gives a report's title by its id. Closing the one closes the other."""
    with closing(events):
        for event in events:
            yield Frame(_event(event.type, event_data(event, title)), last=event.type == "answer")


def fault(problem: Problem) -> bytes:
    return _event("error", problem.model_dump(exclude_defaults=True))


def heartbeat() -> bytes:
    return _event("heartbeat", {})


def description() -> dict[str, Any]:
    """What OpenAPI says of the stream (`itemSchema` as in OpenAPI 3.2, of which FastAPI writes it too)."""
    lines = [f"- `{name}`: {meaning}" for name, (_, meaning) in PAYLOADS.items()]
    return {
        "schema": {"type": "string", "description": "\n".join(["data of each event is one JSON object:", "", *lines])},
        "itemSchema": {"oneOf": [_item(name) for name in PAYLOADS]},
    }


def _item(name: str) -> dict[str, Any]:
    model, meaning = PAYLOADS[name]
    reference = {"$ref": REFERENCE.format(model=model.__name__)}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": reference}
    return {
        "type": "object",
        "description": meaning,
        "required": ["event", "data"],
        "properties": {"event": {"const": name}, "data": data},
    }


def _event(name: str, data: dict[str, Any]) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))
