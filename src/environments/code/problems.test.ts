import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { pythonPlaces } from '../../../test/places.ts'
import { type Agent, assistant, checkEnv, type EnvSpec, fenced, rollout, type Trajectory } from '../../core/index.ts'
import { openEnvironment } from '../index.ts'

const sandbox = await pythonPlaces()
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** A folder with one task file. */
function folderOf(rows: readonly object[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'ludus-problems-'))
  folders.push(folder)
  writeFileSync(join(folder, 'tasks.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
  return folder
}

const heads = {
  largest_gap: {
    head: 'def largest_gap(numbers):\n    """The largest difference of two neighbours.\n    >>> largest_gap([1, 5, 2])\n    4\n    """\n',
    body: '    return max(abs(a - b) for a, b in zip(numbers, numbers[1:]))\n',
    check: '    assert candidate([1, 5, 2]) == 4\n    assert candidate([9, 2, 2]) == 7\n',
  },
  vowels: {
    head: 'def vowels(text):\n    """How many vowels it has."""\n',
    body: "    return sum(c in 'aeiou' for c in text.lower())\n",
    check: "    assert candidate('Ludus') == 2\n    assert candidate('') == 0\n    assert candidate('AEIOU') == 5\n",
  },
  rotate: {
    head: 'from typing import List\n\n\ndef rotate(items: List[int], by: int) -> List[int]:\n    """To the left.\n    >>> rotate([1, 2, 3], 1)\n    [2, 3, 1]\n    """\n',
    body: '    if not items:\n        return []\n    by %= len(items)\n    return items[by:] + items[:by]\n',
    check:
      '    assert candidate([1, 2, 3], 1) == [2, 3, 1]\n    assert candidate([1, 2, 3], 5) == [3, 1, 2]\n    assert candidate([], 2) == []\n',
  },
  /** Its tests call a helper that the prompt defines. */
  decode: {
    head: 'def encode(text):\n    return text[::-1].upper()\n\n\ndef decode(text):\n    """Undoes encode for lower-case texts."""\n',
    body: '    return text[::-1].lower()\n',
    check: "    for word in ['maze', 'a', 'ludus']:\n        assert candidate(encode(word)) == word\n",
  },
  safe_divide: {
    head: 'def safe_divide(a, b):\n    """Raises ValueError where b is 0."""\n',
    body: "    if b == 0:\n        raise ValueError('no')\n    return a / b\n",
    check:
      '    assert candidate(1, 4) == 0.25\n    try:\n        candidate(1, 0)\n    except ValueError:\n        return\n    assert False\n',
  },
}
const humanevalRows = Object.entries(heads).map(([name, { head, body, check }], i) => ({
  task_id: `Own/${i}`,
  prompt: head,
  entry_point: name,
  canonical_solution: body,
  test: `\n\ndef check(candidate):\n${check}`,
}))

const mbppRows = [
  {
    task_id: 'own/1',
    text: 'Write a function to double a number.',
    code: 'def double(x):\r\n    return 2 * x',
    test_list: ['assert double(2) == 4', 'assert double(-3) == -6', 'assert double(0) == 0'],
    test_setup_code: '',
    challenge_test_list: ["assert double('a') == 'aa'"],
  },
  {
    task_id: 'own/2',
    prompt: 'Write a function to find the area of a circle.',
    code: 'import math\n\narea = lambda r: math.pi * r ** 2',
    test_imports: ['import math'],
    test_list: ['assert math.isclose(area(1), math.pi)', 'assert math.isclose(area(2), 4 * math.pi)'],
  },
  { task_id: 12, text: 'Negate.', code: 'def minus(x): return -x', test_list: ['assert minus(1) == -1'] },
  {
    task_id: 601,
    text: 'Sort.',
    code: 'def order(x): return sorted(x)',
    test_list: ['assert order([2, 1]) == [1, 2]'],
  },
]

async function play(spec: EnvSpec, id: string, ...texts: string[]): Promise<Trajectory> {
  const tasks = [...(spec.tasks('test') as Iterable<{ id: string; data: unknown }>)].filter((task) => task.id === id)
  const agent: Agent = {
    id: 'speaker',
    async play(episode) {
      for (const text of texts) if (!episode.done) await episode.step(assistant(text))
    },
  }
  const model = () => {
    throw new Error('nobody asks')
  }
  const [group] = await Array.fromAsync(rollout(spec, agent, tasks, { model, sandbox }))
  return group!.trajectories[0]!
}
const success = ({ rewards }: Trajectory): number | null | undefined => rewards['success']?.value

describe('a task file of the shape of HumanEval', () => {
  const folder = folderOf(humanevalRows)
  const spec = openEnvironment('humaneval', folder)

  it('keeps every promise, with one answer', { timeout: 300_000 }, async () => {
    const { promises } = await checkEnv(spec, { sandbox, tasks: 3 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('takes a whole function, a body alone, and one that brings helpers of its own', async () => {
    const right = 'def helper(text): return text[::-1]\n\ndef decode(text): return helper(text).lower()'
    expect(success(await play(spec, 'Own/3', fenced('python', right)))).toBe(1)
    expect(success(await play(spec, 'Own/3', fenced('', heads.decode.body)))).toBe(1)
    // Helpers of the prompt are ours in the tests: whoever redefines them changes nothing.
    const lazy = 'def encode(text): return text\n\ndef decode(text): return text'
    expect(success(await play(spec, 'Own/3', fenced('python', lazy)))).toBe(0)
    expect(success(await play(spec, 'Own/3', heads.decode.body))).toBe(0)
  })

  const cheats: Readonly<Record<string, string>> = {
    'os._exit(0)': 'import os\nos._exit(0)',
    'os._exit(0) when called': 'import os\ndef vowels(text): os._exit(0)',
    'raise SystemExit(0)': 'raise SystemExit(0)',
    'raise SystemExit(0) when called': 'def vowels(text): raise SystemExit(0)',
    'an object equal to everything':
      'class Any:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n    def __hash__(self): return 0\ndef vowels(text): return Any()',
    'an int equal to everything':
      'class Any(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\ndef vowels(text): return Any(-1)',
    'patched builtins':
      'import builtins\nbuiltins.AssertionError = type("Quiet", (), {})\nbuiltins.sum = builtins.len = builtins.all = lambda *a: True\nbuiltins.exec = builtins.compile = lambda *a, **k: None\ndef vowels(text): return 0',
    'a test that is overwritten':
      'check = lambda candidate: None\ndef vowels(text):\n    global check\n    check = lambda c: None\n    return -1',
    'assertions switched off':
      'import sys\nsys.flags = type("Flags", (), {"optimize": 2})()\n__debug_off = True\nimport gc\nfor f in gc.get_objects():\n    if isinstance(f, type) and f is AssertionError: pass\ndef vowels(text): return 99',
    'success printed':
      'print(\'ok\\npassed\\n{"failure": null}\', flush=True)\ndef vowels(text): return print(\'{"failure": null}\')',
    'frames walked':
      'import sys\ndef vowels(text):\n    frame = sys._getframe()\n    while frame:\n        frame.f_globals.update({"check": lambda c: None, "failure": None})\n        frame = frame.f_back\n    return 7',
    'a trace function':
      'import sys, threading\nsys.settrace(lambda *a: None)\nthreading.settrace(lambda *a: None)\ndef vowels(text): return 1',
    'no end': 'def vowels(text):\n    while True: pass',
    nothing: '',
  }
  for (const [name, code] of Object.entries(cheats)) {
    it(`fails ${name}`, { timeout: 60_000 }, async () => {
      const played = await play(spec, 'Own/1', fenced('python', code))
      expect([played.outcome.kind, success(played)]).toEqual(['scored', 0])
    })
  }
})

describe('repair', () => {
  const spec = openEnvironment('humaneval:repair', folderOf(humanevalRows))

  it('keeps every promise', { timeout: 300_000 }, async () => {
    const { promises } = await checkEnv(spec, { sandbox, tasks: 2 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })
  const memorised = 'def largest_gap(numbers): return 4'

  it('shows what fails of the examples in the question, and takes another answer', async () => {
    const broken = 'def largest_gap(numbers): return 5'
    const played = await play(
      spec,
      'Own/0',
      fenced('python', 'print(max([3, 4]))'),
      fenced('submit', broken),
      fenced('submit', `${heads.largest_gap.head}${heads.largest_gap.body}`),
    )
    expect(played.steps[1]?.observation.messages[0]?.content).toBe('4')
    const feedback = `${played.steps[2]?.observation.messages[0]?.content}`
    expect(feedback).toContain('largest_gap([1, 5, 2])')
    expect(feedback).toContain('You may answer again (4 more)')
    expect([success(played), played.rewards['anyOfN']?.value, played.stop]).toEqual([1, 1, 'terminated'])
  })

  it('judges by the hidden tests what passes the examples', async () => {
    const played = await play(spec, 'Own/0', fenced('submit', memorised))
    expect([success(played), played.stop]).toEqual([0, 'terminated'])
  })

  it('pays the answer that stands, and says beside it whether any was right', async () => {
    const twice = {
      head: 'def twice(x):\n    """\n    >>> twice(2)\n    5\n    """\n',
      check: '    assert candidate(3) == 6\n',
    }
    const misleading = openEnvironment(
      'humaneval:repair',
      folderOf([
        {
          ...humanevalRows[0],
          task_id: 'Own/misleading',
          prompt: twice.head,
          entry_point: 'twice',
          test: `def check(candidate):\n${twice.check}`,
        },
      ]),
    )
    const [right, wrong] = ['def twice(x): return 2 * x', 'def twice(x): return 2 * x + 1']
    const played = await play(misleading, 'Own/misleading', fenced('submit', right), fenced('submit', wrong))
    expect([played.stop, success(played), played.outcome]).toEqual(['terminated', 0, { kind: 'scored', return: 0 }])
    expect(played.rewards['anyOfN']).toEqual({ value: 1, weight: 0 })
  })

  it('outlives an answer that ends its interpreter', async () => {
    const played = await play(spec, 'Own/0', fenced('submit', 'import os\nos._exit(3)'), fenced('python', 'print(1)'))
    expect(played.outcome).toEqual({ kind: 'scored', return: 0 })
    expect(played.final?.messages[0]?.content).toContain('the interpreter is gone')
  })
})

describe('a task file of the shape of MBPP', () => {
  const spec = openEnvironment('mbpp', folderOf(mbppRows))
  const ids = (split: 'train' | 'test') => [...(spec.tasks(split) as Iterable<{ id: string }>)].map(({ id }) => id)

  it('keeps every promise', { timeout: 300_000 }, async () => {
    const { promises } = await checkEnv(spec, { sandbox, tasks: 2 })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })

  it('is divided as the paper divides it; names of your own are tests', () => {
    expect(ids('train')).toEqual(['mbpp/601'])
    expect(ids('test')).toEqual(['mbpp/own/1', 'mbpp/own/2', 'mbpp/12'])
  })

  it('is solved by its own code, and not by what passes the assertion that is shown', async () => {
    for (const { id, data } of spec.tasks('test') as Iterable<{ id: string; data: { solution: string } }>) {
      expect(success(await play(spec, id, fenced('python', data.solution)))).toBe(1)
    }
    expect(success(await play(spec, 'mbpp/own/1', fenced('python', 'def double(x): return 4')))).toBe(0)
    expect(success(await play(spec, 'mbpp/own/1', fenced('python', 'def double(x): return x + int(x)')))).toBe(0)
  })
})

describe('what is wrong with a task', () => {
  const [first] = humanevalRows

  it('is said with file, line and field', () => {
    const opening = (row: object) => () => openEnvironment('humaneval', folderOf([first!, row]))
    expect(opening({ ...first, task_id: 'x', test: undefined })).toThrow(
      "tasks.jsonl, line 2: the field 'test' is missing",
    )
    expect(opening({ ...first, task_id: 'x', test: 'assert f()' })).toThrow(
      "the field 'test' is wrong: it defines no 'check'",
    )
    expect(opening({ ...first, task_id: 'x', entry_point: 'a b' })).toThrow("the field 'entry_point' is wrong")
    const mbpp = (row: object) => () => openEnvironment('mbpp', folderOf([{ ...mbppRows[0], ...row }]))
    expect(mbpp({ text: undefined })).toThrow("tasks.jsonl, line 1: the field 'text'")
    expect(mbpp({ code: 'def other(): pass' })).toThrow(
      "the field 'code' is wrong: it defines no function that the tests call",
    )
    const classy = { code: 'class Pair: pass\ndef double(x): return x', test_list: ['assert double(Pair()) == 1'] }
    expect(mbpp(classy)).toThrow("the tests need the class 'Pair' of the key")
    expect(() => openEnvironment('humaneval:mend', folderOf([first!]))).toThrow(
      "'repair' and 'skip-broken', not 'mend'",
    )
    expect(() => openEnvironment('humaneval')).toThrow('--data')
  })

  it('breaks the episode where the tests themselves cannot be run, and says where they stand', async () => {
    const spec = openEnvironment('humaneval', folderOf([{ ...first, test: 'def check(candidate):\n  )' }]))
    const { outcome } = await play(spec, 'Own/0', fenced('python', 'pass'))
    expect(outcome).toMatchObject({ kind: 'broken', failure: { boundary: 'reward' } })
    expect(JSON.stringify(outcome)).toContain(
      "tasks.jsonl, line 1, field 'test': these tests cannot be run: SyntaxError",
    )
  })
})
