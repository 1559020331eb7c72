/**
 * Whoever the agent talks to inside a world: a user, a seller, an oracle. Scripted, or any model, which then plays by
 * one of τ-bench's strategies (Yao et al. 2024). A speaker is a function of what was said, so that worlds can fork.
 */
import { assistant, type Message, type Model, system, user } from '../../core/index.ts'

/** One thing that was said in a conversation. */
export interface Utterance {
  readonly by: 'agent' | 'speaker'
  readonly text: string
}

export interface Speaker {
  /** What it says next; null where it has nothing more to say, which ends the conversation. */
  reply(talk: readonly Utterance[], signal: AbortSignal): Promise<string | null> | string | null
}

/** Says its lines in order, whatever it hears, and then leaves. */
export function scriptedSpeaker(lines: readonly string[]): Speaker {
  return { reply: (talk) => lines[talk.filter(({ by }) => by === 'speaker').length] ?? null }
}

/** Nobody listens longer than so many characters. */
const PATIENCE = 2000

/** Whether the agent says that it is done with what it was asked for. */
export const saysDone = ({ by, text }: Utterance): boolean =>
  by === 'agent' && /\bdone\b/i.test(text.slice(0, PATIENCE))

/** Says at once all that it wants, agrees to whatever it is asked, and leaves when it hears the word 'done'. */
export function candidSpeaker(wants: string): Speaker {
  return {
    reply: (talk) => {
      const heard = talk.at(-1)
      if (!heard) return `${wants}\n(Say 'done' when it is.)`
      return saysDone(heard) ? null : "Yes, please. I have told you all I know; say 'done' when it is."
    },
  }
}

/** Who speaks where a model may be asked to: `user` behind the world's colon, or `user=<strategy>`. */
export interface Seating {
  /** Undefined where the speaker is scripted. */
  readonly model?: Strategy
}

/** Throws a sentence on anything else. */
export function seatingOf(argument: string | undefined): Seating {
  if (argument === undefined) return {}
  const [seat, wanted = 'plain'] = argument.split('=')
  const model = strategies.find((name) => name === wanted)
  if (seat !== 'user' || !model)
    throw new Error(`'${argument}' names no user: 'user' or 'user=<strategy>', of ${strategies.join(', ')}`)
  return { model }
}

/**
 * 'plain' asks once. 'think-first' has the model write a thought before its line, which nobody is shown. 'verify' has
 * it look at each line and say whether it fits, and asks anew where it does not. 'reflect' does that too, and tells it
 * what was wrong with the last one.
 */
export const strategies = ['plain', 'think-first', 'verify', 'reflect'] as const
export type Strategy = (typeof strategies)[number]

export interface ModelSpeakerOptions {
  /** Who it is, what it wants, and what it may say. */
  readonly instruction: string
  readonly strategy?: Strategy
  /** Lines asked for before the last one is taken as it is; 3 unless given, as in τ-bench. */
  readonly tries?: number
}

/** What a model says to leave, alone or at the end of a line: τ-bench's. */
export const STOP = '###STOP###'

const MANNERS = `You play a person who talks with an assistant. Say one short thing at a time, in your own words, and only
what the instruction tells you. Do not give away at once all that you know. When the instruction is satisfied, or the
assistant cannot help you, say ${STOP} and nothing else.`

const FORM = `First think in a line that begins with 'Thought:', then say your line after 'Answer:'.`

/** Any model as a speaker. Rejects with the model's own error. */
export function modelSpeaker(model: Model, options: ModelSpeakerOptions): Speaker {
  const { instruction, strategy = 'plain', tries = 3 } = options
  const opening = [MANNERS, ...(strategy === 'think-first' ? [FORM] : []), `Instruction: ${instruction}`].join('\n\n')
  const ask = async (messages: readonly Message[], signal: AbortSignal): Promise<string> => {
    const { message } = await model.complete({ messages }, { signal })
    return message.content.trim()
  }
  const draft = async (talk: readonly Utterance[], notes: readonly Message[], signal: AbortSignal): Promise<string> => {
    const said = await ask([system(opening), ...heard(talk), ...notes], signal)
    return strategy === 'think-first' ? afterThought(said) : said
  }
  /** Undefined where the line fits. */
  const objection = async (talk: readonly Utterance[], line: string, signal: AbortSignal) => {
    const said = talk.map(({ by, text }) => `${by === 'agent' ? 'Assistant' : 'Person'}: ${text}`).join('\n')
    const question = `${said}\n\nThe person's next line is to be:\n${line}\n\nDoes it follow the instruction, and say nothing
that the instruction does not hold? Answer 'yes', or 'no' and why.`
    const verdict = await ask([system(`Instruction of the person: ${instruction}`), user(question)], signal)
    return /^\W*yes\b/i.test(verdict) ? undefined : verdict
  }
  return {
    async reply(talk, signal) {
      const notes: Message[] = []
      for (let left = tries; ; left--) {
        const line = await draft(talk, notes, signal)
        const checked = (strategy === 'verify' || strategy === 'reflect') && left > 1
        const wrong = checked ? await objection(talk, line, signal) : undefined
        if (wrong === undefined) return line.includes(STOP) ? null : line
        if (strategy === 'reflect')
          notes.push(assistant(line), user(`That line does not fit: ${wrong}\nSay another one.`))
      }
    },
  }
}

/** The conversation as the speaker sees it: it is the assistant there. */
function heard(talk: readonly Utterance[]): Message[] {
  const lines = talk.map(({ by, text }) => (by === 'agent' ? user(text) : assistant(text)))
  return talk[0]?.by === 'agent' ? lines : [user('Hello! How can I help you?'), ...lines]
}

function afterThought(said: string): string {
  const at = said.lastIndexOf('Answer:')
  return at < 0 ? said.replace(/^Thought:[^\n]*\n?/, '').trim() : said.slice(at + 'Answer:'.length).trim()
}
