import { describe, expect, it } from 'vitest'
import { hasSegments, jsonSchema, segmentsIn } from './index.ts'

describe('jsonSchema', () => {
  const action = jsonSchema({
    type: 'object',
    properties: { action: { enum: ['run', 'stop'] }, params: { type: 'object' }, next: { $ref: '#' } },
    required: ['action'],
    additionalProperties: false,
  })

  it('holds the whole text to the whole schema', () => {
    expect(action('{"action": "run", "params": {}}')).toEqual({ value: 1, why: 'it fits the schema' })
    expect(action(' {"action": "run", "next": {"action": "stop"}}\n').value).toBe(1)
    expect(action('{"action": "fly"}')).toEqual({ value: 0, why: '/action must be equal to one of the allowed values' })
    expect(action('{}').why).toBe("the whole must have required property 'action'")
    expect(action('{"action": "run", "next": {}}').why).toBe("/next must have required property 'action'")
    for (const text of ['{"action": "run", "x": 1}', '[]', 'null', '"run"']) expect(action(text).value, text).toBe(0)
    for (const text of ['', 'Sure: {"action": "run"}', '{"action": "run"} done', "{'action': 'run'}"])
      expect(action(text), text).toEqual({ value: 0, why: 'it is no JSON' })
  })

  it('knows what zod’s reading of a schema does not', () => {
    expect(jsonSchema({ required: ['a'] })('{}').value).toBe(0)
    expect(jsonSchema({ not: { type: 'string' } })('1').value).toBe(1)
    expect(jsonSchema({ if: { required: ['a'] }, else: { required: ['b'] } })('{}').value).toBe(0)
    expect(jsonSchema({ uniqueItems: true })('[[1], [1]]').value).toBe(0)
  })

  it('says when the schema is none', () => {
    expect(() => jsonSchema({ type: 'objekt' })).toThrow('schema is invalid')
    expect(() => jsonSchema({ requird: ['a'] })).toThrow('requird')
  })
})

describe('segmentsIn', () => {
  const names = ['think', 'answer']

  it('finds what stands in each', () => {
    expect(segmentsIn('<think>\nhm </think>\n<answer>42</answer> ', names)).toEqual(['hm', '42'])
    const reflected = ['think', 'answer', 'reflection', 'think', 'answer']
    const text = reflected.map((name, i) => `<${name}>${i}</${name}>`).join('')
    expect(segmentsIn(text, reflected)).toEqual(['0', '1', '2', '3', '4'])
    expect(hasSegments(text, reflected)).toBe(1)
    expect(hasSegments(text, names)).toBe(0)
  })

  it.each([
    '',
    '42',
    '<think>hm</think>',
    '<answer>42</answer><think>hm</think>',
    '<think></think><answer> </answer>',
    '<think>hm</think><answer></answer>',
    'So: <think>hm</think><answer>42</answer>',
    '<think>hm</think> so <answer>42</answer>',
    '<think>hm</think><answer>42</answer><answer>43</answer>',
    '<think>hm<answer>1</answer></think><answer>42</answer>',
    '<think>hm</think><answer>42',
    '<THINK>hm</THINK><answer>42</answer>',
  ])('refuses %j', (text) => {
    expect(hasSegments(text, names)).toBe(0)
  })

  it('reads a long text in one go', () => {
    expect(hasSegments(`<think>${'<think'.repeat(20_000)}</think>`, ['think'])).toBe(1)
    expect(hasSegments('<think>'.repeat(20_000), ['think'])).toBe(0)
  })
})
