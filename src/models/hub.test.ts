import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HubServer, type HubServerOptions, type Mischief, startHubServer } from '../../test/hub-server.ts'
import { random } from '../core/index.ts'
import { type FetchedModel, type FetchOptions, fetchModel } from './hub.ts'
import { isInside, parseHubName } from './hub-name.ts'

const noise = (length: number): Uint8Array => {
  const rng = random(length)
  return Uint8Array.from({ length }, () => rng.int(256))
}
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const WEIGHTS = noise(200_000)
const files = {
  'config.json': utf8('{"model_type": "llama"}'),
  'tokenizer.json': noise(5000),
  'README.md': utf8('# A model'),
  'pytorch_model.bin': noise(3000),
  'model.safetensors': WEIGHTS,
}

let root: string
let made = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ludus-hub-'))
})
afterAll(() => rm(root, { recursive: true }))
const newCache = (): string => join(root, `cache-${made++}`)

interface Tried {
  readonly hub: HubServer
  readonly cache: string
  fetch(name?: string, options?: Partial<FetchOptions>): Promise<FetchedModel>
  /** What was asked for the weights: from which byte on. */
  ranges(): (string | undefined)[]
}

async function withHub(options: Partial<HubServerOptions>, use: (tried: Tried) => Promise<void>): Promise<void> {
  await using hub = await startHubServer({ files, ...options })
  const cache = newCache()
  await use({
    hub,
    cache,
    fetch: (name = 'owner/name', more = {}) =>
      fetchModel(name, { endpoint: hub.endpoint, cache, baseMs: 1, timeoutMs: 5000, ...more }),
    ranges: () =>
      hub.asked.flatMap(({ of, path, headers }) =>
        of === 'store' && path === '/model.safetensors' ? [headers.range?.replace('bytes=', '')] : [],
      ),
  })
}
const once = (mischief: Mischief, ...numbers: number[]): NonNullable<HubServerOptions['mischief']> =>
  (() => {
    let asked = -1
    return (path) => {
      if (path !== 'model.safetensors') return 'ok'
      asked++
      return numbers.includes(asked) ? mischief : 'ok'
    }
  })()
const always =
  (mischief: Mischief): NonNullable<HubServerOptions['mischief']> =>
  (path) =>
    path === 'model.safetensors' ? mischief : 'ok'
/** Every file below a folder, without what the cache itself keeps. */
const kept = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('revisions'))
    .map(({ name }) => name)
    .sort()

describe('a model from the hub', () => {
  it('is what the engine needs of it, byte for byte, and then needs no network', async () => {
    await withHub({}, async ({ hub, cache, fetch }) => {
      const { path, commit } = await fetch()
      expect(commit).toBe(hub.commit)
      expect(await kept(path)).toEqual(['config.json', 'model.safetensors', 'tokenizer.json'])
      for (const name of await kept(path))
        expect(await readFile(join(path, name))).toEqual(Buffer.from(files[name as keyof typeof files]))
      const before = hub.asked.length
      expect(await fetch()).toEqual({ path, commit })
      expect(hub.asked).toHaveLength(before)
      await hub[Symbol.asyncDispose]()
      expect(await fetch()).toEqual({ path, commit })
      expect(path.startsWith(cache)).toBe(true)
      // What is gone from the disk is not taken to be there.
      await rm(join(path, 'tokenizer.json'))
      await expect(fetch()).rejects.toThrow('ECONNREFUSED')
    })
  })

  it('may be one GGUF file, in a folder of the repository', async () => {
    const gguf = noise(4000)
    await withHub({ files: { 'q4/model one.gguf': gguf, 'other.gguf': noise(10) } }, async ({ fetch, cache }) => {
      const { path } = await fetch('owner/name/q4/model one.gguf@main')
      expect(path.endsWith('q4/model one.gguf')).toBe(true)
      expect(await readFile(path)).toEqual(Buffer.from(gguf))
      expect(await kept(cache)).toEqual(['model one.gguf'])
      await expect(fetch('owner/name/none.gguf')).rejects.toThrow("'hf:owner/name@main' has no file 'none.gguf'")
      await expect(fetch()).rejects.toThrow('has GGUF files, to be named one by one: hf:owner/name/q4/model one.gguf')
    })
  })

  it('may lie in shards, and those alone are fetched that the index names', async () => {
    const weight_map = { a: 'model-1.safetensors', b: 'model-2.safetensors', c: 'model-1.safetensors' }
    const sharded = {
      'config.json': files['config.json'],
      'model.safetensors.index.json': utf8(JSON.stringify({ weight_map })),
      ...{ 'model-1.safetensors': noise(2000), 'model-2.safetensors': noise(3000), 'other.safetensors': noise(4000) },
    }
    await withHub({ files: sharded }, async ({ fetch }) => {
      const { path } = await fetch()
      expect(await kept(path)).toEqual(
        Object.keys(sharded)
          .filter((name) => name !== 'other.safetensors')
          .toSorted(),
      )
    })
  })

  it('goes on where a connection broke', async () => {
    await withHub({ mischief: once('half', 0, 1) }, async ({ fetch, ranges }) => {
      const { path } = await fetch()
      expect(await readFile(join(path, 'model.safetensors'))).toEqual(Buffer.from(WEIGHTS))
      expect(ranges()).toEqual([undefined, '100000-', '150000-'])
      expect(await kept(path)).not.toContainEqual(expect.stringContaining('.part'))
    })
  })

  it('goes on where another run was ended, or killed', async () => {
    await withHub({ mischief: once('silence', 0) }, async ({ fetch, ranges, cache }) => {
      const controller = new AbortController()
      const onProgress = ({ bytes }: { bytes: number }): void => {
        if (bytes >= 100_000) controller.abort(new Error('enough'))
      }
      await expect(fetch('owner/name', { signal: controller.signal, onProgress })).rejects.toThrow('enough')
      expect(await kept(cache)).toContain('model.safetensors.part')
      const { path } = await fetch()
      expect(ranges()).toEqual([undefined, '100000-'])
      expect(await readFile(join(path, 'model.safetensors'))).toEqual(Buffer.from(WEIGHTS))
      // A killed process gives its part no other name.
      await rm(join(path, 'model.safetensors'))
      await writeFile(
        join(path, 'model.safetensors.01234567-89ab-cdef-0123-456789abcdef.part'),
        WEIGHTS.subarray(0, 150_000),
      )
      await writeFile(join(path, 'model.safetensors.json.part'), noise(160_000))
      await fetch()
      expect(ranges().at(-1)).toBe('150000-')
      expect(await readFile(join(path, 'model.safetensors'))).toEqual(Buffer.from(WEIGHTS))
    })
  })

  it('begins again where what was left is damaged, or the server knows no ranges', async () => {
    await withHub({ mischief: once('whole', 3) }, async ({ fetch, ranges }) => {
      const { path } = await fetch()
      for (const expected of [
        [undefined, '9-', undefined],
        [undefined, '9-', undefined, '9-'],
      ]) {
        await rm(join(path, 'model.safetensors'))
        await writeFile(
          join(path, 'model.safetensors.part'),
          expected.length === 3 ? 'different' : WEIGHTS.subarray(0, 9),
        )
        await fetch()
        expect(ranges()).toEqual(expected)
        expect(await readFile(join(path, 'model.safetensors'))).toEqual(Buffer.from(WEIGHTS))
      }
    })
  })

  it('is fetched by many at once, and none spoils another', async () => {
    await withHub({ mischief: once('half', 1, 2) }, async ({ fetch }) => {
      const paths = await Promise.all(Array.from({ length: 5 }, () => fetch()))
      const { path } = paths[0]!
      expect(await readFile(join(path, 'model.safetensors'))).toEqual(Buffer.from(WEIGHTS))
    })
  })

  it('says how much of it is there', async () => {
    await withHub({}, async ({ fetch }) => {
      const seen: { bytes: number; of: number }[] = []
      await fetch('owner/name', { onProgress: (progress) => seen.push(progress) })
      expect(seen.at(-1)).toEqual({ bytes: 200_000, of: 200_000 })
      expect(seen.length).toBeGreaterThan(3)
    })
  })

  it('is checked before its weights are fetched', async () => {
    await withHub({}, async ({ fetch, ranges }) => {
      const check = async (folder: string): Promise<never> => {
        throw new Error(`not ours: ${await readFile(join(folder, 'config.json'), 'utf8')}`)
      }
      await expect(fetch('owner/name', { check })).rejects.toThrow('not ours: {"model_type": "llama"}')
      expect(ranges()).toEqual([])
    })
  })
})

describe('a model that cannot be had', () => {
  it.each<[mischief: Mischief, sentence: string]>([
    ['wrong', 'model.safetensors came with the checksum'],
    ['more', 'sends more than the 200000 bytes that the hub lists'],
    [503, 'model.safetensors answered 503: busy; what has arrived is kept, and the same command goes on'],
  ])('is no file in its place: %s', async (mischief, sentence) => {
    await withHub({ mischief: always(mischief) }, async ({ fetch, cache, hub }) => {
      await expect(fetch()).rejects.toThrow(sentence)
      expect(await kept(cache)).not.toContain('model.safetensors')
      if (mischief === 'wrong') expect(await kept(cache)).toEqual(['config.json', 'tokenizer.json'])
      const folder = join(cache, new URL(hub.endpoint).host.replace(':', '_'), 'owner/name', hub.commit)
      expect(existsSync(join(folder, 'config.json'))).toBe(true)
    })
  })

  it('is refused where other bytes come than were asked for', async () => {
    const mischief: HubServerOptions['mischief'] = (path, number) =>
      path !== 'model.safetensors' ? 'ok' : number === 2 ? 'half' : 'elsewhere'
    await withHub({ mischief }, async ({ fetch }) => {
      await expect(fetch()).rejects.toThrow('asked for the bytes from 100000 on and sent those from 100001')
    })
  })

  it('is given up where a server falls silent', async () => {
    await withHub({ mischief: always('silence') }, async ({ fetch, cache }) => {
      await expect(fetch('owner/name', { timeoutMs: 300 })).rejects.toThrow(/model\.safetensors failed: Body Timeout/)
      expect(await kept(cache)).toContain('model.safetensors.part')
    })
  }, 60_000)

  it('says which URL could not be reached, and what to do', async () => {
    const options = { cache: newCache(), endpoint: 'http://127.0.0.1:9/mirror' }
    const error = await fetchModel('owner/name', options).catch((error: Error) => error)
    expect((error as Error).message).toMatch(
      /^'hf:owner\/name' could not be fetched: the connection to http:\/\/127\.0\.0\.1:9\/mirror\/api\/models\/owner\/name\/revision\/main failed: .*; .*name a folder that is here/,
    )
    await expect(fetchModel('owner/name', { ...options, signal: AbortSignal.abort() })).rejects.toThrow('aborted')
  })

  it('says what a hub says: no such model, or one that needs a token', async () => {
    await withHub({ token: 'hf_secret' }, async ({ fetch, hub }) => {
      await expect(fetch()).rejects.toThrow(/answered 401: .*put a token that may read it into HF_TOKEN/)
      const wrong = await fetch('owner/name', { token: 'hf_wrong' }).catch((error: Error) => error.message)
      expect(wrong).toContain('answered 401')
      expect(wrong).not.toContain('hf_wrong')
      expect(wrong).toContain('[token]')
      await expect(fetch('owner/other', { token: 'hf_secret' })).rejects.toThrow('the hub has no such model, revision')
      const { path } = await fetch('owner/name', { token: 'hf_secret' })
      expect(await readFile(join(path, 'model.safetensors'))).toEqual(Buffer.from(WEIGHTS))
      const other = hub.asked.filter(({ of }) => of === 'store')
      expect(other.length).toBeGreaterThan(0)
      for (const { headers } of other) expect(JSON.stringify(headers)).not.toContain('hf_')
    })
  })

  it.each<[what: string, change: (sibling: object) => object, sentence: string]>([
    ['a way out', () => ({ rfilename: '../../evil.safetensors' }), '("../../evil.safetensors"): leads out of'],
    ['a way from the root', () => ({ rfilename: '/etc/passwd' }), '("/etc/passwd"): leads out of the folder'],
    ['another system’s way', () => ({ rfilename: '..\\evil' }), 'leads out of the folder'],
    ['no size', () => ({ size: -1 }), 'files.0.size'],
    ['no checksum', () => ({ blobId: 'abc', lfs: null }), 'files.0.checksum'],
  ])('is refused for a listing with %s', async (_, change, sentence) => {
    const listing: HubServerOptions['listing'] = ({ sha, siblings }) => {
      return { sha, siblings: siblings.map((sibling, i) => ({ ...sibling, ...(i === 0 && change(sibling)) })) }
    }
    await withHub({ listing }, async ({ fetch, cache }) => {
      await expect(fetch()).rejects.toThrow(sentence)
      expect(existsSync(cache)).toBe(false)
    })
  })

  it('is refused for a commit that is a path, an index that leads away, and no weights', async () => {
    await withHub({ listing: (said) => ({ ...said, sha: '../../..' }) }, async ({ fetch }) => {
      await expect(fetch()).rejects.toThrow('not to be trusted: commit')
    })
    for (const shard of ['../a.safetensors', '/tmp/a.safetensors', 'a.bin', 'sub/a.safetensors']) {
      const index = utf8(JSON.stringify({ weight_map: { x: shard } }))
      const some = { 'config.json': files['config.json'], 'model.safetensors.index.json': index, [shard]: noise(9) }
      const listing: HubServerOptions['listing'] = ({ sha, siblings }) => ({ sha, siblings: siblings.slice(0, 2) })
      await withHub({ files: some, listing }, async ({ fetch }) => {
        await expect(fetch()).rejects.toThrow(`names "${shard}", not a .safetensors file beside it`)
      })
    }
    await withHub({ files: { 'config.json': files['config.json'] } }, async ({ fetch }) => {
      await expect(fetch()).rejects.toThrow('has neither model.safetensors nor')
    })
  })

  it('is refused by a name that is none', () => {
    const wrong = [
      'gpt2',
      '',
      'a/',
      '/b',
      '../b',
      'a/..',
      'a/b/../c.gguf',
      'a/b/c.txt',
      'a/b@',
      'a/b@x y',
      'a\\b/c',
      'a/b\0',
    ]
    for (const name of wrong) expect(() => parseHubName(name), name).toThrow('a model on the hub is hf:<owner>/<name>')
    expect(parseHubName('a/b@refs/pr/1')).toEqual({ repository: 'a/b', revision: 'refs/pr/1' })
    expect(['a/b.json', '.gitattributes', 'a..b'].every(isInside)).toBe(true)
    expect(['...', 'a//b', 'a/./b', 'C:x', 'a\n'].some(isInside)).toBe(false)
  })

  it('is refused with an address or a token that cannot work, and neither is repeated', async () => {
    const cache = newCache()
    await expect(fetchModel('a/b', { cache, endpoint: 'http://me:pass@x' })).rejects.toThrow(
      /^a hub's address \(HF_END/,
    )
    await expect(fetchModel('a/b', { cache, token: 'a b' })).rejects.toThrow(
      /^the token \(HF_TOKEN\) holds a character/,
    )
  })

  it('is asked for again where the cache is damaged', async () => {
    await withHub({}, async ({ fetch, cache, hub }) => {
      const path = join(cache, new URL(hub.endpoint).host.replace(':', '_'), 'owner/name/revisions/main.json')
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, '{"commit": "../../..", "files": []}')
      expect((await fetch()).commit).toBe(hub.commit)
    })
  })
})
