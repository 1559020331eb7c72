/** Does what Lumos's actions say: the world's tools by their names, and two of its own, QA and Calculator. */
import { type Episode, type Json, system, type ToolSpec, textOf, user } from '../core/index.ts'
import { calculate } from './formula.ts'
import { type Action, type Given, resolved } from './lumos-actions.ts'

const READER = 'Answer the question from the context, as short as possible.'

/** What the grounder may write, a line each. */
export function actionsOffered({ observation }: Episode): string {
  const world = observation.tools?.map(
    (tool) => `${tool.name}(${Object.keys(propertiesOf(tool)).join(', ')}): ${tool.description}`,
  )
  return [
    ...(world ?? ['Say(text): say something to the world, which answers']),
    'QA(context, Question: question): an answer to the question from the context',
    'Calculator(formula): what the formula comes to',
  ].join('\n')
}

/** What an action comes to; what is wrong with it, where it cannot be done, is what it comes to then. */
export async function execute(episode: Episode, action: Action, results: ReadonlyMap<string, string>): Promise<string> {
  let given: Given[]
  try {
    given = action.given.map((one) => ({ ...one, text: resolved(one.text, results) }))
    if (action.name === 'Calculator') return `${calculate(given.map(({ text }) => text).join(', '))}`
  } catch (error) {
    return `Error: ${(error as Error).message}`
  }
  const tools = episode.observation.tools ?? []
  const tool = tools.find(({ name }) => name === action.name)
  if (tool) {
    const call = {
      id: `${action.result}-${episode.history.length}`,
      name: tool.name,
      arguments: argumentsFor(tool, given),
    }
    return acted(episode, { role: 'assistant', content: '', calls: [call] })
  }
  if (action.name === 'QA') return answer(episode, given)
  if (action.name === 'Say' && tools.length === 0)
    return acted(episode, { role: 'assistant', content: given.map(({ text }) => text).join(', ') })
  return `Error: there is no action '${action.name}'. The actions are:\n${actionsOffered(episode)}`
}

/** What the world answers. */
export async function acted(episode: Episode, action: Parameters<Episode['step']>[0]): Promise<string> {
  if (episode.done) return 'Error: the episode is over'
  const { observation } = await episode.step(action)
  return observation.messages.map(textOf).join('\n').trim()
}

async function answer(episode: Episode, given: readonly Given[]): Promise<string> {
  const { text: question } = given.find(({ label }) => label !== undefined) ?? given.at(-1) ?? { text: '' }
  const context = given.filter(({ text }) => text !== question).map(({ text }) => text)
  const messages = [system(READER), user(`Context: ${context.join('\n')}\nQuestion: ${question}`)]
  const { message } = await episode.model('executor').complete({ messages })
  return message.content.trim()
}

type Properties = Readonly<Record<string, { readonly type?: Json }>>

const propertiesOf = ({ parameters }: ToolSpec): Properties =>
  ((parameters as { readonly properties?: Properties } | null)?.properties ?? {}) as Properties

/** Labelled ones by their names, the others in their order; what there is no place for goes to the last. */
function argumentsFor(tool: ToolSpec, given: readonly Given[]): Json {
  const properties = new Map(Object.entries(propertiesOf(tool)))
  const texts = new Map<string, string>()
  for (const { label, text } of given) {
    const free = [...properties.keys()].filter((name) => !texts.has(name))
    const named = label === undefined ? undefined : free.find((name) => name.toLowerCase() === label.toLowerCase())
    const name = named ?? free[0] ?? [...properties.keys()].at(-1)
    if (name === undefined) continue
    const before = texts.get(name)
    texts.set(name, before === undefined ? text : `${before}, ${text}`)
  }
  return Object.fromEntries([...texts].map(([name, text]) => [name, typed(text, properties.get(name)?.type)]))
}

/** As the tool's schema wants it; as it stands where it is no such thing, for the world to say so. */
function typed(text: string, type: Json | undefined): Json {
  if (type === undefined || type === 'string') return text
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
