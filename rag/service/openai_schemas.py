"""What the OpenAI protocol says on the wire, as far as this service speaks it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, ValidationInfo, field_validator

from rag.service.schemas import AnswerBody

CHAT_MODEL = "report-rag"
MOST_INPUTS = 256  # texts embedded in one request

_IN_TOKENS = "in tokens of the embedder's tokenizer, the one that is always there"


class ChatMessage(BaseModel):
    """Only what users wrote is read: a system message cannot change how reports are read, an answer is no source."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        parts = [{"text": self.content}] if isinstance(self.content, str) else self.content or []
        return "\n".join(str(part.get("text", "")) for part in parts).strip()


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """A conversation; its last user message is the question, those before it are what the question may lean on.

    Sampling settings and everything else that is not named here is ignored: an answer is a matter of the evidence. What
    would be answered wrongly is refused.
    """

    model: str = CHAT_MODEL
    messages: list[ChatMessage]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, description="1, if it is given")
    tool_choice: Any = None
    tools: list[Any] | None = Field(default=None, description="none, or `tool_choice` is `none`: no tool is called")
    functions: list[Any] | None = Field(default=None, description="none: no function is called")
    response_format: dict[str, Any] | None = Field(default=None, description="of the type `text`, if it is given")
    modalities: list[str] | None = Field(default=None, description="`text`, if it is given")
    logprobs: bool | None = Field(default=None, description="false, if it is given")

    @field_validator("messages")
    @classmethod
    def _ask_in_words(cls, messages: list[ChatMessage]) -> list[ChatMessage]:
        asked = [message for message in messages if message.role == "user"]
        if not asked:
            raise ValueError("there is no user message to answer")
        for message in asked:
            for part in message.content if isinstance(message.content, list) else []:
                if part.get("type") != "text":
                    raise ValueError(f"only parts of the type text are read, not {part.get('type')}")
        if not asked[-1].text:
            raise ValueError("the last user message is empty")
        return messages

    @field_validator("n")
    @classmethod
    def _one_answer(cls, n: int | None) -> int | None:
        if n not in (None, 1):
            raise ValueError(f"a question has one answer here: n must be 1, not {n}")
        return n

    @field_validator("tools", "functions")
    @classmethod
    def _no_tools(cls, tools: list[Any] | None, info: ValidationInfo) -> list[Any] | None:
        if tools and info.data.get("tool_choice") != "none":
            raise ValueError("this model answers from reports and calls no tools")
        return tools

    @field_validator("response_format")
    @classmethod
    def _plain_text(cls, response_format: dict[str, Any] | None) -> dict[str, Any] | None:
        if response_format is not None and response_format.get("type") != "text":
            raise ValueError(f"answers are text, not {response_format.get('type')}; the extension has them as JSON")
        return response_format

    @field_validator("modalities")
    @classmethod
    def _in_writing(cls, modalities: list[str] | None) -> list[str] | None:
        if modalities not in (None, ["text"]):
            raise ValueError(f"answers are text, not {', '.join(modalities or [])}")
        return modalities

    @field_validator("logprobs")
    @classmethod
    def _no_probabilities(cls, logprobs: bool | None) -> bool | None:
        if logprobs:
            raise ValueError("a checked answer has no token probabilities")
        return logprobs

    @property
    def question(self) -> str:
        return self._asked[-1]

    @property
    def history(self) -> list[str]:
        """What the user asked before, oldest first."""
        return [text for text in self._asked[:-1] if text]

    @property
    def _asked(self) -> list[str]:
        return [message.text for message in self.messages if message.role == "user"]


class Usage(BaseModel):
    prompt_tokens: int = Field(description=f"of the user's messages or of the texts embedded, {_IN_TOKENS}")
    completion_tokens: int = Field(default=0, description=f"of the content of the answer, {_IN_TOKENS}")
    total_tokens: int

    @classmethod
    def of(cls, prompt: int, completion: int) -> "Usage":
        return cls(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)


class ReplyMessage(BaseModel):
    """The answer. `report_rag` is it as `POST /v1/ask` gives it: claims, citations, what was removed, and `refused`."""

    role: Literal["assistant"]
    content: str = Field(description="the checked answer, then one paragraph for each citation or nearest section")
    refusal: None = Field(description="null: a refusal is an answer, `report_rag.refused` marks it")
    report_rag: AnswerBody | None = Field(description="null where a front end asked for a title")


class Choice(BaseModel):
    index: int
    message: ReplyMessage
    logprobs: None
    finish_reason: Literal["stop"]


class ChatCompletion(BaseModel):
    id: str
    object: Literal["chat.completion"]
    created: int = Field(description="seconds since 1970")
    model: str
    choices: list[Choice]
    usage: Usage


class Delta(BaseModel):
    """A piece of the message; of the fields of `ReplyMessage` those that are new."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    report_rag: AnswerBody | None = Field(default=None, description="with the last piece")


class ChunkChoice(BaseModel):
    index: int
    delta: Delta
    finish_reason: Literal["stop"] | None


class ChatChunk(BaseModel):
    id: str
    object: Literal["chat.completion.chunk"]
    created: int = Field(description="seconds since 1970")
    model: str
    choices: list[ChunkChoice]
    usage: Usage | None = Field(default=None, description="with `include_usage`: null but for the last chunk")


class ModelBody(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int = Field(description="when the index it answers from was built, in seconds since 1970")
    owned_by: str = "report-rag"


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelBody]


Text = Annotated[str, StringConstraints(min_length=1)]


class EmbeddingsRequest(BaseModel):
    """Texts to embed with the model that the index is built with."""

    model: str
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=MOST_INPUTS)]
    input_type: Literal["query", "passage"] = Field(
        default="passage",
        description="an extension: the embedder reads what is asked otherwise than what is searched",
    )
    encoding_format: Literal["float", "base64"] = Field(
        default="float", description="base64: of little-endian 32-bit floats"
    )
    dimensions: int | None = Field(default=None, description="the model's own, if it is given")


class EmbeddingBody(BaseModel):
    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str = Field(description="of unit length")


class EmbeddingList(BaseModel):
    object: Literal["list"] = "list"
    data: list[EmbeddingBody]
    model: str
    usage: Usage


class ErrorDetail(BaseModel):
    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str = Field(examples=["model_not_found", "overloaded", "starting", "index"])


class ErrorBody(BaseModel):
    error: ErrorDetail
