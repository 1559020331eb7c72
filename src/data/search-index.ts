/**
 * Full text over everything in a run: what was seen, thought, done and answered, step by step. The index is made, kept
 * up with a run that is being written, and asked on a thread of its own.
 */
import { Worker } from 'node:worker_threads'
import type { SearchResult } from './search-file.ts'
import type { SearchQuestion, SearchWord } from './search-worker.ts'

export interface SearchProgress {
  /** Trajectories in the index, and in the store. */
  readonly indexed: number
  readonly total: number
  /** Why it does not get on, where it does not. */
  readonly problem?: string
}

export interface SearchIndex extends AsyncDisposable {
  progress(): SearchProgress
  /**
   * The steps and heads that hold all the words of `text`, the best first, or the newest where they are very many;
   * "a phrase" is taken as it is, and a word that ends in * begins so. No text is an error.
   */
  search(text: string, range: { readonly offset: number; readonly limit: number }): Promise<SearchResult>
}

/** Of a run's folder, where the index is kept if it may be written. Rejects with a sentence where there is no store. */
export async function openSearchIndex(folder: string): Promise<SearchIndex> {
  const index = new ThreadedIndex(folder)
  await index.opened
  return index
}

type Waiting = PromiseWithResolvers<SearchResult>

/** It makes much that is soon forgotten: left to itself it would take three times the memory to be no faster. */
const MEMORY = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 256 }

class ThreadedIndex implements SearchIndex {
  readonly opened: Promise<void>
  readonly #worker: Worker
  readonly #exited: Promise<void>
  readonly #waiting = new Map<number, Waiting>()
  #progress: SearchProgress = { indexed: 0, total: 0 }
  #asked = 0
  #over: Error | undefined

  constructor(folder: string) {
    // Built, this file is JavaScript and so is its neighbour.
    const file = import.meta.url.endsWith('.ts') ? './search-worker.ts' : './search-worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: { folder }, resourceLimits: MEMORY })
    const opened = Promise.withResolvers<void>()
    this.opened = opened.promise
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    this.#worker.on('message', (word: SearchWord) => {
      opened.resolve()
      this.#hear(word)
    })
    this.#worker.on('error', (error) => {
      opened.reject(error)
      this.#end(error)
    })
    this.#worker.on('exit', () => this.#end(new Error('the search index has been closed')))
    // An index that nobody waits for keeps no program alive.
    opened.promise.then(
      () => this.#worker.unref(),
      () => {},
    )
  }

  progress(): SearchProgress {
    return this.#progress
  }

  search(text: string, range: SearchQuestion['range']): Promise<SearchResult> {
    if (this.#over) return Promise.reject(this.#over)
    const waiting = Promise.withResolvers<SearchResult>()
    const number = this.#asked++
    this.#waiting.set(number, waiting)
    this.#worker.ref()
    this.#worker.postMessage({ number, text, range } satisfies SearchQuestion)
    return waiting.promise
  }

  #hear(word: SearchWord): void {
    if ('progress' in word) {
      this.#progress = { ...word.progress, ...(word.problem !== undefined && { problem: word.problem }) }
      return
    }
    const waiting = this.#waiting.get(word.number)
    this.#waiting.delete(word.number)
    if (this.#waiting.size === 0) this.#worker.unref()
    if ('result' in word) waiting?.resolve(word.result)
    else waiting?.reject(new Error(word.error))
  }

  #end(error: Error): void {
    this.#over ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#worker.ref()
    this.#worker.postMessage('close')
    await this.#exited
  }
}
