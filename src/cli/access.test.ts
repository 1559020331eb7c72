import { expect, test } from 'vitest'
import { scriptedModel } from '../models/index.ts'
import { accessFlags, episodeLimits, openAccess } from './access.ts'
import { parse } from './args.ts'

const flags = { ...accessFlags, 'max-tokens': { type: 'count', help: '' } } as const
const open = (...args: string[]) =>
  openAccess({ flags: parse('run', args, { flags, positionals: [] }).flags, concurrency: 4, tries: 1 })
const remote = (...args: string[]) => open(...args).remote(scriptedModel([]), 'openai:m@http://here/v1', 'http://here')

test.each([
  [['--budget-usd', '0'], '--budget-usd takes a positive number, not 0'],
  [['--budget-usd-day=-1'], '--budget-usd-day takes a positive number, not -1'],
  [['--price', 'm=1'], "like qwen3=0.1/0.4, not 'm=1'"],
  [['--cache', '/dev/null/answers'], "'/dev/null/answers/answers.sqlite': "],
  [['--budget-usd', '1', '--max-tokens', '9'], 'the price of openai:m@http://here/v1 is not known'],
  [['--budget-usd-call', '1', '--max-tokens', '9'], 'is not known'],
  [['--budget-usd', '1', '--price', 'm=1/2'], 'a budget needs --max-tokens'],
  [['--budget-tokens', '100'], 'a budget needs --max-tokens'],
])('%o is refused', (args, sentence) => {
  expect(() => remote(...args)).toThrow(sentence)
})

test.each([
  [[]],
  [['--budget-tokens', '100', '--budget-usd', '1', '--max-tokens', '9']],
  [['--budget-usd', '1', '--max-tokens', '9', '--price', 'm=1/2']],
])('%o is not', (args) => {
  expect(remote(...args)).toBeTypeOf('function')
})

test('limits of an episode are read, and what is none is refused', () => {
  expect(episodeLimits(['steps=5', 'calls=2', 'tokens=900'])).toEqual({ steps: 5, calls: 2, tokens: 900 })
  for (const wrong of ['days=2', 'steps=0', 'steps=1e3', 'steps'])
    expect(() => episodeLimits([wrong])).toThrow(`not '${wrong}'`)
})

test('a budget can be changed only where there is one', () => {
  expect(() => open().recap(5)).toThrow('begun without --budget-usd')
})
