/** From what names a world on the command line to the world: a name of the catalogue, or a file that exports one. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { EnvSpec } from '../core/index.ts'
import { isWorldFile } from '../data/index.ts'
import { openEnvironment } from '../environments/index.ts'

/** A file's world is its default export. Throws a sentence on what is no world. */
export async function openWorld(name: string, data?: string): Promise<EnvSpec> {
  if (!isWorldFile(name)) return openEnvironment(name, data)
  const path = resolve(name)
  if (!existsSync(path)) throw new Error(`there is no file '${name}'`)
  if (data !== undefined) throw new Error(`'${name}' brings its own tasks: it takes no --data`)
  const { default: spec } = await import(pathToFileURL(path).href).catch((cause: Error) => {
    throw new Error(`'${name}' cannot be loaded: ${cause.message.split('\n')[0]}`, { cause })
  })
  const missing = ['id', 'tasks', 'make', 'rubric'].filter((key) => !Object.hasOwn(Object(spec), key))
  if (missing.length === 0) return spec
  throw new Error(`the default export of '${name}' is no world: it has no ${missing.join(', no ')}`)
}
