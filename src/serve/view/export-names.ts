/** What lies where in an exported run: known to who writes it and to the page that reads it. */
import type { Pictures, StepBody, TokenOutline, TokenSlice, TrajectoryHead } from './wire.ts'

/** What the page is told first. */
export interface ExportHead {
  readonly run: string
  /** The page that it opens at. */
  readonly start: string
  readonly trajectories: number
  readonly tasks: number
  /** The attempts at the task that was tried most often. */
  readonly attempts: number
  /** So many have their bodies here, the first in the order of the store. */
  readonly bodies: number
}

/** Rows and tasks lie in files of so many. */
export const EXPORT_PAGE = 1000

/** Answers that nothing changes but their path, by that. */
export type ExportedAnswers = Readonly<Record<string, unknown>>

export interface ExportedBody {
  readonly head: TrajectoryHead
  readonly steps: readonly StepBody[]
  readonly pictures: Pictures
}

export interface ExportedTokens {
  readonly outline: TokenOutline
  /** Whole, of every call that has any. */
  readonly slices: readonly TokenSlice[]
}

/** Names of files in the folder of data, without their ending. */
export const exportName = {
  answers: 'answers',
  rows: (page: number) => `rows/${page}`,
  tasks: (page: number) => `tasks/${page}`,
  body: (id: string) => `bodies/${hashed(id)}`,
  raw: (id: string) => `raw/${hashed(id)}`,
  tokens: (id: string) => `tokens/${hashed(id)}`,
  group: (task: string, batch: string) => `groups/${hashed(JSON.stringify([batch, task]))}`,
} as const

/** A file of its own, an SVG document: the browser loads it as an image, in which nothing runs. */
export const pictureName = (id: string, step: number): string => `pictures/${hashed(id)}-${step}.svg`

/** 64 bits in two halves, each FNV-1a from a start of its own: an id may hold what no name of a file may. */
function hashed(text: string): string {
  const halves = [0x811c9dc5, 0x2545f491].map((start) => {
    let hash = start
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    return ((hash ^ (hash >>> 15)) >>> 0).toString(16).padStart(8, '0')
  })
  const name = halves.join('')
  return `${name.slice(0, 2)}/${name.slice(2)}`
}
