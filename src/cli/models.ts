/** From the name of a model on the command line to the model itself. */
import { readFile } from 'node:fs/promises'
import { type EnvSpec, type Model, type RolloutOptions, trajectoryId } from '../core/index.ts'
import { openRun } from '../data/index.ts'
import { ggufFiles, isGguf, openEngine } from '../engine/index.ts'
import {
  engineModel,
  loadAiSdkModel,
  noisyOracle,
  openaiModel,
  oracle,
  parseScript,
  randomPlayer,
  readRenderer,
  rendererFrom,
  replayed,
  scriptedModel,
} from '../models/index.ts'
import type { Access } from './access.ts'
import { fromHub } from './hub.ts'

export interface Player extends AsyncDisposable {
  readonly id: string
  readonly model: RolloutOptions['model']
}

export interface ModelOptions {
  /** For the answer key and for chance. */
  readonly spec: EnvSpec
  readonly concurrency: number
  readonly seed: number
  /** For one request. */
  readonly callTimeoutMs: number
  /** What stands between a seat and its model. */
  readonly access: Access
  /** The folder that runs are kept in. */
  readonly runs: string
}

export const MODELS = [
  'engine:<checkpoint>[?int8]',
  'engine:hf:<owner>/<name>[?int8]',
  'openai:<model>@<base-url>',
  'ai:<provider>/<model>',
  'oracle',
  'noisy-oracle:<probability>',
  'random',
  'scripted:<file>',
  'replay:<run>',
]

/** Throws a sentence on a name that means nothing, or whose file, package or answer key is not there. */
export async function openModel(name: string, options: ModelOptions): Promise<Player> {
  const { spec } = options
  const colon = name.indexOf(':')
  const [kind, rest] = colon < 0 ? [name, ''] : [name.slice(0, colon), name.slice(colon + 1)]
  const seated = (model: RolloutOptions['model']): Player => ({
    id: name,
    model: options.access.local(model),
    [Symbol.asyncDispose]: async () => {},
  })
  if (name === 'oracle') return seated(oracle(spec))
  if (name === 'random') return seated(randomPlayer(spec))
  if (kind === 'noisy-oracle' && rest) return seated(noisyOracle(spec, Number(rest)))
  if (kind === 'scripted' && rest) return seated(scriptedModel(parseScript(await readScript(rest))))
  if (kind === 'replay' && rest) return replay(name, rest, options)
  if (kind === 'engine' && rest) return engine(rest, options)
  if (kind === 'openai' && rest) {
    const model = openai(rest, options)
    return remote(model, { id: name, at: new URL(rest.slice(rest.lastIndexOf('@') + 1)).origin }, options)
  }
  if (kind === 'ai' && rest) {
    const model = await loadAiSdkModel(rest, { timeoutMs: options.callTimeoutMs })
    return remote(model, { id: name, at: rest.slice(0, rest.indexOf('/')) }, options)
  }
  throw new Error(`there is no model '${name}': there are ${MODELS.join(', ')}`)
}

/** The model that plays, and others in the seats that are named: `<role>=<model>`. Throws a sentence as openModel does. */
export async function openSeats(name: string, seats: readonly string[], options: ModelOptions): Promise<Player> {
  const opened = new AsyncDisposableStack()
  const open = async (text: string): Promise<Player> => opened.use(await openModel(text, options))
  try {
    const policy = await open(name)
    const others = new Map<string, Player>()
    for (const text of seats) {
      const [, role, model] = /^([^=]+)=(.+)$/.exec(text) ?? []
      if (!role || !model) throw new Error(`--seat takes <role>=<model>, like user=${name}, not '${text}'`)
      others.set(role, await open(model))
    }
    if (others.size === 0) return policy
    const inSeat: RolloutOptions['model'] = (seat) => {
      const { model } = others.get(seat.role) ?? policy
      return typeof model === 'function' ? model(seat) : model
    }
    const id = [policy.id, ...[...others].map(([role, { id }]) => `${role}=${id}`)].join(', ')
    return { id, model: inSeat, [Symbol.asyncDispose]: () => opened.disposeAsync() }
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

async function engine(text: string, { seed, access }: ModelOptions): Promise<Player> {
  const name = text.replace(/\?int8$/, '')
  const base = name === text ? {} : { base: 'int8' as const }
  const { checkpoint, called } = name.startsWith('hf:') ? await onHub(name) : { checkpoint: name, called: name }
  const { renderer, size, files } = isGguf(checkpoint)
    ? rendererFrom(await ggufFiles(checkpoint), checkpoint)
    : await readRenderer(checkpoint)
  const opened = await openEngine(checkpoint, { seed, companions: files, tokens: size, ...base })
  return {
    id: `engine:${called}${text.slice(name.length)}`,
    model: access.local(engineModel(opened, renderer)),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}

async function onHub(name: string): Promise<{ checkpoint: string; called: string }> {
  const { path, commit } = await fromHub(name.slice('hf:'.length))
  // A branch moves: the commit says which weights these were.
  return { checkpoint: path, called: `${name.replace(/@[^@]*$/, '')}@${commit.slice(0, 12)}` }
}

function openai(text: string, { callTimeoutMs, concurrency }: ModelOptions): Model & AsyncDisposable {
  const at = text.lastIndexOf('@')
  const [model, baseUrl] = [text.slice(0, at), text.slice(at + 1)]
  if (at < 1 || !URL.canParse(baseUrl) || !/^https?:/.test(baseUrl)) {
    // Not repeated: a URL may carry a password.
    throw new Error('a model behind a URL is openai:<model>@<base-url>, like openai:qwen3@http://127.0.0.1:8000/v1')
  }
  // A key goes to the server it was meant for: OpenAI's to OpenAI alone.
  const key =
    process.env['LUDUS_API_KEY'] ??
    (new URL(baseUrl).host === 'api.openai.com' ? process.env['OPENAI_API_KEY'] : undefined)
  return openaiModel({
    model,
    baseUrl,
    timeoutMs: callTimeoutMs,
    // The door says how many calls there are, and may be told to let in more.
    connections: Math.max(1024, concurrency),
    ...(key && { apiKey: key }),
  })
}

/** `at` names the provider, whose limits all its models share. */
function remote(
  model: Model & Partial<AsyncDisposable>,
  { id, at }: { readonly id: string; readonly at: string },
  { access }: ModelOptions,
): Player {
  return {
    id,
    model: access.remote(model, id, at),
    [Symbol.asyncDispose]: async () => model[Symbol.asyncDispose]?.(),
  }
}

function replay(id: string, where: string, { runs, access }: ModelOptions): Player {
  const run = openRun(where, runs)
  const recorded = replayed(id, (task, attempt) => run.store.get(trajectoryId({ task, attempt })))
  return { id, model: access.local(recorded), [Symbol.asyncDispose]: () => run[Symbol.asyncDispose]() }
}

async function readScript(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause) => {
    throw new Error(`the script '${path}' cannot be read: ${cause.message}`, { cause })
  })
}
