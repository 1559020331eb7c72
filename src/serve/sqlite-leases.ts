/** Leases in one sqlite file, for the processes of one machine. */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { BEAT_MS, DEAD_MS, type Executor, type Lease } from './executor.ts'

/** How long a worker looks away when there is nothing to do. */
const IDLE_MS = 50

/** Milliseconds since the machine was started, the same for all of its processes: a clock that is set does not matter. */
const nowMs = (): number => Number(process.hrtime.bigint() / 1_000_000n)

export function sqliteLeases(path: string): Executor {
  const database = new DatabaseSync(path, { timeout: 5000 })
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS leases (id TEXT PRIMARY KEY, holder TEXT, until INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS by_until ON leases (until)`)
  const holder = `${process.pid}-${nowMs()}-${Math.floor(performance.now() * 1000)}`
  const put = database.prepare('INSERT OR IGNORE INTO leases (id) VALUES (?)')
  const pick = database.prepare(
    'UPDATE leases SET holder = ?, until = ? WHERE id = (SELECT id FROM leases WHERE until < ? ORDER BY until LIMIT 1) RETURNING id',
  )
  const beat = database.prepare('UPDATE leases SET until = ? WHERE holder = ?')
  const drop = database.prepare('DELETE FROM leases WHERE id = ?')
  const postpone = database.prepare('UPDATE leases SET until = ?, holder = NULL WHERE id = ?')
  const giveBack = database.prepare('UPDATE leases SET until = 0, holder = NULL WHERE holder = ?')
  return {
    async submit(ids) {
      database.exec('BEGIN IMMEDIATE')
      for (const id of ids) put.run(id)
      database.exec('COMMIT')
    },
    async *take(signal) {
      const timer = setInterval(() => beat.run(nowMs() + DEAD_MS, holder), BEAT_MS)
      try {
        while (!signal.aborted) {
          const found = pick.get(holder, nowMs() + DEAD_MS, nowMs()) as { id: string } | undefined
          if (found) yield leaseOf(found.id)
          else await pause(IDLE_MS, undefined, { signal }).catch(() => {})
        }
      } finally {
        clearInterval(timer)
        giveBack.run(holder)
      }
    },
    async [Symbol.asyncDispose]() {
      database.close()
    },
  }

  function leaseOf(id: string): Lease {
    return {
      id,
      async done() {
        drop.run(id)
      },
      async later() {
        postpone.run(nowMs() + DEAD_MS, id)
      },
    }
  }
}
