import { describe, expect, it } from 'vitest'
import { random, type Task } from '../core/index.ts'
import { type ArithmeticTask, arithmetic } from './arithmetic.ts'
import { openEnvironment } from './index.ts'

const all = (digits: number, split: 'train' | 'test') => [
  ...(arithmetic({ digits }).tasks(split) as Iterable<Task<ArithmeticTask>>),
]

describe('arithmetic', () => {
  it('asks what it knows the answer to', () => {
    for (const digits of [1, 3, 9]) {
      for (const { data } of all(digits, 'test')) {
        const [, a, sign, b] = /^What is (\d+) ([+-]) (\d+)\?$/.exec(data.question) ?? []
        expect([a?.length, b?.length]).toEqual([digits, digits])
        expect(data.answer).toBe(sign === '+' ? Number(a) + Number(b) : Number(a) - Number(b))
      }
    }
  })

  it('has distinct problems, split for good', () => {
    expect([all(1, 'train').length + all(1, 'test').length, all(3, 'train').length, all(3, 'test').length]).toEqual([
      200, 10_000, 1000,
    ])
    const questions = [...all(2, 'train'), ...all(2, 'test')].map(({ data }) => data.question)
    expect(new Set(questions).size).toBe(questions.length)
    expect(all(4, 'test')).toEqual(all(4, 'test'))
  })

  it('guesses within the range of its answers', () => {
    const rng = random(1)
    const spec = arithmetic({ digits: 2 })
    const task = all(2, 'test')[0]!
    const guesses = Array.from({ length: 5000 }, () => Number(spec.guess!(task, rng).content))
    expect([Math.min(...guesses), Math.max(...guesses)]).toEqual([-99, 198])
  })

  it('takes a number of digits, and no other', () => {
    expect(openEnvironment('arithmetic').id).toBe('arithmetic:2@1')
    expect(openEnvironment('arithmetic:5').id).toBe('arithmetic:5@1')
    for (const bad of ['0', '10', '2.5', 'two', ''])
      expect(() => openEnvironment(`arithmetic:${bad}`)).toThrow('1 to 9 digits')
  })
})
