/** What the recipes' commands printed, as it is kept: in docs/figures of a clone, in dist/figures of the package. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Figures } from '../recipes/index.ts'

const folders = ['../../docs/figures', '../figures'].map((folder) => join(import.meta.dirname, folder))

/** undefined where the recipe has not been run. Throws a sentence on a file that is damaged. */
export function readFigures(recipe: string): Figures | undefined {
  const file = folders.map((folder) => join(folder, `${recipe}.json`)).find(existsSync)
  if (file === undefined) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`'${file}' is damaged, for it is not JSON: ludus train ${recipe} --seeds 5 --json prints it`, {
      cause,
    })
  }
}
