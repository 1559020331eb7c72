/**
 * Money that is reserved before it is spent (law 5): a call is made only when the most it can come to is held in every
 * account that it is charged to, and what it did come to takes the place of that when it has ended. Knows nothing of
 * prices or of what a call is.
 */
import { EpisodeStopped } from '../core/index.ts'

/** Money in billionths of a dollar, which add up exactly, and tokens. */
export interface Amount {
  readonly nano: number
  readonly tokens: number
}

/** What may be spent; undefined is no limit. */
export interface Caps {
  readonly usd?: number | undefined
  readonly tokens?: number | undefined
}

/** Puts what was spent in the place of what was held. */
export type Settle = (spent: Amount) => void

export interface Account {
  /** As an error names it: 'the run', 'the episode'. */
  readonly name: string
  readonly caps: Caps
  /** Never counts what is held. */
  readonly spent: Amount
  /** 'later' where it does not fit beside what is held, 'never' where it does not fit beside what is spent. */
  hold(amount: Amount): Settle | 'later' | 'never'
}

export interface OwnAccount extends Account {
  /** From now on these. What waits is looked at again when something settles. */
  recap(caps: Caps): void
}

const NANO = 1e9

/** Rounded up: a budget errs on the side of its owner. */
export const nanoOf = (usd: number): number => Math.ceil(Math.round(usd * NANO * 1e3) / 1e3)
export const usdOf = (nano: number): number => nano / NANO

/** An account in memory. Throws on a cap that is not positive. */
export function account(name: string, caps: Caps): OwnAccount {
  let limits = checkCaps(caps)
  let [spent, held] = [NOTHING, NOTHING]
  return {
    name,
    get caps() {
      return limits
    },
    get spent() {
      return spent
    },
    recap(next) {
      limits = checkCaps(next)
    },
    hold(amount) {
      const most = counted(amount, limits)
      if (!fits(plus(spent, most), limits)) return 'never'
      if (!fits(plus(plus(spent, held), most), limits)) return 'later'
      held = plus(held, most)
      return (cost) => {
        held = plus(held, most, -1)
        spent = plus(spent, counted(cost, {}))
      }
    },
  }
}

export const NOTHING: Amount = { nano: 0, tokens: 0 }

export const plus = (a: Amount, b: Amount, sign: 1 | -1 = 1): Amount => ({
  nano: a.nano + sign * b.nano,
  tokens: a.tokens + sign * b.tokens,
})

export const fits = ({ nano, tokens }: Amount, { usd = Infinity, tokens: most = Infinity }: Caps): boolean =>
  nano <= Math.floor(usd * NANO) && tokens <= most

/** What has no limit may be unbounded: it is counted only where it is known. */
export const counted = ({ nano, tokens }: Amount, caps: Caps): Amount => ({
  nano: nano === Infinity && caps.usd === undefined ? 0 : nano,
  tokens: tokens === Infinity && caps.tokens === undefined ? 0 : tokens,
})

export function checkCaps(caps: Caps): Caps {
  for (const [unit, cap] of Object.entries(caps)) {
    if (cap !== undefined && !(cap > 0)) throw new Error(`a budget is a positive number of ${unit}, not ${cap}`)
  }
  return caps
}

export interface Budget {
  /**
   * Resolves when so much is held in each of the accounts, in the order of asking. Rejects with an EpisodeStopped
   * 'budget' where it can never be, and with the signal's reason when that aborts.
   */
  reserve(amount: Amount, accounts: readonly Account[], signal?: AbortSignal): Promise<Settle>
}

interface Waiting {
  readonly amount: Amount
  readonly accounts: readonly Account[]
  settle(how: () => Settle): void
}

/**
 * One queue for all accounts: who asked first is served first, so that a large call is not starved by small ones. One
 * that has to wait waits for calls in flight only, so everything that waits is served or refused in the end.
 */
export function budget(): Budget {
  const queue: Waiting[] = []

  const pump = (): void => {
    for (let next = queue[0]; next; next = queue[0]) {
      const { amount, accounts, settle } = next
      let held: Settle | 'later'
      try {
        held = holdAll(amount, accounts)
      } catch (error) {
        queue.shift()
        settle(() => {
          throw error
        })
        continue
      }
      if (held === 'later') return
      const settled = held
      queue.shift()
      settle(() => (spent) => {
        settled(spent)
        pump()
      })
    }
  }
  return {
    reserve: (amount, accounts, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const waiting: Waiting = {
          ...{ amount, accounts },
          settle(how) {
            signal?.removeEventListener('abort', leave)
            try {
              resolve(how())
            } catch (error) {
              reject(error)
            }
          },
        }
        const leave = (): void => {
          queue.splice(queue.indexOf(waiting), 1)
          reject(signal?.reason)
          pump()
        }
        signal?.addEventListener('abort', leave, { once: true })
        queue.push(waiting)
        if (queue.length === 1) pump()
      }),
  }
}

/** Held in all of them or in none. Throws where one of them can never hold it. */
function holdAll(amount: Amount, accounts: readonly Account[]): Settle | 'later' {
  const held: Settle[] = []
  const settle: Settle = (spent) => {
    for (const one of held) one(spent)
  }
  for (const account of accounts) {
    let answer: ReturnType<Account['hold']>
    try {
      answer = account.hold(amount)
      if (answer === 'never') throw refusal(amount, account)
    } catch (error) {
      settle(NOTHING)
      throw error
    }
    if (answer === 'later') {
      settle(NOTHING)
      return 'later'
    }
    held.push(answer)
  }
  return settle
}

function refusal(amount: Amount, { name, caps, spent }: Account): EpisodeStopped {
  const left: string[] = []
  if (caps.usd !== undefined) left.push(`${dollars(caps.usd - usdOf(spent.nano))} of ${dollars(caps.usd)}`)
  if (caps.tokens !== undefined) left.push(`${caps.tokens - spent.tokens} of ${caps.tokens} tokens`)
  const most =
    amount.tokens === Infinity
      ? 'a call whose answer has no limit (give --max-tokens) can come to anything'
      : `a call can come to ${dollars(usdOf(amount.nano))} and ${amount.tokens} tokens`
  return new EpisodeStopped('budget', `${most}, and ${name} has ${left.join(' and ')} left`)
}

const dollars = (usd: number): string => `$${usd.toFixed(4)}`
