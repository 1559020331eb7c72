import { describe, expect, it } from 'vitest'
import { openAgent } from './agents.ts'

describe('an agent on the command line', () => {
  it('is named with what it takes, and forgets where the latest observation says all', () => {
    const ids = [
      'react:3',
      'codeact',
      'vote:5',
      'vote:3:branches',
      'best-of:8',
      'best-of:8:value',
      'beam:4',
      'mcts:32:value',
    ]
    expect(ids.map((id) => openAgent(id, {}).id)).toEqual(ids)
    expect([openAgent('react', {}).id, openAgent('react', { markov: true }).id]).toEqual(['react', 'react:0'])
  })

  it.each([
    ...[
      'chef',
      '',
      'constructor',
      'codeact:2',
      'react:',
      'react:x',
      'react:1:2',
      'vote',
      'vote:0',
      'vote:-1',
      'vote:1e3',
    ],
    ...['vote:3:value', 'best-of:2:branches', 'beam:2.5', 'mcts:8:value:value', 'mcts: 8'],
  ])("is refused as '%s', with what there is", (name) => {
    expect(() => openAgent(name, {})).toThrow(`there is no agent '${name}': there are react[:<turns>], codeact`)
    expect(() => openAgent(name, {})).toThrow(
      'best-of:<attempts>[:value], beam:<width>[:value], mcts:<simulations>[:value]',
    )
  })
})
