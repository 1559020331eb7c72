/**
 * The embedded engine beside PyTorch, in one run, turn by turn, at equal threads: `node bench/engine.ts`. Where
 * LUDUS_PYTHON names a Python that has torch, transformers and peft, ratios; elsewhere our own figures alone, and it says so.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { random } from '../src/core/index.ts'
import { createEngine, type EmbeddedEngine, LINEAR, type LlamaConfig, type LoraConfig } from '../src/engine/index.ts'

const common = { ropeTheta: 10_000, normEpsilon: 1e-5, tied: true }
/** A tiny GPT of 3.5M weights. */
const tiny: LlamaConfig = {
  ...{ vocabulary: 512, width: 256, layers: 4, heads: 8, kvHeads: 8, headWidth: 32, hidden: 768, context: 512 },
  ...common,
}
/** The shape of SmolLM2-135M. */
const smol: LlamaConfig = {
  ...{ vocabulary: 49_152, width: 576, layers: 30, heads: 9, kvHeads: 3, headWidth: 64, hidden: 1536, context: 2048 },
  ...common,
}
const lora: LoraConfig = { rank: 16, alpha: 32, targets: LINEAR }

interface Task {
  readonly task: 'training step' | 'scoring' | 'sampling'
  readonly batch: number
  /** Tokens in a sequence, or in a prompt. */
  readonly length: number
  /** Tokens sampled behind each prompt. */
  readonly fresh: number
  /** Tokens at a sequence's end that the loss is over. */
  readonly weighted: number
}
interface Series {
  readonly name: string
  readonly shape: LlamaConfig
  readonly lora?: LoraConfig
  readonly turns: number
  readonly tasks: readonly Task[]
}
const series: readonly Series[] = [
  {
    ...{ name: 'tiny GPT, 3.5M', shape: tiny, turns: 5 },
    tasks: [
      { task: 'training step', batch: 16, length: 256, fresh: 0, weighted: 255 },
      { task: 'scoring', batch: 16, length: 256, fresh: 0, weighted: 255 },
      { task: 'sampling', batch: 1, length: 32, fresh: 128, weighted: 0 },
      { task: 'sampling', batch: 64, length: 32, fresh: 128, weighted: 0 },
    ],
  },
  {
    ...{ name: '135M, LoRA of rank 16', shape: smol, lora, turns: 3 },
    tasks: [
      { task: 'training step', batch: 2, length: 512, fresh: 0, weighted: 128 },
      { task: 'scoring', batch: 4, length: 256, fresh: 0, weighted: 255 },
      { task: 'sampling', batch: 16, length: 64, fresh: 32, weighted: 0 },
    ],
  },
]

const rng = random(1)

async function ours(engine: EmbeddedEngine, task: Task): Promise<number> {
  const { vocabulary } = engine.config
  const given = Array.from({ length: task.batch }, () => Array.from({ length: task.length }, () => rng.int(vocabulary)))
  const started = performance.now()
  if (task.task === 'scoring') await engine.logprobs(given)
  else if (task.task === 'training step') {
    const weight = 1 / (task.batch * task.weighted)
    const weights = given[0]!.map((_, t) => (t >= task.length - task.weighted ? weight : 0))
    await engine.backward(given.map((tokens) => ({ tokens, weights })))
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
let torchMb = 0
let version = ''
for (const { name, shape, tasks, turns, lora } of series) {
  say(name)
  for (const threads of [1, 2]) {
    await using engine = createEngine(shape, { seed: 0, threads, ...(lora && { lora }) })
    for (const task of tasks) {
      const [mine, theirs]: [number[], number[]] = [[], []]
      await ours(engine, task)
      for (let turn = 0; turn < turns; turn++) {
        mine.push(await ours(engine, task))
        const answer = await peer?.ask({ ...task, shape, threads, ...(lora && { lora }) })
        if (!answer) continue
        theirs.push(answer.seconds)
        torchMb = answer.peakMb
        version = answer.version
      }
      const tokens = task.batch * (task.fresh || task.length)
      const rate = (seconds: readonly number[]): string => (tokens / median(seconds)).toFixed(0)
      const label = `  ${task.task}, ${task.batch} × ${task.fresh ? `${task.length} + ${task.fresh}` : task.length}`
      const beside = peer ? `${rate(theirs).padStart(18)}${(median(theirs) / median(mine)).toFixed(2).padStart(8)}` : ''
      say(`${label.padEnd(32)}${threads}${rate(mine).padStart(17)}${beside}`)
    }
  }
  const memory = `  peak memory so far: ours ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`
  say(peer ? `${memory}, torch ${version} ${torchMb.toFixed(0)} MB` : memory)
}
peer?.child.stdin?.end()
