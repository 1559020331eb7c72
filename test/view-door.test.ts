/** Who is let in to the dashboard, and what may be asked of it: over HTTP, as a page elsewhere or a curious neighbour would. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startView, type ViewServer } from './view-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'ludus-view-'))
const runs = join(folder, 'runs')
const main = join(import.meta.dirname, '../src/cli/main.ts')
let server: ViewServer

beforeAll(async () => {
  const play = ['run', 'arithmetic', '-m', 'noisy-oracle:0.5', '-n', '5', '-k', '2', '--runs', runs, '--json']
  execFileSync(process.execPath, [main, ...play], { stdio: 'ignore' })
  execFileSync(process.execPath, [main, ...play], { stdio: 'ignore' })
  mkdirSync(join(folder, 'elsewhere'))
  for (const name of ['run.json', 'trajectories.sqlite'])
    writeFileSync(join(folder, 'elsewhere', name), readFileSync(join(runs, 'run-arithmetic-1', name)))
  symlinkSync(join(folder, 'elsewhere'), join(runs, 'linked'))
  server = await startView(runs)
}, 60_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Without what `fetch` would clean up or add. */
function ask(
  path: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers }, async (response) => {
      resolve({ status: response.statusCode ?? 0, text: await text(response), headers: response.headers })
    })
    asked.on('error', reject).end(body)
  })
}
const json = { 'content-type': 'application/json' }

describe('ludus view', () => {
  it('answers its own page by the names of this machine', async () => {
    const { port } = new URL(server.url)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
      expect(
        (await ask('/api/runs', { headers: { host, 'sec-fetch-site': 'same-origin', origin: `http://${host}` } }))
          .status,
      ).toBe(200)
  })

  it('refuses the names of other hosts, which a page elsewhere could point here', async () => {
    for (const host of [
      'evil.example',
      'evil.example:4747',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '0.0.0.0',
    ])
      for (const path of ['/', '/api/runs', '/page.js'])
        expect([host, path, (await ask(path, { headers: { host } })).status]).toEqual([host, path, 403])
  })

  it('refuses what another site asks', async () => {
    const sent = { method: 'POST', headers: json, body: '{}' }
    const strangers: readonly Readonly<Record<string, string>>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:1' },
    ]
    for (const headers of strangers) {
      expect((await ask('/api/runs', { headers })).status).toBe(403)
      expect(
        (await ask('/api/runs/run-arithmetic-1/delete', { ...sent, headers: { ...json, ...headers } })).status,
      ).toBe(403)
    }
    // A form can send these without asking anybody.
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
      expect(
        (await ask('/api/runs/run-arithmetic-1/delete', { ...sent, headers: { 'content-type': type } })).status,
      ).toBe(403)
    expect(existsSync(join(runs, 'run-arithmetic-1/run.json'))).toBe(true)
  })

  it('can be followed to by a link from elsewhere, and put into no frame', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    const page = await ask('/', { headers })
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
    expect(page.headers['x-content-type-options']).toBe('nosniff')
    expect(page.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('knows runs by their names, and no path that leads elsewhere', async () => {
    const names = [
      '..',
      '.',
      '../elsewhere',
      '..%2felsewhere',
      '%2e%2e%2felsewhere',
      '..%5celsewhere',
      'linked',
      '.trash',
      '/etc',
      '%00',
      'run-arithmetic-1%2f..%2f..%2felsewhere',
      'none',
    ]
    for (const name of names)
      for (const path of [`/api/runs/${name}`, `/api/runs/${name}/rows`, `/api/runs/${name}/raw?id=x`]) {
        const { status, text } = await ask(path)
        expect([path, status]).toEqual([path, 404])
        expect(JSON.parse(text).error).toMatch(/\w/)
      }
    for (const path of ['/page.js/../../package.json', '/..%2fpackage.json', '/src/main.tsx', '/index.html%00'])
      expect((await ask(path)).status).toBe(404)
    const moved = await ask('/api/runs/..%2felsewhere/delete', { method: 'POST', headers: json, body: '{}' })
    expect(moved.status).toBe(404)
    expect(existsSync(join(folder, 'elsewhere/run.json'))).toBe(true)
  })

  it('says what is wrong with a request', async () => {
    const run = '/api/runs/run-arithmetic-1'
    for (const [path, status, said] of [
      [`${run}/rows?limit=100000`, 400, 'limit'],
      [`${run}/rows?sort=body`, 400, 'sort'],
      [`${run}/rows?outcome=won`, 400, 'outcome'],
      [`${run}/raw?id=none`, 404, "no trajectory 'none'"],
      [`${run}/raw`, 400, 'id'],
      ['/api/compare?runs=run-arithmetic-1', 400, 'from 2 to'],
      ['/api/nothing', 404, 'nothing at'],
    ] as const) {
      const answer = await ask(path)
      expect([path, answer.status, JSON.parse(answer.text).error]).toEqual([
        path,
        status,
        expect.stringContaining(said),
      ])
    }
    const control = await ask(`${run}/control`, { method: 'POST', headers: json, body: '{"do":"pause"}' })
    expect([control.status, control.text]).toEqual([500, expect.stringContaining('no process is working on the run')])
    expect((await ask(`${run}/control`, { method: 'POST', headers: json, body: '{"do":"dance"}' })).status).toBe(400)
    expect((await ask(`${run}/tags`, { method: 'POST', headers: json, body: 'no json' })).status).toBe(400)
  })

  it.each(['run-arithmetic-3', '..beside'])('runs no code that came with a run, from %s', async (place) => {
    const foreign = join(runs, 'run-arithmetic-3')
    cpSync(join(runs, 'run-arithmetic-1'), foreign, { recursive: true })
    mkdirSync(join(runs, place), { recursive: true })
    const env = join(runs, place, 'world.ts')
    writeFileSync(env, `import { writeFileSync } from 'node:fs'\nwriteFileSync('${join(folder, 'ran')}', '')\n`)
    const manifest = JSON.parse(readFileSync(join(foreign, 'run.json'), 'utf8'))
    writeFileSync(join(foreign, 'run.json'), JSON.stringify({ ...manifest, env }))
    const { rows } = JSON.parse((await ask('/api/runs/run-arithmetic-3/rows')).text)
    const { text } = await ask(`/api/runs/run-arithmetic-3/pictures?id=${encodeURIComponent(rows[0].id)}`)
    expect(JSON.parse(text)).toEqual({ none: expect.stringContaining('code that comes with a run is not run') })
    expect(existsSync(join(folder, 'ran'))).toBe(false)
    for (const made of [foreign, join(runs, place)]) rmSync(made, { recursive: true, force: true })
  })

  it('deletes a run, and brings it back as it was', async () => {
    const post = (name: string) =>
      ask(`/api/runs/run-arithmetic-2/${name}`, { method: 'POST', headers: json, body: '{}' })
    const before = readFileSync(join(runs, 'run-arithmetic-2/trajectories.sqlite'))
    const names = async () => {
      const lines: { id: string; error?: string }[] = JSON.parse((await ask('/api/runs')).text).runs
      return lines.filter(({ error }) => error === undefined).map(({ id }) => id)
    }
    await ask('/api/runs/run-arithmetic-2')
    expect((await post('delete')).status).toBe(200)
    expect(await names()).toEqual(['run-arithmetic-1'])
    expect((await ask('/api/runs/run-arithmetic-2')).status).toBe(404)
    expect((await post('restore')).status).toBe(200)
    expect(await names()).toEqual(['run-arithmetic-1', 'run-arithmetic-2'])
    expect(readFileSync(join(runs, 'run-arithmetic-2/trajectories.sqlite')).equals(before)).toBe(true)
  })
})
