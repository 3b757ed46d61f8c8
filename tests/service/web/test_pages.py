"""The page's files as they are served: policy, caching and weight."""

import re

from fastapi.testclient import TestClient

from rag.config import Config
from rag.service.api import create_app
from rag.service.web import pages

CLIENT = TestClient(create_app(Config()))  # the page is there before any model
MOST_BYTES = 500_000


def addresses() -> list[str]:
    return re.findall(r'(?:src|href)="(static/[^"]+)"', CLIENT.get("/").text)


def test_the_page_may_load_and_send_nothing_elsewhere() -> None:
    response = CLIENT.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert re.search(r"https?://", response.text) is None


def test_the_page_is_asked_for_anew_and_sent_only_when_it_changed() -> None:
    first = CLIENT.get("/")
    assert first.headers["cache-control"] == "no-cache"
    again = CLIENT.get("/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert CLIENT.get("/", headers={"if-none-match": '"other"'}).status_code == 200


def test_its_files_are_kept_for_good_under_the_hash_of_all() -> None:
    found = addresses()
    assert len(found) >= 8
    for address in found:
        response = CLIENT.get(f"/{address}")
        assert response.status_code == 200, address
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    kinds = {CLIENT.get(f"/{address}").headers["content-type"].partition(";")[0] for address in found}
    assert kinds == {"text/css", "text/javascript", "image/svg+xml"}


def test_another_hash_or_name_is_not_found() -> None:
    version = addresses()[0].split("/")[1]
    for path in ("/static/0000/scripts/main.js", f"/static/{version}/none.js", f"/static/{version}/../pages.py"):
        response = CLIENT.get(path)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


def test_all_files_together_weigh_little() -> None:
    sizes = [path.stat().st_size for path in pages._FOLDER.rglob("*") if path.is_file()]
    assert sum(sizes) <= MOST_BYTES


def test_every_script_has_one_purpose_and_says_it() -> None:
    for path in (pages._FOLDER / "scripts").glob("*.js"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 300, path.name
        assert lines[0].startswith(("/** ", "// ")), path.name
