/**
 * The way to the thread that engines live on: one, and siblings that share its weights. Carries questions there and
 * answers back, and ends the thread when its last engine is closed.
 */
import { Worker } from 'node:worker_threads'
import type { EngineSetup, SiblingSetup } from './laboratory.ts'
import type { Answer, Question, Verb } from './worker.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

const closed = (): Error => new Error('the engine has been closed')

export class EngineThread {
  readonly #worker: Worker
  readonly #open = new Map<number, Waiting>()
  /** Those that are not closed. The first is 0. */
  readonly #engines = new Set([0])
  #born = 1
  #next = 0
  #broken: Error | undefined

  constructor(setup: EngineSetup) {
    // Built, this file is JavaScript and so is its neighbour.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: setup })
    this.#worker.on('message', (answer: Answer) => this.#settle(answer))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(closed()))
    // An engine nobody waits for keeps no program alive.
    this.#worker.unref()
  }

  ask<T>(engine: number, verb: Verb, ...args: readonly unknown[]): Promise<T> {
    if (this.#broken) return Promise.reject(this.#broken)
    if (!this.#engines.has(engine)) return Promise.reject(closed())
    return new Promise<T>((resolve, reject) => {
      const id = this.#next++
      this.#open.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#worker.ref()
      this.#worker.postMessage({ id, engine, verb, args } satisfies Question)
    })
  }

  /** A new engine's number. */
  async sibling(of: number, setup: SiblingSetup): Promise<number> {
    const engine = this.#born++
    await this.ask(of, 'sibling', engine, setup)
    this.#engines.add(engine)
    return engine
  }

  /** The last one takes the thread with it: what it was asked and has not answered is rejected. */
  async close(engine: number): Promise<void> {
    if (this.#broken || !this.#engines.has(engine)) return
    const freed = this.#engines.size > 1 ? this.ask(engine, 'close') : this.#worker.terminate()
    this.#engines.delete(engine)
    await freed
  }

  #settle({ id, result, error }: Answer): void {
    const waiting = this.#open.get(id)
    this.#open.delete(id)
    if (this.#open.size === 0) this.#worker.unref()
    if (error !== undefined) waiting?.reject(new Error(error))
    else waiting?.resolve(result)
  }

  #fail(error: Error): void {
    this.#broken ??= error
    for (const { reject } of this.#open.values()) reject(error)
    this.#open.clear()
  }
}
