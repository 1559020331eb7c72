"""Records what Python's MiniGrid does, for minigrid.test.ts: levels, actions, and what was seen and paid.

    pip install minigrid==3.2.0 && python src/environments/grid/minigrid-fixture.py \
        > src/environments/grid/minigrid-fixture.json

Of each kind of level two episodes of random actions are kept that reach their end, and one that does not. What is seen
stands there as a digest: the first 12 hexadecimal digits of the SHA-256 of its 7 * 7 * 3 bytes, cell (column, row) by
cell as MiniGrid has them in memory.
"""

import contextlib
import hashlib
import json
import random
import sys

import gymnasium
import minigrid  # noqa: F401 (registers its levels)

COLOURS = ["red", "green", "blue", "purple", "yellow", "grey"]
LETTERS = {
    "key": "rgbpye",
    "locked": "RGBPYE",
    "closed": "jklmno",
    "open": "JKLMNO",
    "ball": "acdfhi",
    "box": "ACDFHI",
}
LEVELS = [
    "MiniGrid-Empty-Random-5x5-v0",
    "MiniGrid-FourRooms-v0",
    "MiniGrid-DoorKey-5x5-v0",
    "MiniGrid-DoorKey-8x8-v0",
    "MiniGrid-Unlock-v0",
    "MiniGrid-KeyCorridorS3R1-v0",
    "MiniGrid-KeyCorridorS3R2-v0",
    "MiniGrid-MultiRoom-N2-S4-v0",
    "BabyAI-GoToLocal-v0",
    "BabyAI-PutNextLocalS5N3-v0",
    "BabyAI-PutNextLocal-v0",
]
# Walking is likelier than the rest, and 'done' rare.
WEIGHTS = [4, 4, 10, 4, 3, 4, 1]
TRIES = 800


def char(cell):
    if cell is None:
        return "."
    if cell.type in ("wall", "goal"):
        return {"wall": "#", "goal": "*"}[cell.type]
    kind = cell.type
    if kind == "door":
        kind = "open" if cell.is_open else "locked" if cell.is_locked else "closed"
    return LETTERS[kind][COLOURS.index(cell.color)]


def described(kind, colour):
    return LETTERS[kind][COLOURS.index(colour)]


def mission(name, env):
    if "Unlock" in name:
        return {"do": "open", "what": char(env.door)}
    if "KeyCorridor" in name:
        return {"do": "take", "what": char(env.obj)}
    if "GoTo" in name:
        return {"do": "goto", "what": described(env.instrs.desc.type, env.instrs.desc.color)}
    if "PutNext" in name:
        move, fixed = env.instrs.desc_move, env.instrs.desc_fixed
        return {"do": "put", "what": described(move.type, move.color), "where": described(fixed.type, fixed.color)}
    return {"do": "reach"}


def digest(observation):
    return hashlib.sha256(observation["image"].astype("uint8").tobytes()).hexdigest()[:12]


def episode(name, seed):
    env = gymnasium.make(name)
    # It tells of what it drew and did not take.
    with contextlib.redirect_stdout(None):
        observation, _ = env.reset(seed=seed)
    grid = env.unwrapped
    if grid.see_through_walls:
        # Of these levels Empty alone lets one see through walls, to be quicker: here it does not.
        grid.see_through_walls = False
        observation = grid.gen_obs()
    rows = ["".join(char(grid.grid.get(x, y)) for x in range(grid.width)) for y in range(grid.height)]
    x, y = (int(n) for n in grid.agent_pos)
    level = {
        "cells": "\n".join(rows),
        "mission": mission(name, grid),
        "pose": (y * (grid.width + 1) + x) * 4 + int(grid.agent_dir),
        "steps": int(grid.max_steps),
    }
    draw = random.Random(seed)
    seen, actions, reward, end = [digest(observation)], "", 0, None
    while end is None:
        action = draw.choices(range(7), WEIGHTS)[0]
        observation, reward, terminated, truncated, _ = env.step(action)
        actions += str(action)
        seen.append(digest(observation))
        end = "terminated" if terminated else "truncated" if truncated else None
    return {"name": name, "level": level, "actions": actions, "seen": " ".join(seen), "reward": float(reward), "end": end}


def kept(name):
    wanted = {"terminated": 2, "truncated": 1}
    for seed in range(TRIES):
        played = episode(name, seed)
        if len(played["actions"]) > 400 and played["end"] == "terminated":
            continue
        if wanted[played["end"]] > 0:
            wanted[played["end"]] -= 1
            yield played
        if not any(wanted.values()):
            return
    print(f"{name}: {wanted} not met in {TRIES} tries", file=sys.stderr)


print(json.dumps([one for name in LEVELS for one in kept(name)], indent=2))
