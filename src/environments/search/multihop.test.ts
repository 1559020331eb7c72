import { describe, expect, it } from 'vitest'
import { factsIn } from '../../../test/facts-in.ts'
import {
  type Agent,
  type AssistantMessage,
  assistant,
  checkEnv,
  type Host,
  type Json,
  rollout,
  textOf,
} from '../../core/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { openEnvironment } from '../index.ts'
import { corpusOf } from './corpus.ts'
import { RELATIONS, worldOf } from './facts.ts'
import { allOf, answerF1, hopsOf, multihop, worldFor } from './multihop.ts'

const host = { seed: 0, signal: new AbortController().signal } as Host
const calling = (name: string, given: Json): AssistantMessage => ({
  ...assistant(''),
  calls: [{ id: 'c', name, arguments: given }],
})

describe('corpusOf', () => {
  const texts = ['the cat sat', 'the dog', 'the cat and the other cat']
  const corpus = corpusOf(texts.map((text, i) => ({ id: `${i}`, title: '', text })))

  it('ranks by BM25, a word of the query counting once', () => {
    // Lengths 3, 2, 6 around a mean of 11/3; idf ln(1 + (N − n + ½)/(n + ½)).
    const score = (hits: number, length: number): number =>
      (Math.log(1 + 1.5 / 2.5) * hits * 2.2) / (hits + 1.2 * (0.25 + (0.75 * length * 3) / 11))
    expect(score(1, 3)).toBeGreaterThan(score(2, 6) * 0.8)
    const order = score(1, 3) > score(2, 6) ? ['0', '2'] : ['2', '0']
    expect(corpus.search('Cat', 5).map(({ id }) => id)).toEqual(order)
    expect(corpus.search('dog cat cat cat', 1).map(({ id }) => id)).toEqual(['1'])
    expect(corpus.search('the', 2).map(({ id }) => id)).toEqual(['1', '2'])
  })

  it('finds nothing for what stands nowhere, and takes any query', () => {
    for (const query of ['', ' ', '!?', 'zebra', '__proto__ constructor', 'x '.repeat(1e5)])
      expect(corpus.search(query, 5)).toEqual([])
  })

  it('wants something to search in', () =>
    expect(() => corpusOf([])).toThrow('needs three passages to search in, and this one has 0'))
})

describe('multihop', () => {
  it('is certified', async () => {
    const { promises } = await checkEnv(openEnvironment('multihop:2-4'))
    expect(promises.filter(({ verdict }) => verdict !== 'kept')).toEqual([])
  })

  it.each(['2', '3', '4'])('has exactly the answers that its passages give, over %s hops', (hops) => {
    for (const split of ['train', 'test'] as const) {
      const facts = new Map(worldFor(split).corpus.passages.map(({ title, text }) => [title, factsIn(title, text)]))
      const follow = (phrase: string): string => {
        if (facts.has(phrase)) return phrase
        const { name, one } = RELATIONS.find(({ one }) => phrase.startsWith(`${one} `))!
        return facts.get(follow(phrase.slice(one.length + 1)))!.get(name)!
      }
      for (const { data } of multihop(hopsOf(hops)).tasks(split) as Iterable<{ data: never }>) {
        const { question, answers } = data as { question: string; answers: string[][] }
        const [, all, one] = /^Name all (.*)\. There (?:is|are) .*$|^What is the name of (.*)\?$/.exec(question)!
        const known = all === undefined ? [follow(one!)] : everyone(facts, all, follow)
        expect(answers.flat().sort(), question).toEqual(known.sort())
        expect(question.split(/ of | on | through | by | in | is | from /).length).toBeGreaterThan(Number(hops))
      }
    }
  })

  it('opens passages that its searches found', async () => {
    const spec = multihop({ least: 4, most: 4 })
    for (const task of [...(spec.tasks('test') as Iterable<never>)].slice(0, 50)) {
      const played = rollout(spec, spec.solve!(task) as Agent, [task], { model: scriptedModel([]) })
      const [trajectory] = (await Array.fromAsync(played)).flatMap(({ trajectories }) => trajectories)
      for (const { observation, action } of trajectory!.steps) {
        const [call] = action.calls!
        if (call!.name !== 'open') continue
        expect(observation.messages.map(textOf).join()).toContain(`"${(call!.arguments as { id: string }).id}"`)
      }
      expect(trajectory!.stop).toBe('terminated')
    }
  })

  it('has other facts for training than for testing', () => {
    const [train, test] = [worldFor('train'), worldFor('test')]
    const names = new Set(train.things.filter(({ kind }) => kind !== 'book').map(({ name }) => name))
    expect(test.things.filter(({ name }) => names.has(name)).length).toBeLessThan(10)
    expect(worldOf('train').corpus.passages).toEqual(train.corpus.passages)
  })

  it('says what is wrong with a call, and plays on', async () => {
    const spec = multihop()
    const [task] = spec.tasks('train') as Iterable<never>
    const env = await spec.make(task!, host)
    const wrong: [Json, string, RegExp][] = [
      [{ query: '' }, 'search', /search cannot take that: query/],
      [{ query: 'x'.repeat(1e6) }, 'search', /query: .{0,80}400/],
      [{ query: 'x', most: 1000 }, 'search', /most/],
      [{ id: 'p'.repeat(1e6) }, 'open', /^Error: there is no passage 'p{60}…': search gives the ids$/],
      [{ id: '__proto__' }, 'open', /no passage '__proto__'/],
      [{ answer: 7 }, 'finish', /answer: .*expected string/],
      ['{"answer"', 'finish', /no JSON object/],
    ]
    for (const [given, name, says] of wrong) {
      const { observation, end, info } = await env.step(calling(name, given))
      expect([textOf(observation.messages[0]!), end, info]).toEqual([
        expect.stringMatching(says),
        undefined,
        { errors: 1 },
      ])
    }
    expect(env.data!()).toEqual({ opened: [], answer: null })
  })

  it('says what it takes behind the colon', () => {
    for (const wrong of ['1', '5', '4-2', '2-', 'x'])
      expect(() => openEnvironment(`multihop:${wrong}`)).toThrow(
        `the hops of a question: 2 to 4, like '3' or '2-4', not '${wrong}'`,
      )
  })
})

function everyone(
  facts: ReadonlyMap<string, ReadonlyMap<string, string>>,
  phrase: string,
  follow: (phrase: string) => string,
): string[] {
  const { name, all } = RELATIONS.find(({ all }) => phrase.startsWith(`${all} `))!
  const target = follow(phrase.slice(all.length + 1))
  return [...facts].flatMap(([thing, known]) => (known.get(name) === target ? [thing] : []))
}

describe('answers', () => {
  it('are right where they name all and nothing else, in any order', () => {
    const two = [['Ada'], ['Bram', 'B.']]
    const answers = ['bram; ADA.', 'B.;Ada', 'Ada', 'Ada; Bram; Cleo', 'Ada; Ada', 'Ada Bram', '']
    expect(answers.map((answer) => allOf(answer, two))).toEqual([1, 1, 0, 0, 0, 0, 0])
    expect(allOf('the Ada; and', [['Ada; and']])).toBe(1)
  })

  it('are compared by their words', () => {
    expect(answerF1('Bram; Ada', [['Ada'], ['Bram', 'B.']])).toBe(1)
    expect(answerF1('Ada', [['Ada'], ['Bram']])).toBeCloseTo(2 / 3)
    expect(answerF1('Ada Brosk', [['Cleo', 'Ada']])).toBeCloseTo(2 / 3)
  })
})
