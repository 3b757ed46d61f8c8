"""Answers sent back by a client to files that people keep."""

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from rag.service import problems
from rag.service.decoding import Utf8Route
from rag.service.export_schemas import WORD_MEDIA_TYPE, WordAnswer

router = APIRouter(
    prefix="/v1/export",
    route_class=Utf8Route,
    tags=["answers"],
    responses={422: problems.documented("the body is not an answer")},
)


@router.post(
    "/docx",
    summary="Turn an answer into a Word file with its citations as footnotes",
    response_class=Response,
    responses={200: {"content": {WORD_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def docx(answer: WordAnswer, request: Request) -> Response:
    """The body is an answer as `POST /v1/ask` gives it, whole or only the fields named here."""
    page = str(request.base_url)

    def write() -> bytes:
        from rag.service.word import word_file  # most of a second to load

        return word_file(answer, link=lambda identifier: f"{page}#/cite/{identifier}")

    headers = {"Content-Disposition": 'attachment; filename="answer.docx"'}
    return Response(await to_thread.run_sync(write), media_type=WORD_MEDIA_TYPE, headers=headers)
