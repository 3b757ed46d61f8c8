"""A prompt template file and its values to chat messages."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ConfigError

_ROLE = re.compile(r"^\[(system|user|assistant)\]\n", re.MULTILINE)


@dataclass(frozen=True)
class Prompt:
    """A template: `identity` is its name, version and the start of its SHA-256; `turns` are (role, text) pairs."""

    identity: str
    turns: tuple[tuple[str, str], ...]

    def messages(self, **values: str) -> list[dict[str, str]]:
        """The chat messages with each `{name}` replaced by its value; braces inside values stay as they are."""
        return [
            {
                "role": role,
                "content": re.sub(r"\{(\w+)\}", lambda match: values[match[1]], text),
            }
            for role, text in self.turns
        ]


def load_prompt(name: str, folder: str = "") -> Prompt:
    """Read `<name>.txt` from `folder`, or from the templates that ship with the package.

    Raises `ConfigError` when there is no such file, or it lacks its front matter or a [user] turn.
    """
    path = (Path(folder) if folder else _shipped()) / f"{name}.txt"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"no prompt template at {path}", remedy="Check `prompts_dir`.") from error
    head = re.match(r"---\n(?P<fields>.*?)\n---\n", text, re.DOTALL)
    version = re.search(r"^version: (\S+)$", head["fields"], re.MULTILINE) if head else None
    parts = _ROLE.split(text[head.end() :])[1:] if head else []
    turns = tuple((role, content.strip()) for role, content in zip(parts[::2], parts[1::2], strict=True))
    if not version or "user" not in [role for role, _ in turns]:
        raise ConfigError(
            f"{path} is no prompt template", remedy="It needs front matter with a version and a [user] turn."
        )
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Prompt(f"{name}@{version[1]}-{digest}", turns)


def _shipped() -> Path:
    """In a wheel the templates lie inside the package, in a checkout beside it."""
    package = Path(__file__).parents[1]
    inside = package / "prompts"
    return inside if inside.is_dir() else package.parent / "prompts"
