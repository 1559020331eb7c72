/** The live episode behind an agent's back: it passes on what the agent asks for and writes all of it down. */
import type { Episode } from './agent.ts'
import type { Env, StepResult } from './env.ts'
import { boundary, EpisodeStopped, orAbort } from './failure.ts'
import type { EpisodeJournal } from './journal.ts'
import type { Limits } from './limits.ts'
import type { AssistantMessage, Message, Observation } from './message.ts'
import { type Meter, spend } from './meter.ts'
import type { Completion, Model, ModelRequest, Sampling } from './model.ts'
import { seedOf } from './random.ts'
import type { Branch, Call, Step, StopReason } from './trajectory.ts'

export interface EpisodeSetup {
  readonly env: Env
  readonly opening: Observation
  readonly limits: Limits
  readonly signal: AbortSignal
  /** For what the models draw: call number i draws with seedOf(seed, i), cut to the 31 bits that every server takes. */
  readonly seed: number
  readonly sampling: Sampling
  readonly meter: Meter
  readonly journal: EpisodeJournal
  model(role: string): Model
  /** Told of every forked world, so that it gets closed. */
  own(env: Env): void
}

export class RecordedEpisode implements Episode {
  readonly #setup: EpisodeSetup
  readonly #past: readonly Step[]
  readonly #steps: Step[] = []
  readonly #branches: RecordedEpisode[] = []
  readonly #history: Message[]
  #calls: Call[] = []
  #observation: Observation
  #stepping = false
  #stop: StopReason | undefined
  #error: unknown
  readonly fork?: () => Promise<Episode>

  constructor(setup: EpisodeSetup, past: readonly Step[] = [], history: readonly Message[] = setup.opening.messages) {
    this.#setup = setup
    this.#past = past
    this.#history = [...history]
    this.#observation = setup.opening
    const { env } = setup
    if (env.fork) this.fork = () => this.#fork(() => (env.fork as NonNullable<Env['fork']>)())
  }

  get observation(): Observation {
    return this.#observation
  }
  get history(): readonly Message[] {
    return this.#history
  }
  get done(): boolean {
    return this.#stop !== undefined
  }
  get signal(): AbortSignal {
    return this.#setup.signal
  }
  /** Why no further step is possible; undefined while one is. */
  get stop(): StopReason | undefined {
    return this.#stop
  }

  /** What the world threw, where it did: an agent cannot play on by looking away. */
  get error(): unknown {
    return this.#error
  }

  /** What the record holds, as it stands now. */
  record(): Branch {
    const branches = this.#branches.map((branch) => branch.record())
    return { from: this.#past.length, steps: this.#steps, trailing: this.#calls, branches }
  }

  model(role = 'policy'): Model {
    const model = this.#setup.model(role)
    return { id: model.id, complete: (request, options) => this.#ask(role, model, request, options?.signal) }
  }

  async #ask(role: string, model: Model, request: ModelRequest, own?: AbortSignal): Promise<Completion> {
    const { meter, limits, sampling, seed, journal } = this.#setup
    if (meter.calls >= limits.calls) this.#halt('calls', `the limit of ${limits.calls} model calls is reached`)
    const number = meter.calls++
    const seeded = { ...sampling, seed: seedOf(seed, number) % 2 ** 31, ...request.sampling }
    const asked: ModelRequest = { ...request, messages: [...request.messages], sampling: seeded }
    const signal = own ? AbortSignal.any([own, this.signal]) : this.signal
    const standing = { steps: [...this.#past, ...this.#steps], observation: this.#observation }
    const { completion, timeMs } = await journal
      .answer({ call: `${number}`, model: model.id, request: asked }, () =>
        boundary('model', () => orAbort(model.complete(asked, { signal, standing }), signal)),
      )
      .catch((error) => this.#refused(error))
    this.#calls.push({ role, model: model.id, request: asked, completion, timeMs })
    this.#count(completion)
    return completion
  }

  /** An episode whose budget is spent has no score, even where its agent looks away. */
  #refused(error: unknown): never {
    if (error instanceof EpisodeStopped && error.reason === 'budget') {
      this.#stop ??= 'budget'
      this.#error = error
    }
    throw error
  }

  #count(completion: Completion): void {
    const { meter, limits } = this.#setup
    const { usage } = completion
    spend(meter, completion)
    if (limits.tokens === Number.POSITIVE_INFINITY) return
    const used = usage && meter.promptTokens + meter.completionTokens
    if (used === undefined) this.#halt('tokens', 'the model reports no usage, so a limit on tokens cannot be kept')
    if (used > limits.tokens) this.#halt('tokens', `${used} tokens used, of ${limits.tokens} allowed`)
  }

  #halt(reason: 'calls' | 'tokens', message: string): never {
    this.#stop ??= reason
    throw new EpisodeStopped(reason, message)
  }

  async step(action: AssistantMessage): Promise<StepResult> {
    this.signal.throwIfAborted()
    if (this.#stop) throw new Error(`the episode is over (${this.#stop}): no step can follow`)
    if (this.#stepping) throw new Error('the last step has not ended yet: await it before the next')
    this.#stepping = true
    try {
      const result = await boundary('env', () => orAbort(this.#setup.env.step(action), this.signal))
      return this.#keep(action, result)
    } catch (error) {
      this.#stop = 'failed'
      this.#error = error
      throw error
    } finally {
      this.#stepping = false
    }
  }

  #keep(action: AssistantMessage, result: StepResult): StepResult {
    const { observation, reward = 0, info, end } = result
    this.#steps.push({ observation: this.#observation, calls: this.#calls, action, reward, ...(info && { info }) })
    this.#calls = []
    this.#history.push(action, ...observation.messages)
    this.#observation = observation
    const cut = this.#past.length + this.#steps.length >= this.#setup.limits.steps
    this.#stop = end ?? (cut ? 'steps' : undefined)
    return cut && !end ? { ...result, end: 'truncated' } : result
  }

  async #fork(open: () => Env | Promise<Env>): Promise<Episode> {
    this.signal.throwIfAborted()
    const env = await boundary('env', () => orAbort(open(), this.signal))
    this.#setup.own(env)
    const setup = { ...this.#setup, env, opening: this.#observation }
    const branch = new RecordedEpisode(setup, [...this.#past, ...this.#steps], this.#history)
    this.#branches.push(branch)
    return branch
  }
}
