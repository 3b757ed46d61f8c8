import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ModelError
from rag.models.packed_e5 import build_tokenizer, convert, read_packed, unpack_q4
from tests.models.conftest import HIDDEN, PIECES, POSITIONS, pack_q4, packed_file, tiny_tensors


def test_a_block_holds_the_low_nibbles_first_and_is_centred_on_eight() -> None:
    scale = struct.pack("<e", 0.5)
    nibbles = bytes([0xF0] + [0x88] * 15)  # weight 0 is nibble 0, weight 16 is nibble 15, all others are nibble 8
    values = unpack_q4(scale + nibbles)
    assert values.dtype == np.float32
    assert values[0] == -4.0
    assert values[16] == 3.5
    assert np.count_nonzero(values) == 2


@given(st.lists(st.integers(0, 15), min_size=64, max_size=64))
def test_unpacking_undoes_packing(nibbles: list[int]) -> None:
    values = (np.array(nibbles, dtype=np.float32) - 8) / 8
    assert np.array_equal(unpack_q4(pack_q4(values)), values)


def test_every_tensor_and_piece_of_the_file_is_read(tmp_path: Path) -> None:
    tensors = tiny_tensors()
    path = tmp_path / "tiny.bin"
    path.write_bytes(packed_file(tensors))
    model = read_packed(path)
    assert model.dimensions.hidden == HIDDEN
    assert [piece for piece, _ in model.vocabulary.pieces] == PIECES
    assert model.vocabulary.pieces[5] == ("教育", -6.0)
    assert set(model.tensors) == set(tensors)
    for name, values in tensors.items():
        assert np.array_equal(model.tensors[name], values.ravel()), name


@pytest.mark.parametrize("kept", [3, 40, 200, 600, 5000])
def test_a_file_cut_short_is_refused_with_both_lengths(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "tiny.bin"
    path.write_bytes(packed_file(tiny_tensors())[:kept])
    with pytest.raises(ModelError, match=rf"begins with|ends at byte {kept}, but byte \d+ is needed"):
        read_packed(path)


def test_a_directory_entry_that_miscounts_is_refused_with_both_counts(tmp_path: Path) -> None:
    good = packed_file(tiny_tensors())
    entry = good.index(b"emb.ln.w") + len("emb.ln.w") + 1
    path = tmp_path / "tiny.bin"
    path.write_bytes(good[:entry] + struct.pack("<I", 31) + good[entry + 4 :])
    with pytest.raises(ModelError, match=r"emb\.ln\.w holds 32 values, its directory entry says 31"):
        read_packed(path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny.bin"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelError, match="begins with b'GGUF'"):
        read_packed(path)


def test_the_tokenizer_normalises_joins_spaces_and_frames(tmp_path: Path) -> None:
    path = tmp_path / "tiny.bin"
    path.write_bytes(packed_file(tiny_tensors()))
    tokenizer = build_tokenizer(read_packed(path).vocabulary, longest=POSITIONS)
    framed = tokenizer("教育经费")["input_ids"]
    assert tokenizer.convert_ids_to_tokens(framed) == ["<s>", "▁", "教育", "经费", "</s>"]
    assert tokenizer.tokenize("  教育\n\n 5.8%  ") == tokenizer.tokenize("教育 5.8%")
    assert tokenizer.tokenize("query: 教育") == ["▁query", ":", "▁", "教育"]
    assert tokenizer("龘")["input_ids"] == [0, 4, 3, 2]


def test_the_folder_is_an_ordinary_sentence_transformers_model(tmp_path: Path) -> None:
    from safetensors.numpy import load_file
    from sentence_transformers import SentenceTransformer

    tensors = tiny_tensors()
    (tmp_path / "tiny.bin").write_bytes(packed_file(tensors))
    steps: list[tuple[int, int]] = []
    prompts = {"query": "query: ", "document": "passage: "}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        progress = lambda done, total: steps.append((done, total))  # noqa: E731
        convert(tmp_path / "tiny.bin", tmp_path / name, prompts=prompts, progress=progress)
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)] * 2
    weights = load_file(tmp_path / "one" / "model.safetensors")
    assert np.array_equal(weights["embeddings.word_embeddings.weight"], tensors["emb.word"])
    assert np.array_equal(weights["encoder.layer.0.output.dense.weight"], tensors["l0.fo.w"])
    one, two = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two
    model = SentenceTransformer(str(tmp_path / "one"), device="cpu", local_files_only=True)
    assert model.prompts == prompts
    vectors = model.encode(["教育经费", "5.8%"])
    assert vectors.shape == (2, HIDDEN)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-6)
