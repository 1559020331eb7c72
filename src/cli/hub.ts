/** Models by their name on a hub: where they are kept and who may read them, from the environment; progress on standard error. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { checkShape, readConfig } from '../engine/index.ts'
import { type FetchedModel, fetchModel, readRenderer } from '../models/index.ts'
import { interruptible } from './command.ts'
import { live } from './live.ts'

/** What takes no longer needs no words. */
const QUIET_MS = 2000

/** `owner/name[/file.gguf][@revision]`, fetched where it is not there yet. Throws a sentence. */
export async function fromHub(name: string): Promise<FetchedModel> {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token } = process.env
  using signal = interruptible()
  const progress = progressOf(`fetching hf:${name}`)
  try {
    return await fetchModel(name, {
      ...{ endpoint, token, signal, cache: cacheFolder(process.env), onProgress: progress.update },
      check: async (folder) => checkShape(await readConfig(folder), { tokens: (await readRenderer(folder)).size }),
    })
  } catch (error) {
    if (!signal.aborted) throw error
    throw new Error(`fetching hf:${name} was interrupted: the same command goes on from there`, { cause: error })
  } finally {
    progress.end()
  }
}

/** `LUDUS_CACHE`, or else a folder among the user's other caches. */
export function cacheFolder({ LUDUS_CACHE, XDG_CACHE_HOME }: NodeJS.ProcessEnv): string {
  return LUDUS_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'ludus')
}

interface Progress {
  update(so: { readonly bytes: number; readonly of: number }): void
  end(): void
}

function progressOf(what: string): Progress {
  const display = live()
  const began = performance.now()
  let said = false
  return {
    update({ bytes, of }) {
      if (performance.now() - began < QUIET_MS) return
      const line = `${what}: ${(bytes / 1e6).toFixed(1)} of ${(of / 1e6).toFixed(1)} MB`
      if (!said) display.note(line)
      said = true
      display.update([line], line)
    },
    end: display.end,
  }
}
