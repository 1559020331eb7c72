/**
 * What stands between a seat and the model behind it, as the command line says it: the price, the budgets, the limits
 * of the provider, retries and the cache.
 */
import { dirname, join } from 'node:path'
import type { Limits, Model, Seat } from '../core/index.ts'
import type { Run } from '../data/index.ts'
import {
  type AnswerCache,
  budget,
  type Caps,
  checkPrice,
  FREE,
  type Ledger,
  type OwnAccount,
  openAnswerCache,
  openLedger,
  type Price,
  type Provider,
  type Purse,
  parsePrice,
  priceOf,
  provider,
  type SeatModel,
  todayUtc,
  usdOf,
  withBudget,
  withPrice,
  withRetry,
} from '../models/index.ts'
import type { Flag, Flags } from './args.ts'
import { short } from './table.ts'

export const accessFlags = {
  price: {
    type: 'texts',
    help: 'what a model costs, like qwen3=0.1/0.4: dollars per million tokens, prompt/completion',
  },
  'budget-usd': { type: 'number', help: 'most dollars that the run may spend, in all its lives' },
  'budget-usd-day': { type: 'number', help: 'the same, for all runs of the folder in a day (UTC)' },
  'budget-usd-group': { type: 'number', help: 'the same, for all attempts at a task' },
  'budget-usd-episode': { type: 'number', help: 'the same, for an episode' },
  'budget-usd-call': { type: 'number', help: 'the same, for a call' },
  'budget-tokens': { type: 'count', help: 'most tokens that the run may use; also where a price is not known' },
  rpm: { type: 'count', help: 'requests a minute, to each provider' },
  tpm: { type: 'count', help: 'tokens a minute, prompts and answers, to each provider' },
  cache: { type: 'text', help: 'folder of answers that are not asked for again; those at temperature 0 alone' },
  'cache-sampled': { type: 'text', help: 'the same, for answers at other temperatures too, each by its seed' },
  limit: { type: 'texts', help: 'of an episode: steps=20, calls=30 or tokens=5000; may be given several times' },
} as const satisfies Record<string, Flag>

export interface AccessOptions {
  readonly flags: Flags<typeof accessFlags> & { readonly 'max-tokens': number | undefined }
  readonly concurrency: number
  readonly tries: number
}

/** An account as a result shows it; without a cap where that unit has none. */
export interface Spent {
  readonly scope: 'run' | 'day'
  readonly capUsd?: number
  readonly spentUsd: number
  readonly capTokens?: number
  readonly spentTokens: number
}

export interface Access extends Disposable {
  /** Those of one provider share its limits. Throws where a budget could not be kept. */
  remote(model: Model, id: string, provider: string): SeatModel<unknown>
  /** What costs nothing still uses tokens. */
  local(model: Model | SeatModel<unknown>): Model | SeatModel<unknown>
  /** Opens the books, before the first seat is taken. */
  begin(run: Run): void
  /** From now on so many calls at once, to each provider. */
  resize(concurrency: number): void
  /** From now on so many dollars for the run. Throws where it has no such budget. */
  recap(usd: number): void
  /** What was spent of the budgets of the run and of the day, where there are any. */
  spent(): Spent[]
}

/** Throws a sentence on a price, a budget or a folder that is none. */
export function openAccess(options: AccessOptions): Access {
  return new SeatAccess(options)
}

class SeatAccess implements Access {
  readonly #options: AccessOptions
  readonly #doors = new Map<string, Provider>()
  readonly #ranks = new Map<string, number>()
  readonly #accounts = new Map<string, OwnAccount>()
  readonly #budget = budget()
  readonly #cache: AnswerCache | undefined
  readonly #ledgers: { run?: Ledger; day?: Ledger } = {}

  constructor(options: AccessOptions) {
    this.#options = options
    const { flags } = options
    for (const text of flags.price ?? []) parsePrice(text)
    for (const [name, value] of Object.entries(flags))
      if (name.startsWith('budget-') && typeof value === 'number' && !(value > 0))
        throw new Error(`--${name} takes a positive number, not ${value}`)
    const folder = flags['cache-sampled'] ?? flags.cache
    this.#cache = folder === undefined ? undefined : openAnswerCache(folder)
  }

  /** What each flag limits, by the scope of its account. */
  get #caps(): Record<'run' | 'day' | 'group' | 'episode' | 'call', Caps> {
    const { flags } = this.#options
    return {
      run: { usd: flags['budget-usd'], tokens: flags['budget-tokens'] },
      day: { usd: flags['budget-usd-day'] },
      group: { usd: flags['budget-usd-group'] },
      episode: { usd: flags['budget-usd-episode'] },
      call: { usd: flags['budget-usd-call'] },
    }
  }

  remote(model: Model, id: string, at: string): SeatModel<unknown> {
    const { flags, tries } = this.#options
    const price = priceOf(id, flags.price?.map(parsePrice))
    const caps = Object.values(this.#caps)
    const limited = caps.some(isLimited)
    checkPrice(id, price, caps)
    if (limited) this.#checkAnswers()
    const door = this.#door(at)
    const watched = door.watch(model)
    return (seat) => {
      const paid = limited ? withBudget(watched, this.#purse(seat, price)) : withPrice(watched, price)
      const asked = withRetry(door.gate(paid, this.#rank(seat)), { attempts: tries, seed: seat.seed })
      return this.#cache?.around(asked, { sampled: flags['cache-sampled'] !== undefined }) ?? asked
    }
  }

  local(model: Model | SeatModel<unknown>): Model | SeatModel<unknown> {
    if (this.#caps.run.tokens === undefined) return model
    this.#checkAnswers()
    return (seat) => withBudget(typeof model === 'function' ? model(seat) : model, this.#purse(seat, FREE))
  }

  #checkAnswers(): void {
    if (this.#options.flags['max-tokens'] === undefined)
      throw new Error('a budget needs --max-tokens: an answer without a limit can come to anything')
  }

  #door(at: string): Provider {
    const { concurrency, flags } = this.#options
    const rates = { requestsPerMinute: flags.rpm, tokensPerMinute: flags.tpm }
    const door = this.#doors.get(at) ?? provider({ name: at, concurrency, ...rates })
    this.#doors.set(at, door)
    return door
  }

  /** Groups in the order in which they first ask. */
  #rank({ task }: Seat): number {
    const rank = this.#ranks.get(task.id) ?? this.#ranks.size
    this.#ranks.set(task.id, rank)
    return rank
  }

  #purse({ task, attempt }: Seat, price: Price | undefined): Purse {
    const { episode, group, run, day, call } = this.#caps
    const accounts = [
      this.#account('the episode', episode, `episode/${task.id}/${attempt}`),
      this.#account('the group', group, `group/${task.id}`),
      this.#account('the run', run, 'run'),
      this.#account('the day', day, 'day'),
    ].filter((account) => account !== undefined)
    return { budget: this.#budget, accounts, perCall: call, price, maxTokens: this.#options.flags['max-tokens'] }
  }

  /** The day's account lies beside the runs, the others with the run. */
  #account(name: string, caps: Caps, key: string): OwnAccount | undefined {
    if (!isLimited(caps)) return undefined
    const known = this.#accounts.get(key)
    if (known) return known
    const ledger = key === 'day' ? this.#ledgers.day : this.#ledgers.run
    if (!ledger) throw new Error('nothing can be spent before the books are open')
    const account = ledger.account(name, caps, key === 'day' ? todayUtc : () => key)
    this.#accounts.set(key, account)
    return account
  }

  begin(run: Run): void {
    const { day, call, ...own } = this.#caps
    if (Object.values(own).some(isLimited)) this.#ledgers.run = openLedger(join(run.path, 'spending.sqlite'))
    if (isLimited(day)) this.#ledgers.day = openLedger(join(dirname(run.path), 'spending.sqlite'))
    this.#account('the run', own.run, 'run')
    this.#account('the day', day, 'day')
  }

  resize(concurrency: number): void {
    for (const door of this.#doors.values()) door.resize(concurrency)
  }

  recap(usd: number): void {
    const run = this.#accounts.get('run')
    if (run?.caps.usd === undefined)
      throw new Error('this run was begun without --budget-usd: it has no budget to change')
    run.recap({ ...run.caps, usd })
  }

  spent(): Spent[] {
    return (['run', 'day'] as const).flatMap((scope) => {
      const account = this.#accounts.get(scope)
      if (!account) return []
      const { usd, tokens } = account.caps
      const { nano, tokens: spentTokens } = account.spent
      return {
        ...{ scope, spentUsd: usdOf(nano), spentTokens },
        ...(usd !== undefined && { capUsd: usd }),
        ...(tokens !== undefined && { capTokens: tokens }),
      }
    })
  }

  [Symbol.dispose](): void {
    this.#ledgers.run?.[Symbol.dispose]()
    this.#ledgers.day?.[Symbol.dispose]()
    this.#cache?.[Symbol.dispose]()
  }
}

const isLimited = (caps: Caps): boolean => caps.usd !== undefined || caps.tokens !== undefined

/** From `steps=20` and the like. Throws a sentence on anything else. */
export function episodeLimits(texts: readonly string[] = []): Partial<Limits> {
  const limits = texts.map((text) => {
    const [, name, count] = /^(steps|calls|tokens)=([1-9]\d{0,14})$/.exec(text) ?? []
    if (!name) throw new Error(`--limit takes steps=<n>, calls=<n> or tokens=<n>, not '${text}'`)
    return [name, Number(count)] as const
  })
  return Object.fromEntries(limits)
}

/** What a budget has spent, on failed calls and those that were cut off too. */
export function spentOf({ scope, capUsd, spentUsd, capTokens, spentTokens }: Spent): string {
  const dollars = capUsd === undefined ? [] : [`$${spentUsd.toFixed(4)} of $${capUsd.toFixed(2)}`]
  const tokens = capTokens === undefined ? [] : [`${short(spentTokens)} of ${short(capTokens)} tokens`]
  return `budget of the ${scope}: ${[...dollars, ...tokens].join(', ')} spent`
}
