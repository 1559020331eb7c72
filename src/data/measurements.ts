/** The learning curves of a training run as they lie in its folder: a line of JSON for each round, written as it ends. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** null for what there was nothing to average of. */
const figure = z.number().nullable()
const interval = z.object({ mean: figure, low: figure, high: figure }).readonly()
const measurement = z
  .object({
    /** Milliseconds since the epoch. */
    at: z.number(),
    seed: z.number(),
    arm: z.string(),
    /** Of the arm; 0 is the measurement before the first. */
    round: z.int().nonnegative(),
    /** Environment steps of the arm so far, those it may take, and those that the whole run will take. */
    envSteps: z.number().nonnegative(),
    budget: z.number().nonnegative(),
    totalSteps: z.number().nonnegative(),
    /** Tokens that went through the arm's updates so far, context included. */
    trainedTokens: z.number().nonnegative(),
    /** Whatever the round measured, by name: 'loss', 'entropy', 'success' of what was sampled. Absent is unknown. */
    values: z.record(z.string(), z.number()).readonly(),
    /** On held-out tasks, where they were played. */
    held: z.object({ success: interval, return: interval }).readonly().exactOptional(),
  })
  .readonly()

/** One round of one arm of one seed, as a training run leaves it in its folder. */
export type Measurement = z.infer<typeof measurement>

/** In a run's folder. */
export const MEASUREMENTS = 'measurements.jsonl'

export interface Measurements {
  readonly entries: readonly Measurement[]
  /** The byte to read on from. */
  readonly end: number
}

/**
 * What stands in a run's folder from that byte on. A last line that is not ended is being written, and left for later;
 * where there is no file nothing was measured yet. An `end` before `from` says that the file is shorter than it was.
 * Throws a sentence on a line that is no measurement.
 */
export function measurementsIn(folder: string, from = 0): Measurements {
  const path = join(folder, MEASUREMENTS)
  const { text, start } = textFrom(path, from)
  const end = text.lastIndexOf('\n') + 1
  const lines = text.toString('utf8', 0, end).split('\n').slice(0, -1)
  return { entries: lines.map((line) => parsed(line, path)), end: start + end }
}

function textFrom(path: string, from: number): { text: Buffer; start: number } {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { text: Buffer.alloc(0), start: 0 }
    throw error
  }
  try {
    const { size } = fstatSync(file)
    const start = Math.min(from, size)
    const bytes = Buffer.alloc(size - start)
    return { text: bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start)), start }
  } finally {
    closeSync(file)
  }
}

function parsed(line: string, path: string): Measurement {
  try {
    return measurement.parse(JSON.parse(line))
  } catch (cause) {
    const why =
      cause instanceof z.ZodError ? `${cause.issues[0]?.path.join('.')}: ${cause.issues[0]?.message}` : 'no JSON'
    throw new Error(`'${path}' is damaged: a line of it is no measurement: ${why}`, { cause })
  }
}
