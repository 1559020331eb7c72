"""The other half of parity.ts. `write`: checkpoints as transformers saves them, with what they say of some tokens.
`read`: what transformers and PEFT make of the folders that the engine wrote."""
import json
import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

SHAPE = dict(
    vocab_size=211, hidden_size=64, num_hidden_layers=3, num_attention_heads=8, num_key_value_heads=2,
    intermediate_size=112, max_position_embeddings=256,
)
ROPE = {
    "plain": None,
    "linear": dict(rope_type="linear", factor=4.0),
    "llama3": dict(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64
    ),
    "yarn": dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64),
}
CASES = {
    "f32, tied": (torch.float32, True, "plain", "50GB"),
    "f32, own head": (torch.float32, False, "plain", "50GB"),
    "f16, own head, sharded": (torch.float16, False, "plain", "100KB"),
    "bf16, tied": (torch.bfloat16, True, "plain", "50GB"),
    **{f"f32, {kind}": (torch.float32, True, kind, "50GB") for kind in ROPE if kind != "plain"},
}


def tokens() -> list[list[int]]:
    g = torch.Generator().manual_seed(0)
    return [torch.randint(0, SHAPE["vocab_size"], (n,), generator=g).tolist() for n in (2, 30, 250)]


def logprobs(model, rows: list[list[int]]) -> list[list[float]]:
    out = []
    for row in rows:
        t = torch.tensor([row])
        log = torch.log_softmax(model(t).logits[0, :-1].double(), -1)
        out.append(log.gather(1, t[0, 1:, None])[:, 0].tolist())
    return out


def scores(model, rows: list[list[int]]) -> list[list[list[float]]]:
    return [model.score(model.model(torch.tensor([row])).last_hidden_state)[0].double().tolist() for row in rows]


def classifier(path: Path) -> LlamaForSequenceClassification:
    return LlamaForSequenceClassification.from_pretrained(path, dtype=torch.float64, num_labels=3)


def write(folder: Path) -> None:
    for name, (dtype, tied, rope, shard) in CASES.items():
        torch.manual_seed(1)
        scaling = {} if ROPE[rope] is None else dict(rope_scaling=dict(ROPE[rope]))
        model = LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=tied, rope_theta=10000.0, **scaling))
        for p in model.parameters():
            p.data.mul_(5 if p.dim() > 1 else 1)
        model.to(dtype).save_pretrained(folder / name, max_shard_size=shard)
        rows = tokens()
        # Read anew: in half precision the angles of the positions were rounded too.
        whole = LlamaForCausalLM.from_pretrained(folder / name, dtype=torch.float64)
        said = dict(tokens=rows, logprobs=logprobs(whole, rows))
        (folder / name / "said.json").write_text(json.dumps(said))
    torch.manual_seed(2)
    LlamaForSequenceClassification(LlamaConfig(**SHAPE, num_labels=3)).save_pretrained(folder / "classifier")
    said = dict(tokens=tokens(), scores=scores(classifier(folder / "classifier"), tokens()))
    (folder / "classifier" / "said.json").write_text(json.dumps(said))
    print(json.dumps(list(CASES)))


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
    print(json.dumps({
        "logprobs": {name: logprobs(model, said["tokens"]) for name, model in models.items()},
        "scores": {name: scores(model, said["tokens"]) for name, model in judges.items()},
    }))


{"write": write, "read": read}[sys.argv[1]](Path(sys.argv[2]))
