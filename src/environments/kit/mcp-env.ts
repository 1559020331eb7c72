/**
 * A world whose tools are an MCP server's, started for each episode and closed with it. The state is the server's own:
 * such a world has no forks. The package @modelcontextprotocol/sdk is asked for when a world is first opened.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  type Agent,
  defineEnv,
  type Env,
  type EnvSpec,
  type Host,
  type Json,
  type Message,
  type Part,
  type Random,
  type SandboxSpec,
  type StepResult,
  system,
  type ToolCall,
  type ToolSpec,
  user,
  type Verdict,
} from '../../core/index.ts'
import { quoted } from './game-env.ts'
import type { McpServer } from './mcp-server.ts'
import { processTransport, sandboxTransport } from './mcp-transport.ts'
import { type Answered, type Deed, MOST_CALLS, message, persistent } from './tool-env.ts'

export interface McpEnv extends Env {
  /** Every call so far, in order; a result is the text of it. */
  readonly calls: readonly Answered[]
  /** The agent's last word, which ended the episode; undefined where there was none. */
  readonly said: string | undefined
  /** True when the server has ended, by itself or by what was done to it; that ends the episode too. */
  readonly gone: boolean
  /** A call for whoever judges: the agent does not see it. Rejects where the server refuses it. */
  probe(name: string, given?: Json): Promise<string>
}

export interface McpWorld<D = Json> extends Pick<EnvSpec<D>, 'id' | 'tasks' | 'limits'> {
  readonly instructions: string
  /** What is asked for; the agent's text alone, without a call, is its last word. */
  ask(data: D): string
  server(data: D, seed: number): McpServer
  /** Where a server runs that runs code for the agent: one for Python. A process of ours unless given. */
  readonly sandbox?: Omit<SandboxSpec, 'language'>
  /** For each request to the server, 10 s unless given. */
  readonly timeoutMs?: number
  /** How far the task is done, from 0 to 1; 0 without being asked where the server is gone. */
  success(env: McpEnv, data: D): Verdict | Promise<Verdict>
  solve(data: D): readonly Deed[] | Agent
  guess?(data: D, random: Random): Deed
}

export function mcpEnv<D = Json>(world: McpWorld<D>): EnvSpec<D, McpEnv> {
  const { id, tasks, limits, guess } = world
  return defineEnv<D, McpEnv>({
    id,
    tasks,
    ...(limits && { limits }),
    make: async ({ data }, host) => live(world, data, await connected(world, data, host)),
    rubric: {
      success: {
        weight: 1,
        score: ({ env, task }) => (env.gone ? { value: 0, why: 'the server is gone' } : world.success(env, task.data)),
      },
    },
    solve({ data }) {
      const way = world.solve(data)
      return 'play' in way ? way : persistent(way.map(message))
    },
    ...(guess && { guess: ({ data }, random) => message(guess(data, random), 0) }),
  })
}

const TIMEOUT_MS = 10_000
/** Characters of an answer that are shown, and of one in a sandbox that are let through. */
const [LONGEST, LARGEST] = [100_000, 4 * 1024 * 1024]

interface Connection {
  readonly client: Client
  readonly tools: readonly ToolSpec[]
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Rejects with a sentence where the package is missing, or the server does not start and say what it has. */
async function connected<D>(world: McpWorld<D>, data: D, host: Host): Promise<Connection> {
  const { timeoutMs = TIMEOUT_MS, sandbox } = world
  const { Client } = await sdk()
  const server = world.server(data, host.seed)
  const place = sandbox && (await host.sandbox({ outputBytes: LARGEST, ...sandbox, language: 'python' }))
  const transport = place ? sandboxTransport(place, server, timeoutMs) : processTransport(server)
  const client = new Client({ name: 'ludus', version: '1' })
  const options = { timeout: timeoutMs, signal: host.signal }
  try {
    await client.connect(transport as Transport, options)
    const tools: ToolSpec[] = []
    let cursor: string | undefined
    do {
      const page = await client.listTools(cursor === undefined ? {} : { cursor }, options)
      for (const { name, description = '', inputSchema } of page.tools)
        tools.push({ name, description, parameters: inputSchema as Json })
      cursor = page.nextCursor
    } while (cursor !== undefined)
    return { client, tools, timeoutMs, signal: host.signal }
  } catch (cause) {
    await transport.close()
    host.signal.throwIfAborted()
    throw new Error(`the MCP server '${server.command}' did not start: ${(cause as Error).message}`, { cause })
  }
}

async function sdk(): Promise<typeof import('@modelcontextprotocol/sdk/client/index.js')> {
  try {
    return await import('@modelcontextprotocol/sdk/client/index.js')
  } catch (cause) {
    throw new Error('tools of an MCP server need a package: npm install @modelcontextprotocol/sdk', { cause })
  }
}

function live<D>(world: McpWorld<D>, data: D, connection: Connection): McpEnv {
  const { client, tools, timeoutMs, signal } = connection
  const calls: Answered[] = []
  let [gone, said]: [boolean, string | undefined] = [false, undefined]
  client.onclose = () => {
    gone = true
  }
  const ask = async (name: string, given: Json): Promise<Answer> => {
    const options = { timeout: timeoutMs, signal }
    const asked = { name, arguments: given as Record<string, unknown> }
    const { content, isError } = await client.callTool(asked, undefined, options)
    return { content: partsOf(content), isError: isError === true }
  }
  const answer = async ({ name, arguments: given }: ToolCall, index: number): Promise<Answer> => {
    const refused = refusal(tools, { name, given, index, over: gone })
    if (refused !== undefined) return wrong(refused)
    return ask(name, given).catch((error: Error) => {
      signal.throwIfAborted()
      return wrong(gone ? 'the server is gone' : quoted(error.message, 300))
    })
  }
  const act = async (wanted: readonly ToolCall[]): Promise<StepResult> => {
    const messages: Message[] = []
    for (const [index, call] of wanted.entries()) {
      const { content, isError } = await answer(call, index)
      calls.push({ name: call.name, arguments: call.arguments, result: textIn(content), isError })
      messages.push({ role: 'tool', callId: call.id, content, ...(isError && { isError }) })
    }
    return { observation: { messages, tools }, ...(gone && { end: 'terminated' }) }
  }
  return {
    calls,
    get said() {
      return said
    },
    get gone() {
      return gone
    },
    async probe(name, given = {}) {
      const { content, isError } = await ask(name, given)
      if (isError) throw new Error(`the server refuses ${name}: ${textIn(content)}`)
      return textIn(content)
    },
    reset: () => ({ messages: [system(world.instructions), user(world.ask(data))], tools }),
    async step({ content, calls: wanted = [] }) {
      if (wanted.length > 0) return act(wanted)
      if (content.trim() === '')
        return { observation: { messages: [user('That says nothing: call a tool, or say what you have to.')], tools } }
      said = content
      return { observation: { messages: [], tools }, end: 'terminated' }
    },
    data: () => ({ calls, said: said ?? null }) as unknown as Json,
    close: () => client.close(),
  }
}

interface Answer {
  readonly content: string | readonly Part[]
  readonly isError: boolean
}

const wrong = (why: string): Answer => ({ content: `Error: ${why}`, isError: true })

interface Asked {
  readonly name: string
  readonly given: Json
  /** Its place in the message. */
  readonly index: number
  readonly over: boolean
}

/** Why a call does not even reach the server. */
function refusal(tools: readonly ToolSpec[], { name, given, index, over }: Asked): string | undefined {
  if (over) return 'the server is gone'
  if (index >= MOST_CALLS) return `more than ${MOST_CALLS} calls in a message`
  const names = tools.map((tool) => tool.name)
  if (!names.includes(name)) return `there is no tool '${quoted(name)}': there are ${names.join(', ')}`
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return undefined
  return `the arguments of ${name} are no JSON object: '${quoted(JSON.stringify(given))}'`
}

/** Text as one string; with pictures among it, as parts. What is neither is named by its type. */
function partsOf(content: unknown): string | Part[] {
  const blocks = content as readonly { type: string; text?: string; mimeType?: string; data?: string }[]
  const parts = blocks.map(({ type, text, mimeType = '', data }): Part => {
    if (type === 'image' && data !== undefined) return { type, mimeType, data }
    return { type: 'text', text: shortened(text ?? `[${type}]`) }
  })
  return parts.some(({ type }) => type === 'image') ? parts : textIn(parts)
}

const textIn = (content: string | readonly Part[]): string =>
  typeof content === 'string'
    ? content
    : content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')

const shortened = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length - LONGEST} characters more)` : text
