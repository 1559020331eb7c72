/**
 * Models by the name they have on the Hugging Face hub, as folders and GGUF files on this disk. Fetched once: a branch
 * stays at the commit it was first met at, and what is there is opened without a network.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { ModelError } from '../core/index.ts'
import { within } from './deadline.ts'
import { networkError } from './http-error.ts'
import { download, type HubFile, isThere } from './hub-file.ts'
import { type Hub, type HubAddress, openHub, textOf } from './hub-http.ts'
import { type HubName, isInside, parseHubName } from './hub-name.ts'
import { HUGGING_FACE_FILES } from './hugging-face-renderer.ts'
import { RENDERER_FILE } from './renderer-file.ts'

export interface FetchOptions extends HubAddress {
  /** The folder that keeps what was fetched. */
  readonly cache: string
  readonly signal?: AbortSignal
  /** The first wait after a failed request, 1 s unless given. */
  readonly baseMs?: number
  /** Called with the folder before any weight is fetched: what it throws ends the matter while it is cheap. */
  check?(folder: string): Promise<void>
  /** Bytes of what is being fetched: there so far, and in all. */
  onProgress?(progress: { readonly bytes: number; readonly of: number }): void
}

export interface FetchedModel {
  /** Of the folder, or of the GGUF file. */
  readonly path: string
  readonly commit: string
}

const WEIGHTS = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'
/** All that the engine and its renderer read besides weights. */
const SMALL = ['config.json', RENDERER_FILE, ...HUGGING_FACE_FILES]
const MAX_LISTING = 64 * 2 ** 20

const listing = z.object({
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  files: z.array(
    z.object({
      path: z.string().refine(isInside, { error: 'leads out of the folder' }),
      size: z.int().nonnegative(),
      checksum: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/),
    }),
  ),
})
type Listing = z.infer<typeof listing>

/** `owner/name[/file.gguf][@revision]`. Rejects with a sentence; what has arrived by then is kept, and goes on next time. */
export async function fetchModel(name: string, options: FetchOptions): Promise<FetchedModel> {
  const wanted = parseHubName(name)
  await using hub = openHub(options)
  try {
    return await fetchInto(hub, wanted, options)
  } catch (error) {
    if (!(error instanceof ModelError && error.retryable)) throw error
    const advice = `what has arrived is kept, and the same command goes on from there; without a network, name a folder that is here, or in HF_ENDPOINT a hub that can be reached`
    throw new Error(`'hf:${name}' could not be fetched: ${error.message}; ${advice}`, { cause: error })
  }
}

async function fetchInto(hub: Hub, wanted: HubName, options: FetchOptions): Promise<FetchedModel> {
  const { repository, revision, file } = wanted
  const home = join(options.cache, new URL(hub.endpoint).host.replace(':', '_'), repository)
  const { commit, files } = await listingOf(hub, wanted, { home, signal: options.signal })
  const folder = join(home, commit)
  const fetch = (paths: readonly string[]): Promise<void> =>
    fetchFiles(hub, pick(files, paths, `${repository}@${revision}`), {
      ...options,
      ...{ folder, base: `${hub.endpoint}/${repository}/resolve/${commit}` },
    })
  if (file !== undefined) {
    await fetch([file])
    return { path: join(folder, file), commit }
  }
  const listed = (path: string): boolean => files.some((one) => one.path === path)
  if (!listed('config.json')) throw new Error(withoutConfig(repository, files))
  await fetch([...SMALL, ...(listed(WEIGHTS) ? [] : [INDEX])].filter(listed))
  await options.check?.(folder)
  await fetch(listed(WEIGHTS) ? [WEIGHTS] : await shardsOf(join(folder, INDEX), repository))
  return { path: folder, commit }
}

function withoutConfig(repository: string, files: readonly HubFile[]): string {
  const gguf = files.filter(({ path }) => path.endsWith('.gguf')).map(({ path }) => `hf:${repository}/${path}`)
  const instead = gguf.length > 0 ? `; it has GGUF files, to be named one by one: ${gguf.slice(0, 5).join(', ')}` : ''
  return `'hf:${repository}' has no config.json, so it is no model that can be opened whole${instead}`
}

function pick(files: readonly HubFile[], paths: readonly string[], where: string): HubFile[] {
  return paths.map((path) => {
    const found = files.find((file) => file.path === path)
    if (!found) throw new Error(`'hf:${where}' has no file '${path}'`)
    return found
  })
}

/** The files that an index names: beside it, or nothing. */
async function shardsOf(path: string, repository: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new Error(`'hf:${repository}' has neither ${WEIGHTS} nor ${INDEX}: no other weights are read`, { cause })
  })
  const { data } = z.object({ weight_map: z.record(z.string(), z.string()) }).safeParse(parsed(text))
  if (!data) throw new Error(`${path} has no 'weight_map' of tensors to files`)
  const shards = [...new Set(Object.values(data.weight_map))]
  const stranger = shards.find((shard) => !isInside(shard) || !/^[^/]+\.safetensors$/.test(shard))
  if (stranger !== undefined)
    throw new Error(`${path} names ${JSON.stringify(stranger)}, not a .safetensors file beside it`)
  return shards
}

interface Into extends FetchOptions {
  readonly folder: string
  /** The URL that files' paths are added to. */
  readonly base: string
}

async function fetchFiles(hub: Hub, files: readonly HubFile[], options: Into): Promise<void> {
  const { folder, base, signal, baseMs = 1000, onProgress } = options
  const of = files.reduce((sum, { size }) => sum + size, 0)
  let before = 0
  for (const file of files) {
    signal?.throwIfAborted()
    const to = join(folder, file.path)
    const url = `${base}/${file.path.split('/').map(encodeURIComponent).join('/')}`
    const onBytes = (bytes: number): void => onProgress?.({ bytes: before + bytes, of })
    if (!(await isThere(file, to))) await download(hub, file, { url, to, signal, baseMs, onBytes })
    before += file.size
  }
}

interface Place {
  readonly home: string
  readonly signal: AbortSignal | undefined
}

/** What a revision holds, as it was first met: from the disk, or from the hub and then on the disk. */
async function listingOf(hub: Hub, name: HubName, { home, signal }: Place): Promise<Listing> {
  const path = join(home, 'revisions', `${encodeURIComponent(name.revision)}.json`)
  const kept = listing.safeParse(parsed(await readFile(path, 'utf8').catch(() => '')))
  if (kept.data) return kept.data
  const fresh = await askListing(hub, name, signal)
  await mkdir(dirname(path), { recursive: true })
  const part = `${path}.${randomUUID()}.part`
  await writeFile(part, JSON.stringify(fresh))
  await rename(part, path)
  return fresh
}

const answer = z.object({
  sha: z.string(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number(),
      blobId: z.string(),
      lfs: z.object({ sha256: z.string() }).nullish(),
    }),
  ),
})

/** https://huggingface.co/docs/hub/api: a revision of a model, with the sizes and checksums of its files. */
async function askListing(hub: Hub, { repository, revision }: HubName, signal?: AbortSignal): Promise<Listing> {
  const url = `${hub.endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}`
  const text = await within({ who: url, timeoutMs: hub.timeoutMs, signal }, async (ended) => {
    const { body } = await hub.get(`${url}?blobs=true`, { signal: ended })
    const text = await textOf(body, MAX_LISTING).catch((error) => {
      throw networkError(url, error)
    })
    if (text.length > MAX_LISTING) throw new ModelError('refused', `${url} answers with more than ${MAX_LISTING} bytes`)
    return text
  })
  const said = answer.safeParse(parsed(text))
  const files = said.data?.siblings.map(({ rfilename: path, size, blobId, lfs }) => {
    return { path, size, checksum: lfs?.sha256 ?? blobId }
  })
  const found = listing.safeParse({ commit: said.data?.sha, files })
  const issue = (said.error ?? found.error)?.issues[0]
  if (found.data && !issue) return found.data
  const value = issue?.path[0] === 'files' ? files?.[Number(issue.path[1])]?.path : undefined
  const what = `${issue?.path.join('.')}${value === undefined ? '' : ` (${JSON.stringify(value).slice(0, 120)})`}`
  throw new ModelError('refused', `${url} answers with a list that is not to be trusted: ${what}: ${issue?.message}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
