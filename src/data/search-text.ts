/**
 * What of a trajectory can be searched, piece by piece, read from its stored JSON as it lies: checking all of it would
 * take three times as long as all the rest, and nothing but texts is taken from it.
 */

export type Place = 'observation' | 'thinking' | 'action' | 'call' | 'result' | 'head'

export interface Piece {
  /** null for the head: id, task, what broke and what the judges said. Past the last step stands what came after it. */
  readonly step: number | null
  readonly where: Place
  readonly text: string
}

type Loose = Readonly<Record<string, unknown>>

const object = (value: unknown): Loose => (typeof value === 'object' && value !== null ? (value as Loose) : {})
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Empty texts are left out. Throws where it is no JSON. */
export function piecesOf(stored: string): Piece[] {
  const trajectory = object(JSON.parse(stored))
  const pieces: Piece[] = [{ step: null, where: 'head', text: headOf(trajectory) }]
  const messages = list(trajectory['messages'])
  const put = (step: number, where: Place, said: string): void => {
    if (said !== '') pieces.push({ step, where, text: said })
  }
  const say = (step: number, place: unknown): void => {
    const message = object(messages[place as number])
    put(step, 'thinking', text(message['thinking']))
    put(step, 'action', contentOf(message))
    for (const call of list(message['calls']).map(object))
      put(step, 'call', `${text(call['name'])} ${JSON.stringify(call['arguments'])}`)
  }
  const see = (step: number, observation: unknown): void => {
    for (const place of list(object(observation)['messages'])) {
      const message = object(messages[place as number])
      put(step, message['role'] === 'tool' ? 'result' : 'observation', contentOf(message))
    }
  }
  const answers = (calls: unknown): unknown[] =>
    list(calls).map((call) => object(object(call)['completion'])['message'])
  const play = (from: number, played: Loose): void => {
    const steps = list(played['steps']).map(object)
    for (const [i, step] of steps.entries()) {
      see(from + i, step['observation'])
      for (const place of new Set([...answers(step['calls']), step['action']])) say(from + i, place)
    }
    for (const place of answers(played['trailing'])) say(from + steps.length, place)
    for (const branch of list(played['branches']).map(object)) play(Number(branch['from']) || 0, branch)
  }
  play(0, trajectory)
  if (trajectory['final']) see(list(trajectory['steps']).length, trajectory['final'])
  return pieces
}

function headOf({ id, task, outcome, rewards }: Loose): string {
  const { why, failure } = object(outcome)
  const reasons = Object.entries(object(rewards)).map(([name, reward]) => [name, text(object(reward)['why'])])
  const lines = [text(id), text(task), text(why), text(object(failure)['message'])]
  return [...lines, ...reasons.flatMap(([name, reason]) => (reason ? `${name}: ${reason}` : []))]
    .filter((line) => line !== '')
    .join('\n')
}

function contentOf({ content }: Loose): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => text(object(part)['text']))
    .join('\n')
}
