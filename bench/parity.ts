/**
 * The engine beside transformers and PEFT, in both directions: `LUDUS_PYTHON=<python> node bench/parity.ts` prints the
 * largest difference of a log-probability, or of a head's score, for each kind of checkpoint. Needs a Python with torch, transformers, peft.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LINEAR, openEngine } from '../src/engine/index.ts'

const python = process.env['LUDUS_PYTHON']
if (!python) throw new Error('LUDUS_PYTHON names no Python: it needs one with torch, transformers and peft')
const folder = mkdtempSync(join(tmpdir(), 'ludus-parity-'))
const say = (name: string, difference: number): void =>
  void process.stdout.write(`${name.padEnd(50)}${difference.toExponential(1)}\n`)

function ask(verb: 'write' | 'read') {
  const { status, stdout, stderr } = spawnSync(`${python}`, [join(import.meta.dirname, 'parity.py'), verb, folder], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`${python} failed: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

/** Ours have a first entry, for a token that nothing predicts. */
const furthest = (ours: readonly number[][], theirs: readonly number[][]): number =>
  Math.max(...ours.flatMap((row, r) => theirs[r]!.map((value, t) => Math.abs(row[t + 1]! - value))))

const apart = (ours: readonly number[][][], theirs: readonly number[][][]): number =>
  Math.max(...ours.flatMap((row, r) => row.flatMap((k, t) => k.map((x, i) => Math.abs(x - theirs[r]![t]![i]!)))))

/** A classifier of transformers', as it is, and with adapters that were trained beside it. */
async function judge(tokens: number[][]): Promise<number[][][]> {
  const path = join(folder, 'classifier')
  await using engine = await openEngine(path, { lora: { rank: 4, alpha: 16, targets: LINEAR } })
  const before = await engine.scores!(tokens)
  say(
    'a classifier written by transformers',
    apart(before, JSON.parse(readFileSync(join(path, 'said.json'), 'utf8')).scores),
  )
  for (let i = 0; i < 5; i++) {
    const scoreWeights = tokens.map((row) => row.map((_, t) => (t % 5 === 0 ? [0.1, -0.1, 0.02] : null)))
    await engine.backward(
      tokens.map((row, r) => ({ tokens: row, weights: row.map(() => 0), scoreWeights: scoreWeights[r]! })),
    )
    await engine.step({ lr: 0.01 })
  }
  await engine.save(join(folder, 'judge-adapter'))
  await engine.saveMerged(join(folder, 'judge'))
  const after = await engine.scores!(tokens)
  say('(what five updates of the head and adapters changed)', apart(before, after))
  return after
}

try {
  const names: string[] = ask('write')
  for (const name of names) {
    await using engine = await openEngine(join(folder, name))
    const { tokens, logprobs } = JSON.parse(readFileSync(join(folder, name, 'said.json'), 'utf8'))
    say(`written by transformers: ${name}`, furthest(await engine.logprobs(tokens), logprobs))
  }
  const base = join(folder, 'base')
  {
    await using first = await openEngine(join(folder, names[0]!))
    await first.save(base)
  }
  await using engine = await openEngine(base, { lora: { rank: 4, alpha: 16, targets: LINEAR } })
  const { tokens } = JSON.parse(readFileSync(join(folder, names[0]!, 'said.json'), 'utf8'))
  const before = await engine.logprobs(tokens)
  for (let i = 0; i < 5; i++) {
    await engine.backward(
      tokens.map((row: number[]) => ({ tokens: row, weights: row.map((_, t) => (t > 0 ? 0.01 : 0)) })),
    )
    await engine.step({ lr: 0.01 })
  }
  await engine.save(join(folder, 'adapter'))
  await engine.saveMerged(join(folder, 'merged'))
  const after = await engine.logprobs(tokens)
  const judged = await judge(tokens)
  writeFileSync(join(folder, 'ours.json'), JSON.stringify({ base, tokens }))
  const read: { logprobs: Record<string, number[][]>; scores: Record<string, number[][][]> } = ask('read')
  for (const [i, [name, theirs]] of Object.entries(read.logprobs).entries())
    say(name, furthest(i === 0 ? before : after, theirs))
  for (const [name, theirs] of Object.entries(read.scores)) say(name, apart(judged, theirs))
  say(
    '(what five updates of the adapters changed)',
    furthest(
      before,
      after.map((row) => row.slice(1)),
    ),
  )
} finally {
  rmSync(folder, { recursive: true })
}
