/**
 * A model that says again what was said in an earlier run, to whoever asks the same: by task, attempt and seat, each
 * recorded call once, in its order. What was never asked before has no answer.
 */
import { hash } from 'node:crypto'
import { type Branch, type Call, ModelError, type ModelRequest, type Seat, type Trajectory } from '../core/index.ts'
import type { SeatModel } from './oracle.ts'

/** The trajectory of an attempt at a task, where there is one. */
export type Recorded = (
  task: string,
  attempt: number,
) => Pick<Trajectory, 'steps' | 'trailing' | 'branches'> | undefined

/** `id` names the run. Rejects with 'exhausted' what was not recorded, and says where it differs from what was. */
export function replayed(id: string, recorded: Recorded): SeatModel<unknown> {
  return ({ task, attempt, role }: Seat) => {
    const where = `${id}: '${role}' in attempt ${attempt} at task '${task.id}'`
    const trajectory = recorded(task.id, attempt)
    const calls = trajectory && allCalls(trajectory).filter((call) => call.role === role)
    const left = calls?.map((call) => ({ call, key: keyOf(call.request) }))
    let answered = 0
    return {
      id,
      async complete(request) {
        if (!left) throw new ModelError('exhausted', `${where} was not recorded`)
        const asked = keyOf(request)
        const at = left.findIndex(({ key }) => key === asked)
        const found = left[at]
        if (!found) {
          const differs = difference(request, left[0]?.call)
          throw new ModelError(
            'exhausted',
            `${where} asks something that was not recorded as call ${answered}: ${differs}`,
          )
        }
        left.splice(at, 1)
        answered++
        return { ...found.call.completion, costUsd: 0, attempts: 0 }
      },
    }
  }
}

/** Those of the trunk first: a branch that asks the same is answered by its own recording then. */
const allCalls = ({ steps, trailing, branches }: Omit<Branch, 'from'>): Call[] => [
  ...steps.flatMap(({ calls }) => calls),
  ...trailing,
  ...branches.flatMap(allCalls),
]

/** The same for the same content, in whatever order its keys come: a file has an order of its own. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? 'nothing'

const keyOf = (request: ModelRequest): string => hash('sha1', text(request), 'base64')

/** Where the request departs from the recorded one that was next. */
function difference({ messages, tools, sampling }: ModelRequest, next: Call | undefined): string {
  if (!next) return 'all that was recorded is answered'
  const { request } = next
  const at = messages.findIndex((message, i) => text(message) !== text(request.messages[i]))
  if (at >= 0 || messages.length !== request.messages.length) {
    const first = at < 0 ? messages.length : at
    return `message ${first} is ${short(messages[first])}, and was ${short(request.messages[first])}`
  }
  if (text(tools) !== text(request.tools)) return 'its tools are others'
  return `its sampling is ${short(sampling)}, and was ${short(request.sampling)}`
}

function short(value: unknown): string {
  const said = text(value)
  return said.length > 120 ? `${said.slice(0, 119)}…` : said
}
