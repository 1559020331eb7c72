/**
 * One door for all who ask a provider: so many at once, so often, as many tokens, nobody while it wishes to be left
 * alone, and nobody but a probe while it is down. Who waits goes in order of rank, then of coming; whoever aborts
 * leaves at once.
 */
import { type Completion, type Model, ModelError, type ModelRequest } from '../core/index.ts'
import { usageAtMost } from './at-most.ts'
import { type Bucket, bucket } from './bucket.ts'
import { type Circuit, circuit, type Ended } from './circuit.ts'
import { type Places, places } from './places.ts'

export interface ProviderOptions {
  /** As errors name it. */
  readonly name: string
  /** Calls at once at most; fewer while the provider cannot bear so many. */
  readonly concurrency: number
  readonly requestsPerMinute?: number | undefined
  /** Prompt and completion. A call is let in by a guess, which is put right by what it used. */
  readonly tokensPerMinute?: number | undefined
}

export interface Provider {
  /** Lets its calls in as the limits allow. Those of a lower rank go first: a group that was begun earlier ends earlier. */
  gate(model: Model, rank?: number): Model
  /** Goes around the bare model, within whatever else makes a call wait, and sees how long its answers take. */
  watch(model: Model): Model
  /** Calls that may be under way at once, as things stand. */
  readonly places: number
  /** From now on so many at most. */
  resize(concurrency: number): void
}

/** No wish to be left alone is granted for longer. */
const LONGEST_PAUSE_MS = 30_000

/** Throws unless the concurrency is a positive integer and the rates are positive. */
export function provider(options: ProviderOptions): Provider {
  return new Door(options)
}

interface Caller {
  readonly rank: number
  readonly tokens: number
  pass(ended: Ended): void
  reject(error: unknown): void
}

class Door implements Provider {
  readonly #places: Places
  readonly #circuit: Circuit
  readonly #requests: Bucket | undefined
  readonly #tokens: Bucket | undefined
  readonly #queue: Caller[] = []
  #flying = 0
  #pausedUntilMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ name, concurrency, requestsPerMinute, tokensPerMinute }: ProviderOptions) {
    this.#places = places(concurrency)
    this.#circuit = circuit(name)
    this.#requests =
      requestsPerMinute === undefined ? undefined : bucket(requestsPerMinute, { what: 'requests', least: 1 })
    this.#tokens = tokensPerMinute === undefined ? undefined : bucket(tokensPerMinute, { what: 'tokens' })
  }

  get places(): number {
    return this.#places.now
  }

  resize(concurrency: number): void {
    this.#places.resize(concurrency)
    this.#pump()
  }

  watch(model: Model): Model {
    return {
      id: model.id,
      complete: async (request, options) => {
        const started = performance.now()
        const completion = await model.complete(request, options)
        this.#places.took(performance.now() - started)
        return completion
      },
    }
  }

  gate(model: Model, rank = 0): Model {
    return {
      id: model.id,
      complete: async (request, options = {}) => {
        const tokens = this.#tokens ? guess(request) : 0
        const ended = await this.#enter({ rank, tokens }, options.signal)
        const call = this.#places.begin()
        try {
          const completion = await model.complete(request, options)
          ended()
          this.#answered(call, tokens, completion)
          return completion
        } catch (error) {
          ended(error)
          this.#failed(call, error)
          throw error
        } finally {
          this.#flying--
          this.#pump()
        }
      },
    }
  }

  #answered(call: number, guessed: number, { usage }: Completion): void {
    this.#places.answered(call)
    if (usage) this.#tokens?.take(usage.promptTokens + usage.completionTokens - guessed)
  }

  #failed(call: number, error: unknown): void {
    if (!(error instanceof ModelError)) return
    if (error.code === 'rate-limit') this.#places.refused(call)
    const pauseMs = Math.min(LONGEST_PAUSE_MS, error.retryAfterMs ?? 0)
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, performance.now() + pauseMs)
  }

  #enter({ rank, tokens }: Pick<Caller, 'rank' | 'tokens'>, signal?: AbortSignal): Promise<Ended> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const settled = (): void => signal?.removeEventListener('abort', leave)
      const caller: Caller = {
        ...{ rank, tokens },
        pass: (ended) => {
          settled()
          resolve(ended)
        },
        reject: (error) => {
          settled()
          reject(error)
        },
      }
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(caller), 1)
        reject(signal?.reason)
        this.#pump()
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#queue.splice(placeOf(rank, this.#queue), 0, caller)
      this.#pump()
    })
  }

  #pump(): void {
    clearTimeout(this.#timer)
    for (let next = this.#queue[0]; next && this.#flying < this.#places.now; next = this.#queue[0]) {
      const waitMs = this.#waitMs(next)
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), waitMs)
        return
      }
      const answer = this.#circuit.ask()
      if (answer === 'wait') return
      this.#queue.shift()
      if (answer instanceof ModelError) next.reject(answer)
      else {
        this.#flying++
        this.#requests?.take(1)
        this.#tokens?.take(next.tokens)
        next.pass(answer)
      }
    }
  }

  #waitMs({ tokens }: Caller): number {
    return Math.max(
      Math.ceil(this.#pausedUntilMs - performance.now()),
      this.#requests?.waitMs(1) ?? 0,
      this.#tokens?.waitMs(tokens) ?? 0,
    )
  }
}

/** Behind all of the same rank and of lower ones. */
function placeOf(rank: number, queue: readonly Caller[]): number {
  let [low, high] = [0, queue.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((queue[middle] as Caller).rank <= rank) low = middle + 1
    else high = middle
  }
  return low
}

/** Four bytes a token, and the whole of the answer: what providers reckon with before they know. */
function guess(request: ModelRequest): number {
  const { promptTokens, completionTokens } = usageAtMost(request)
  return promptTokens / 4 + (Number.isFinite(completionTokens) ? completionTokens : 0)
}
