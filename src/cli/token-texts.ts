/** What tokens say, where the tokenizer that made them is on disk: with the checkpoint that played, or that was trained. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Spelling, Trajectory } from '../core/index.ts'
import type { Run } from '../data/index.ts'
import { RENDERER_FILE, readRenderer } from '../models/index.ts'

/** undefined where there is none. A token that is no text says ''. */
export async function tokenTexts(
  { path, manifest }: Pick<Run, 'path' | 'manifest'>,
  { batch }: Pick<Trajectory, 'batch'>,
): Promise<((ids: readonly number[]) => string[]) | undefined> {
  for (const checkpoint of candidates(path, `${manifest.settings['model'] ?? ''}`, batch)) {
    const spelling = await spellingIn(checkpoint)
    if (spelling) return (ids) => ids.map((id) => said(spelling, id))
  }
  return undefined
}

/** Opened once: reading a large tokenizer takes seconds. */
const opened = new Map<string, Promise<Spelling | undefined>>()

function spellingIn(checkpoint: string): Promise<Spelling | undefined> {
  const held = opened.get(checkpoint)
  if (held) return held
  const opening = readRenderer(checkpoint).then(
    ({ renderer }) => renderer.spelling(),
    () => undefined,
  )
  opened.set(checkpoint, opening)
  return opening
}

/** The checkpoint that played; in training, any arm's of the same seed: arms of one seed share their tokenizer. */
function candidates(path: string, model: string, batch: string): string[] {
  const engine = /^engine:(?!hf:)([^?]+)/.exec(model)?.[1]
  const seed = join(path, 'checkpoints', batch.split('/')[0] ?? '')
  const arms = existsSync(seed) ? readdirSync(seed).map((arm) => join(seed, arm)) : []
  return [...(engine ? [engine] : []), ...arms].filter((folder) =>
    [RENDERER_FILE, 'tokenizer.json'].some((name) => existsSync(join(folder, name))),
  )
}

function said({ bytes, ends }: Spelling, id: number): string {
  const [from, to] = [id === 0 ? 0 : ends[id - 1], ends[id]]
  return from === undefined || to === undefined ? '' : new TextDecoder().decode(bytes.slice(from, to))
}
