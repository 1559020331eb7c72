/** The customer at the counter: what it wants, one thing after the other, and what it says when it is asked. */
import { type Speaker, saysDone } from '../kit/speaker.ts'
import type { Deed } from '../kit/tool-env.ts'

/** Something that the customer says only when it is asked for it. */
export interface Fact {
  /** A question that holds one of these asks for it. */
  readonly words: readonly string[]
  readonly line: string
}

/** One thing that is wanted. */
export interface Request {
  readonly text: string
  readonly facts: readonly Fact[]
  /** How it is done, the last call being the one that does it. */
  readonly calls: readonly Exclude<Deed, string>[]
  /** What the customer wants to hear. */
  readonly outputs: readonly string[]
}

export interface Errand {
  /** Who it is: told when asked. */
  readonly facts: readonly Fact[]
  readonly requests: readonly Request[]
}

const CONSENT = ['confirm', 'go ahead', 'proceed', 'shall i', 'should i', 'correct', 'sure', 'yes']

/**
 * Opens with its first request; answers questions with what it knows; has the next request when it hears the word
 * 'done', and leaves when there is none.
 */
export function customer({ facts, requests }: Errand): Speaker {
  return {
    reply(talk) {
      const heard = talk.at(-1)
      const next = requests[talk.filter(saysDone).length]
      if (!next) return null
      if (!heard) return `Hello! ${next.text} Tell me when it is done.`
      if (saysDone(heard)) return `Thank you. And another thing: ${next.text}`
      return answer([...facts, ...next.facts], heard.text) ?? `I do not follow you. ${next.text}`
    },
  }
}

function answer(facts: readonly Fact[], question: string): string | undefined {
  const asked = question.slice(0, 2000).toLowerCase()
  const lines = facts.filter(({ words }) => words.some((word) => asked.includes(word))).map(({ line }) => line)
  if (CONSENT.some((word) => asked.includes(word))) lines.push('Yes, go ahead.')
  return lines.length > 0 ? lines.join(' ') : undefined
}

/** The errand as a model is told of it that plays the customer. */
export function errandInWords({ facts, requests }: Errand): string {
  const known = facts.map(({ line }) => line).join(' ')
  const wanted = requests.map(({ text, facts }, i) => [`${i + 1}. ${text}`, ...facts.map(({ line }) => line)].join(' '))
  return `You are a customer of a shop. ${known}\nYou want, one thing after the other:\n${wanted.join('\n')}`
}

/** What a clerk does who knows how: asks who it is, looks up, asks what is held back, acts, and says so. */
export function serving({ requests }: Errand): Deed[] {
  return requests.flatMap(({ calls, facts, outputs }, i): Deed[] => {
    const questions = facts.map(({ words }) => words[0])
    return [
      ...(i === 0 ? ['Hello! What is your name, your email address and your postcode?'] : []),
      ...calls.slice(0, -1),
      `${questions.length > 0 ? `Please tell me: ${questions.join(', ')}. ` : ''}Shall I go ahead?`,
      ...calls.slice(-1),
      ['That is done.', ...outputs].join(' '),
    ]
  })
}
