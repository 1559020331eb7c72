"""The workloads in verifiers: `peer-verifiers.py <base-url> <turns> <rollouts> <concurrency>`. The last line is JSON."""
import asyncio, json, os, resource, sys, time

base_url, turns, rollouts, concurrency = sys.argv[1], *map(int, sys.argv[2:5])
os.environ["OPENAI_API_KEY"] = "none"

import verifiers as vf
from datasets import Dataset
from verifiers.types import ClientConfig


def look(n: int) -> str:
    """Look at the thing of this number.

    Args:
        n: The number.
    """
    return f"Thing {n}: " + f"it has the number {n * 7919}, and nothing else is to be said of it; " * 3


def said(completion, **_) -> float:
    return 1.0 if "word0" in (completion[-1]["content"] or "") else 0.0


def play(count: int) -> tuple[float, float]:
    dataset = Dataset.from_list([{"question": f"This is task {i}.", "answer": ""} for i in range(count)])
    rubric = vf.Rubric(funcs=[said])
    if turns:
        env = vf.ToolEnv(tools=[look], max_turns=turns + 2, eval_dataset=dataset, rubric=rubric)
    else:
        env = vf.SingleTurnEnv(eval_dataset=dataset, rubric=rubric)
    client = ClientConfig(api_base_url=base_url, api_key_var="OPENAI_API_KEY", max_connections=concurrency)
    cpu, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    outputs = asyncio.run(
        env.evaluate(client, "mock", num_examples=-1, max_concurrent=concurrency, on_progress=lambda *_: None)
    )
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    rewards = [output["reward"] for output in outputs["outputs"]]
    if rewards != [1.0] * count:
        raise SystemExit(f"verifiers: {sum(rewards)} of {count} were successes")
    return seconds, after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime


play(max(1, rollouts // 10))
seconds, cpu_s = play(rollouts)
print(json.dumps({"rolloutsPerS": rollouts / seconds, "cpuMsPerCall": 1000 * cpu_s / rollouts / (turns + 1)}))
