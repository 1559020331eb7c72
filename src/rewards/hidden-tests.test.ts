/** The hidden tests are honest ones: what is tried is every way round them that we know. */
import { describe, expect, it } from 'vitest'
import { pythonPlaces } from '../../test/places.ts'
import { databaseHash, type HiddenTests, type Place, prints, stateHash, testsPass } from './index.ts'

const place: Place = await pythonPlaces()

const tests =
  'assert add(1000, 2000) == 3000\nassert add(20000, 22000) == 42000, "the answer"\nassert add([1], [2]) == [1, 2]'
const right = 'def add(a, b):\n    return a + b'
const verdict = (code: string, change: Partial<HiddenTests> = {}) =>
  testsPass(place, { code, tests, names: ['add'], timeoutMs: 5000, ...change })

/** What a harness says that runs code and tests together and believes the exit code. */
async function believed(code: string): Promise<boolean> {
  await using sandbox = await place({ language: 'python' })
  const { exitCode } = await sandbox.exec(`${code}\n${tests}`)
  return exitCode === 0
}

describe('testsPass', () => {
  it('passes what is right, and says why it fails what is wrong', async () => {
    expect(await verdict(right)).toEqual({ value: 1, why: 'the tests pass' })
    expect(await verdict('def add(a, b):\n    return a * b')).toEqual({
      value: 0,
      why: 'the tests fail: AssertionError: ',
    })
    expect(await verdict('def add(a, b): return 3000')).toEqual({
      value: 0,
      why: 'the tests fail: AssertionError: the answer',
    })
    expect((await verdict('def add(a, b) return')).why).toContain('SyntaxError')
    expect((await verdict('')).why).toContain("the code defines no 'add'")
    expect((await verdict('def add(a, b): return open')).why).toContain('is not plain')
    expect((await verdict('def add(a, b): return "x" * 5_000_000')).value).toBe(0)
  })

  it.each([
    [
      'an object that equals everything',
      'class Yes:\n  def __eq__(self, other): return True\ndef add(a, b): return Yes()',
    ],
    [
      'a number that equals everything',
      'class Yes(int):\n  def __eq__(self, other): return True\ndef add(a, b): return Yes(0)',
    ],
    ['an exit when loaded', 'import sys\nsys.exit(0)'],
    ['an exit when called', 'def add(a, b):\n  raise SystemExit(0)'],
    [
      'a look into the frames that call it',
      'import inspect\ndef add(a, b):\n  if isinstance(a, list): return a + b\n  for frame in inspect.stack():\n    seen = frame.frame.f_code.co_consts\n    for i in range(len(seen) - 2):\n      if seen[i : i + 2] == (a, b): return seen[i + 2]',
    ],
    [
      'a patched assertion',
      'import builtins, sys\nsys.excepthook = lambda *_: None\nclass Calm(AssertionError):\n  def __new__(cls, *_): sys.exit(0)\nbuiltins.AssertionError = Calm\ndef add(a, b): raise Calm()',
    ],
  ])('is not fooled by %s, as one that believes the exit code is', async (_, code) => {
    expect(await believed(code)).toBe(true)
    expect((await verdict(code)).value).toBe(0)
  })

  it.each([
    ['the end of the process', 'import os\ndef add(a, b): os._exit(0)'],
    ['a kill of its own process', 'import os, signal\ndef add(a, b): os.kill(os.getpid(), signal.SIGKILL)'],
    [
      'an end that says that all is well',
      'import atexit, os\natexit.register(lambda: print("the tests pass"))\ndef add(a, b): os._exit(0)',
    ],
    [
      'replies of its own making, whatever the protocol asks',
      'import inspect, json\ndef add(a, b):\n  for frame in inspect.stack():\n    nonce = frame.frame.f_locals.get("nonce")\n    if nonce:\n      import sys\n      sys.__stdout__.write("\\n" + nonce + json.dumps({"failure": None, "value": True}) + nonce + "\\n")\n      sys.__stdout__.flush()\n  return None',
    ],
    [
      'a reply deeper than a stack',
      'import inspect, sys\ndef add(a, b):\n  for frame in inspect.stack():\n    nonce = frame.frame.f_locals.get("nonce")\n    if nonce:\n      sys.__stdout__.write(nonce + "{\\"value\\": " + "[" * 200_000 + "]" * 200_000 + "}" + nonce)\n      sys.__stdout__.flush()',
    ],
    [
      'a protocol that it replaced',
      'class Fake(dict):\n  def __missing__(self, name): return lambda scope, nonce, message: print(nonce + \'{"failure": null}\' + nonce)\n__ludus__ = Fake()',
    ],
    ['a reply without a value', 'def add(a, b): raise BaseException("")'],
    [
      'a change of its arguments',
      'def add(a, b):\n  if isinstance(a, list):\n    a.clear()\n    return a\n  return a + b',
    ],
    ['an endless loop', 'def add(a, b):\n  while True: pass'],
    ['a deep value', 'def add(a, b):\n  x = []\n  for _ in range(100000): x = [x]\n  return x'],
    [
      'an error that cannot be told',
      'class Odd(Exception):\n  def __str__(self): raise self\ndef add(a, b): raise Odd()',
    ],
  ])('is not fooled by %s', async (_, code) => {
    expect((await verdict(code, { timeoutMs: 1500 })).value).toBe(0)
  })

  it('hands plain values over and back as they are', async () => {
    const values =
      "[None, True, -(10**40), 0.1, float('inf'), 1j, 'ü\\ud800\\n', b'\\x00', (1,), {1}, frozenset({2}), {'a': [(1, 2)]}, {}]"
    const same = `for value in ${values}:\n  back = same(value, key=value)\n  assert type(back) is type(value) and back == value, repr(value)`
    const more = 'assert list(count(3)) == [0, 1, 2] and isinstance(sub(), dict)'
    const code =
      'from collections import Counter\ndef same(x, key): return key\ndef count(n):\n  for i in range(n): yield i\ndef sub(): return Counter("aab")'
    expect(await verdict(code, { tests: `${same}\n${more}`, names: ['same', 'count', 'sub'] })).toEqual({
      value: 1,
      why: 'the tests pass',
    })
  })

  it('lets a test expect an error, and use helpers that the code does not see', async () => {
    const expectsError =
      "try:\n  add(None, 1)\n  assert False, 'no error'\nexcept TypeError:\n  pass\nassert add(ONE, ONE) == 2\nprint('noise')"
    expect(await verdict(right, { tests: expectsError, context: 'ONE = 1' })).toMatchObject({ value: 1 })
    expect(await verdict('def add(a, b): return ONE * 2', { tests: expectsError, context: 'ONE = 1' })).toMatchObject({
      value: 0,
    })
  })

  it('throws where the tests are no Python: that is nobody’s failure but ours', async () => {
    await expect(verdict(right, { tests: 'assert add(1, 2' })).rejects.toThrow('these tests cannot be run: SyntaxError')
    await expect(verdict(right, { context: 'def' })).rejects.toThrow('these tests cannot be run')
  })

  it('has one allowance of time for all calls together', async () => {
    const slow = 'import time\ndef add(a, b):\n  time.sleep(0.4)\n  return a + b'
    const many = Array.from({ length: 50 }, (_, i) => `assert add(${i}, 1) == ${i + 1}`).join('\n')
    expect((await verdict(slow, { tests: many, timeoutMs: 1000 })).why).toMatch(/took (too long|more than 1000 ms)/)
  })
})

describe('prints', () => {
  it('compares what a whole program prints', async () => {
    expect(await prints(place, { code: 'print("a  ")\nprint("b\\n")', stdout: 'a\nb' })).toMatchObject({ value: 1 })
    expect(await prints(place, { code: 'print("a b")', stdout: 'a\nb' })).toEqual({ value: 0, why: 'it prints "a b"' })
    expect(await prints(place, { code: 'print("a")\nraise ValueError("late")', stdout: 'a' })).toEqual({
      value: 0,
      why: 'the program failed: ValueError: late',
    })
    expect(await prints(place, { code: 'while True: pass', stdout: '', timeoutMs: 500 })).toMatchObject({ value: 0 })
    expect(await prints(place, { code: 'import os\nprint("a")\nos._exit(0)', stdout: 'a' })).toMatchObject({ value: 0 })
  })

  it('compares all of a long output', async () => {
    const code = 'print("x" * 100_000)'
    expect(await prints(place, { code, stdout: 'x'.repeat(100_000) })).toMatchObject({ value: 1 })
    expect(await prints(place, { code, stdout: 'x'.repeat(10) })).toMatchObject({ value: 0 })
  })
})

describe('databaseHash', () => {
  const table = 'create table t (a, b);'
  const same = [
    `${table} insert into t values (1, 'x'), (2, null)`,
    `${table} insert into t values (3, 'z'), (2, null), (1, 'x'); delete from t where a = 3`,
  ]
  const others = [
    `${table} insert into t values (1, 'x')`,
    `${table} insert into t values (1, 'x'), (2, null), (2, null)`,
    `${table} insert into t values ('1', 'x'), (2, null)`,
    `create table u (a, b); insert into u values (1, 'x'), (2, null)`,
    `${table} insert into t values (1, 'x'), (2, null); create table u (a)`,
  ]
  const make = (sql: readonly string[]): string =>
    `import sqlite3\nfor i, sql in enumerate(${JSON.stringify(sql)}):\n  base = sqlite3.connect(f'{i}.sqlite')\n  base.executescript(sql)\n  base.close()`

  it('is the same for the same rows, whatever their order, and another for anything else', async () => {
    await using sandbox = await place({ language: 'python' })
    expect(await sandbox.exec(make([...same, ...others]))).toMatchObject({ exitCode: 0 })
    const hash = async (_: string, i: number) => databaseHash(place, await sandbox.read(`${i}.sqlite`))
    const [wanted, again, ...rest] = await Promise.all([...same, ...others].map(hash))
    expect(wanted).toMatch(/^[0-9a-f]{64}$/)
    expect(again).toBe(wanted)
    expect(new Set([wanted, ...rest]).size).toBe(1 + others.length)
  })

  it('is null for what is no database', async () => {
    expect(await databaseHash(place, new TextEncoder().encode('no database at all'.repeat(100)))).toBe(null)
  })
})

it('stateHash knows no order of keys, and every value', () => {
  expect(stateHash({ a: 1, b: [{ c: 2, d: null }] })).toBe(stateHash({ b: [{ d: null, c: 2 }], a: 1 }))
  expect(stateHash({ a: [1, 2] })).not.toBe(stateHash({ a: [2, 1] }))
  expect(stateHash({ a: 1 })).not.toBe(stateHash({ a: '1' }))
})
