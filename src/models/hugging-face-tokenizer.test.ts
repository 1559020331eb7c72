import { describe, expect, it } from 'vitest'
import { tokenizerJson } from '../../test/hugging-face-files.ts'
import { random } from '../core/index.ts'
import { huggingFaceWords } from './hugging-face-tokenizer.ts'

const special = (content: string, id: number, special = true): object => {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }
}
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
const words = ['▁the', '▁', 'the', '▁é', 'x', '你', '▁▁▁', 'a▁b', '.']
const space = { type: 'Replace', pattern: { String: '▁' }, content: ' ' }
const pieces = (decoder: object, tokens: readonly string[]): object => ({
  ...{ version: '1.0', truncation: null, padding: null, normalizer: null, pre_tokenizer: null, post_processor: null },
  added_tokens: [special('<s>', 0), special('<tool>', 1, false)],
  decoder,
  model: {
    ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
    ...{ fuse_unk: true, byte_fallback: true, ignore_merges: false, merges: [] },
    vocab: Object.fromEntries(['<s>', '<tool>', ...tokens].map((token, id) => [token, id])),
  },
})
const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 }

describe('what the tokens of a tokenizer.json say', () => {
  it.each<[kind: string, json: object, dropsSpace: boolean]>([
    ['bytes as letters', JSON.parse(tokenizerJson()), false],
    [
      'Llama 2’s',
      pieces({ type: 'Sequence', decoders: [space, { type: 'ByteFallback' }, { type: 'Fuse' }, strip] }, [
        ...bytes,
        ...words,
      ]),
      true,
    ],
    [
      'Gemma’s',
      pieces({ type: 'Sequence', decoders: [space, { type: 'ByteFallback' }, { type: 'Fuse' }] }, [...bytes, ...words]),
      false,
    ],
    ['Metaspace', pieces({ type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' }, words), true],
    ['WordPiece', pieces({ type: 'WordPiece', prefix: '##', cleanup: false }, ['the', '你', 'x']), true],
  ])('is the text that they are decoded to: %s', (_, json, dropsSpace) => {
    const words = huggingFaceWords(json, {}, 'tokenizer.json')
    const { bytes, ends, dropsSpace: drops } = words.spelling()
    expect(drops).toBe(dropsSpace)
    expect(ends).toHaveLength(words.size)
    const rng = random(5)
    let long = 0
    for (let round = 0; round < 500; round++) {
      const ids = Array.from({ length: 1 + rng.int(8) }, () => rng.int(words.size + 1))
      const said = Buffer.concat(ids.map((id) => bytes.subarray(ends[id - 1] ?? 0, ends[id] ?? 0)))
      const text = said.toString()
      // Single bytes are decoded apart from the pieces around them: where they are no UTF-8, they come out otherwise.
      const whole = (text: string): string => text.replaceAll('\uFFFD', '')
      expect(whole(drops ? text.replace(/^ /, '') : text)).toBe(whole(words.decode(ids)))
      if (text.length > 5) long++
    }
    expect(long).toBeGreaterThan(100)
    expect(words.spelling()).toBe(words.spelling())
  })
})
