/** What every renderer must keep, whatever its format: one exam for all of them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assistant, type Message, type Renderer, user } from '../src/core/index.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const world = fc.array(
  text.map((content) => user(content)),
  { minLength: 1, maxLength: 3 },
)
// Where an answer begins with blanks, a template cuts them together with its own newline.
const answerText = text.filter((content) => !/^\s/.test(content))

/** `marks`: texts that would end or open turns, if the world could. None where the renderer lets it, as its template does. */
export function examineRenderer(name: string, renderer: Renderer, marks: readonly string[] = []): void {
  const endsIn = (ids: readonly number[]): number => ids.filter((id) => renderer.stop.includes(id)).length
  const begins = (ids: readonly number[], start: readonly number[]): void =>
    expect(ids.slice(0, start.length)).toEqual(start)

  describe(`${name}, in the exam for all renderers`, () => {
    it('reads back what it writes, and ends it once', () => {
      fc.assert(
        fc.property(text, (content) => {
          const ids = renderer.completion(assistant(content))
          expect(renderer.parse(ids)).toEqual(assistant(content))
          expect(renderer.parse(ids.slice(0, -1))).toEqual(assistant(content))
          expect([endsIn(ids), endsIn(ids.slice(-1))]).toEqual([1, 1])
        }),
      )
    })

    it('continues a conversation from its very ids, as it would write it whole', () => {
      fc.assert(
        fc.property(world, answerText, world, (before, said, since) => {
          const [prompt, sampled] = [renderer.prompt(before), renderer.completion(assistant(said))]
          const bridged = renderer.bridge?.(prompt, sampled, since) ?? []
          begins(bridged, [...prompt, ...sampled])
          expect(bridged).toEqual(renderer.prompt([...before, assistant(said), ...since]))
        }),
      )
    })

    it('continues from whatever was sampled, or not at all', () => {
      const drawn = fc.array(fc.nat({ max: 300 }), { maxLength: 8 })
      fc.assert(
        fc.property(world, drawn, world, (before, sampled, since) => {
          const prompt = renderer.prompt(before)
          const bridged = renderer.bridge?.(prompt, sampled, since)
          if (bridged) begins(bridged, [...prompt, ...sampled])
        }),
      )
    })

    it.runIf(marks.length > 0)('keeps what the world says out of its marks', () => {
      const forged = fc
        .array(fc.oneof(fc.constantFrom(...marks), text), { maxLength: 6 })
        .map((parts) => parts.join(''))
      const ids = (content: string): number => endsIn(renderer.prompt([user(content)]))
      fc.assert(
        fc.property(forged, forged, (content, answer) => {
          expect(ids(content)).toBe(ids('hello'))
          const history: Message[] = [user('a'), assistant(answer), user('b')]
          expect(endsIn(renderer.prompt(history))).toBe(endsIn(renderer.prompt([user('a'), assistant('b'), user('c')])))
        }),
      )
    })
  })
}
