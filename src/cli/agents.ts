/** From the name of an agent on the command line to the agent itself. */
import { agentcoder, alphaUmi, beam, bestOf, codeact, lumos, mcts, modelValue, react, vote } from '../agents/index.ts'
import type { Agent, EnvSpec } from '../core/index.ts'

type Memory = NonNullable<Parameters<typeof react>[0]>
type Make = (words: readonly string[], memory: Memory) => Agent | undefined

/** What may stand behind a name and a colon, and what is made of it: undefined where it means nothing. */
interface Named {
  readonly form: string
  readonly make: Make
}

const plain = (agent: () => Agent): Named => ({ form: '', make: (words) => (words.length === 0 ? agent() : undefined) })

/** `<count>`, or `<count>:<word>`. */
function numbered(
  count: string,
  word: string,
  make: (count: number, memory: Memory & { readonly extra: boolean }) => Agent,
): Named {
  const read: Make = ([number = '', extra, ...rest], memory) => {
    const good = /^[1-9]\d{0,8}$/.test(number) && (extra === undefined || extra === word) && rest.length === 0
    return good ? make(Number(number), { ...memory, extra: extra !== undefined }) : undefined
  }
  return { form: `:<${count}>[:${word}]`, make: read }
}

const valued = (agent: Agent, extra: boolean): Agent => (extra ? { ...agent, id: `${agent.id}:value` } : agent)

/** Whole attempts judged by what their steps paid, or places on the way judged by the model in the seat 'value'. */
const judged = (extra: boolean) => (extra ? { value: modelValue, rollouts: false } : {})

const agents: ReadonlyMap<string, Named> = new Map([
  [
    'react',
    {
      form: '[:<turns>]',
      make: ([turns, ...rest], memory) => {
        if (turns === undefined) return react(memory)
        return /^\d+$/.test(turns) && rest.length === 0 ? react({ turns: Number(turns) }) : undefined
      },
    },
  ],
  ['codeact', plain(codeact)],
  ['agentcoder', plain(agentcoder)],
  ['alpha-umi', plain(alphaUmi)],
  [
    'lumos',
    {
      form: '[:iterative]',
      make: (words) =>
        words.length === 0 ? lumos() : words.join(':') === 'iterative' ? lumos({ iterative: true }) : undefined,
    },
  ],
  [
    'vote',
    numbered('voters', 'branches', (voters, { extra, ...memory }) =>
      vote({ voters, ...memory, ...(extra && { on: 'branches' }) }),
    ),
  ],
  [
    'best-of',
    numbered('attempts', 'value', (attempts, { extra, ...memory }) =>
      valued(bestOf({ attempts, ...memory, ...(extra && { value: modelValue }) }), extra),
    ),
  ],
  [
    'beam',
    numbered('width', 'value', (width, { extra, ...memory }) =>
      valued(beam({ width, ...memory, ...judged(extra) }), extra),
    ),
  ],
  [
    'mcts',
    numbered('simulations', 'value', (simulations, { extra, ...memory }) =>
      valued(mcts({ simulations, ...memory, ...judged(extra) }), extra),
    ),
  ],
])

/** As they are told to whoever asks. */
export const AGENTS: readonly string[] = [...agents].map(([name, { form }]) => `${name}${form}`)

/** One of AGENTS. Where the latest observation says all, the model is shown no earlier one. Throws a sentence on another. */
export function openAgent(text: string, { markov = false }: Pick<EnvSpec, 'markov'>): Agent {
  const [name = '', ...words] = text.split(':')
  const agent = agents.get(name)?.make(words, markov ? { turns: 0 } : {})
  if (!agent) throw new Error(`there is no agent '${text}': there are ${AGENTS.join(', ')}`)
  return agent
}
