"""Writes llama-reference.json: what transformers' LlamaForCausalLM and PyTorch's AdamW make of given weights, in
float64. Run it in an environment that has torch and transformers; the test beside it needs neither."""
import json
import math
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

CONFIG = dict(
    vocab_size=37, hidden_size=24, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2, head_dim=4,
    intermediate_size=40, max_position_embeddings=64, rms_norm_eps=1e-5, hidden_act="silu", tie_word_embeddings=True,
)
ROPE_THETA = 1000.0
LR, BETAS, EPS, DECAY, CLIP, STEPS = 0.01, (0.9, 0.95), 1e-8, 0.1, 1.0, 3


def fill(name: str, p: torch.Tensor) -> None:
    """Weights that the test can make again: a sine whose phase runs away, seeded by the length of the name."""
    flat = torch.tensor([math.sin(0.37 * i * i + len(name) + i) for i in range(p.numel())])
    flat = 1 + 0.3 * flat if p.dim() == 1 else 0.4 * flat
    p.data.copy_(flat.to(torch.float32).to(torch.float64).reshape(p.shape))


model = LlamaForCausalLM(LlamaConfig(**CONFIG, rope_theta=ROPE_THETA)).to(torch.float64)
for name, p in model.named_parameters():
    fill(name, p)

data = []
for n in (40, 7, 64):
    tokens = [(i * i * 7 + 3 * i + n) % CONFIG["vocab_size"] for i in range(n)]
    weights = [0 if i == 0 or i % 3 == 0 else round(math.cos(i + n), 3) for i in range(n)]
    data.append(dict(tokens=tokens, weights=weights))


def logprobs() -> list[torch.Tensor]:
    """Of each token after the first, given those before it."""
    out = []
    for x in data:
        t = torch.tensor([x["tokens"]])
        out.append(torch.log_softmax(model(t).logits[0, :-1], -1).gather(1, t[0, 1:, None])[:, 0])
    return out


def loss() -> torch.Tensor:
    return -sum((torch.tensor(x["weights"][1:], dtype=torch.float64) * p).sum() for x, p in zip(data, logprobs()))


def rounded(rows: list[torch.Tensor]) -> list[list[float]]:
    return [[round(v, 7) for v in row.tolist()] for row in rows]


result = dict(config=dict(CONFIG, model_type="llama", rope_theta=ROPE_THETA), data=data, before=rounded(logprobs()))
result["optimiser"] = dict(lr=LR, betas=BETAS, epsilon=EPS, weightDecay=DECAY, clip=CLIP)
matrices = [p for p in model.parameters() if p.dim() > 1]
norms = [p for p in model.parameters() if p.dim() == 1]
adamw = torch.optim.AdamW(
    [dict(params=matrices, weight_decay=DECAY), dict(params=norms, weight_decay=0)], lr=LR, betas=BETAS, eps=EPS
)
result["updates"] = []
for _ in range(STEPS):
    adamw.zero_grad()
    value = loss()
    value.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    adamw.step()
    result["updates"].append(dict(loss=value.item(), gradNorm=norm.item()))
result["after"] = rounded(logprobs())
Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
