/**
 * α-UMi (Shen et al. 2024, "Small LLMs are weak tool learners"): a planner says what is to be done next and who does it,
 * a caller makes the tool call, a summarizer gives the answer. Three seats, each small and each to be trained alone; each
 * sees what the others said under their names. Where a world has no tools, what the caller says is the move.
 */
import { type Agent, type AssistantMessage, type Episode, type Message, system, textOf, user } from '../core/index.ts'

const SEATS = {
  planner: `You plan. Say in a few words what is to be done now, given the task and what was seen so far, and end with \
who goes on: 'Next: caller.' for an action, 'Next: conclusion.' when the answer is known, 'Next: give up.' when it \
cannot be had.`,
  caller: 'You act. Do what the planner said last, and nothing else, in the form that the world asks for.',
  summarizer: 'You conclude. Give the final answer to the task, in the form that the world asks for.',
} as const
type Seat = keyof typeof SEATS

/** What was said in a seat, or shown by the world to the seat that acted, if any did. */
type Line =
  | { readonly by: Seat; readonly message: AssistantMessage }
  | { readonly to: Seat | undefined; readonly message: Message }

export function alphaUmi(): Agent {
  return {
    id: 'alpha-umi',
    async play(episode) {
      const lines: Line[] = shown(episode.history, undefined)
      while (!episode.done) {
        const plan = await speak(episode, 'planner', lines)
        const next = nextOf(plan.content)
        if (next === 'give up') return
        const actor = next === 'conclusion' ? 'summarizer' : 'caller'
        const { observation } = await episode.step(await speak(episode, actor, lines))
        lines.push(...shown(observation.messages, actor))
      }
    },
  }
}

const shown = (messages: readonly Message[], to: Seat | undefined): Line[] =>
  messages.map((message) => ({ to, message }))

/** The first that the plan names; the caller where it names none, as in the reference. */
function nextOf(plan: string): 'caller' | 'conclusion' | 'give up' {
  const [, next = 'caller'] = /\bNext: *(caller|conclusion|give up)\b/i.exec(plan) ?? []
  return next.toLowerCase() as 'caller' | 'conclusion' | 'give up'
}

/** What the seat says, which the others hear from now on. The planner plans: tools are for those who act. */
async function speak(episode: Episode, seat: Seat, lines: Line[]): Promise<AssistantMessage> {
  const { tools } = episode.observation
  const messages = [system(SEATS[seat]), ...lines.map((line) => heard(line, seat))]
  const { message } = await episode.model(seat).complete({ messages, ...(seat !== 'planner' && tools && { tools }) })
  lines.push({ by: seat, message })
  return message
}

/** Its own words and calls as they were; the others' as text, for a call is answered to whoever made it. */
function heard(line: Line, seat: Seat): Message {
  const { message } = line
  if ('by' in line) return line.by === seat ? message : user(`${line.by}: ${told(line.message)}`)
  return message.role === 'tool' && line.to !== seat ? user(`observation: ${textOf(message)}`) : message
}

function told({ content, calls = [] }: AssistantMessage): string {
  return [content, ...calls.map(({ name, arguments: given }) => `${name}(${JSON.stringify(given)})`)].join('\n').trim()
}
