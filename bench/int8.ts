/**
 * A base held in 8 bits beside the same in 32, in one run: `node bench/int8.ts <folder or file.gguf>`. Says what it is
 * worth in memory and time, each in a process of its own; and what it costs, on text of the model's own.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { random } from '../src/core/index.ts'
import { LINEAR, mismatch, openEngine } from '../src/engine/index.ts'

const [checkpoint, kind] = process.argv.slice(2)
if (checkpoint === undefined) throw new Error('which checkpoint? node bench/int8.ts <folder or file.gguf>')
const base = (kind: string | undefined): { base?: 'int8' } => (kind === 'int8' ? { base: kind } : {})
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const megabytes = (): number => process.resourceUsage().maxRSS / 1024

/** Tokens per second of processor time, of which other programs take none, and peak memory in MB so far, in the order in which they were measured. */
type Figures = Record<string, number>

async function measured(path: string, kind: string): Promise<Figures> {
  const lora = { rank: 16, alpha: 32, targets: LINEAR }
  await using engine = await openEngine(path, { threads: 1, lora, ...base(kind) })
  const figures: Figures = { 'MB, opened': megabytes() }
  const rng = random(1)
  const some = (count: number, length: number): number[][] =>
    Array.from({ length: count }, () => Array.from({ length }, () => rng.int(engine.config.vocabulary)))
  const time = async (name: string, tokens: number, work: () => Promise<unknown>): Promise<void> => {
    await work()
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    figures[name] = (1e6 * tokens) / (user + system)
  }
  const sample = (rows: number, fresh: number) => () =>
    Promise.all(some(rows, 64).map((p, seed) => engine.sample(p, { maxTokens: fresh, stop: [], seed })))
  await time('sampling, 1 × 64 + 32', 32, sample(1, 32))
  figures['MB, sampled alone'] = megabytes()
  await time('sampling, 16 × 64 + 16', 16 * 16, sample(16, 16))
  await time('scoring, 2 × 256', 2 * 256, () => engine.logprobs(some(2, 256)))
  figures['MB, sampled and scored'] = megabytes()
  await time('training step, 1 × 512, loss on 128', 512, async () => {
    const weights = Array.from({ length: 512 }, (_, t) => (t < 384 ? 0 : 1 / 128))
    await engine.backward(some(1, 512).map((tokens) => ({ tokens, weights })))
    await engine.step({ lr: 1e-4 })
  })
  figures['MB, trained'] = megabytes()
  return figures
}

/** In a process of its own: a peak of memory cannot be taken back. */
async function apart(kind: string): Promise<Figures> {
  const script = process.argv[1] as string
  const { stdout } = await promisify(execFile)(process.execPath, [script, checkpoint as string, kind])
  return JSON.parse(stdout)
}

if (kind !== undefined) say(JSON.stringify(await measured(checkpoint, kind)))
else {
  const [float, int8] = [await apart('float'), await apart('int8')]
  say(`${'1 thread'.padEnd(38)}32 bits    8 bits    ratio`)
  for (const name of Object.keys(float)) {
    const [whole, small] = [float[name]!, int8[name]!]
    const shown = (value: number): string => value.toFixed(0).padStart(10)
    say(`${name.padEnd(35)}${shown(whole)}${shown(small)}${(small / whole).toFixed(2).padStart(9)}`)
  }
  await using reference = await openEngine(checkpoint)
  await using engine = await openEngine(checkpoint, base('int8'))
  // After the token that begins every turn there is nothing but what the reference says itself.
  const samples = await reference.sample([1], { n: 16, maxTokens: 128, stop: [], seed: 0, temperature: 1 })
  const { tokens, mean, max, kl } = await mismatch(
    engine,
    reference,
    samples.map((sample) => [1, ...sample.tokens]),
  )
  say(`off by: mean |Δ log p| ${mean.toExponential(1)}, largest ${max.toFixed(2)}, KL ${kl.toExponential(1)} nats`)
  say(`per token, over ${tokens} tokens that the model sampled in 32 bits`)
}
