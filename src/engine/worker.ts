/** The thread that engines live on: takes a verb and its arguments, answers with what came of it. */
import { parentPort, workerData } from 'node:worker_threads'
import { type EngineSetup, Laboratory, type SiblingSetup } from './laboratory.ts'

type Deed = 'sample' | 'logprobs' | 'scores' | 'backward' | 'step' | 'save' | 'saveMerged' | 'load'

/** What an engine can be asked: a laboratory's method and its arguments, or to make another, or to be gone. */
export type Verb = Deed | 'sibling' | 'close'

export interface Question {
  readonly id: number
  readonly engine: number
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
  const laboratories = new Map([[0, new Laboratory(workerData as EngineSetup)]])
  const answer = ({ engine, verb, args }: Question): unknown => {
    const laboratory = laboratories.get(engine)!
    if (verb === 'close') {
      laboratories.delete(engine)
      return laboratory.release()
    }
    if (verb === 'sibling') {
      const [name, setup] = args as [number, SiblingSetup]
      laboratories.set(name, laboratory.sibling(setup))
      return undefined
    }
    return (laboratory[verb] as (...args: readonly unknown[]) => unknown)(...args)
  }
  let last: Promise<unknown> = Promise.resolve()
  port.on('message', (question: Question) => {
    const { id } = question
    // One at a time, in order: a step must not overtake the backward before it.
    last = last
      .then(() => answer(question))
      .then(
        (result) => port.postMessage({ id, result } satisfies Answer),
        (error) =>
          port.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer),
      )
  })
}
