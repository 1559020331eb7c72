/**
 * `e2b`: a Firecracker machine of e2b.dev for each sandbox, without a network. The key is E2B_API_KEY; E2B_API_URL names
 * another server, LUDUS_E2B_TEMPLATE another template than 'base'. Memory and disk are the template's, not the spec's.
 */
import type { SandboxKind } from './provider.ts'
import { type Box, type Ran, remote } from './remote.ts'
import { callJson, callService, type Service, textIn } from './service.ts'

/** The port of the daemon in the machine. */
const ENVD_PORT = 49_983
/** After which a machine that was forgotten ends. */
const LIFETIME_S = 3600

export const e2b: SandboxKind = {
  missing: async () => (process.env['E2B_API_KEY'] ? undefined : 'it needs a key of e2b.dev in E2B_API_KEY'),
  start: () => remote({ isolation: 'vm', open: openMachine }),
}

async function openMachine(): Promise<Box> {
  const {
    E2B_API_KEY: key = '',
    E2B_API_URL: url = 'https://api.e2b.app',
    LUDUS_E2B_TEMPLATE: templateID = 'base',
  } = process.env
  const service: Service = { name: 'E2B', url, headers: { 'x-api-key': key } }
  const body = { templateID, timeout: LIFETIME_S, secure: true, allow_internet_access: false }
  const made = await callJson(service, '/sandboxes', { method: 'POST', body })
  const id = textIn(made, 'sandboxID', 'E2B')
  const close = async (): Promise<void> => {
    await callService(service, `/sandboxes/${id}`, { method: 'DELETE', allowed: [404] })
  }
  const domain = typeof made['domain'] === 'string' ? made['domain'] : 'e2b.app'
  const daemon: Service = {
    name: 'E2B',
    // E2B_SANDBOX_URL is for servers of one's own, as in its SDK.
    url: process.env['E2B_SANDBOX_URL'] ?? `https://${ENVD_PORT}-${id}.${domain}`,
    headers: {
      authorization: `Basic ${Buffer.from('user:').toString('base64')}`,
      'e2b-sandbox-id': id,
      ...(typeof made['envdAccessToken'] === 'string' && { 'x-access-token': made['envdAccessToken'] }),
    },
  }
  return { close, run: (command, mostBytes) => runIn(daemon, command, mostBytes) }
}

/** A Connect stream: each message has five bytes of header, flags and length; the last one has flag 2. */
async function runIn(daemon: Service, [cmd, ...args]: readonly string[], mostBytes: number): Promise<Ran> {
  const answer = await callService(daemon, '/process.Process/Start', {
    method: 'POST',
    headers: { 'content-type': 'application/connect+json', 'connect-protocol-version': '1' },
    body: envelope({ process: { cmd, args, envs: {} } }),
    mostBytes: 2 * mostBytes + (1 << 17),
  })
  const said: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  let exitCode: number | undefined
  for (const [flags, message] of envelopes(answer)) {
    const { event, error } = message as { event?: Start; error?: { message?: string } }
    if (flags & 2 && error) throw new Error(`E2B could not run a command: ${error.message ?? 'it does not say why'}`)
    for (const stream of ['stdout', 'stderr'] as const) {
      const data = event?.data?.[stream]
      if (data) said[stream].push(Buffer.from(data, 'base64'))
    }
    // Zero is left out of a message.
    if (event?.end) exitCode = event.end.exitCode ?? 0
  }
  if (exitCode === undefined) throw new Error('E2B did not say how a command ended')
  const [stdout, stderr] = [Buffer.concat(said.stdout).toString(), Buffer.concat(said.stderr).toString()]
  return { stdout: exitCode === 0 ? stdout : stdout + stderr, exitCode }
}

interface Start {
  readonly data?: { readonly stdout?: string; readonly stderr?: string }
  readonly end?: { readonly exitCode?: number }
}

function envelope(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const header = Buffer.alloc(5)
  header.writeUInt32BE(body.length, 1)
  return Buffer.concat([header, body])
}

function* envelopes(stream: Buffer): Generator<[flags: number, message: unknown]> {
  for (let at = 0; at + 5 <= stream.length; ) {
    const length = stream.readUInt32BE(at + 1)
    yield [stream[at]!, JSON.parse(stream.subarray(at + 5, at + 5 + length).toString() || '{}')]
    at += 5 + length
  }
}
