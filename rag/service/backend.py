"""What every protocol of the service stands on: the pipeline being opened, turns for answers, threads for look-ups."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Annotated, Self, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from rag.answers.answer import Answer, Event
from rag.answers.pipeline import Pipeline
from rag.config import Config
from rag.service.concurrency import Turns
from rag.service.opening import Opening

LOOK_UP_THREADS = 4  # searches and look-ups take milliseconds: more at a time would only fight for the cores

Result = TypeVar("Result")


@dataclass(frozen=True)
class Service:
    """What the protocols share. Made and used on the event loop."""

    opening: Opening
    turns: Turns
    look_ups: CapacityLimiter

    @classmethod
    def of(cls, config: Config, *, open_pipeline: Callable[[Config], Pipeline]) -> Self:
        return cls(
            opening=Opening(lambda: open_pipeline(config), index_dir=config.index_dir),
            turns=Turns(running=config.concurrent_answers, waiting=config.waiting_answers),
            look_ups=CapacityLimiter(LOOK_UP_THREADS),
        )

    async def look_up(self, work: Callable[[], Result]) -> Result:
        """Run short blocking `work` in a thread, so that the event loop goes on."""
        return await to_thread.run_sync(work, limiter=self.look_ups)

    async def answer(self, start: Callable[[], Generator[Event, None, None]]) -> Answer:
        """Walk through the steps of an answer when their turn comes, for the answer that they end with."""
        answers: list[Answer] = []

        async def keep(event: Event) -> None:
            if isinstance(event.data, Answer):
                answers.append(event.data)

        await self.turns.run(start, deliver=keep)
        return answers[-1]


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Shared = Annotated[Service, Depends(_service)]
