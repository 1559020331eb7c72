/**
 * WideSearch's task over a made-up corpus (Wong et al. 2025): a table to be filled by searching for all of its rows,
 * judged whole, and by rows and cells.
 */
import { type EnvSpec, type Random, random, type Split, type Task } from '../../core/index.ts'
import { type Row, type TableScores, tableIn, tableScores } from '../../rewards/index.ts'
import type { Deed } from '../kit/tool-env.ts'
import { numberOf, RELATIONS, type Relation, type Thing, type World } from './facts.ts'
import { worldFor } from './multihop.ts'
import { type SearchEnv, searchEnv } from './search-env.ts'

export interface WideTask {
  readonly world: Split
  readonly ask: string
  /** The gold table; its first column is the one that tells the rows apart. */
  readonly rows: readonly Row[]
  /** The ids of the passages that it is in. */
  readonly supports: readonly string[]
}

const COUNTS: Readonly<Record<Split, number>> = { train: 300, test: 60 }
const [FEWEST_ROWS, MOST_ROWS] = [3, 8]

export function widesearch(): EnvSpec<WideTask, SearchEnv> {
  const part = (of: 'row' | 'item', which: 'precision' | 'recall' | 'f1') => (answer: string, data: WideTask) =>
    scores(answer, data)[of][which]
  return searchEnv<WideTask>({
    id: 'widesearch@1',
    tasks,
    limits: { steps: 60 },
    instructions: 'Search for passages, open those that may help, and finish with the whole table.',
    form: 'A Markdown table.',
    ask: ({ ask }) => ask,
    corpus: ({ world }) => worldFor(world).corpus,
    score: (answer, data) => scores(answer, data).success,
    figures: {
      'row-precision': part('row', 'precision'),
      'row-recall': part('row', 'recall'),
      'row-f1': part('row', 'f1'),
      'item-precision': part('item', 'precision'),
      'item-recall': part('item', 'recall'),
      'item-f1': part('item', 'f1'),
    },
    supports: ({ supports }) => supports,
    find: ({ supports }) => supports.map((id): Deed => ({ name: 'open', arguments: { id } })),
    solve: ({ rows }) => markdown(rows),
    guess: ({ world, rows }, rng) => markdown([guessedRow(worldFor(world), rows[0]!, rng)]),
  })
}

const scores = (answer: string, { rows }: WideTask): TableScores =>
  tableScores(tableIn(answer), { rows, key: [Object.keys(rows[0]!)[0]!] })

/** Rows as a Markdown table. Throws on none: a table has its columns from its first row. */
export function markdown(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0]!)
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((one) => row[one]!))),
  ].join('\n')
}

const guessedRow = ({ things }: World, row: Row, rng: Random): Row =>
  Object.fromEntries(Object.keys(row).map((column) => [column, rng.pick(things).name]))

function* tasks(split: Split): Generator<Task<WideTask>> {
  const rng = random(1).split('widesearch', split)
  const world = worldFor(split)
  const drawn = new Set<string>()
  while (drawn.size < COUNTS[split]) {
    const data = drawTable(world, rng)
    if (!data || drawn.has(data.ask)) continue
    drawn.add(data.ask)
    yield { id: `${split}-${drawn.size}`, data: { world: split, ...data } }
  }
}

/** A column: what it is called, and the way from a row to what stands in it. */
interface Column {
  readonly name: string
  readonly path: readonly Relation[]
}

/** Everything that shares a fact, with its number, something one fact away and something two facts away. */
function drawTable(world: World, rng: Random): Omit<WideTask, 'world'> | undefined {
  const target = rng.pick(world.things)
  const leading = RELATIONS.filter(({ to }) => to === target.kind)
  if (leading.length === 0) return undefined
  const shared = rng.pick(leading)
  const found = world.allTo(target, shared)
  if (found.length < FEWEST_ROWS || found.length > MOST_ROWS) return undefined
  const columns = columnsFor(shared, rng)
  if (!columns) return undefined
  const kind = shared.from
  const names = [kind, numberOf(kind), ...columns.map(({ name }) => name)]
  const cells = (thing: Thing): string[] => [
    thing.name,
    `${thing.number}`,
    ...columns.map(({ path }) => path.reduce(world.follow, thing).name),
  ]
  return {
    ask: `Make a table of all ${shared.all} ${target.name}, a row for each. Its columns are: ${names.join(', ')}.`,
    rows: found.map((thing) => Object.fromEntries(cells(thing).map((cell, i) => [names[i]!, cell]))),
    supports: [
      ...new Set(found.flatMap((thing) => [thing.id, ...columns.flatMap(({ path }) => onTheWay(world, thing, path))])),
    ],
  }
}

function columnsFor(shared: Relation, rng: Random): Column[] | undefined {
  const near = RELATIONS.filter((relation) => relation.from === shared.from && relation !== shared)
  if (near.length === 0) return undefined
  const [first, between] = [rng.pick(near), rng.pick(near)]
  const far = rng.pick(RELATIONS.filter(({ from }) => from === between.to))
  return [
    { name: first.name, path: [first] },
    { name: `${far.name} of the ${between.name}`, path: [between, far] },
  ]
}

/** The ids of what has to be read between a thing and the end of the way. */
function onTheWay(world: World, thing: Thing, path: readonly Relation[]): string[] {
  return path.slice(0, -1).map((_, i) => path.slice(0, i + 1).reduce(world.follow, thing).id)
}
