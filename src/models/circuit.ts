/** Stops asking a provider that is down: after so many failures in a row only a probe now and then, until one succeeds. */
import { failureClass, ModelError } from '../core/index.ts'

/** So many in a row are no accident: at one failure in five it happens once in ten million calls. */
const FAILURES = 10
const FIRST_MS = 5000
const LONGEST_MS = 60_000

/** To be told what came of a call: `error` is undefined after an answer. */
export type Ended = (error?: unknown) => void

export interface Circuit {
  /** What to call when the call has ended; or why it may not be made; or 'wait', until the probe that is out has ended. */
  ask(): Ended | ModelError | 'wait'
}

/** The first probe goes out 5 s after the tenth failure in a row, later ones after twice as long, a minute at most. */
export function circuit(name: string): Circuit {
  let failures = 0
  let last: ModelError | undefined
  let coolMs = FIRST_MS
  let openUntilMs = 0
  let probing = false

  const note = (error: unknown, probe: boolean): void => {
    // An abort or a budget says nothing of the provider.
    if (error !== undefined && !(error instanceof ModelError)) return
    if (!error || !failureClass(error.code).breaks) {
      failures = 0
      coolMs = FIRST_MS
      return
    }
    failures++
    last = error
    if (probe) coolMs = Math.min(LONGEST_MS, 2 * coolMs)
    if (probe || failures === FAILURES) openUntilMs = performance.now() + coolMs
  }
  return {
    ask() {
      if (failures < FAILURES) return (error) => note(error, false)
      if (probing) return 'wait'
      const waitMs = Math.ceil(openUntilMs - performance.now())
      if (waitMs <= 0) {
        probing = true
        return (error) => {
          probing = false
          note(error, true)
        }
      }
      return new ModelError(
        'circuit-open',
        `${name} is not asked for now: it failed ${failures} times in a row, the last time because ${last?.message}`,
        { cause: last, retryAfterMs: waitMs },
      )
    },
  }
}
