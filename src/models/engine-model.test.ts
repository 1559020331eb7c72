import { describe, expect, it } from 'vitest'
import { assistant, type Engine, type Message, system, user } from '../core/index.ts'
import { chatRenderer } from './chat-renderer.ts'
import { engineModel } from './engine-model.ts'
import { bytes } from './tokenizer.ts'

const tokenizer = bytes()
const renderer = chatRenderer(tokenizer)

/** An engine that says what it is told to, and remembers the prompts. */
function parrot(answers: readonly (readonly number[])[], prompts: (readonly number[])[] = []): Engine {
  const nothing = () => Promise.reject(new Error('not asked'))
  return {
    id: 'parrot',
    version: 7,
    context: 100,
    async sample(prompt, { stop }) {
      if (prompt.length > 100) throw new RangeError('too long')
      const tokens = [...answers[prompts.push(prompt) - 1]!]
      return [{ tokens, logprobs: tokens.map(() => -0.5), finish: stop.includes(tokens.at(-1)!) ? 'stop' : 'length' }]
    },
    ...{ logprobs: nothing, backward: nothing, step: nothing, save: nothing, load: nothing },
  }
}

describe('a model on an engine', () => {
  it('captures the tokens as they were sampled', async () => {
    const said = renderer.completion(assistant('hi'))
    const { message, tokens, usage, finish, policyVersion } = await engineModel(parrot([said]), renderer).complete({
      messages: [user('yo')],
    })
    expect(message).toEqual(assistant('hi'))
    expect(tokens).toEqual({ prompt: renderer.prompt([user('yo')]), completion: said, logprobs: said.map(() => -0.5) })
    expect([usage, finish, policyVersion]).toEqual([{ promptTokens: 5, completionTokens: 3 }, 'stop', 7])
  })

  it('continues a conversation from the very tokens it sampled, even such as no text would give', async () => {
    // Two byte tokens that are no UTF-8: the text cannot say which they were.
    const odd = [0xff, 0xfe, renderer.stop[0]!]
    const prompts: (readonly number[])[] = []
    const model = engineModel(parrot([odd, odd, odd, odd], prompts), renderer)
    const opening: Message[] = [system('s'), user('a')]
    const first = await model.complete({ messages: opening })
    const second: Message[] = [...opening, first.message, user('b')]
    await model.complete({ messages: second })
    expect(prompts[1]!.slice(0, prompts[0]!.length + 3)).toEqual([...prompts[0]!, ...odd])
    // A copy of the message is somebody's text, not our tokens; and so is a message in another conversation.
    await model.complete({ messages: [...opening, { ...first.message }, user('b')] })
    expect(prompts[2]).toEqual(renderer.prompt(second))
    expect(prompts[2]).not.toEqual(prompts[1])
    await model.complete({ messages: [user('other'), first.message, user('b')] })
    expect(prompts[3]).toEqual(renderer.prompt([user('other'), first.message, user('b')]))
  })

  it('continues nothing where the tools are others', async () => {
    const odd = [0xff, renderer.stop[0]!]
    const prompts: (readonly number[])[] = []
    const able = { ...renderer, prompt: (messages: readonly Message[]) => renderer.prompt(messages) }
    const model = engineModel(parrot([odd, odd, odd], prompts), able)
    const tools = (name: string) => [{ name, description: '', parameters: {} }]
    const { message } = await model.complete({ messages: [], tools: tools('look') })
    await model.complete({ messages: [message], tools: tools('look') })
    await model.complete({ messages: [message], tools: tools('go') })
    expect(prompts[1]!.slice(0, 3)).toEqual([...prompts[0]!, ...odd])
    expect(prompts[2]).toEqual(renderer.prompt([message]))
    expect(prompts[2]).not.toEqual(prompts[1])
  })

  it('says what it cannot do', async () => {
    const model = engineModel(parrot([[1]]), renderer)
    await expect(model.complete({ messages: [user('x'.repeat(200))] })).rejects.toMatchObject({
      code: 'context',
      retryable: false,
    })
    await expect(model.complete({ messages: [], sampling: { stop: ['x', ''] } })).rejects.toMatchObject({
      code: 'refused',
      message: 'an empty stop string would end every answer at once',
    })
  })
})
