import { afterAll, describe, expect, it } from 'vitest'
import { assistant, type Renderer, user } from '../src/core/index.ts'
import type { Metadata } from '../src/engine/gguf-header.ts'
import { ggufTokenizer } from '../src/engine/gguf-tokenizer.ts'
import { createEngine, type EmbeddedEngine } from '../src/engine/index.ts'
import { chatRenderer, engineModel, huggingFaceRenderer, learnTokenizer, MARKS } from '../src/models/index.ts'
import { BYTE_OF } from '../src/models/spelling.ts'
import { CHAT_ML, huggingFaceFiles } from './hugging-face-files.ts'

const said = 'hello – 你好, Observation: hello\n\nyou'
const question = user('?')
const engines: EmbeddedEngine[] = []
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]()
})

interface Speaker {
  readonly renderer: Renderer
  readonly size: number
}

function chat(): Speaker {
  const tokenizer = learnTokenizer([said, 'hello', 'vation: h', 'Obser', 'Obser'], 12)
  return { renderer: chatRenderer(tokenizer), size: tokenizer.size + MARKS }
}

function gguf(): Speaker {
  const merges = ['h e', 'l l', 'he ll', 'hell o', 'Ġ hello', 'Ċ Ċ']
  const special = ['<|im_end|>', '<|im_start|>']
  const tokens = [...special, ...BYTE_OF.keys(), ...merges.map((merge) => merge.replace(' ', ''))]
  const { tokenizer, config } = ggufTokenizer(
    new Map<string, unknown>([
      ['tokenizer.ggml.model', 'gpt2'],
      ['tokenizer.ggml.pre', 'smollm'],
      ['tokenizer.ggml.tokens', tokens],
      ['tokenizer.ggml.merges', merges],
      ['tokenizer.ggml.token_type', tokens.map((_, id) => (id < special.length ? 3 : 1))],
      ['tokenizer.ggml.bos_token_id', 1],
      ['tokenizer.ggml.eos_token_id', 0],
      ['tokenizer.chat_template', CHAT_ML],
    ]) as Metadata,
    'some.gguf',
  )
  const files = { 'tokenizer.json': JSON.stringify(tokenizer), 'tokenizer_config.json': JSON.stringify(config) }
  return huggingFaceRenderer(files, 'some.gguf')
}

/** An engine that has learned to say it: by heart, unless it got fewer updates. */
async function speaking({ renderer, size }: Speaker, updates = 80): Promise<EmbeddedEngine> {
  const engine = createEngine(
    {
      ...{ vocabulary: size, width: 32, layers: 1, heads: 4, kvHeads: 2, headWidth: 8, hidden: 64, context: 128 },
      ...{ ropeTheta: 1e4, normEpsilon: 1e-5, tied: true },
    },
    { seed: 2, threads: 1 },
  )
  engines.push(engine)
  const [prompt, completion] = [renderer.prompt([question]), renderer.completion(assistant(said))]
  const weights = [...prompt.map(() => 0), ...completion.map(() => 1 / completion.length)]
  for (let i = 0; i < updates; i++) {
    await engine.backward([{ tokens: [...prompt, ...completion], weights }])
    await engine.step({ lr: 0.01 })
  }
  return engine
}

describe.each<[string, () => Speaker]>([
  ['a learned tokenizer', chat],
  ['Hugging Face’s files', () => huggingFaceRenderer(huggingFaceFiles(), 'here')],
  ['a GGUF file', gguf],
])('stop strings, with %s', (_, speaker) => {
  it('end the sample at the token that completes one, and the text before it', async () => {
    const { renderer, size } = speaker()
    const engine = await speaking({ renderer, size })
    const model = engineModel(engine, renderer)
    const ask = (stop?: readonly string[]) =>
      model.complete({
        messages: [question],
        sampling: { temperature: 0, maxTokens: 64, seed: 1, ...(stop && { stop }) },
      })
    const whole = await ask()
    expect(whole.message).toEqual(assistant(said))
    const all = whole.tokens!
    for (const stop of [
      ['你好'],
      ['Observation:'],
      ['n: h'],
      ['好', '你'],
      [said],
      ['o\n'],
      ['\n\n', 'hello'],
      ['é'],
    ]) {
      const { message, finish, tokens, usage } = await ask(stop)
      const upTo = (n: number): string => renderer.parse(all.completion.slice(0, n)).content
      const ends = all.completion.findIndex((_, i) => stop.some((text) => upTo(i + 1).includes(text)))
      const length = ends < 0 ? all.completion.length : ends + 1
      // Every token that was sampled, with its log-probability, and none after.
      expect(tokens?.completion).toEqual(all.completion.slice(0, length))
      expect(tokens?.logprobs).toEqual(all.logprobs.slice(0, length))
      expect([finish, usage?.completionTokens]).toEqual(['stop', length])
      const places = stop.map((text) => said.indexOf(text)).filter((at) => at >= 0)
      expect(message).toEqual(assistant(said.slice(0, Math.min(...places, said.length))))
    }
  })

  it('end one row of a batch and leave the others alone', async () => {
    const { renderer, size } = speaker()
    const engine = await speaking({ renderer, size }, 30)
    const prompt = renderer.prompt([question])
    const sampling = { temperature: 2, maxTokens: 40, stop: renderer.stop, seed: 4, n: 16 }
    const free = await engine.sample(prompt, sampling)
    const text = 'o'
    const stopped = await engine.sample(prompt, {
      ...sampling,
      stopTexts: { texts: [text], spelling: renderer.spelling() },
    })
    const lengths = stopped.map(({ tokens, logprobs, finish }, i) => {
      expect(tokens).toEqual(free[i]!.tokens.slice(0, tokens.length))
      expect(logprobs).toHaveLength(tokens.length)
      const complete = (end: number): boolean => renderer.parse(tokens.slice(0, end)).content.includes(text)
      expect(complete(tokens.length - 1)).toBe(false)
      const ended = complete(tokens.length) || renderer.stop.includes(tokens.at(-1)!)
      expect(finish).toBe(ended ? 'stop' : 'length')
      return tokens.length
    })
    expect(new Set(lengths).size).toBeGreaterThan(2)
  })

  it('stay in the conversation that goes on: the model remembers the tokens it said', async () => {
    const { renderer, size } = speaker()
    const model = engineModel(await speaking({ renderer, size }), renderer)
    const sampling = { temperature: 0, maxTokens: 20, stop: ['你好'] }
    const first = await model.complete({ messages: [question], sampling })
    const second = await model.complete({ messages: [question, first.message, user('!')], sampling })
    const { prompt, completion } = first.tokens!
    expect(second.tokens?.prompt.slice(0, prompt.length + completion.length)).toEqual([...prompt, ...completion])
  })
})
