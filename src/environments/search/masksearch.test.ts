import { describe, expect, it } from 'vitest'
import { factsIn } from '../../../test/facts-in.ts'
import { checkEnv, type Task } from '../../core/index.ts'
import { openEnvironment } from '../index.ts'
import { filled, type MaskTask, masksearch, masksOf } from './masksearch.ts'
import { worldFor } from './multihop.ts'

const tasksOf = (masks: string): Task<MaskTask>[] => {
  const spec = masksearch(masksOf(masks))
  return (['train', 'test'] as const).flatMap((split) => [...(spec.tasks(split) as Iterable<Task<MaskTask>>)])
}

describe('masksearch', () => {
  it('is certified', async () => {
    const { promises } = await checkEnv(openEnvironment('masksearch:1-4'))
    expect(promises.filter(({ verdict }) => verdict !== 'kept')).toEqual([])
  })

  it.each([1, 2, 3, 4])('with %i masks has so many, and the supports say what is behind each', (masks) => {
    for (const { data } of tasksOf(`${masks}`)) {
      const pieces = data.masked.split('[mask]')
      expect([pieces.length - 1, data.supports.length <= masks]).toEqual([masks, true])
      const { corpus } = worldFor(data.world)
      const known = data.supports.flatMap((id) => {
        const { title, text } = corpus.get(id)!
        return [...factsIn(title, text).values()]
      })
      let rest = data.paragraph
      for (const [i, piece] of pieces.entries()) {
        const fill = i === 0 ? '' : known.find((one) => rest.startsWith(`${one}${piece}`))
        expect(fill, `${data.masked} ${known}`).toBeDefined()
        rest = rest.slice(`${fill}${piece}`.length)
      }
      expect(rest).toBe('')
    }
  })

  it('counts the masks that are filled, in a paragraph that is otherwise the same', () => {
    const [masked, paragraph] = ['A [mask], who [mask], which.', 'A one, who two, which.']
    const answers = {
      'A one, who two, which.': 1,
      'A one, who 2, which.': 0.5,
      ' A ONE, who Two, which. ': 1,
      'A , who , which.': 0,
      'B one, who two, which.': 0,
      'A one, who two, which. And more.': 0,
      'A one, whom two, which.': 0,
      'one two': 0,
      '': 0,
    }
    for (const [answer, share] of Object.entries(answers)) expect(filled(masked, answer, paragraph), answer).toBe(share)
    expect(filled('[mask]', 'x', 'x')).toBe(1)
  })

  it('says what it takes behind the colon', () =>
    expect(() => openEnvironment('masksearch:5')).toThrow(
      "the masks of a paragraph: 1 to 4, like '3' or '1-4', not '5'",
    ))
})
