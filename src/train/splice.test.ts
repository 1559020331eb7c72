import { describe, expect, it } from 'vitest'
import { attempt, groupOf, taught } from '../../test/learners.ts'
import { assistant, random } from '../core/index.ts'
import { shuffledAnswers } from './lesson.ts'
import { sft } from './sft.ts'
import { beginningsOf, masking, opened, upToAnError, upToFirstError, usefulBeginnings } from './splice.ts'

const [T, F] = [true, false]

describe('where a beginning is cut, and what of it is learned', () => {
  it('Agent-R: at the first error, and nothing', () => {
    expect(upToFirstError([T, T, F, T, F])).toEqual({ steps: 3, learned: [F, F, F] })
    expect(upToFirstError([T, T])).toBeUndefined()
    expect(upToFirstError([])).toBeUndefined()
  })

  it('STeP: at any error, and what was right', () => {
    const cuts = Array.from({ length: 40 }, (_, seed) => upToAnError([T, F, T, F, T], random(seed)))
    expect(cuts).toContainEqual({ steps: 2, learned: [T, F] })
    expect(cuts).toContainEqual({ steps: 4, learned: [T, F, T, F] })
    expect(new Set(cuts.map((cut) => cut?.steps))).toEqual(new Set([2, 4]))
    expect(upToAnError([T], random(1))).toBeUndefined()
  })

  it('EEF: where somebody got there from, and what led from where nobody could to where somebody could', () => {
    expect(beginningsOf(8, 4)).toEqual([0, 2, 4, 6])
    expect(usefulBeginnings(8, [F, T, T, F])).toEqual([
      { steps: 2, learned: [T, T] },
      { steps: 4, learned: [F, F, F, F] },
    ])
    expect(usefulBeginnings(8, [F, F, F, T])).toEqual([{ steps: 6, learned: [F, F, F, F, T, T] }])
    expect(usefulBeginnings(8, [T, F, F, F])).toEqual([{ steps: 0, learned: [] }])
    expect(usefulBeginnings(8, [F, F, F, F])).toEqual([])
  })
})

describe('a spliced attempt', () => {
  const whole = attempt(
    [
      { prompt: [0], completion: [1] },
      { prompt: [5], completion: [2] },
      { prompt: [6], completion: [3] },
    ],
    { paid: 0 },
  )

  it('trains what is not masked, and only that', async () => {
    const learn = sft({ minibatch: 10, epochs: 1 })
    const trained = async (learned: boolean[]) => {
      const { batches } = await taught(learn, [groupOf([masking(whole, { steps: learned.length, learned })])])
      return batches.flat().map(({ tokens }) => tokens.at(-1))
    }
    expect((await trained([T, F])).toSorted()).toEqual([1, 3])
    expect(await trained([F, F, F])).toEqual([])
    expect((await trained([])).toSorted()).toEqual([1, 2, 3])
  })

  it('opens with what was said, and goes on with what is said', async () => {
    const asked: number[] = []
    const model = opened({ steps: [{ action: assistant('a') }, { action: assistant('b') }] }, 2, {
      id: 'then',
      complete: async () => {
        asked.push(1)
        return { message: assistant('c'), finish: 'stop' }
      },
    })
    const said = [1, 2, 3, 4].map(() => model.complete({ messages: [] }))
    expect((await Promise.all(said)).map(({ message }) => message.content)).toEqual(['a', 'b', 'c', 'c'])
    expect(asked).toHaveLength(2)
  })
})

it('shuffled answers are the same answers, each to another question', async () => {
  const renderer = {
    ...{ id: 'r', stop: [9], prompt: () => [0], parse: () => assistant('') },
    spelling: () => ({ bytes: new Uint8Array(), ends: new Uint32Array(), dropsSpace: false }),
    completion: ({ content }: { content: string }) => [Number(content)],
  }
  const answers = Array.from({ length: 20 }, (_, i) => i + 1)
  const groups = answers.map((answer) =>
    groupOf([attempt([{ prompt: [answer], completion: [answer], says: `${answer}` }], { paid: 0 })], `${answer}`),
  )
  const { batches } = await taught(shuffledAnswers(sft({ renderer, minibatch: 20, epochs: 1 })), groups)
  const trained = batches.flat().map(({ tokens }) => tokens.at(-1)!)
  expect(trained.toSorted((a, b) => a - b)).toEqual(answers)
  expect(trained).not.toEqual(answers)
})
