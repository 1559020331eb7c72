/**
 * A checkpoint is a folder as Hugging Face lays it out, written so that transformers can load it: config.json and
 * model.safetensors, and optimizer.safetensors for whoever trains on.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { checkShapes } from './adamw.ts'
import { checkFinite } from './finite.ts'
import { describeGguf, isGguf, readGguf } from './gguf.ts'
import { fromHuggingFace, toHuggingFace } from './hugging-face-config.ts'
import type { Int8Weights } from './int8.ts'
import { type LlamaConfig, type Parameters, parameterShapes, SCORE } from './llama.ts'
import { adaptersOf, type LoraConfig } from './lora.ts'
import { listSafetensors, readSafetensors, writeSafetensors } from './safetensors.ts'
import { readWeights, WEIGHTS_FILE } from './weights.ts'

export interface Checkpoint {
  readonly weights: Parameters
  /** Absent where the checkpoint holds weights alone. */
  readonly optimiser?: Parameters
}

/** What lies beside the weights and is not the engine's: a tokenizer, say. File names to texts. */
export type Companions = Readonly<Record<string, string>>

const OPTIMISER_FILE = 'optimizer.safetensors'

export function writeCheckpoint(
  path: string,
  { weights, optimiser }: Checkpoint,
  { config, companions = {} }: { readonly config: LlamaConfig; readonly companions?: Companions },
): Promise<void> {
  const fields = toHuggingFace(config, weights.get(SCORE)?.dims[0])
  const texts = { 'config.json': `${JSON.stringify(fields, null, 2)}\n`, ...companions }
  return writeFolder(path, { texts, tensors: { [WEIGHTS_FILE]: weights, [OPTIMISER_FILE]: optimiser } })
}

interface Contents {
  readonly texts: Readonly<Record<string, string>>
  /** What is undefined is left out. */
  readonly tensors: Readonly<Record<string, Parameters | undefined>>
}

/** Written beside `path` and moved there when complete, so that a crash leaves no half checkpoint under its name. */
async function writeFolder(path: string, { texts, tensors }: Contents): Promise<void> {
  // What could not be opened again shall not take the place of what can.
  for (const some of Object.values(tensors)) if (some) checkFinite(some, path)
  const fresh = `${path}.new`
  const old = `${path}.old`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true })
  for (const [name, text] of Object.entries(texts)) await writeFile(join(fresh, name), text)
  for (const [name, some] of Object.entries(tensors)) if (some) await writeSafetensors(join(fresh, name), some)
  await rm(old, { recursive: true, force: true })
  await rename(path, old).catch(ignoreMissing)
  await rename(fresh, path)
  await rm(old, { recursive: true, force: true })
}

/**
 * Without the weights that `int8` takes, where it is given. Throws a sentence, with the file and the tensor, where the
 * folder does not hold a model of this shape.
 */
export async function readCheckpoint(path: string, config: LlamaConfig, int8?: Int8Weights): Promise<Checkpoint> {
  if (isGguf(path)) {
    const { weights, config: theirs } = await readGguf(path, int8)
    checkShapes(shapesOf(config), shapesOf(theirs), path)
    return { weights }
  }
  const weights = await readWeights(path, config, int8)
  return { weights, ...(await readOptimiser(path)) }
}

const shapesOf = (config: LlamaConfig): Map<string, { dims: number[] }> =>
  new Map(parameterShapes(config).map(([name, dims]) => [name, { dims }]))

async function readOptimiser(path: string): Promise<{ optimiser?: Parameters }> {
  const file = join(path, OPTIMISER_FILE)
  const optimiser = await readSafetensors(file).catch(ignoreMissing)
  if (optimiser) checkFinite(optimiser, file)
  return optimiser ? { optimiser } : {}
}

const ADAPTER_CONFIG = 'adapter_config.json'
const ADAPTER_FILE = 'adapter_model.safetensors'
/** What PEFT puts before the name of a weight of a causal model. */
const PREFIX = 'base_model.model.'

/** What PEFT calls a head that scores, or would if the model had one. */
const SCORE_MODULES = ['classifier', 'score'] as const

/** Low-rank adapters as PEFT lays them out; `base` is the folder of the weights they stand beside. */
export interface AdapterConfig extends LoraConfig {
  readonly base: string
}

export function writeAdapter(
  path: string,
  { weights, optimiser }: Checkpoint,
  { base, rank, alpha, targets, companions = {} }: AdapterConfig & { readonly companions?: Companions },
): Promise<void> {
  // A head goes with the adapters, as PEFT saves what it trains whole beside them.
  const kind = weights.has(SCORE)
    ? { task_type: 'SEQ_CLS', modules_to_save: SCORE_MODULES }
    : { task_type: 'CAUSAL_LM' }
  const config = {
    ...{ peft_type: 'LORA', ...kind, base_model_name_or_path: base, inference_mode: true },
    ...{ r: rank, lora_alpha: alpha, target_modules: targets, lora_dropout: 0, bias: 'none', fan_in_fan_out: false },
  }
  const prefixed = new Map([...weights].map(([name, weight]) => [`${PREFIX}${name}`, weight]))
  const texts = { [ADAPTER_CONFIG]: `${JSON.stringify(config, null, 2)}\n`, ...companions }
  return writeFolder(path, { texts, tensors: { [ADAPTER_FILE]: prefixed, [OPTIMISER_FILE]: optimiser } })
}

/** The weights under their own names. Throws a sentence where there are none. */
export async function readAdapter(path: string): Promise<Checkpoint> {
  const file = join(path, ADAPTER_FILE)
  const weights = named(await readSafetensors(file), file)
  checkFinite(weights, file)
  return { weights, ...(await readOptimiser(path)) }
}

/**
 * Throws a sentence with the tensor where a folder does not hold such adapters. Reads no more than what it must. How
 * many outputs the head has that lies with them; undefined where none does.
 */
export async function findAdapter(path: string, config: LlamaConfig, lora: LoraConfig): Promise<number | undefined> {
  const file = join(path, ADAPTER_FILE)
  const found = named(await listSafetensors(file), file)
  const outputs = found.get(SCORE)?.dims[0]
  const wanted = new Map(adaptersOf(config, lora).shapes.map(([name, dims]) => [name, { dims }]))
  if (outputs !== undefined) wanted.set(SCORE, { dims: [outputs, config.width] })
  checkShapes(wanted, found, file)
  return outputs
}

/** Without PEFT's prefix. */
function named<T>(tensors: ReadonlyMap<string, T>, file: string): Map<string, T> {
  const stranger = [...tensors.keys()].find((name) => !name.startsWith(PREFIX))
  if (stranger !== undefined) throw new Error(`${file}: '${stranger}' is no adapter's: those begin with '${PREFIX}'`)
  return new Map([...tensors].map(([name, tensor]) => [name.slice(PREFIX.length), tensor]))
}

const adapterConfig = z.object({
  peft_type: z.literal('LORA'),
  base_model_name_or_path: z.string(),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  target_modules: z.array(z.string()).readonly(),
  // What this engine does otherwise than plain LoRA is asked of it in vain.
  use_rslora: z.literal(false).optional(),
  use_dora: z.literal(false).optional(),
  bias: z.literal('none').optional(),
  modules_to_save: z.array(z.enum(SCORE_MODULES)).nullish(),
})

/** undefined where the folder holds no adapter. Throws a sentence where it holds one that cannot be used. */
export async function readAdapterConfig(path: string): Promise<AdapterConfig | undefined> {
  if (isGguf(path)) return undefined
  const file = join(path, ADAPTER_CONFIG)
  const text = await readFile(file, 'utf8').catch(ignoreMissing)
  if (text === undefined) return undefined
  const { data, error } = adapterConfig.safeParse(parseJson(text, file))
  if (!data) throw new Error(`${file}: '${error.issues[0]?.path.join('.')}': ${error.issues[0]?.message}`)
  const { base_model_name_or_path: base, r: rank, lora_alpha: alpha, target_modules: targets } = data
  return { base, rank, alpha, targets }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${file} is not JSON`, { cause })
  }
}

/** Throws a sentence where there is no checkpoint, or one of another kind. */
export async function readConfig(path: string): Promise<LlamaConfig> {
  if (isGguf(path)) return (await describeGguf(path)).config
  const file = join(path, 'config.json')
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new Error(`no checkpoint at '${path}': ${file} cannot be read`, { cause })
  })
  return fromHuggingFace(parseJson(text, file), file)
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
