import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHAT_ML, END, huggingFaceFiles, SIZE, tokenizerJson } from '../../test/hugging-face-files.ts'
import { examineRenderer } from '../../test/renderer-exam.ts'
import { assistant, type Message, type Renderer, system, type ToolSpec, user } from '../core/index.ts'
import { chatTemplate } from './chat-template.ts'
import { huggingFaceRenderer } from './hugging-face-renderer.ts'
import { huggingFaceWords } from './hugging-face-tokenizer.ts'
import { readRenderer } from './renderer-file.ts'
import { templateRenderer } from './template-renderer.ts'

const words = huggingFaceWords(JSON.parse(tokenizerJson()), {}, 'tokenizer.json')
/** By the template, also where it is ChatML. */
const rendererOf = (template: string = CHAT_ML): Renderer => {
  const tokens = { bos_token: '<|im_start|>', eos_token: '<|im_end|>' }
  return templateRenderer({ words, template: chatTemplate({ default: template }, tokens), stop: [END, 0] })
}
const renderer = rendererOf()
const talk: Message[] = [system('be kind'), user('hello\n\nyou')]
const tool: ToolSpec = { name: 'look', description: 'sees', parameters: { type: 'object' } }
const seen = (renderer: Renderer, messages: readonly Message[], tools?: readonly ToolSpec[]): string | undefined =>
  words.spell(renderer.prompt(messages, tools))

examineRenderer('a chat template', renderer)

describe('a renderer from Hugging Face’s files', () => {
  it('takes words that every object has for words', () => {
    const text = tokenizerJson().replace('"vocab":{', '"vocab":{"__proto__":400,"constructor":401,')
    const json = JSON.parse(text)
    const special = { ...json.added_tokens[0], id: 402, content: 'hasOwnProperty' }
    const config = JSON.parse('{"__proto__": {"polluted": true}}')
    const words = huggingFaceWords({ ...json, added_tokens: [...json.added_tokens, special] }, config, 'here')
    const said = 'constructor __proto__ toString'
    expect(words.decode(words.encode(said))).toBe(said)
    expect([words.id('constructor'), words.id('toString'), words.id('hasOwnProperty')]).toEqual([401, undefined, 402])
    expect(words.encode('hasOwnProperty')).toEqual([402])
    expect({}).not.toHaveProperty('polluted')
  })

  it('writes what the template says, with special tokens as single ids', () => {
    expect(seen(renderer, talk)).toBe(
      '<|im_start|>system\nbe kind<|im_end|>\n<|im_start|>user\nhello\n\nyou<|im_end|>\n<|im_start|>assistant\n',
    )
    const prompt = renderer.prompt(talk)
    expect(prompt.filter((id) => id === END)).toHaveLength(2)
    expect(prompt.filter((id) => id === 1)).toHaveLength(3)
    expect(prompt).toContain(SIZE - 2)
    expect(renderer.stop).toEqual([END, 0])
  })

  it('reads an answer back, whole or cut off', () => {
    const completion = renderer.completion(assistant('hello – 你好'))
    expect(completion.at(-1)).toBe(END)
    expect(completion.filter((id) => id === END)).toHaveLength(1)
    expect(renderer.parse(completion)).toEqual(assistant('hello – 你好'))
    expect(renderer.parse(completion.slice(0, -1))).toEqual(assistant('hello – 你好'))
    expect(renderer.parse(words.encode('你').slice(0, 2))).toEqual(assistant('\uFFFD'))
    expect(renderer.parse([END])).toEqual(assistant(''))
    expect(renderer.parse([SIZE + 5, ...words.encode('a')])).toEqual(assistant('a'))
  })

  it('keeps an answer’s tokens apart from the prompt’s, even where one token would cover both', () => {
    const completion = renderer.completion(assistant('\nhello'))
    expect(words.spell(completion)).toBe('\nhello<|im_end|>')
    expect(completion.slice(0, 1)).toEqual(words.encode('\n'))
  })

  it('learns from no answer that spells out its own end, nor by a template that ends none', () => {
    expect(() => renderer.completion(assistant('a<|im_end|>b'))).toThrow('spells out an end token')
    const endless = rendererOf(CHAT_ML.replace("'<|im_end|>'", "'<|done|>'"))
    expect(() => endless.completion(assistant('a'))).toThrow("ends no answer with an end token of the model's (2, 0)")
  })

  it('learns from no answer that the template writes otherwise than it opens one', () => {
    const thinking = rendererOf(CHAT_ML.replace('assistant\\n', 'assistant\\n<think>'))
    expect(() => thinking.completion(assistant('a'))).toThrow('writes an answer in history otherwise than it opens one')
    const prompt = thinking.prompt(talk)
    expect(thinking.bridge?.(prompt, words.encode('hm</think>a<|im_end|>'), [user('b')])).toBeNull()
  })

  it('has words for tools and calls where its template has, and images nowhere', () => {
    const image = { type: 'image', mimeType: 'image/png', data: '' } as const
    const call = { ...assistant(''), calls: [{ id: '1', name: 'look', arguments: { at: 'it' } }] }
    expect(() => renderer.prompt(talk, [tool])).toThrow('no words for tools')
    expect(() => renderer.prompt([...talk, call])).toThrow('no words for tool calls')
    expect(() => renderer.prompt([user([image])])).toThrow('no images')
    const able = rendererOf(
      '{% for t in tools or [] %}{{ t.function.name }} {% endfor %}{% for m in messages %}{% for c in m.tool_calls or [] %}' +
        '{{ c.function.name }}({{ c.function.arguments | tojson }}) {% endfor %}{{ m.name }}:{{ m.content }}{% endfor %}',
    )
    const answer: Message = { role: 'tool', content: 'sky', callId: '1' }
    expect(seen(able, [call, answer], [tool])).toBe('look look({"at": "it"}) :look:sky')
  })

  it('takes the template for tools where there are two', () => {
    const both = { default: CHAT_ML, tool_use: '{{ tools[0].function.name }}' }
    const named = Object.entries(both).map(([name, template]) => ({ name, template }))
    const files = { ...huggingFaceFiles(), 'tokenizer_config.json': JSON.stringify({ chat_template: named }) }
    const { renderer: two } = huggingFaceRenderer(files, 'here')
    expect(seen(two, talk, [tool])).toBe('look')
    expect(seen(two, talk)).toBe(seen(renderer, talk))
  })

  it('knows no day but one, and changes no line of its template', () => {
    const dated = rendererOf('\n{{ strftime_now("%d %b %Y") }}{{ bos_token }}{{ eos_token }}')
    expect(seen(dated, [])).toBe('\n26 Jul 2024<|im_start|><|im_end|>')
    const strict = rendererOf("{{ raise_exception('roles must alternate') }}")
    expect(() => strict.prompt([])).toThrow('cannot write this conversation: roles must alternate')
  })
})

describe('its bridge', () => {
  const next = [user('and?')]

  it('continues from the sampled tokens, however they were cut', () => {
    const prompt = renderer.prompt(talk)
    // Not as the tokenizer would write it: h, e, l, l, o.
    const sampled = [...'hello'].flatMap((letter) => words.encode(letter))
    expect(sampled).toHaveLength(5)
    for (const ended of [true, false]) {
      const completion = ended ? [...sampled, END] : sampled
      const bridged = renderer.bridge?.(prompt, completion, next) ?? []
      expect(bridged.slice(0, prompt.length + completion.length)).toEqual([...prompt, ...completion])
      expect(words.spell(bridged)).toBe(seen(renderer, [...talk, assistant('hello'), ...next]))
      const again = renderer.bridge?.(bridged, renderer.completion(assistant('so')), [user('why?')]) ?? []
      expect(again.slice(0, bridged.length)).toEqual(bridged)
    }
  })

  it('is none where the template would show something else', () => {
    const trimming = rendererOf(CHAT_ML.replace("message['content']", "(message['content'] | trim)"))
    const prompt = trimming.prompt(talk)
    expect(trimming.bridge?.(prompt, words.encode('a <|im_end|>'), next)).toBeNull()
    expect(trimming.bridge?.(prompt, words.encode('a<|im_end|>'), next)).not.toBeNull()
    const forgetful = rendererOf(CHAT_ML.replace('in messages', 'in messages[-1:]'))
    expect(forgetful.bridge?.(forgetful.prompt(talk), words.encode('a<|im_end|>'), next)).toBeNull()
  })

  it('is none for another end, for ids that mean nothing, and for a prompt it has not written', () => {
    const prompt = renderer.prompt(talk)
    expect(renderer.bridge?.(prompt, words.encode('a<|endoftext|>'), next)).toBeNull()
    expect(renderer.bridge?.(prompt, [SIZE + 1, END], next)).toBeNull()
    expect(renderer.bridge?.([...prompt], words.encode('a<|im_end|>'), next)).toBeNull()
  })
})

describe('a checkpoint’s renderer', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ludus-renderer-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is read from the folder, its template from either place, with the files to carry along', async () => {
    await expect(readRenderer(folder)).rejects.toThrow('has no renderer.json and no tokenizer.json')
    const files = { ...huggingFaceFiles('unused'), 'chat_template.jinja': CHAT_ML }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    await writeFile(join(folder, 'vocab.txt'), 'not ours')
    const read = await readRenderer(folder)
    expect(read.files).toEqual(files)
    expect(read.size).toBe(SIZE)
    expect(read.renderer.prompt(talk)).toEqual(renderer.prompt(talk))
  })

  it.each<[what: string, files: Record<string, string>, sentence: string]>([
    ['no JSON', { 'tokenizer.json': '{' }, "'here/tokenizer.json' is damaged: it is not JSON"],
    ['no tokenizer', { 'tokenizer.json': '{"model": {}}' }, "'here/tokenizer.json' is damaged: model.vocab"],
    [
      'an id beyond all',
      { 'tokenizer.json': tokenizerJson().replace('"!":36', '"!":4000000000') },
      '4000000000 is no token',
    ],
    [
      'an unknown kind',
      { 'tokenizer.json': tokenizerJson().replace('"ByteLevel"', '"Oracle"') },
      "tokenizer.json' cannot be",
    ],
    ['no template', { 'tokenizer_config.json': '{}' }, "'here' has no chat template"],
    ['a broken template', { 'chat_template.jinja': '{% for %}' }, "the chat template 'default' cannot be read"],
    [
      'no end',
      { 'tokenizer_config.json': '{"chat_template": "a"}', 'generation_config.json': '{}' },
      "'here' does not say what ends an answer",
    ],
    ['an end that is none', { 'generation_config.json': '{"eos_token_id": "two"}' }, 'is damaged: eos_token_id'],
  ])('is refused for %s', (_, files, sentence) => {
    expect(() => huggingFaceRenderer({ ...huggingFaceFiles(), ...files }, 'here')).toThrow(sentence)
  })
})
