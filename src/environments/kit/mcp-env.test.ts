import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { pythonPlaces } from '../../../test/places.ts'
import { react } from '../../agents/index.ts'
import {
  type Agent,
  type AssistantMessage,
  assistant,
  checkEnv,
  type Episode,
  type Host,
  type Json,
  rollout,
  type StepResult,
  textOf,
} from '../../core/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { type McpEnv, type McpWorld, mcpEnv } from './mcp-env.ts'

/** A list that is kept, made with the package; and tools that do what no tool should. */
const NODE_SERVER = `
import { McpServer } from '${import.meta.resolve('@modelcontextprotocol/sdk/server/mcp.js')}'
import { StdioServerTransport } from '${import.meta.resolve('@modelcontextprotocol/sdk/server/stdio.js')}'
import { z } from '${import.meta.resolve('zod')}'
import { spawn } from 'node:child_process'
const server = new McpServer({ name: 'list', version: '1' })
const items = []
const say = (text) => ({ content: [{ type: 'text', text }] })
server.registerTool('add', { description: 'Add an item.', inputSchema: { item: z.string() } }, async ({ item }) => {
  items.push(item)
  return say('added')
})
server.registerTool('items', { description: 'All items.' }, async () => say(items.join(',')))
server.registerTool('draw', {}, async () => ({ content: [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }] }))
server.registerTool('surroundings', {}, async () => say(JSON.stringify([process.env, process.cwd(), process.pid])))
server.registerTool('child', {}, async () => say(String(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']).pid)))
server.registerTool('sleep', {}, async () => new Promise(() => {}))
server.registerTool('novel', {}, async () => say('x'.repeat(1e6)))
server.registerTool('crash', {}, async () => process.exit(1))
console.log('this line is no message')
await server.connect(new StdioServerTransport())
`

/** The same in a few lines of Python, with a tool that runs code: for a sandbox. */
const PYTHON_SERVER = `
import json, sys
items = []
text = {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}
tools = [{"name": "add", "description": "Add an item.", "inputSchema": text},
         {"name": "items", "inputSchema": {"type": "object"}},
         {"name": "run", "description": "Run Python.", "inputSchema": text}]
def call(name, given):
    if name == "add":
        items.append(given["item"])
        return "added"
    return ",".join(items) if name == "items" else str(eval(given["item"]))
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    method, params = message["method"], message.get("params", {})
    if method == "initialize":
        info = {"name": "list", "version": "1"}
        result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
    elif method == "tools/list":
        result = {"tools": tools}
    else:
        try:
            result = {"content": [{"type": "text", "text": call(params["name"], params["arguments"])}]}
        except Exception as error:
            result = {"content": [{"type": "text", "text": str(error)}], "isError": True}
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
`

const world: McpWorld<string> = {
  id: 'list@1',
  tasks: (split) => (split === 'train' ? ['nuts', 'bolts'] : ['nails']).map((data) => ({ id: data, data })),
  limits: { steps: 6 },
  instructions: 'You keep a list.',
  ask: (item) => `Put ${item} on the list, and nothing else.`,
  server: () => ({ command: process.execPath, args: ['server.mjs'], files: { 'server.mjs': NODE_SERVER } }),
  success: async (env, item) => (env.said !== undefined && (await env.probe('items')) === item ? 1 : 0),
  solve: (item) => [{ name: 'add', arguments: { item } }, 'It is on the list.'],
}
const inside: McpWorld<string> = {
  ...world,
  id: 'list-inside@1',
  sandbox: {},
  server: () => ({ command: 'python3', args: ['tools/server.py'], files: { 'tools/server.py': PYTHON_SERVER } }),
  guess: (_, random) => ({ name: random.pick(['add', 'items']), arguments: { item: random.pick(['nuts', 'x']) } }),
}

const sandbox = await pythonPlaces()
const host = { seed: 0, signal: new AbortController().signal, sandbox } as unknown as Host
const calling = (...calls: readonly (readonly [string, Json])[]): AssistantMessage => ({
  ...assistant(''),
  calls: calls.map(([name, given], i) => ({ id: `c${i}`, name, arguments: given })),
})
const seen = ({ observation }: StepResult): string => observation.messages.map(textOf).join('|')
async function within(of: McpWorld<string>, play: (env: McpEnv) => Promise<void>): Promise<void> {
  const env = await mcpEnv(of).make({ id: 't', data: 'nuts' }, host)
  try {
    await play(env)
  } finally {
    await env.close?.()
  }
}
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a server that is a process of ours', () => {
  it('offers its tools, answers calls in their order, and is judged by what it holds', async () => {
    const spec = mcpEnv(world)
    const model = scriptedModel([calling(['add', { item: 'nuts' }], ['items', {}]), 'Done.'])
    const [group] = await Array.fromAsync(rollout(spec, react(), [{ id: 'nuts', data: 'nuts' }], { model }))
    const [trajectory] = group!.trajectories
    expect(trajectory).toMatchObject({ stop: 'terminated', outcome: { kind: 'scored', return: 1 } })
    expect(trajectory!.steps[1]!.observation.messages.map(textOf)).toEqual(['added', 'nuts'])
    expect(model.requests[0]!.tools!.map(({ name }) => name).slice(0, 2)).toEqual(['add', 'items'])
    expect(model.requests[0]!.tools![0]!.parameters).toMatchObject({ type: 'object', required: ['item'] })
  })

  it('has an empty environment and a folder of its own, and ends with the episode, its children too', async () => {
    let [cwd, pids]: [string, number[]] = ['', []]
    await within(world, async (env) => {
      const [environment, folder, pid] = JSON.parse(await env.probe('surroundings'))
      expect(environment).toEqual({})
      ;[cwd, pids] = [folder, [pid, Number(await env.probe('child'))]]
      expect([existsSync(cwd), pids.every(alive)]).toEqual([true, true])
    })
    await expect.poll(() => pids.some(alive), { timeout: 4000 }).toBe(false)
    expect(existsSync(cwd)).toBe(false)
  })

  it('answers what is wrong with a call, and what takes too long', async () => {
    await within({ ...world, timeoutMs: 2500 }, async (env) => {
      const wrong: [string, Json, RegExp][] = [
        ['buy', {}, /^Error: there is no tool 'buy': there are add, items/],
        ['constructor', {}, /no tool 'constructor'/],
        ['add', 'item: nuts', /arguments of add are no JSON object/],
        ['add', null, /no JSON object/],
        ['add', { item: 3 }, /item/],
        [`x${'y'.repeat(1e6)}`, {}, /^.{0,300}$/],
      ]
      for (const [name, given, says] of wrong) {
        const result = await env.step(calling([name, given]))
        expect(seen(result)).toMatch(says)
        expect(result.observation.messages[0]).toMatchObject({ isError: true })
      }
      expect(seen(await env.step(assistant(' ')))).toMatch(/says nothing/)
      expect(seen(await env.step(calling(['novel', {}])))).toMatch(/^x{100000}… \(900000 characters more\)$/)
      expect((await env.step(calling(['draw', {}]))).observation.messages[0]!.content).toEqual([
        { type: 'image', mimeType: 'image/png', data: 'AAAA' },
      ])
      const many = await env.step(calling(...Array.from({ length: 34 }, () => ['items', {}] as const)))
      expect(many.observation.messages.filter((one) => 'isError' in one).length).toBe(2)
      expect(seen(await env.step(calling(['sleep', {}], ['items', {}])))).toMatch(/^Error: .*timed out.*\|$/)
    })
  })

  it('that is brought down ends the episode, which is lost', async () => {
    const model = scriptedModel([calling(['add', { item: 'nuts' }]), calling(['crash', {}], ['items', {}])])
    const [group] = await Array.fromAsync(rollout(mcpEnv(world), react(), [{ id: 'nuts', data: 'nuts' }], { model }))
    const { stop, rewards, final } = group!.trajectories[0]!
    expect([stop, rewards['success']]).toEqual(['terminated', { value: 0, weight: 1, why: 'the server is gone' }])
    expect(final!.messages.map(textOf)).toEqual(['Error: the server is gone', 'Error: the server is gone'])
  })

  it('that does not start is no world', async () => {
    const server = (command: string, args: string[]) =>
      mcpEnv({ ...world, timeoutMs: 2000, server: () => ({ command, args }) })
    const make = (command: string, ...args: string[]) => server(command, args).make({ id: 't', data: 'nuts' }, host)
    await expect(make('/no/such/program')).rejects.toThrow("the MCP server '/no/such/program' did not start")
    await expect(make(process.execPath, '-e', '')).rejects.toThrow('did not start')
  })
})

describe('a server inside a sandbox', () => {
  it('runs code there, call after call', async () => {
    await within(inside, async (env) => {
      await env.step(calling(['add', { item: 'ü \u2028 \ud83d\ude00 "\\n' }]))
      expect(await env.probe('items')).toBe('ü \u2028 \ud83d\ude00 "\\n')
      expect(seen(await env.step(calling(['run', { item: '__import__("os").listdir(".")' }])))).toBe("['tools']")
      expect(seen(await env.step(calling(['run', { item: '1 / 0' }])))).toBe('division by zero')
      const killed = await env.step(calling(['run', { item: '__import__("os")._exit(1)' }]))
      expect([seen(killed), killed.end, env.gone]).toEqual(['Error: the server is gone', 'terminated', true])
    })
  })

  it('makes a world that its key wins, and silence does not', async () => {
    const spec = mcpEnv(inside)
    const [task] = [...(spec.tasks('train') as Iterable<{ id: string; data: string }>)]
    const silent = { id: 'silent', play: async (episode: Episode) => void (await episode.step(assistant(''))) }
    const earned = [spec.solve!(task!) as Agent, silent].map(async (agent) => {
      const [group] = await Array.fromAsync(rollout(spec, agent, [task!], { model: scriptedModel([]), sandbox }))
      return group!.trajectories[0]!.outcome
    })
    expect(await Promise.all(earned)).toEqual([
      { kind: 'scored', return: 1 },
      { kind: 'scored', return: 0 },
    ])
  })

  // A process for each of hundreds of episodes.
  it.runIf(process.env['LUDUS_ATTACKS'])('makes a world that can be certified', { timeout: 120_000 }, async () => {
    const { promises } = await checkEnv(mcpEnv(inside), { tasks: 1, sandbox })
    expect(promises.filter(({ verdict }) => verdict === 'broken')).toEqual([])
  })
})
