/** The thread on which a run's full-text index is made and asked: a little work at a time, and questions in between. */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { type Indexed, SearchFile, type SearchResult } from './search-file.ts'

export interface SearchQuestion {
  readonly number: number
  readonly text: string
  readonly range: { readonly offset: number; readonly limit: number }
}

export type SearchWord =
  | { readonly progress: Indexed; readonly problem?: string }
  | { readonly number: number; readonly result: SearchResult }
  | { readonly number: number; readonly error: string }

/** How often the store is asked whether there is more; and how long to wait when the index could not be written. */
const [IDLE_MS, PAUSE_MS] = [200, 5000]

// What is read once leaves a hundred megabytes behind before the collector comes by itself: it is asked to, turn by turn.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const port = parentPort!
const tell = (word: SearchWord): void => port.postMessage(word)
const file = new SearchFile((workerData as { folder: string }).folder)
let open = true

port.on('message', (asked: SearchQuestion | 'close') => {
  if (asked === 'close') {
    open = false
    file.close()
    port.close()
    return
  }
  const { number, text, range } = asked
  try {
    tell({ number, result: file.search(text, range) })
  } catch (error) {
    tell({ number, error: (error as Error).message })
  }
})

tell({ progress: file.progress() })
while (open) {
  try {
    const worked = file.advance()
    if (worked) {
      tell({ progress: file.progress() })
      collect()
    }
    await (worked ? setImmediate() : setTimeout(IDLE_MS))
  } catch (error) {
    tell({ progress: file.progress(), problem: (error as Error).message })
    await setTimeout(PAUSE_MS, undefined, { ref: false })
  }
}
