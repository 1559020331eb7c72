import { Tokenizer } from '@huggingface/tokenizers'
import { describe, expect, it } from 'vitest'
import type { Metadata, MetadataValue } from './gguf-header.ts'
import { ggufTokenizer } from './gguf-tokenizer.ts'

// 0 and 1 are control tokens, 2 is a user's; then characters, Ġ for the space and Ċ for the end of a line.
const special = ['<|end|>', '<|user|>', '<tool>']
const letters = [..."ĠĊabcdefghijklmnopqrstuvwxyzLH0123456789'.!$"]
const merges = ['h e', 'l l', 'he ll', 'hell o', 'Ġ w', '1 2', '12 3', '3 4', "' l", "'l l", '. .', 'Ġ Ġ', 'Ċ Ċ']
const tokens = [...special, ...letters, ...merges.map((merge) => merge.replace(' ', '')), '__proto__', 'hola']
const plain: Record<string, MetadataValue> = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'gpt-2',
  'tokenizer.ggml.tokens': tokens,
  'tokenizer.ggml.merges': merges,
  'tokenizer.ggml.token_type': tokens.map((_, id) => (id < 2 ? 3 : id === 2 ? 4 : 1)),
  'tokenizer.ggml.bos_token_id': 1,
  'tokenizer.ggml.eos_token_id': 0,
}
const emit = (changes: Record<string, MetadataValue | undefined> = {}) => {
  const entries = Object.entries({ ...plain, ...changes }).filter(([, value]) => value !== undefined)
  return ggufTokenizer(new Map(entries) as Metadata, 'some.gguf')
}
const open = (changes: Record<string, MetadataValue | undefined> = {}): Tokenizer => {
  // Through JSON, as files would go.
  const { tokenizer, config } = JSON.parse(JSON.stringify(emit(changes)))
  return new Tokenizer(tokenizer, config)
}
const pieces = (text: string, pre: string): string[] => open({ 'tokenizer.ggml.pre': pre }).encode(text).tokens

describe('the tokenizer of a GGUF file', () => {
  it('merges bytes, and finds added tokens in the text as they stand', () => {
    const tokenizer = open()
    const text = '<|user|>hello  w <tool>hey\n\n<|end|>'
    const { ids, tokens: names } = tokenizer.encode(text)
    expect(names).toEqual(['<|user|>', 'hello', 'Ġ', 'Ġw', 'Ġ', '<tool>', 'he', 'y', 'ĊĊ', '<|end|>'])
    expect(ids).toEqual(names.map((name: string) => tokens.indexOf(name)))
    expect(tokenizer.decode(ids)).toBe(text)
    expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe('hello  w <tool>hey\n\n')
  })

  it('splits as the rule of its name has it', () => {
    expect(pieces('123 1234', 'gpt-2')).toEqual(['123', 'Ġ', '123', '4'])
    expect(pieces('123 1234', 'smollm')).toEqual(['1', '2', '3', 'Ġ', '1', '2', '3', '4'])
    expect(pieces('1234', 'llama-bpe')).toEqual(['<|user|>', '123', '4'])
    expect(pieces('4123', 'llama-bpe')).toEqual(['<|user|>', '4', '12', '3'])
    expect(pieces('12341', 'default')).toEqual(['123', '4', '1'])
    // A mark after a space stays with it in one rule, and the space alone in another.
    expect(pieces('a ..', 'gpt-2')).toEqual(['a', 'Ġ', '..'])
    expect(pieces("a'll A'LL", 'llama-bpe').slice(0, 3)).toEqual(['<|user|>', 'a', "'ll"])
    expect(pieces('\n\n a', 'gpt-2')).toEqual(['ĊĊ', 'Ġ', 'a'])
  })

  it('takes a piece that is a token whole only where the rule says so', () => {
    expect(pieces('hola', 'gpt-2')).toEqual(['h', 'o', 'l', 'a'])
    expect(pieces('hola', 'llama-bpe')).toEqual(['<|user|>', 'hola'])
  })

  it('puts bos and eos around a text where the file, or else the rule, says so', () => {
    const add = { 'tokenizer.ggml.add_bos_token': true, 'tokenizer.ggml.add_eos_token': true }
    expect(open(add).encode('a').tokens).toEqual(['<|user|>', 'a', '<|end|>'])
    expect(open(add).encode('a', { add_special_tokens: false }).tokens).toEqual(['a'])
    const none = { 'tokenizer.ggml.pre': 'llama-bpe', 'tokenizer.ggml.add_bos_token': false }
    expect(open(none).encode('a').tokens).toEqual(['a'])
  })

  it('is the default rule without a name, and has no added tokens without types', () => {
    const { tokenizer } = emit({ 'tokenizer.ggml.pre': undefined, 'tokenizer.ggml.token_type': undefined })
    expect(tokenizer).toEqual({ ...emit({ 'tokenizer.ggml.pre': 'default' }).tokenizer, added_tokens: [] })
  })

  it('carries the chat template and the names of special tokens, and every token with its id', () => {
    const { tokenizer, config } = emit({
      'tokenizer.chat_template': '{{ messages }}',
      'tokenizer.ggml.unknown_token_id': 0,
      'tokenizer.ggml.padding_token_id': 2,
    })
    expect(config).toMatchObject({
      bos_token: '<|user|>',
      eos_token: '<|end|>',
      unk_token: '<|end|>',
      pad_token: '<tool>',
      chat_template: '{{ messages }}',
    })
    expect(Object.entries(tokenizer.model.vocab).toSorted(([, a], [, b]) => a - b)).toEqual(
      tokens.map((token, id) => [token, id]),
    )
    expect(emit().config).not.toHaveProperty('chat_template')
  })

  it.each([
    [{ 'tokenizer.ggml.model': 'llama' }, "key 'tokenizer.ggml.model' is 'llama'; only 'gpt2'"],
    [{ 'tokenizer.ggml.model': undefined }, "key 'tokenizer.ggml.model' is missing"],
    [{ 'tokenizer.ggml.pre': 'qwen2' }, "is 'qwen2'; the ways to split that are known are 'smollm', 'llama-bpe'"],
    [{ 'tokenizer.ggml.tokens': undefined }, "key 'tokenizer.ggml.tokens' is missing"],
    [{ 'tokenizer.ggml.tokens': [1, 2] }, "key 'tokenizer.ggml.tokens' is a list of 2, not a list of texts"],
    [{ 'tokenizer.ggml.tokens': [...tokens, 'a'] }, "key 'tokenizer.ggml.tokens' has 'a' twice"],
    [{ 'tokenizer.ggml.token_type': [3] }, "key 'tokenizer.ggml.token_type' is a list of 1, not a list of"],
    [{ 'tokenizer.ggml.merges': ['he'] }, "merge 0, 'he', is not of two tokens into one"],
    [{ 'tokenizer.ggml.merges': ['h e', 'a b'] }, "merge 1, 'a b', is not of two tokens into one"],
    [{ 'tokenizer.ggml.eos_token_id': 999 }, "key 'tokenizer.ggml.eos_token_id' is 999, none of"],
    [{ 'tokenizer.ggml.add_bos_token': 1 }, "key 'tokenizer.ggml.add_bos_token' is 1, not a truth value"],
    [
      { 'tokenizer.ggml.bos_token_id': undefined, 'tokenizer.ggml.add_bos_token': true },
      "texts take the bos token, and key 'tokenizer.ggml.bos_token_id' is missing",
    ],
    [{ 'tokenizer.chat_template': ['a'] }, "key 'tokenizer.chat_template' is a list of 1, not a text"],
  ])('is refused: %o', (changes, message) => {
    expect(() => emit(changes)).toThrow(`some.gguf: `)
    expect(() => emit(changes)).toThrow(message)
  })
})
