/** The thread the engine lives on: takes a verb and its arguments, answers with what came of it. */
import { parentPort, workerData } from 'node:worker_threads'
import { type EngineSetup, Laboratory } from './laboratory.ts'

/** What the worker can be asked: a method's name and its arguments. */
export type Verb = 'sample' | 'logprobs' | 'scores' | 'backward' | 'step' | 'save' | 'saveMerged' | 'load'

export interface Question {
  readonly id: number
  readonly verb: Verb
  readonly args: readonly unknown[]
}

export interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

const port = parentPort
if (port) {
  const laboratory = new Laboratory(workerData as EngineSetup)
  let last: Promise<unknown> = Promise.resolve()
  port.on('message', ({ id, verb, args }: Question) => {
    // One at a time, in order: a step must not overtake the backward before it.
    last = last
      .then(() => (laboratory[verb] as (...args: readonly unknown[]) => unknown)(...args))
      .then(
        (result) => port.postMessage({ id, result } satisfies Answer),
        (error) =>
          port.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer),
      )
  })
}
