/**
 * `daytona`: a sandbox of daytona.io for each of ours, with its network blocked. The key is DAYTONA_API_KEY;
 * DAYTONA_API_URL names another server, LUDUS_DAYTONA_SNAPSHOT another snapshot than the account's default.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxSpec } from '../core/index.ts'
import type { SandboxKind } from './provider.ts'
import { type Box, type Ran, remote } from './remote.ts'
import { callJson, callService, type Service, textIn } from './service.ts'

const START_MS = 120_000
/** Of one command, in seconds: longer than any exec of ours. */
const COMMAND_S = 3600

export const daytona: SandboxKind = {
  missing: async () => (process.env['DAYTONA_API_KEY'] ? undefined : 'it needs a key of daytona.io in DAYTONA_API_KEY'),
  start: () => remote({ isolation: 'container', open: openBox }),
}

async function openBox(_: SandboxSpec): Promise<Box> {
  const { DAYTONA_API_KEY: key = '', DAYTONA_API_URL: url = 'https://app.daytona.io/api' } = process.env
  const snapshot = process.env['LUDUS_DAYTONA_SNAPSHOT']
  const service: Service = { name: 'Daytona', url, headers: { authorization: `Bearer ${key}` } }
  // Minutes until it stops when idle, and from there until it is deleted.
  const body = { ...(snapshot && { snapshot }), networkBlockAll: true, autoStopInterval: 60, autoDeleteInterval: 0 }
  const made = await callJson(service, '/sandbox', { method: 'POST', body })
  const id = textIn(made, 'id', 'Daytona')
  const close = async (): Promise<void> => {
    await callService(service, `/sandbox/${id}?force=true`, { method: 'DELETE', allowed: [404] })
  }
  try {
    const started = await whenStarted(service, id, made)
    const proxy = typeof started['toolboxProxyUrl'] === 'string' ? started['toolboxProxyUrl'] : `${url}/toolbox`
    const toolbox = { ...service, url: `${proxy}/${id}` }
    return { close, run: (command, mostBytes) => runIn(toolbox, command, mostBytes) }
  } catch (error) {
    await close()
    throw error
  }
}

async function whenStarted(
  service: Service,
  id: string,
  made: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  let found = made
  for (const began = performance.now(); performance.now() - began < START_MS; ) {
    if (found['state'] === 'started') return found
    if (found['state'] === 'error' || found['state'] === 'build_failed')
      throw new Error(`Daytona's sandbox did not start: ${found['errorReason'] ?? found['state']}`)
    await sleep(200)
    found = await callJson(service, `/sandbox/${id}`)
  }
  throw new Error(`Daytona's sandbox did not start in ${START_MS / 1000} seconds: it is '${found['state']}'`)
}

async function runIn(toolbox: Service, command: readonly string[], mostBytes: number): Promise<Ran> {
  const body = { command: command.map(quoted).join(' '), timeout: COMMAND_S }
  const answer = await callJson(toolbox, '/process/execute', {
    method: 'POST',
    body,
    mostBytes: 2 * mostBytes + (1 << 17),
  })
  const { exitCode, result } = answer
  if (typeof exitCode !== 'number' || typeof result !== 'string')
    throw new Error('Daytona did not say how a command ended')
  return { stdout: result, exitCode }
}

/** One word of a POSIX shell. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
