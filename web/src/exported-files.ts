/** The files of an exported run: scripts, because a page opened from disk may load those and may not fetch. */
import type { ExportHead } from '../../src/serve/view/export-names.ts'

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(name: string): string },
  ): { createScriptURL(name: string): string }
}

declare global {
  var ludusExport: ExportHead | undefined
  /** Called by each file of data, with JSON as gzip in base64. */
  var ludusHand: ((name: string, packed: string) => void) | undefined
  var trustedTypes: TrustedTypes | undefined
}

export const exported = globalThis.ludusExport

/** What everybody should know who looks at it. */
export const exportNote = ({ bodies, trajectories }: ExportHead): string =>
  bodies < trajectories ? `exported, with the first ${bodies} of ${trajectories} trajectories` : 'exported'

const handed = new Map<string, string>()
const loading = new Map<string, Promise<unknown>>()
const address = (name: string): string => {
  if (!/^[a-z]+(\/[\da-f]+){0,2}$/.test(name)) throw new Error(`'${name}' is no file of an export`)
  return `data/${name}.js`
}
const policy =
  exported && globalThis.trustedTypes
    ? globalThis.trustedTypes.createPolicy('ludus-data', { createScriptURL: address })
    : { createScriptURL: address }
if (exported) globalThis.ludusHand = (name, packed) => handed.set(name, packed)

/** What a file hands in. `keep`: for who asks again. */
export function load<T>(name: string, keep = true): Promise<T> {
  const held = loading.get(name)
  if (held) return held as Promise<T>
  const found = script(name)
  if (keep) loading.set(name, found)
  found.catch(() => loading.delete(name))
  return found as Promise<T>
}

async function script(name: string): Promise<unknown> {
  const element = document.createElement('script')
  await new Promise<void>((resolve, reject) => {
    element.src = policy.createScriptURL(name)
    element.onload = () => resolve()
    element.onerror = () => reject(new Error(missing(name)))
    document.head.append(element)
  }).finally(() => element.remove())
  const packed = handed.get(name) ?? ''
  handed.delete(name)
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0))
  return await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).json()
}

function missing(name: string): string {
  const { bodies, trajectories } = exported!
  const isBody = /^(bodies|raw|tokens|groups)\//.test(name)
  return isBody && bodies < trajectories
    ? `this was left out: the export holds the first ${bodies} of ${trajectories} trajectories`
    : `the file data/${name}.js is not where it was`
}
