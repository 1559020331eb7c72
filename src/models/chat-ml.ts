/**
 * ChatML by hand: `<|im_start|>role`, a text, `<|im_end|>`, turn after turn, with tools the Hermes way. Unlike a
 * template it knows which words are its own: what a world says never becomes a mark.
 */
import { type AssistantMessage, type Message, type Renderer, type ToolSpec, textOf } from '../core/index.ts'
import { callsOf, callText, OFFER, signature, TOOL_MARKS } from './hermes.ts'
import { ours, type Piece, theirs, type Words } from './hugging-face-tokenizer.ts'

const START = '<|im_start|>'
const END = '<|im_end|>'

export interface ChatMlOptions {
  /** What a conversation that has no system message of its own opens with; none unless given. */
  readonly preamble?: string | undefined
  /** Other ids that end an answer. */
  readonly stop?: readonly number[]
}

/** Throws a sentence where the tokenizer has no special tokens for the two marks. */
export function chatMlRenderer(words: Words, { preamble, stop: others = [] }: ChatMlOptions = {}): Renderer {
  mark(words, START)
  const end = mark(words, END)
  const stop = [...new Set([end, ...others])]
  const encode = words.mixed([START, END, ...TOOL_MARKS])
  const [opening, newline] = [encode([ours(`${START}assistant\n`)]), encode([ours('\n')])]
  // Apart from its opening, as it is sampled: a conversation begins with the very tokens that it was played with.
  const spoken = (message: AssistantMessage): number[] => [...encode(answer(message)), end]
  const parse = (ids: readonly number[]): AssistantMessage =>
    callsOf(words.decode(ids.filter((id) => !stop.includes(id))))
  const turns = (messages: readonly Message[]): number[] =>
    messages.flatMap((message, i) =>
      message.role === 'assistant'
        ? [...opening, ...spoken(message), ...newline]
        : encode(worldTurn(message, [messages[i - 1], messages[i + 1]])),
    )
  return {
    id: `chat-ml-${words.size}`,
    stop,
    parse,
    spelling: () => words.spelling(),
    prompt(messages, tools = []) {
      const [first, ...rest] = messages
      const told = first?.role === 'system' ? text(first) : preamble
      const introduced = encode(introduction(told, tools))
      return [...introduced, ...turns(first?.role === 'system' ? rest : messages), ...opening]
    },
    completion(message) {
      const ids = spoken(message)
      if (same(parse(ids), message)) return ids
      throw new Error(
        `an answer to be learned would be read as another: '${message.content.slice(0, 200)}'; ` +
          'its text may spell no calls and no end of the turn',
      )
    },
    bridge(prompt, sampled, messages) {
      const said = sampled.at(-1) === end ? sampled.slice(0, -1) : sampled
      const open = opening.every((id, i) => id === prompt[prompt.length - opening.length + i])
      // Marks that the model drew inside its answer would open turns that nobody took.
      if (!open || words.spell(said) === undefined || said.some((id) => words.special.has(id))) return null
      return [...prompt, ...said, end, ...newline, ...turns(messages), ...opening]
    },
  }
}

function mark(words: Words, content: string): number {
  const id = words.id(content)
  if (id !== undefined && words.special.has(id)) return id
  throw new Error(`the tokenizer has no special token '${content}', which ChatML is written with`)
}

function introduction(told: string | undefined, tools: readonly ToolSpec[]): Piece[] {
  if (tools.length === 0) return told === undefined ? [] : turn('system', [theirs(told)])
  const offer = [ours(OFFER.before), ...tools.map((tool) => theirs(`\n${signature(tool)}`)), ours(OFFER.after)]
  return turn('system', told === undefined ? offer : [theirs(told), ours('\n\n'), ...offer])
}

const turn = (role: string, pieces: readonly Piece[]): Piece[] => [
  ours(`${START}${role}\n`),
  ...pieces,
  ours(`${END}\n`),
]

/** Answers of tools that follow each other share one turn of the user's. */
function worldTurn(message: Message, [before, after]: readonly (Message | undefined)[]): Piece[] {
  if (message.role !== 'tool') return turn(message.role, [theirs(text(message))])
  return [
    ...(before?.role === 'tool' ? [] : [ours(`${START}user`)]),
    ...[ours('\n<tool_response>\n'), theirs(text(message)), ours('\n</tool_response>')],
    ...(after?.role === 'tool' ? [] : [ours(`${END}\n`)]),
  ]
}

function answer(message: AssistantMessage): Piece[] {
  const calls = (message.calls ?? []).flatMap((call, i) => [
    ours(`${i > 0 || message.content !== '' ? '\n' : ''}<tool_call>\n`),
    theirs(callText(call)),
    ours('\n</tool_call>'),
  ])
  return [theirs(message.content), ...calls]
}

function text(message: Message): string {
  if (typeof message.content !== 'string' && message.content.some((part) => part.type === 'image'))
    throw new Error("ChatML has no words for images; this model can't be shown any")
  return textOf(message)
}

/** Whether both say the same and call the same, whatever the calls' ids are. */
function same(one: AssistantMessage, other: AssistantMessage): boolean {
  const calls = ({ calls = [] }: AssistantMessage): string => JSON.stringify(calls.map(callText))
  return one.content === other.content && calls(one) === calls(other)
}
