/** From a name to sandboxes: holds what the world demands, and fails closed. */
import { ISOLATIONS, type Isolation, type Sandbox, type SandboxSpec } from '../core/index.ts'
import { DEFAULTS, sandboxes } from './catalogue.ts'
import type { SandboxEntry, Sandboxes, SandboxKind } from './provider.ts'

/**
 * 'auto' is each language's default that is strong enough; else a name of the catalogue, loaded when the first sandbox is opened. Throws
 * a sentence on a name that is not there.
 */
export function openSandboxes(name = 'auto'): Sandboxes {
  if (name !== 'auto') entryOf(name)
  if (name === 'unsafe-local')
    process.stderr.write('ludus: --sandbox unsafe-local keeps nothing inside: the code runs as you, on your files\n')
  const started = new Map<string, Promise<Sandboxes>>()
  const start = (chosen: string, spec: SandboxSpec): Promise<Sandboxes> => {
    const known = started.get(chosen)
    if (known) return known
    const starting = startKind(chosen, spec)
    started.set(chosen, starting)
    starting.catch(() => started.delete(chosen))
    return starting
  }
  let closed = false
  return {
    async open(spec, signal): Promise<Sandbox> {
      if (closed) throw new Error('the sandboxes are closed')
      signal.throwIfAborted()
      const chosen = name === 'auto' ? defaultFor(spec) : name
      await admit(chosen, spec)
      return (await start(chosen, spec)).open(spec, signal)
    },
    async [Symbol.asyncDispose]() {
      closed = true
      const all = await Promise.allSettled(started.values())
      await Promise.all(all.map((one) => one.status === 'fulfilled' && one.value[Symbol.asyncDispose]()))
    },
  }
}

async function startKind(name: string, spec: SandboxSpec): Promise<Sandboxes> {
  const kind = await load(name)
  const missing = await kind.missing()
  if (missing === undefined) return kind.start()
  throw new Error(`the sandbox '${name}' cannot run here: ${missing}${await instead(name, spec)}`)
}

function entryOf(name: string): SandboxEntry {
  const entry = Object.hasOwn(sandboxes, name) ? sandboxes[name] : undefined
  if (!entry) throw new Error(`there is no sandbox '${name}': there are auto, ${Object.keys(sandboxes).join(', ')}`)
  return entry
}

/** The package behind an adapter is optional: without it the import fails. */
async function load(name: string): Promise<SandboxKind> {
  return entryOf(name)
    .load()
    .catch((cause: Error) => {
      throw new Error(`the sandbox '${name}' cannot be loaded: ${cause.message}`, { cause })
    })
}

const strength = (isolation: Isolation): number => ISOLATIONS.indexOf(isolation)

function defaultFor({ language, isolation = 'none' }: SandboxSpec): string {
  const names = DEFAULTS[language]
  return names.find((name) => strength(entryOf(name).isolation) >= strength(isolation)) ?? names[0]
}

/**
 * Throws a sentence unless that sandbox speaks the language and is as strong as the world demands. Whoever names the
 * unsafe one has decided.
 */
async function admit(name: string, spec: SandboxSpec): Promise<void> {
  const { languages, isolation } = entryOf(name)
  const { language, isolation: demanded = 'none' } = spec
  const refusal = !languages.includes(language)
    ? `runs ${languages.join(' and ')}, not ${language}`
    : strength(isolation) < strength(demanded) && name !== 'unsafe-local'
      ? `keeps code inside by '${isolation}', and this world asks for '${demanded}'`
      : undefined
  if (refusal) throw new Error(`the sandbox '${name}' ${refusal}${await instead(name, spec)}`)
}

/** Names what would do here, asking each. */
async function instead(refused: string, { language, isolation = 'none' }: SandboxSpec): Promise<string> {
  const fit = Object.entries(sandboxes).filter(
    ([name, entry]) =>
      name !== refused && entry.languages.includes(language) && strength(entry.isolation) >= strength(isolation),
  )
  const works = await Promise.all(
    fit.map(async ([name]) => {
      const missing = await load(name).then((kind) => kind.missing(), String)
      return missing === undefined ? [`--sandbox ${name}`] : []
    }),
  )
  const names = works.flat()
  return names.length > 0 ? `; here would work: ${names.join(', ')}` : '; none of the others would work here'
}
