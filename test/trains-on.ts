/**
 * A program that trains and ends: `node trains-on.ts <from> <first step> <end> <to>`. `from` is a checkpoint, adapters
 * or weights alone; with `lora` behind it, adapters are put beside it. What is learned at a step depends on its number.
 */
import { type Datum, random } from '../src/core/index.ts'
import { LINEAR, openEngine } from '../src/engine/index.ts'

const [from, first, end, to, kind] = process.argv.slice(2) as [string, string, string, string, string?]
const lora = { rank: 4, alpha: 8, targets: LINEAR }
// Sums depend on the number of threads, so it is said; two, so that there is something to share out.
await using engine = await openEngine(from, { threads: 2, ...(kind === 'lora' && { lora }) })
for (let step = Number(first); step < Number(end); step++) {
  const rng = random(step)
  for (const length of [12, 31]) {
    const data = Array.from({ length: 5 }, (): Datum => {
      const tokens = Array.from({ length: length + rng.int(9) }, () => rng.int(engine.config.vocabulary))
      return { tokens, weights: tokens.map((_, t) => (t === 0 || rng.next() < 0.3 ? 0 : rng.normal())) }
    })
    await engine.backward(data)
  }
  await engine.step({ lr: 3e-3 * (1 - step / 40), clip: 1, weightDecay: 0.1 })
}
await engine.save(to)
