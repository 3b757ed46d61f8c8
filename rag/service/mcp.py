"""The pipeline to a Model Context Protocol server: tools that ask, search and read, and the reports as resources."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar
from urllib.parse import quote

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, CallToolResult, Resource, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from rag.answers.answer import Answer, Event
from rag.answers.footnotes import place, with_footnotes
from rag.answers.pipeline import Pipeline
from rag.config import Config
from rag.errors import NotFoundError, RagError
from rag.reports.reading import Report
from rag.reports.sections import FURNITURE, Section, address, heading_path, walk
from rag.service.backend import Service
from rag.service.report_schemas import ReportsBody, ReportSummary
from rag.service.schemas import AnswerBody, AskFilters, Count, HitBody, PassageBody, Question, SearchBody

REPORTS = "report-rag://reports/"

_INSTRUCTIONS = """Official reports (work summaries, work plans, self-assessments, notices), mostly in Chinese.

Use `ask` for a question: every statement of its answer is checked and cites the words it rests on, and it refuses where
the reports do not say. Keep the citations when you pass an answer on. `search` and `read_section` are for reading.
"""
_READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

Result = TypeVar("Result")

History = Annotated[list[Question] | None, Field(description="questions asked before it, oldest first")]
Chosen = Annotated[AskFilters | None, Field(description="which reports may be read; all, where it is left out")]
ReportId = Annotated[str, Field(description="a report's id, as list_reports gives it")]
Address = Annotated[str, Field(description="such as 四/(二); empty for the report's table of contents")]
CitationId = Annotated[str, Field(description="the id of a citation of an answer")]


class SectionEntry(BaseModel):
    """A line of a table of contents."""

    address: str
    heading: str


class SectionText(BaseModel):
    """A section with all below it: `start` and `end` are code points of the report's text."""

    report: str
    title: str
    address: str
    section: list[str] = Field(description="the headings above it and its own, outermost first")
    start: int
    end: int
    text: str = Field(description="empty where no address was given")
    sections: list[SectionEntry] = Field(description="what it is divided into, at every depth")


class ReportsServer(MCPServer[None]):
    """A server over the pipeline of one service; its tools read and change nothing. Made on the event loop."""

    def __init__(self, service: Service) -> None:
        # The level is that of the root logger where nothing else has set it up.
        super().__init__("report-rag", instructions=_INSTRUCTIONS, log_level="WARNING")
        self._service = service
        tools: dict[str, Callable[..., object]] = {
            "ask": self.ask,
            "search": self.search,
            "open_citation": self.open_citation,
            "list_reports": self.list_reports,
            "read_section": self.read_section,
        }
        for name, tool in tools.items():
            self.add_tool(tool, name=name, annotations=_READ_ONLY)
        self.resource(f"{REPORTS}{{report_id}}", name="report", mime_type="text/plain")(self.report_text)

    async def ask(
        self, question: Question, context: Context, history: History = None, filters: Chosen = None
    ) -> Annotated[CallToolResult, AnswerBody]:
        """Answer a question from the reports; every statement cites the words it rests on, or it is refused."""
        answers: list[Answer] = []
        steps = 0

        async def deliver(event: Event) -> None:
            nonlocal steps
            if isinstance(event.data, Answer):
                answers.append(event.data)
            elif event.type == "status":
                steps += 1
                await context.report_progress(steps, message=str(event.data))

        with _told():
            pipeline = await self._service.opening.opened()

            def work() -> Generator[Event, None, None]:
                chosen = (filters or AskFilters()).filters()
                yield from pipeline.stream(question, history=history or (), filters=chosen)

            await self._service.turns.run(work, deliver=deliver)
        body = AnswerBody.model_validate(answers[-1].as_json())
        return _result(body, "".join(with_footnotes(answers[-1])))

    async def search(
        self, query: Question, top_k: Count = 10, filters: Chosen = None
    ) -> Annotated[CallToolResult, SearchBody]:
        """Find the sections that fit a question or a few words, best first."""

        def work(pipeline: Pipeline) -> list[HitBody]:
            hits = pipeline.search(query, top_k=top_k, filters=(filters or AskFilters()).filters())
            return [HitBody.of(hit, pipeline.title(hit.chunk.report)) for hit in hits]

        body = SearchBody(query=query, hits=await self._look_up(work))
        blocks = (f"{place(hit.title, hit.section)}\n({hit.report}, {hit.address})\n{hit.text}" for hit in body.hits)
        return _result(body, "\n\n".join(blocks) or "nothing was found")

    async def open_citation(self, citation_id: CitationId) -> Annotated[CallToolResult, PassageBody]:
        """Show a citation's words in their surroundings, and whether they stand: current, changed or withdrawn."""
        passage = await self._look_up(lambda pipeline: pipeline.cite(citation_id))
        head = f"{passage.status}: {place(passage.title or passage.report, passage.section)}"
        words = f"\n\n…{passage.before}【{passage.quote}】{passage.after}…" if passage.quote else ""
        return _result(PassageBody.model_validate(passage), head + words)

    async def list_reports(self) -> Annotated[CallToolResult, ReportsBody]:
        """List the reports with their ids, regions, years and issuers."""
        records = await self._look_up(lambda pipeline: pipeline.snapshot.reports())
        body = ReportsBody(reports=[ReportSummary.of(record) for record in records])
        lines = (
            f"{report.id}: {report.title} ({', '.join(filter(None, (report.region, *map(str, report.years))))})"
            for report in body.reports
        )
        return _result(body, "\n".join(lines))

    async def read_section(self, report_id: ReportId, address: Address = "") -> Annotated[CallToolResult, SectionText]:
        """Read a section of a report, or with no address its table of contents."""
        body = await self._look_up(
            lambda pipeline: _section(pipeline.snapshot.report(report_id), pipeline.title(report_id), address)
        )
        contents = "\n".join(f"{entry.address}  {entry.heading}" for entry in body.sections)
        return _result(body, f"{place(body.title, body.section)}\n\n{body.text or contents}")

    async def report_text(self, report_id: str) -> str:
        """The whole text of a report."""
        try:
            pipeline = await self._service.opening.opened()
            return await self._service.look_up(lambda: pipeline.snapshot.report(report_id).text)
        except NotFoundError as error:
            raise ResourceNotFoundError(str(error)) from error
        except RagError as error:
            raise ResourceError(str(error)) from error

    async def list_resources(self) -> list[Resource]:
        """The reports there are now."""
        try:
            pipeline = await self._service.opening.opened()
        except RagError as error:
            raise MCPError(INTERNAL_ERROR, str(error)) from error
        return [
            Resource(
                uri=f"{REPORTS}{quote(record.id, safe='')}", name=record.id, title=record.title, mime_type="text/plain"
            )
            for record in await self._service.look_up(pipeline.snapshot.reports)
        ]

    async def _look_up(self, work: Callable[[Pipeline], Result]) -> Result:
        with _told():
            pipeline = await self._service.opening.opened()
            return await self._service.look_up(lambda: work(pipeline))


async def serve_stdio(config: Config, *, open_pipeline: Callable[[Config], Pipeline] = Pipeline.open) -> None:
    """Serve on stdin and stdout until stdin ends; the models load while the client already talks."""
    service = Service.of(config, open_pipeline=open_pipeline)
    service.opening.start()
    await ReportsServer(service).run_stdio_async()
    service.opening.cancel()


@contextmanager
def _told() -> Iterator[None]:
    """What a user can mend is told to the agent, with the remedy; anything else only to the log."""
    try:
        yield
    except RagError as error:
        raise ToolError(str(error)) from error


def _result(body: BaseModel, text: str) -> CallToolResult:
    content = [TextContent(type="text", text=text)]
    return CallToolResult(content=list(content), structured_content=body.model_dump(mode="json"))


def _section(report: Report, title: str, wanted: str) -> SectionText:
    content = [path for path in walk(report.sections) if all(section.kind != FURNITURE for section in path)]
    found: tuple[Section, ...] = ()
    if wanted:
        found = next((path for path in content if address(path) == wanted), ())
        if not found:
            known = "、".join(address(path) for path in content)
            raise NotFoundError(f"{report.id} has no section {wanted!r}", remedy=f"Its sections are {known}.")
    below = [path for path in content if path[: len(found)] == found and len(path) > len(found)]
    start, end = (found[-1].start, found[-1].end) if found else (0, len(report.text))
    return SectionText(
        report=report.id,
        title=title,
        address=wanted,
        section=list(heading_path(found)),
        start=start,
        end=end,
        text=report.text[start:end] if found else "",
        sections=[SectionEntry(address=address(path), heading=path[-1].heading) for path in below],
    )
