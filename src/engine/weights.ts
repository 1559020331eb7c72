/**
 * A checkpoint folder's weights: model.safetensors, or the shards that model.safetensors.index.json names. Knows which
 * tensors a model of a given shape needs, and reads nothing but headers until all of them are there.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { checkFinite } from './finite.ts'
import { hold, type Int8Weights } from './int8.ts'
import { EMBEDDING, HEAD, type LlamaConfig, type Parameters, parameterShapes, SCORE, scoreShapes } from './llama.ts'
import { listSafetensors, readStored, type Stored } from './safetensors.ts'
import { isName, shown } from './shown.ts'

export const WEIGHTS_FILE = 'model.safetensors'
const INDEX_FILE = `${WEIGHTS_FILE}.index.json`

/** Tables that older releases of transformers stored beside the weights; whoever needs them computes them. */
const BUFFER = /\.rotary_emb\.(inv_freq|cos_cached|sin_cached)$/

/**
 * Every weight of a model of this shape, but those that `int8` takes where it is given. Throws a sentence as
 * `findWeights` does, and where one is no finite number.
 */
export async function readWeights(folder: string, config: LlamaConfig, int8?: Int8Weights): Promise<Parameters> {
  const weights: Parameters = new Map()
  await readStored(await findWeights(folder, config), (name, weight) => {
    checkFinite(new Map([[name, weight]]), folder)
    hold(name, weight, { weights, int8 })
  })
  const head = weights.get(HEAD)
  if (config.tied && head) {
    if (!same(head.data, weights.get(EMBEDDING)!.data)) {
      throw new Error(`${folder}: config.json ties the head to the embedding, but '${HEAD}' differs from it`)
    }
    weights.delete(HEAD)
  }
  return weights
}

/** Which heads lie in a folder: one to sample with that is not the embedding, and one that scores. */
export async function headsIn(folder: string): Promise<{ own: boolean; outputs?: number }> {
  const stored = await listWeights(folder)
  const outputs = stored.get(SCORE)?.dims[0]
  return { own: stored.has(HEAD), ...(outputs !== undefined && { outputs }) }
}

/**
 * Where the weights lie. Throws a sentence with the file and the tensor where one is missing, has another shape than
 * the model's, or is not known to it; a head of its own is let through where the model's is tied, and one that scores.
 */
export async function findWeights(folder: string, config: LlamaConfig): Promise<Map<string, Stored>> {
  const stored = await listWeights(folder)
  const known = new Map(parameterShapes({ ...config, tied: config.tied && !stored.has(HEAD) }))
  const score = stored.get(SCORE)
  if (score) for (const [name, dims] of scoreShapes(config, score.dims[0] ?? 1)) known.set(name, dims)
  for (const [name, { path }] of stored) {
    if (known.has(name)) continue
    if (!BUFFER.test(name)) throw new Error(`${path}: '${name}' is no weight of a Llama of this shape`)
    stored.delete(name)
  }
  for (const [name, dims] of known) {
    const found = stored.get(name)
    if (!found) throw new Error(`${folder}: '${name}' is missing; the model needs it in shape [${dims}]`)
    if (`${found.dims}` !== `${dims}`)
      throw new Error(`${found.path}: '${name}' has shape [${found.dims}], not [${dims}]`)
  }
  return stored
}

async function listWeights(folder: string): Promise<Map<string, Stored>> {
  const whole = join(folder, WEIGHTS_FILE)
  if (existsSync(whole)) return listSafetensors(whole)
  const index = join(folder, INDEX_FILE)
  const text = await readFile(index, 'utf8').catch((cause) => {
    throw new Error(`no weights in '${folder}': there is neither ${WEIGHTS_FILE} nor ${INDEX_FILE}`, { cause })
  })
  const places = parseIndex(text, index)
  const shards = new Map<string, Map<string, Stored>>()
  for (const shard of new Set(places.map(([, shard]) => shard))) {
    const path = join(folder, shard)
    if (!existsSync(path)) throw new Error(`${path} is missing: ${INDEX_FILE} names it`)
    shards.set(shard, await listSafetensors(path))
  }
  const stored = places.map(([name, shard]) => {
    const found = shards.get(shard)?.get(name)
    if (!found) throw new Error(`${join(folder, shard)}: '${name}' is not in it, though ${INDEX_FILE} says so`)
    return [name, found] as const
  })
  return new Map(stored)
}

/** Tensors' names, each with its shard: a file's plain name, so that no index leads out of the folder. */
function parseIndex(text: string, path: string): [name: string, shard: string][] {
  let json: { readonly weight_map?: unknown } | null
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error(`${path} is not JSON`, { cause })
  }
  const map = json?.weight_map
  if (typeof map !== 'object' || map === null) throw new Error(`${path} has no 'weight_map' of tensors to files`)
  return Object.entries(map).map(([name, shard]: [string, unknown]) => {
    if (!isName(name)) throw new Error(`${path}: ${shown(name)} is no name of a tensor`)
    if (
      typeof shard !== 'string' ||
      !isName(shard) ||
      basename(shard) !== shard ||
      !/^[^\\]+\.safetensors$/.test(shard)
    ) {
      throw new Error(`${path}: '${name}' is said to be in ${shown(shard)}, not a .safetensors file beside it`)
    }
    return [name, shard]
  })
}

/** Bit for bit. */
function same(a: Float32Array, b: Float32Array): boolean {
  const bytes = (data: Float32Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.compare(bytes(a), bytes(b)) === 0
}
