/**
 * A checkpoint is a folder that transformers can load: config.json and model.safetensors as Hugging Face lays them
 * out, and optimizer.safetensors for whoever trains on.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LlamaConfig, Parameters } from './llama.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

export interface Checkpoint {
  readonly weights: Parameters
  /** Absent where the checkpoint holds weights alone. */
  readonly optimiser?: Parameters
}

/** What lies beside the weights and is not the engine's: a tokenizer, say. File names to texts. */
export type Companions = Readonly<Record<string, string>>

/** Written beside `path` and moved there when complete, so that a crash leaves no half checkpoint under its name. */
export async function writeCheckpoint(
  path: string,
  { weights, optimiser }: Checkpoint,
  { config, companions = {} }: { readonly config: LlamaConfig; readonly companions?: Companions },
): Promise<void> {
  const fresh = `${path}.new`
  const old = `${path}.old`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true })
  await writeFile(join(fresh, 'config.json'), `${JSON.stringify(toHuggingFace(config), null, 2)}\n`)
  await writeSafetensors(join(fresh, 'model.safetensors'), weights)
  for (const [name, text] of Object.entries(companions)) await writeFile(join(fresh, name), text)
  if (optimiser) await writeSafetensors(join(fresh, 'optimizer.safetensors'), optimiser)
  await rm(old, { recursive: true, force: true })
  await rename(path, old).catch(ignoreMissing)
  await rename(fresh, path)
  await rm(old, { recursive: true, force: true })
}

export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const weights = await readSafetensors(join(path, 'model.safetensors'))
  const optimiser = await readSafetensors(join(path, 'optimizer.safetensors')).catch(ignoreMissing)
  return { weights, ...(optimiser && { optimiser }) }
}

/** Throws a sentence where there is no checkpoint, or one of another kind. */
export async function readConfig(path: string): Promise<LlamaConfig> {
  const file = join(path, 'config.json')
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new Error(`no checkpoint at '${path}': ${file} cannot be read`, { cause })
  })
  let json: Record<string, unknown>
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error(`${file} is not JSON`, { cause })
  }
  if (json['model_type'] !== 'llama') throw new Error(`${file}: the model type is '${json['model_type']}', not 'llama'`)
  return fromHuggingFace(json, file)
}

function toHuggingFace(config: LlamaConfig): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: config.vocabulary,
    hidden_size: config.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headWidth,
    intermediate_size: config.hidden,
    max_position_embeddings: config.context,
    rope_theta: config.ropeTheta,
    rms_norm_eps: config.normEpsilon,
    hidden_act: 'silu',
    tie_word_embeddings: true,
    torch_dtype: 'float32',
  }
}

function fromHuggingFace(json: Record<string, unknown>, file: string): LlamaConfig {
  const number = (key: string): number => {
    const value = json[key]
    if (typeof value !== 'number' || !(value > 0))
      throw new Error(`${file}: '${key}' is ${value}, not a positive number`)
    return value
  }
  return {
    vocabulary: number('vocab_size'),
    width: number('hidden_size'),
    layers: number('num_hidden_layers'),
    heads: number('num_attention_heads'),
    kvHeads: number('num_key_value_heads'),
    headWidth: number('head_dim'),
    hidden: number('intermediate_size'),
    context: number('max_position_embeddings'),
    ropeTheta: number('rope_theta'),
    normEpsilon: number('rms_norm_eps'),
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
