/**
 * `docker`: a container for each sandbox, over the Engine API (v1.43) on its socket. No network, no capability, no
 * privilege to gain, a root that cannot be written, an unprivileged user. DOCKER_HOST names another unix socket,
 * LUDUS_DOCKER_IMAGE another image (with python3; 'python:3.13-slim' unless given), which must have been pulled.
 */
import { Pool } from 'undici'
import type { SandboxSpec } from '../core/index.ts'
import { limitsOf } from './guest.ts'
import type { SandboxKind } from './provider.ts'
import { type Box, type Ran, remote } from './remote.ts'
import { callJson, callService, type Service, textIn } from './service.ts'

export const docker: SandboxKind = {
  async missing() {
    const { service, close } = engine()
    try {
      await callService(service, '/_ping')
      return undefined
    } catch (error) {
      return `it needs a running Docker engine at ${socketPath()} (${(error as Error).message})`
    } finally {
      await close()
    }
  },
  start() {
    const { service, close } = engine()
    return remote({ isolation: 'container', close, open: (spec) => openContainer(service, spec) })
  },
}

const socketPath = (): string => (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '')

function engine(): { service: Service; close(): Promise<void> } {
  const dispatcher = new Pool('http://docker', { socketPath: socketPath(), connections: 64 })
  return {
    service: { name: 'Docker', url: 'http://docker/v1.43', headers: {}, dispatcher },
    close: () => dispatcher.destroy(),
  }
}

async function openContainer(service: Service, spec: SandboxSpec): Promise<Box> {
  const { memoryMb, diskMb } = limitsOf(spec)
  const memory = memoryMb * 2 ** 20
  const created = await callJson(service, '/containers/create', {
    method: 'POST',
    body: {
      Image: process.env['LUDUS_DOCKER_IMAGE'] ?? 'python:3.13-slim',
      Cmd: ['sleep', 'infinity'],
      ...{ User: '65534:65534', WorkingDir: '/home/ludus', Env: ['HOME=/home/ludus'], NetworkDisabled: true },
      HostConfig: {
        ...{ Init: true, AutoRemove: true, NetworkMode: 'none', ReadonlyRootfs: true },
        ...{ CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], PidsLimit: 128 },
        ...{ Memory: memory, MemorySwap: memory },
        Tmpfs: { '/home/ludus': `rw,size=${diskMb}m,mode=1777`, '/tmp': `rw,size=${diskMb}m,mode=1777` },
      },
    },
  })
  const id = textIn(created, 'Id', 'Docker')
  const close = async (): Promise<void> => {
    await callService(service, `/containers/${id}?force=1`, { method: 'DELETE', allowed: [404, 409] })
  }
  try {
    await callService(service, `/containers/${id}/start`, { method: 'POST' })
  } catch (error) {
    await close()
    throw error
  }
  return { close, run: (command, mostBytes) => runIn(service, { id, command, mostBytes }) }
}

interface Running {
  readonly id: string
  readonly command: readonly string[]
  readonly mostBytes: number
}

async function runIn(service: Service, { id, command, mostBytes }: Running): Promise<Ran> {
  const body = { Cmd: command, AttachStdout: true, AttachStderr: true }
  const exec = textIn(await callJson(service, `/containers/${id}/exec`, { method: 'POST', body }), 'Id', 'Docker')
  const start = { method: 'POST', body: { Detach: false, Tty: false }, mostBytes: mostBytes + (1 << 17) } as const
  const stream = await callService(service, `/exec/${exec}/start`, start)
  const { ExitCode: exitCode } = await callJson(service, `/exec/${exec}/json`)
  const outputs = demultiplexed(stream)
  if (typeof exitCode !== 'number') throw new Error('Docker did not say how a command ended')
  return { stdout: exitCode === 0 ? outputs[1]! : outputs[1]! + outputs[2]!, exitCode }
}

/** Frames of 8 bytes of header (stream, 0, 0, 0, length in big endian) and what was said. */
function demultiplexed(stream: Buffer): string[] {
  const said: Buffer[][] = [[], [], []]
  for (let at = 0; at + 8 <= stream.length; ) {
    const length = stream.readUInt32BE(at + 4)
    said[stream[at]!]?.push(stream.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  return said.map((pieces) => Buffer.concat(pieces).toString())
}
