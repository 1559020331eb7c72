/**
 * Accounts in a small file, which outlive the process and may be shared by several at once: what a run has spent, and
 * all runs of a folder in a day. The most that a call can come to is debited before it goes out and the rest credited
 * afterwards, so what a process that was killed had in flight counts as spent.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import {
  type Account,
  type Amount,
  type Caps,
  checkCaps,
  counted,
  fits,
  NOTHING,
  type OwnAccount,
  plus,
  type Settle,
} from './budget.ts'
import { explained, openSqlite } from './sqlite.ts'

const SCHEMA = `CREATE TABLE IF NOT EXISTS spending
  (key TEXT PRIMARY KEY, nano INTEGER NOT NULL, tokens INTEGER NOT NULL)`

export interface Ledger extends Disposable {
  /** `name` is for errors, `key` for the file: today's, say. A call is charged to the key of when it went out. */
  account(name: string, caps: Caps, key: () => string): OwnAccount
}

/** Opens the file, or makes it. Throws a sentence where that cannot be. */
export function openLedger(path: string): Ledger {
  const file = openSqlite(path, SCHEMA)
  const pages = new Pages(path, file)
  return {
    account: (name, caps, key) => new LedgerAccount(name, checkCaps(caps), { pages, key }),
    [Symbol.dispose]: () => file.close(),
  }
}

/** Days are those of UTC. */
export const todayUtc = (): string => new Date().toISOString().slice(0, 10)

class Pages {
  readonly #path: string
  readonly #begin: StatementSync
  readonly #debit: StatementSync
  readonly #credit: StatementSync
  readonly #total: StatementSync

  constructor(path: string, file: DatabaseSync) {
    this.#path = path
    this.#begin = file.prepare('INSERT OR IGNORE INTO spending VALUES (?, 0, 0)')
    this.#debit = file.prepare(`UPDATE spending SET nano = nano + :nano, tokens = tokens + :tokens
      WHERE key = :key AND nano + :nano <= :mostNano AND tokens + :tokens <= :mostTokens`)
    this.#credit = file.prepare('UPDATE spending SET nano = nano - ?, tokens = tokens - ? WHERE key = ?')
    this.#total = file.prepare('SELECT nano, tokens FROM spending WHERE key = ?')
  }

  /**
   * In one statement, so that no other process comes between the look and the deed. Nine million dollars is what a
   * number counts exactly, in billionths.
   */
  debit(key: string, amount: Amount, { usd = 9e6, tokens = Number.MAX_SAFE_INTEGER }: Caps): boolean {
    return explained(this.#path, () => {
      this.#begin.run(key)
      const most = { mostNano: Math.floor(usd * 1e9), mostTokens: tokens }
      return this.#debit.run({ ...amount, ...most, key }).changes === 1
    })
  }

  /** What cannot be credited stays spent: the answer that was paid for is not to be lost with it. */
  credit(key: string, { nano, tokens }: Amount): void {
    try {
      this.#credit.run(nano, tokens, key)
    } catch {}
  }

  total(key: string): Amount {
    return (explained(this.#path, () => this.#total.get(key)) as unknown as Amount | undefined) ?? NOTHING
  }
}

class LedgerAccount implements OwnAccount {
  readonly name: string
  #caps: Caps
  readonly #pages: Pages
  readonly #key: () => string
  #held = NOTHING
  #calls = 0

  constructor(name: string, caps: Caps, { pages, key }: { readonly pages: Pages; readonly key: () => string }) {
    this.name = name
    this.#caps = caps
    this.#pages = pages
    this.#key = key
  }

  get caps(): Caps {
    return this.#caps
  }

  get spent(): Amount {
    return plus(this.#pages.total(this.#key()), this.#held, -1)
  }

  recap(next: Caps): void {
    this.#caps = checkCaps(next)
  }

  hold(amount: Amount): ReturnType<Account['hold']> {
    const most = counted(amount, this.#caps)
    if (!fits(most, this.#caps)) return 'never'
    const key = this.#key()
    if (this.#pages.debit(key, most, this.#caps)) return this.#holding(key, most)
    // What others have in flight looks like what they spent: only one's own is waited for.
    return this.#calls > 0 && fits(plus(this.spent, most), this.#caps) ? 'later' : 'never'
  }

  #holding(key: string, most: Amount): Settle {
    this.#held = plus(this.#held, most)
    this.#calls++
    return (cost) => {
      this.#held = plus(this.#held, most, -1)
      this.#calls--
      this.#pages.credit(key, plus(most, counted(cost, {}), -1))
    }
  }
}
