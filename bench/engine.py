"""PyTorch's side of engine.ts: answers one JSON request a line with the seconds that each repetition took."""
import json
import resource
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

models = {}


def model_of(shape: dict, lora: dict | None):
    key = json.dumps([shape, lora])
    if key not in models:
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=shape["vocabulary"], hidden_size=shape["width"], num_hidden_layers=shape["layers"],
            num_attention_heads=shape["heads"], num_key_value_heads=shape["kvHeads"], head_dim=shape["headWidth"],
            intermediate_size=shape["hidden"], max_position_embeddings=shape["context"], tie_word_embeddings=True,
            attn_implementation="sdpa",
        )
        model = LlamaForCausalLM(config)
        if lora:
            from peft import LoraConfig, get_peft_model

            model = get_peft_model(
                model, LoraConfig(r=lora["rank"], lora_alpha=lora["alpha"], target_modules=lora["targets"])
            )
        learned = [p for p in model.parameters() if p.requires_grad]
        models.clear()
        models[key] = (model, torch.optim.AdamW(learned, lr=1e-4, betas=(0.9, 0.95), fused=True))
    return models[key]


def logprobs(model, tokens: torch.Tensor, last: int) -> torch.Tensor:
    """Of the last tokens of each sequence; the head runs on those alone."""
    logits = model(tokens, logits_to_keep=last + 1).logits[:, :-1]
    return -torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, -last:].flatten(), reduction="none")


def train(model, optimiser, tokens, weighted: int) -> None:
    optimiser.zero_grad()
    (-logprobs(model, tokens, weighted).mean()).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()


@torch.inference_mode()
def score(model, tokens) -> None:
    logprobs(model, tokens, tokens.shape[1] - 1)


@torch.inference_mode()
def sample(model, tokens, fresh: int) -> None:
    """Full-vocabulary sampling with a key-value cache, keeping each token's log-probability."""
    cache, given, said = None, tokens, []
    for _ in range(fresh):
        out = model(given, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = out.past_key_values
        log = torch.log_softmax(out.logits[:, -1], -1)
        given = torch.multinomial(log.exp(), 1)
        said.append(log.gather(1, given))
    torch.cat(said, 1).tolist()


for line in sys.stdin:
    request = json.loads(line)
    torch.set_num_threads(request["threads"])
    model, optimiser = model_of(request["shape"], request.get("lora"))
    tokens = torch.randint(0, request["shape"]["vocabulary"], (request["batch"], request["length"]))
    work = {
        "training step": lambda: train(model, optimiser, tokens, request["weighted"]),
        "scoring": lambda: score(model, tokens),
        "sampling": lambda: sample(model, tokens, request["fresh"]),
    }[request["task"]]
    work()
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peakMb": rss, "version": torch.__version__}), flush=True)
