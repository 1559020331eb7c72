/**
 * Where an MCP server runs that we start: as a process of ours, with an empty environment and a folder of its own; or
 * inside a sandbox, where it is a child of the sandbox's Python and each message goes through one `exec`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { Sandbox } from '../../core/index.ts'
import type { McpServer } from './mcp-server.ts'

/** A server that says so much without an end of a line is stopped. */
const LONGEST_LINE = 16 * 1024 * 1024
/** So long a server may take to leave by itself. */
const FAREWELL_MS = 200

export function processTransport({ command, args = [], files = {} }: McpServer): Transport {
  const folder = mkdtempSync(join(tmpdir(), 'ludus-mcp-'))
  let child: ChildProcess | undefined
  let gone: Promise<void> = Promise.resolve()
  const kill = (): void => {
    // The whole group: what the server has started ends with it.
    try {
      if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {}
  }
  const transport: Transport = {
    async start() {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
      const started = spawn(command, args, { cwd: folder, env: {}, stdio: ['pipe', 'pipe', 'ignore'], detached: true })
      child = started
      gone = new Promise((resolve) => started.once('close', () => resolve()))
      started.once('close', () => transport.onclose?.())
      started.stdin.on('error', () => {})
      started.stdout.on('data', linesTo(transport, kill))
      await new Promise<void>((resolve, reject) => started.once('spawn', resolve).once('error', reject))
    },
    async send(message) {
      child?.stdin?.write(`${JSON.stringify(message)}\n`)
    },
    async close() {
      child?.stdin?.end()
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, FAREWELL_MS)
      })
      await Promise.race([gone, patience])
      clearTimeout(timer)
      kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return transport
}

function linesTo(transport: Transport, kill: () => void): (chunk: Buffer) => void {
  let pending: Buffer[] = []
  let size = 0
  return (chunk) => {
    const end = chunk.lastIndexOf(10)
    size += chunk.length
    pending.push(end < 0 ? chunk : chunk.subarray(0, end))
    if (end < 0) {
      if (size > LONGEST_LINE) kill()
      return
    }
    deliver(transport, Buffer.concat(pending).toString('utf8'))
    pending = [chunk.subarray(end + 1)]
    size = pending[0]!.length
  }
}

/** What is no JSON is the server's own chatter. */
function deliver(transport: Transport, text: string): void {
  for (const line of text.split('\n')) {
    let message: unknown
    try {
      message = JSON.parse(line)
    } catch {
      continue
    }
    transport.onmessage?.(message as JSONRPCMessage)
  }
}

const START = (command: readonly string[]): string => `import json, subprocess
_server = subprocess.Popen(json.loads(${JSON.stringify(JSON.stringify(command))}),
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
def _tell(line, awaited):
    _server.stdin.write(line + "\\n")
    _server.stdin.flush()
    while awaited is not None:
        reply = _server.stdout.readline()
        if not reply:
            raise EOFError("the server is gone")
        print(reply, end="")
        try:
            message = json.loads(reply)
        except ValueError:
            continue
        if isinstance(message, dict) and message.get("id") == awaited and "method" not in message:
            return
`

/** In a sandbox for Python. The sandbox is closed by whoever opened it, and the server with it. */
export function sandboxTransport(
  sandbox: Sandbox,
  { command, args = [], files = {} }: McpServer,
  timeoutMs: number,
): Transport {
  const run = async (code: string): Promise<void> => {
    const { stdout, exitCode, timedOut } = await sandbox.exec(code, { timeoutMs })
    deliver(transport, stdout)
    if (exitCode !== 0 && !timedOut) transport.onclose?.()
  }
  const transport: Transport = {
    async start() {
      for (const [path, text] of Object.entries(files)) await sandbox.write(path, text)
      await run(START([command, ...args]))
    },
    async send(message) {
      const awaited = 'method' in message && 'id' in message ? JSON.stringify(message.id) : 'None'
      // Not awaited: the answer comes by itself, and a deadline for it is the caller's.
      run(`_tell(${JSON.stringify(JSON.stringify(message))}, ${awaited})`).catch((error) => {
        transport.onerror?.(error)
        transport.onclose?.()
      })
    },
    async close() {
      transport.onclose?.()
    },
  }
  return transport
}
