"""A chat model of few layers with chance weights, over single bytes: real code, no real weights."""

from pathlib import Path

TEMPLATE = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant: "


def write_tiny_chat(folder: Path, *, layers: int = 1, end: str = "<end>") -> Path:
    """Write tokenizer and model to `folder`; `end` is token 256, the last one."""
    import torch
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(BPE({letter: number for number, letter in enumerate([*letters, end])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, pad_token=end)
    fast.chat_template = TEMPLATE
    torch.manual_seed(5)
    config = Qwen2Config(
        vocab_size=len(tokenizer.get_vocab()),
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=128,
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=256,
        pad_token_id=256,
    )
    model = Qwen2ForCausalLM(config)
    model.generation_config.update(do_sample=True, temperature=0.7, top_p=0.8)  # as many folders say
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder
