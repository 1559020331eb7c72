"""The other half of parity.ts. `write`: checkpoints as transformers saves them and files as the package gguf does, with
what transformers says of some tokens, and what it says of the file LUDUS_GGUF where that is given. `gradients`: what
PyTorch's autograd makes of a loss on a checkpoint. `read`: what transformers and PEFT make of the folders that the
engine wrote."""
import json
import math
import os
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from peft import PeftModel
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification
from transformers.models.llama import modeling_llama

SHAPE = dict(
    vocab_size=211, hidden_size=64, num_hidden_layers=3, num_attention_heads=8, num_key_value_heads=2,
    intermediate_size=112, max_position_embeddings=256, rope_theta=10000.0,
)
# SmolLM2's in small; rows are whole blocks of every way to quantise.
SMOL = dict(
    vocab_size=211, hidden_size=768, num_hidden_layers=2, num_attention_heads=12, num_key_value_heads=4,
    intermediate_size=1536, max_position_embeddings=256, rope_theta=100000.0,
)
ROPE = {
    "plain": None,
    "linear": dict(rope_type="linear", factor=4.0),
    "llama3": dict(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64
    ),
    "yarn": dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64),
    "dynamic": dict(rope_type="dynamic", factor=4.0),
    "longrope": dict(
        rope_type="longrope", short_factor=[1.0, 1.5, 3.0, 4.0], long_factor=[1.0, 1.5, 3.0, 4.0], attention_factor=1.0,
        original_max_position_embeddings=64, factor=4.0,
    ),
}
CASES = {
    "f32, tied": (torch.float32, True, "plain", "50GB"),
    "f32, own head": (torch.float32, False, "plain", "50GB"),
    "f16, own head, sharded": (torch.float16, False, "plain", "100KB"),
    "bf16, tied": (torch.bfloat16, True, "plain", "50GB"),
    **{f"f32, {kind}": (torch.float32, True, kind, "50GB") for kind in ROPE if kind != "plain"},
}
GGUF_TYPES = ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q6_K")
GGUF_NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def tokens() -> list[list[int]]:
    g = torch.Generator().manual_seed(0)
    return [torch.randint(0, SHAPE["vocab_size"], (n,), generator=g).tolist() for n in (2, 30, 250)]


def logprobs_of(model, row: list[int]) -> torch.Tensor:
    t = torch.tensor([row])
    return torch.log_softmax(model(t).logits[0, :-1].double(), -1).gather(1, t[0, 1:, None])[:, 0]


def logprobs(model, rows: list[list[int]]) -> list[list[float]]:
    with torch.no_grad():
        return [logprobs_of(model, row).tolist() for row in rows]


def fresh(shape: dict, factor: float, **more) -> LlamaForCausalLM:
    """Weights larger than at birth, by `factor`, so that attention looks somewhere and wrong angles show."""
    torch.manual_seed(1)
    model = LlamaForCausalLM(LlamaConfig(**shape, **more))
    for p in model.parameters():
        p.data.mul_(factor if p.dim() > 1 else 1)
        if p.dim() == 1:
            p.data.add_(0.1 * torch.randn(p.shape))
    return model


def say(folder: Path, name: str, model) -> None:
    rows = tokens()
    (folder / f"{name}.json").write_text(json.dumps(dict(tokens=rows, logprobs=logprobs(model, rows))))


def scores(model, rows: list[list[int]]) -> list[list[list[float]]]:
    return [model.score(model.model(torch.tensor([row])).last_hidden_state)[0].double().tolist() for row in rows]


def classifier(path: Path) -> LlamaForSequenceClassification:
    return LlamaForSequenceClassification.from_pretrained(path, dtype=torch.float64, num_labels=3)


def write(folder: Path) -> None:
    names = []
    for name, (dtype, tied, rope, shard) in CASES.items():
        scaling = {} if ROPE[rope] is None else dict(rope_scaling=dict(ROPE[rope]))
        model = fresh(SHAPE, 5, tie_word_embeddings=tied, **scaling)
        model.to(dtype).save_pretrained(folder / name, max_shard_size=shard)
        # Read anew: in half precision the angles of the positions were rounded too.
        say(folder, name, LlamaForCausalLM.from_pretrained(folder / name, dtype=torch.float64))
        names.append(name)
    smol = fresh(SMOL, 2, tie_word_embeddings=True)
    smol.save_pretrained(folder / "smol")
    say(folder, "smol", smol.double())
    for kind in GGUF_TYPES:
        names.append(f"smol, {kind}.gguf")
        say(folder, names[-1], write_gguf(folder / names[-1], smol, kind))
    if given := os.environ.get("LUDUS_GGUF"):
        names.append("LUDUS_GGUF.gguf")
        (folder / names[-1]).symlink_to(Path(given).resolve())
        say(folder, names[-1], LlamaForCausalLM.from_pretrained(folder, gguf_file=names[-1], dtype=torch.float64))
    torch.manual_seed(2)
    LlamaForSequenceClassification(LlamaConfig(**SHAPE, num_labels=3)).save_pretrained(folder / "classifier")
    said = dict(tokens=tokens(), scores=scores(classifier(folder / "classifier"), tokens()))
    (folder / "classifier.json").write_text(json.dumps(said))
    print(json.dumps(["smol", *names]))


def write_gguf(path: Path, model: LlamaForCausalLM, kind: str) -> LlamaForCausalLM:
    """The model with the weights that the file holds, as the package gguf reads them."""
    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(SMOL["rope_theta"])
    held = {}
    for i, (name, p) in enumerate(model.named_parameters()):
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
        weights = p.detach().float().numpy()
        quantised = gguf.GGMLQuantizationType[kind if weights.ndim > 1 else "F32"]
        data = blocks(neighbours(weights, heads), quantised, i)
        writer.add_tensor(gguf_name(name), data, raw_dtype=quantised)
        read = gguf.dequantize(data, quantised).reshape(weights.shape)
        held[name] = torch.from_numpy(apart(read, heads).astype(np.float64))
    for verb in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        verb()
    whole = LlamaForCausalLM(config).double()
    whole.load_state_dict(held, strict=False)
    return whole


def blocks(weights: np.ndarray, kind: gguf.GGMLQuantizationType, seed: int) -> np.ndarray:
    """The package writes no K-quants: there, whatever bits come, with scales that make weights of a usual size."""
    try:
        return gguf.quantize(weights, kind)
    except NotImplementedError:
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        rows = np.random.default_rng(seed).integers(0, 256, (weights.size // elements, size), dtype=np.uint8)
        # In Q4_K the scales stand first, one for weights and one for what is taken off; in Q6_K one stands last.
        scales = [2e-4, 1.5e-3] if kind.name == "Q4_K" else [3e-5]
        place = slice(0, 4) if kind.name == "Q4_K" else slice(size - 2, size)
        rows[:, place] = np.array(scales, dtype=np.float16).view(np.uint8)
        return rows.reshape(weights.shape[0], -1)


def gguf_name(name: str) -> str:
    if not name.startswith("model.layers."):
        return {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}[name]
    _, _, layer, *part, _ = name.split(".")
    return f"blk.{layer}.{GGUF_NAMES['.'.join(part)]}.weight"


def neighbours(weights: np.ndarray, heads: int | None) -> np.ndarray:
    """llama.cpp rotates neighbouring rows of queries and keys, transformers rows that are half a head apart."""
    if heads is None:
        return weights
    return weights.reshape(heads, 2, -1, weights.shape[1]).swapaxes(1, 2).reshape(weights.shape)


def apart(weights: np.ndarray, heads: int | None) -> np.ndarray:
    if heads is None:
        return weights
    return weights.reshape(heads, -1, 2, weights.shape[1]).swapaxes(1, 2).reshape(weights.shape)


def gradients(folder: Path) -> None:
    """Of −Σ weights·log p on every checkpoint named, by the names of its weights."""
    asked = json.loads((folder / "asked.json").read_text())
    for name in asked["names"]:
        model = LlamaForCausalLM.from_pretrained(folder / name, dtype=torch.float64)
        loss = sum(
            -(torch.tensor(datum["weights"][1:], dtype=torch.float64) * logprobs_of(model, datum["tokens"])).sum()
            for datum in asked["data"]
        )
        loss.backward()
        found = {key: p.grad.flatten().tolist() for key, p in model.named_parameters()}
        (folder / f"{name}.gradients.json").write_text(json.dumps(found))
    print("null")


def read(folder: Path) -> None:
    said = json.loads((folder / "ours.json").read_text())

    def load(path: str) -> LlamaForCausalLM:
        return LlamaForCausalLM.from_pretrained(path, dtype=torch.float64)

    models = {
        "the engine's checkpoint, read by transformers": load(said["base"]),
        "its adapters, read by PEFT": PeftModel.from_pretrained(load(said["base"]), folder / "adapter"),
        "merged, read by transformers": load(folder / "merged"),
    }
    judges = {
        "its adapters with a head, read by PEFT": PeftModel.from_pretrained(
            classifier(folder / "classifier"), folder / "judge-adapter"
        ).base_model.model,
        "merged, with a head, read by transformers": classifier(folder / "judge"),
    }
    out = {name: logprobs(model, said["tokens"]) for name, model in models.items()}
    for kind, path in said["scaled"].items():
        found = entropy_abf(Path(path), said["tokens"]) if kind == "entropy-abf" else logprobs(load(path), said["tokens"])
        out[f"the engine's checkpoint with {kind}"] = found
    judged = {name: scores(model, said["tokens"]) for name, model in judges.items()}
    print(json.dumps({"logprobs": out, "scores": judged}))


def entropy_abf(path: Path, rows: list[list[int]]) -> list[list[float]]:
    """transformers has no such kind: its queries are scaled here, between the rotation and the scores."""
    config = json.loads((path / "config.json").read_text())
    scaling = config.pop("rope_scaling")
    (path / "config.json").write_text(json.dumps(config))
    model = LlamaForCausalLM.from_pretrained(path, dtype=torch.float64)
    plain, calls = modeling_llama.apply_rotary_pos_emb, 0

    def sharper(q, k, cos, sin, *rest, **more):
        nonlocal calls
        layer, calls = calls % config["num_hidden_layers"], calls + 1
        q, k = plain(q, k, cos, sin, *rest, **more)
        if layer < scaling["plain_layers"]:
            return q, k
        seen = torch.arange(1, q.shape[2] + 1, dtype=q.dtype)
        return q * (seen.log() / math.log(scaling["original_max_position_embeddings"])).clamp(min=1)[:, None], k

    modeling_llama.apply_rotary_pos_emb = sharper
    try:
        return logprobs(model, rows)
    finally:
        modeling_llama.apply_rotary_pos_emb = plain


{"write": write, "gradients": gradients, "read": read}[sys.argv[1]](Path(sys.argv[2]))
