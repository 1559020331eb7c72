/** What a run remembers of the calls that were answered, so that a run that was cut off pays for none of them twice (law 2). */
import type { Completion, ModelRequest } from './model.ts'

export interface JournalCall {
  /** The trajectory's id. */
  readonly episode: string
  /** Which call of the episode: '0', '1', … for the agent's, 'world/0', … for those of the world itself. */
  readonly call: string
  readonly model: string
  readonly request: ModelRequest
}

export interface Answer {
  readonly completion: Completion
  readonly timeMs: number
}

export interface Journal {
  /** The answer to this call in an earlier life of the run; 'other' where that life asked something else here. */
  recall(call: JournalCall): Answer | 'other' | undefined
  /** Resolves when the answer is on disk. Where it cannot be, the run ends: what is not on the record is not acted on. */
  record(call: JournalCall, answer: Answer): Promise<void>
}

/** The journal as one episode sees it: from where its replay departs from the record, everything is asked anew. */
export interface EpisodeJournal {
  /** What `ask` comes to, or what the journal holds. */
  answer(call: Omit<JournalCall, 'episode'>, ask: () => Promise<Completion>): Promise<Answer>
  /** Where the replay departed from the record, in a sentence. */
  readonly departed: string | undefined
  /** Throws what the journal itself failed with, even where the agent looked away. */
  check(): void
}

export function episodeJournal(episode: string, journal?: Journal): EpisodeJournal {
  let departed: string | undefined
  let failed: { readonly error: unknown } | undefined
  return {
    check() {
      if (failed) throw failed.error
    },
    get departed() {
      return departed
    },
    async answer(asked, ask) {
      const call = { ...asked, episode }
      const known = departed === undefined ? journal?.recall(call) : undefined
      if (known === 'other') departed = `the replay departed from the record at call ${call.call}, and went on live`
      else if (known) return known
      const started = performance.now()
      const completion = await ask()
      const answer = { completion, timeMs: milliseconds(started) }
      await journal?.record(call, answer).catch((error) => {
        failed = { error }
        throw error
      })
      return answer
    },
  }
}

/** Since `started`, to the microsecond. */
export function milliseconds(started: number): number {
  return Math.round((performance.now() - started) * 1000) / 1000
}
