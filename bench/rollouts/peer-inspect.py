"""The workloads in inspect_ai: `peer-inspect.py <base-url> <turns> <rollouts> <concurrency>`. The last line is JSON."""
import json, os, resource, sys, tempfile, time

base_url, turns, rollouts, concurrency = sys.argv[1], *map(int, sys.argv[2:5])
os.environ["OPENAI_API_KEY"] = "none"

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, use_tools
from inspect_ai.tool import tool


@tool
def look():
    async def execute(n: int) -> str:
        """Look at the thing of this number.

        Args:
            n: The number.
        """
        return f"Thing {n}: " + f"it has the number {n * 7919}, and nothing else is to be said of it; " * 3

    return execute


def play(count: int) -> tuple[float, float]:
    samples = [Sample(input=f"This is task {i}.", target="word0") for i in range(count)]
    solver = [use_tools(look()), generate()] if turns else [generate()]
    task = Task(dataset=samples, solver=solver, scorer=includes())
    model = get_model("openai/mock", base_url=base_url, responses_api=False, memoize=False)
    cpu, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        logs = eval(task, model=model, max_connections=concurrency, max_samples=concurrency, log_dir=folder,
                    display="none", log_realtime=False, score_display=False)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    accuracy = logs[0].results.scores[0].metrics["accuracy"].value if logs[0].status == "success" else None
    if accuracy != 1:
        raise SystemExit(f"inspect_ai: {logs[0].status}, accuracy {accuracy}: {logs[0].error}")
    return seconds, after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime


play(max(1, rollouts // 10))
seconds, cpu_s = play(rollouts)
print(json.dumps({"rolloutsPerS": rollouts / seconds, "cpuMsPerCall": 1000 * cpu_s / rollouts / (turns + 1)}))
