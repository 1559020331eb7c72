/**
 * What all runs of a folder spend in a day, in a small file that they share: safe with several processes at once. The
 * most a call can come to is debited before it goes out and the rest credited afterwards, so what a process that was
 * killed had in flight counts as spent.
 */
import { type Account, checkCaps } from './budget.ts'
import { explained, openSqlite } from './sqlite.ts'

const SCHEMA = 'CREATE TABLE IF NOT EXISTS spending (day TEXT PRIMARY KEY, nano INTEGER NOT NULL)'

const todayUtc = (): string => new Date().toISOString().slice(0, 10)

/** Days are those of UTC; a call is charged to the day on which it went out. */
export function dayAccount(path: string, usd: number, today = todayUtc): Account & Disposable {
  checkCaps({ usd })
  const file = openSqlite(path, SCHEMA)
  const begin = file.prepare('INSERT OR IGNORE INTO spending VALUES (?, 0)')
  const debit = file.prepare('UPDATE spending SET nano = nano + :most WHERE day = :day AND nano + :most <= :cap')
  const credit = file.prepare('UPDATE spending SET nano = nano - ? WHERE day = ?')
  const total = file.prepare('SELECT nano FROM spending WHERE day = ?')
  const cap = Math.floor(usd * 1e9)
  let held = 0
  let flying = 0
  return {
    name: 'the day',
    caps: { usd },
    get spent() {
      const row = explained(path, () => total.get(today())) as { nano: number } | undefined
      return { nano: (row?.nano ?? 0) - held, tokens: 0 }
    },
    hold({ nano }) {
      const day = today()
      const paid = explained(path, () => {
        begin.run(day)
        return nano <= cap && debit.run({ most: nano, day, cap }).changes === 1
      })
      // What others have in flight is not known to be so: it is waited for only where something of ours is too.
      if (!paid) return flying > 0 && nano <= cap - this.spent.nano ? 'later' : 'never'
      held += nano
      flying++
      return (spent) => {
        held -= nano
        flying--
        try {
          credit.run(nano - spent.nano, day)
        } catch {
          // What cannot be credited stays spent, and the answer that was paid for is not lost with it.
        }
      }
    },
    [Symbol.dispose]: () => file.close(),
  }
}
