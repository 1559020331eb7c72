import { describe, expect, it } from 'vitest'
import type { AssistantMessage } from '../../core/index.ts'
import { advantagesOf, pathsOf } from './group.ts'

const says = (content: string, more: Partial<AssistantMessage> = {}) => ({
  action: { role: 'assistant' as const, content, ...more },
})

describe('pathsOf', () => {
  it('gives the same numbers as long as attempts did the same, whatever they thought', () => {
    const known = new Map<string, number>()
    const one = pathsOf([says('a', { thinking: 'hm' }), says('b'), says('c')], known)
    const other = pathsOf([says('a'), says('b'), says('d')], known)
    // The same deed after another one is another way.
    const third = pathsOf([says('b'), says('b'), says('c')], known)
    expect(other.slice(0, 2)).toEqual(one.slice(0, 2))
    expect(new Set([...one, ...other, ...third]).size).toBe(7)
  })

  it('tells calls apart by name and arguments, not by their ids', () => {
    const known = new Map<string, number>()
    const call = (id: string, arguments_: string) => says('', { calls: [{ id, name: 'look', arguments: arguments_ }] })
    const paths = [call('1', '{"at":1}'), call('2', '{"at":1}'), call('3', '{"at":2}')].map((step) =>
      pathsOf([step], known),
    )
    expect(paths).toEqual([[0], [0], [1]])
  })
})

describe('advantagesOf', () => {
  it('is relative to the group, and unknown without a score', () => {
    expect(advantagesOf([1, 3, null])).toEqual([-1, 1, null])
    expect(advantagesOf([2, 2])).toEqual([0, 0])
    expect(advantagesOf([null])).toEqual([null])
  })
})
