/**
 * Answers that were paid for once, by what was asked: the model's id and the whole request. In a small file that
 * several processes may share.
 */
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import type { Completion, Model, ModelRequest } from '../core/index.ts'
import { assistantMessage } from './scripted.ts'
import { explained, openSqlite } from './sqlite.ts'

const SCHEMA = 'CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, completion TEXT NOT NULL)'

/** Without the tokens: the same answer given many times would be trained as often, and each is to be trained once. */
const kept = z.object({
  message: assistantMessage,
  finish: z.enum(['stop', 'length', 'tool']),
  usage: z.object({ promptTokens: z.number(), completionTokens: z.number() }).exactOptional(),
})

export interface AnswerCache extends Disposable {
  /**
   * Answers from the cache what was asked before, free and with no request made. `sampled` says whether draws are
   * cached too: each by its seed, so that another attempt draws anew; else only what is asked at temperature 0.
   */
  around(model: Model, options?: { readonly sampled?: boolean }): Model
}

/** Opens, or makes, `answers.sqlite` in the folder. Throws a sentence where that cannot be. */
export function openAnswerCache(folder: string): AnswerCache {
  const path = join(folder, 'answers.sqlite')
  const file = openSqlite(path, SCHEMA)
  const find = file.prepare('SELECT completion FROM answers WHERE key = ?')
  const insert = file.prepare('INSERT OR REPLACE INTO answers VALUES (?, ?)')

  const recall = (key: string): Completion | undefined => {
    const row = explained(path, () => find.get(key)) as { completion: string } | undefined
    if (!row) return undefined
    const { success, data } = kept.safeParse(JSON.parse(row.completion))
    if (!success) throw new Error(`'${path}': the answer '${key}' is damaged; delete the file`)
    return { ...data, costUsd: 0, attempts: 0 }
  }
  return {
    around: (model, { sampled = false } = {}) => ({
      id: model.id,
      async complete(request, options) {
        if (!sampled && request.sampling?.temperature !== 0) return model.complete(request, options)
        const key = keyOf(model.id, request)
        const known = recall(key)
        if (known) return known
        const completion = await model.complete(request, options)
        explained(path, () => insert.run(key, JSON.stringify(kept.parse(completion))))
        return completion
      },
    }),
    [Symbol.dispose]: () => file.close(),
  }
}

/** At temperature 0 the seed decides nothing. */
function keyOf(model: string, request: ModelRequest): string {
  const { seed, ...sampling } = request.sampling ?? {}
  const drawn = sampling.temperature === 0 ? sampling : { ...sampling, seed }
  return hash('sha256', JSON.stringify([model, { ...request, sampling: drawn }]), 'base64')
}
