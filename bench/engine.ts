/**
 * The embedded engine beside PyTorch, in one run, turn by turn, at equal threads: `node bench/engine.ts`. Where
 * LUDUS_PYTHON names a Python that has torch and transformers, ratios; elsewhere our own figures alone, and it says so.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { random } from '../src/core/index.ts'
import { createEngine, type EmbeddedEngine, type LlamaConfig } from '../src/engine/index.ts'

/** The tiny GPT of 3.5M weights. */
const shape: LlamaConfig = {
  ...{
    vocabulary: 512,
    width: 256,
    layers: 4,
    heads: 8,
    kvHeads: 8,
    headWidth: 32,
    hidden: 768,
    context: 512,
    tied: true,
  },
  ...{ ropeTheta: 10_000, normEpsilon: 1e-6, tied: true },
}

interface Task {
  readonly task: 'training step' | 'scoring' | 'sampling'
  readonly batch: number
  /** Tokens in a sequence, or in a prompt. */
  readonly length: number
  /** Tokens sampled behind each prompt. */
  readonly fresh: number
}
const tasks: readonly Task[] = [
  { task: 'training step', batch: 16, length: 256, fresh: 0 },
  { task: 'scoring', batch: 16, length: 256, fresh: 0 },
  { task: 'sampling', batch: 1, length: 32, fresh: 128 },
  { task: 'sampling', batch: 64, length: 32, fresh: 128 },
]
const TURNS = 5

const rng = random(1)
const sequences = ({ batch, length }: Task): number[][] =>
  Array.from({ length: batch }, () => Array.from({ length }, () => rng.int(shape.vocabulary)))

async function ours(engine: EmbeddedEngine, task: Task): Promise<number> {
  const given = sequences(task)
  const started = performance.now()
  if (task.task === 'scoring') await engine.logprobs(given)
  else if (task.task === 'training step') {
    const weight = 1 / (task.batch * (task.length - 1))
    await engine.backward(given.map((tokens) => ({ tokens, weights: tokens.map((_, t) => (t > 0 ? weight : 0)) })))
    await engine.step({ lr: 1e-4 })
  } else
    await Promise.all(
      given.map((prompt, seed) => engine.sample(prompt, { maxTokens: task.fresh, stop: [], seed, temperature: 1 })),
    )
  return (performance.now() - started) / 1000
}

interface Torch {
  ask(request: object): Promise<{ seconds: number; peakMb: number; version: string }>
  readonly child: ChildProcess
}

function torch(python: string): Torch {
  const script = join(import.meta.dirname, 'engine.py')
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`${python} ended without an answer: has it torch and transformers?`)
      return JSON.parse(value)
    },
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const python = process.env['LUDUS_PYTHON']
const peer = python ? torch(python) : undefined
if (!peer) say('LUDUS_PYTHON names no Python with torch, so these are our own figures alone')
say('task                          threads   ours, tokens/s   torch, tokens/s   ratio')
let peak = 0
let version = ''
for (const threads of [1, 2]) {
  await using engine = createEngine(shape, { seed: 0, threads })
  for (const task of tasks) {
    const [mine, theirs]: [number[], number[]] = [[], []]
    await ours(engine, task)
    for (let turn = 0; turn < TURNS; turn++) {
      mine.push(await ours(engine, task))
      const answer = await peer?.ask({ ...task, shape, threads })
      if (!answer) continue
      theirs.push(answer.seconds)
      peak = answer.peakMb
      version = answer.version
    }
    const tokens = task.batch * (task.fresh || task.length)
    const rate = (seconds: readonly number[]): string => (tokens / median(seconds)).toFixed(0)
    const name = `${task.task}, ${task.batch} × ${task.fresh ? `${task.length} + ${task.fresh}` : task.length}`
    const beside = peer ? `${rate(theirs).padStart(18)}${(median(theirs) / median(mine)).toFixed(2).padStart(8)}` : ''
    say(`${name.padEnd(32)}${threads}${rate(mine).padStart(17)}${beside}`)
  }
}
const memory = `peak memory: ours ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`
say(peer ? `${memory}, torch ${version} ${peak.toFixed(0)} MB` : memory)
peer?.child.stdin?.end()
