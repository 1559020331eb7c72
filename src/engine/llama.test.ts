import { afterAll, describe, expect, it } from 'vitest'
import { random } from '../core/index.ts'
import { Decoder } from './decoder.ts'
import { initialise, parameterShapes } from './llama.ts'

const config = {
  vocabulary: 13,
  width: 12,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headWidth: 4,
  hidden: 20,
  context: 32,
  ropeTheta: 100,
  normEpsilon: 1e-5,
  tied: true,
}
const decoder = new Decoder(config, initialise(config, 1), { threads: 1 })
const rng = random(2)
const sequences = [9, 5, 7].map((length) => Array.from({ length }, () => rng.int(config.vocabulary)))
const places = sequences.flatMap((tokens, b) => tokens.slice(1).map((_, t) => [b, t + 1] as const))
const cotangent = places.map(() => rng.normal())

const objective = async (decoder: Decoder): Promise<number> => {
  const { logprobs } = await decoder.score(sequences, { logprobs: { places } })
  return logprobs.reduce((sum, logprob, m) => sum + logprob * cotangent[m]!, 0)
}

afterAll(() => decoder.release())

describe('the decoder', () => {
  it('gives a probability distribution after every prefix', async () => {
    const tokens = [3, 1, 4, 1, 5]
    for (let length = 1; length < tokens.length; length++) {
      const all = Array.from({ length: config.vocabulary }, (_, token) => [...tokens.slice(0, length), token])
      const { logprobs } = await decoder.score(all, { logprobs: { places: all.map((_, b) => [b, length] as const) } })
      expect(logprobs.reduce((sum, logprob) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 5)
    }
  })

  it('does not look right, nor at the padding of shorter sequences', async () => {
    const alone = await decoder.score([[1, 2, 3]], {
      logprobs: {
        places: [
          [0, 1],
          [0, 2],
        ],
      },
    })
    const padded = await decoder.score(
      [
        [1, 2, 3],
        [1, 2, 3, 9, 9, 9, 9],
      ],
      {
        logprobs: {
          places: [
            [0, 1],
            [0, 2],
            [1, 1],
            [1, 2],
          ],
        },
      },
    )
    for (const m of [0, 1]) {
      expect(padded.logprobs[m]).toBeCloseTo(alone.logprobs[m]!, 5)
      expect(padded.logprobs[m + 2]).toBeCloseTo(alone.logprobs[m]!, 5)
    }
  })

  it('tells positions apart', async () => {
    const { logprobs } = await decoder.score(
      [
        [1, 2, 3, 7],
        [2, 1, 3, 7],
      ],
      {
        logprobs: {
          places: [
            [0, 3],
            [1, 3],
          ],
        },
      },
    )
    expect(Math.abs(logprobs[0]! - logprobs[1]!)).toBeGreaterThan(1e-4)
  })

  it.each([true, false])('has the gradient of its objective in every weight, its head tied: %s', async (tied) => {
    const shape = { ...config, tied }
    const decoder = new Decoder(shape, initialise(shape, 1), { threads: 1 })
    const { gradients } = await decoder.score(sequences, { logprobs: { places, cotangent } })
    expect([...gradients.keys()].toSorted()).toEqual(
      parameterShapes(shape)
        .map(([name]) => name)
        .toSorted(),
    )
    for (const [name, { data }] of decoder.parameters) {
      const gradient = gradients.get(name)!
      const scale = Math.max(...gradient.map(Math.abs))
      expect(scale).toBeGreaterThan(1e-4)
      // The largest coordinate of every tensor, and a few drawn from it.
      const largest = gradient.findIndex((value) => Math.abs(value) === scale)
      for (const i of [largest, rng.int(data.length), rng.int(data.length), rng.int(data.length)]) {
        const at = data[i]!
        const h = 5e-3
        data[i] = at + h
        const above = await objective(decoder)
        data[i] = at - h
        const below = await objective(decoder)
        data[i] = at
        expect(Math.abs(gradient[i]! - (above - below) / (2 * h)), `${name}[${i}]`).toBeLessThan(0.02 * scale + 1e-3)
      }
    }
    await decoder.release()
  })

  // Chance decides whether threads meet, so it is tried often.
  it('has the same gradients whatever the number of threads, though many tokens share few rows', async () => {
    const wide = { ...config, width: 32, headWidth: 8, hidden: 64 }
    const open = (threads: number): Decoder => new Decoder(wide, initialise(wide, 1), { threads })
    const [one, two] = [open(1), open(2)]
    const many = Array.from({ length: 500 }, () => Array.from({ length: 15 }, () => rng.int(4)))
    const last = many.flatMap((_, b) => [12, 13, 14].map((t) => [b, t] as const))
    const weights = last.map(() => rng.normal())
    const { gradients } = await one.score(many, { logprobs: { places: last, cotangent: weights } })
    for (let i = 0; i < 60; i++) {
      for (const [name, data] of (await two.score(many, { logprobs: { places: last, cotangent: weights } }))
        .gradients) {
        const scale = Math.max(...gradients.get(name)!.map(Math.abs))
        const off = data.reduce((most, value, k) => Math.max(most, Math.abs(value - gradients.get(name)![k]!)), 0)
        expect(off, name).toBeLessThan(1e-4 * scale)
      }
    }
    await one.release()
    await two.release()
  })
})
