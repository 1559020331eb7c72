/** The public multi-hop sets, which are not ours to ship: in the folder that LUDUS_DATA names. Half a minute. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type MultihopSet, openEnvironment, readMultihop } from '../src/environments/index.ts'

const data = join(`${process.env['LUDUS_DATA']}`, 'multihop')
const there = existsSync(data)
if (!there) process.stderr.write('multi-hop sets not tried: LUDUS_DATA names no folder with multihop\n')

/** Support recall at 5, 9 and 20 by the question alone, as measured with an implementation that is not ours. */
const recalls: readonly [MultihopSet, readonly [number, number, number]][] = [
  ['hotpotqa', [0.715, 0.836, 0.928]],
  ['2wikimultihopqa', [0.666, 0.725, 0.759]],
  ['musique', [0.439, 0.516, 0.612]],
]

describe.skipIf(!there)('the public multi-hop sets', () => {
  it.each(recalls)('%s: BM25 finds the supports that it should', { timeout: 60_000 }, (set, wanted) => {
    const { questions, corpus } = readMultihop(data, set)
    expect(questions.length).toBe(500)
    const sums = [0, 0, 0]
    for (const { question, supports } of questions) {
      const found = corpus!.search(question, 20).map(({ id }) => id)
      for (const [i, most] of [5, 9, 20].entries()) {
        const top = found.slice(0, most)
        sums[i]! += supports.filter((id) => top.includes(id)).length / supports.length
      }
    }
    for (const [i, sum] of sums.entries()) expect(sum / questions.length).toBeCloseTo(wanted[i]!, 2)
  })

  it('the sets without passages are questions alone', () => {
    const counts = (['bamboogle', 'strategyqa'] as const).map((set) => {
      const spec = openEnvironment(`multihop-file:${set}`, data)
      return [...(spec.tasks('train') as Iterable<unknown>), ...(spec.tasks('test') as Iterable<unknown>)].length
    })
    expect(counts).toEqual([125, 229])
  })
})
