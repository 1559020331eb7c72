/** The same workloads, from the same mock, in the engines that a Python named by LUDUS_PYTHON has. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startMock } from './mock-process.ts'
import type { Load } from './ours.ts'

export interface PeerFigures {
  readonly rolloutsPerS: number
  readonly cpuMsPerCall: number
}

export const PEERS = ['inspect', 'verifiers'] as const

/** A sentence where it cannot be measured. */
export async function measurePeer(
  python: string,
  peer: (typeof PEERS)[number],
  { turns, rollouts, concurrency, latencyMs }: Load,
): Promise<PeerFigures | string> {
  await using mock = await startMock({ turns, latencyMs })
  const program = join(import.meta.dirname, `peer-${peer}.py`)
  const args = [program, mock.baseUrl, `${turns}`, `${rollouts}`, `${concurrency}`]
  try {
    const { stdout } = await promisify(execFile)(python, args, { maxBuffer: 2 ** 28 })
    return JSON.parse(stdout.trim().split('\n').at(-1)!)
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    return stderr.trim().split('\n').at(-1) || message
  }
}
