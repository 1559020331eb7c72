"""Steps a second of Python's MiniGrid, one core: its step with the observation, random actions, levels drawn anew.

    pip install minigrid==3.2.0 && python bench/minigrid-speed.py [<steps>]

Prints one JSON object: steps a second by level, in processor time, for bench/envs.ts to stand beside.
"""

import json
import random
import sys
import time

import gymnasium
import minigrid  # noqa: F401 (registers its levels)

LEVELS = {
    "grid:empty,5": "MiniGrid-Empty-Random-5x5-v0",
    "grid:doorkey,8": "MiniGrid-DoorKey-8x8-v0",
    "grid:fourrooms": "MiniGrid-FourRooms-v0",
    "grid:keycorridor": "MiniGrid-KeyCorridorS4R3-v0",
    "grid:multiroom": "MiniGrid-MultiRoom-N4-S5-v0",
    "grid:putnext": "BabyAI-PutNextLocal-v0",
}


def speed(name, steps):
    # Without the wrappers that check what the level does.
    env = gymnasium.make(name, disable_env_checker=True).unwrapped
    draw = random.Random(1)
    actions = [draw.randrange(7) for _ in range(steps)]
    seed = 1
    env.reset(seed=seed)
    spent = 0.0
    started = time.process_time()
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            # Levels are drawn outside of the clock: ours are drawn with their tasks.
            spent += time.process_time() - started
            seed += 1
            env.reset(seed=seed)
            started = time.process_time()
    return steps / (spent + time.process_time() - started)


if __name__ == "__main__":
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    sys.stdout, out = sys.stderr, sys.stdout
    speeds = {ours: {"level": theirs, "stepsPerSecond": round(speed(theirs, steps))} for ours, theirs in LEVELS.items()}
    print(json.dumps(speeds), file=out)
