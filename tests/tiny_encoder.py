"""A folder with the embedder's files in miniature: one layer, random weights, a vocabulary of single characters."""

from pathlib import Path

ALPHABET = (
    "0123456789abcdefghijklmnopqrstuvwxyz成都年市新建幼儿园所小学校有多少?。,;在哪里名教师的了增加达到力争《》>\n"
)


def write_tiny_encoder(folder: Path) -> Path:
    """Write config.json, model.safetensors and tokenizer.json to `folder`."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertModel

    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -1.0)]
    pieces += [(character, -2.0) for character in dict.fromkeys(ALPHABET)] + [("2018", -1.5), ("幼儿园", -1.5)]
    tokenizer = Tokenizer(models.Unigram(pieces, 3, False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
        type_vocab_size=2,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder
