/**
 * The dashboard's server: what a looker-on asks of the runs in a folder, over HTTP on loopback. Reads runs and never
 * writes into their stores. What needs a world, a model or a recipe is handed in.
 */
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { callsOf, type Trajectory } from '../../core/index.ts'
import { type BrowseFilter, learnedFrom, measurementsIn, type Query, SORTS } from '../../data/index.ts'
import { certificateOf } from './certificate.ts'
import { comparedTasks, comparison } from './comparison.ts'
import { gate } from './gate.ts'
import { groupOf } from './group.ts'
import { Looker } from './live.ts'
import { headOf, stepBodies } from './outline.ts'
import { pageFiles } from './page-files.ts'
import { openRunFolders, Refused, type RunFolders, type RunRecord } from './runs.ts'
import { type TokenTexts, tokenOutline, tokenSlice } from './tokens.ts'
import type { LiveStatus, Order, PaperLine, Pictures } from './wire.ts'

export interface ViewOptions {
  /** The folder of runs, and the folder of the built page. */
  readonly root: string
  readonly page: string
  /** Tells a live run what to do. Rejects with a sentence where nobody is working on it. */
  tell(path: string, order: Order | { readonly do: 'status' }): Promise<LiveStatus>
  /** What the world looked like: an SVG document for the opening and after each step. Rejects where it draws none. */
  pictures(
    run: RunRecord,
    trajectory: Trajectory,
    signal: AbortSignal,
  ): Promise<{ svgs: readonly string[]; same: readonly boolean[] }>
  /** The texts of the tokens of this call's model. */
  texts(run: RunRecord, trajectory: Trajectory): Promise<TokenTexts>
  papers(): Promise<readonly Omit<PaperLine, 'runs'>[]>
}

export interface View extends AsyncDisposable {
  readonly app: Hono
  readonly runs: RunFolders
}

const most = (limit: number) => z.coerce.number().int().min(0).max(limit)
const range = z.object({ offset: most(1e9).default(0), limit: most(1000).default(200) })
const text = z.string().max(2000).optional()
const STOPS = [
  ...(['terminated', 'truncated', 'gave-up', 'steps', 'calls'] as const),
  ...(['tokens', 'time', 'budget', 'failed', 'cancelled'] as const),
] as const
const DISTRIBUTIONS = ['return', 'steps', 'completionTokens', 'timeMs'] as const
const BINS = 32
const filters = z.object({
  batch: text,
  task: text,
  outcome: z.enum(['scored', 'unscored', 'broken', 'cancelled', 'over-budget']).optional(),
  stop: z.enum(STOPS).optional(),
  success: z.enum(['yes', 'no']).optional(),
  text,
})
const rowQuery = filters.extend({
  ...range.shape,
  sort: z.enum(SORTS).optional(),
  descending: z.stringbool().default(false),
})
const taskQuery = z.object({
  ...range.shape,
  batch: text,
  text,
  sort: z.enum(['order', 'hardest', 'easiest', 'flakiest']).default('order'),
})
const compareQuery = z.object({
  runs: text.default('').transform((ids) => ids.split(',').filter(Boolean)),
  metric: z.enum(['success', 'return']).default('success'),
})
const comparedTasksQuery = compareQuery.extend({
  ...range.shape,
  text,
  only: z.union([z.enum(['ties', 'alone']), most(8)]).optional(),
  sort: z.union([z.enum(['task', 'disagreement']), most(8)]).default('disagreement'),
  descending: z.stringbool().default(false),
})
const one = z.object({ id: z.string() })
const stepQuery = one.extend({ from: most(1e7), to: most(1e7) })
const callQuery = one.extend({ call: most(1e7) })
const sliceQuery = callQuery.extend({ from: most(1e9), to: most(1e9) })
const order = z.discriminatedUnion('do', [
  z.object({ do: z.enum(['pause', 'resume', 'cancel']) }),
  z.object({ do: z.enum(['concurrency', 'budget']), to: z.number().positive() }),
])
const tagList = z.object({ tags: z.array(z.string().min(1).max(40)).max(20) })

export function viewApp(options: ViewOptions): View {
  const runs = openRunFolders(options.root)
  const app = new Hono()
  app.use(gate)
  app.onError((error, context) => context.json({ error: error.message }, error instanceof Refused ? error.status : 500))
  app.notFound((context) => context.json({ error: `there is nothing at '${context.req.path}'` }, 404))
  const parts = { app, runs, options }
  overview(parts)
  run(parts)
  trajectory(parts)
  tokens(parts)
  app.get('*', pageFiles(options.page))
  return { app, runs, [Symbol.asyncDispose]: () => runs[Symbol.asyncDispose]() }
}

interface Parts {
  readonly app: Hono
  readonly runs: RunFolders
  readonly options: ViewOptions
}

/** The query as the schema has it. Throws Refused with what is wrong with it. */
function asked<T>(context: Context, schema: z.ZodType<T>): T {
  return checked(schema, context.req.query())
}

function checked<T>(schema: z.ZodType<T>, given: unknown): T {
  const { data, error } = schema.safeParse(given)
  if (error) throw new Refused(400, `${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`)
  return data as T
}

const body = async (context: Context): Promise<unknown> => {
  try {
    return await context.req.json()
  } catch {
    throw new Refused(400, 'a body of JSON is expected')
  }
}

function overview({ app, runs, options }: Parts): void {
  app.get('/api/runs', (c) => c.json({ folder: runs.root, runs: runs.lines() }))
  app.get('/api/compare', (c) => {
    const { runs: ids, metric } = asked(c, compareQuery)
    return c.json(comparison(runs, ids, metric))
  })
  app.get('/api/compared-tasks', (c) => {
    const { offset, limit, ...query } = asked(c, comparedTasksQuery)
    return c.json(comparedTasks(runs, query, { offset, limit }))
  })
  app.get('/api/papers', async (c) => {
    const lines = runs.lines()
    const of = (recipe: string): string[] =>
      lines.filter(({ model, command }) => command === 'train' && model === recipe).map(({ id }) => id)
    return c.json({ papers: (await options.papers()).map((paper) => ({ ...paper, runs: of(paper.recipe) })) })
  })
  app.post('/api/runs/:run/tags', async (c) => {
    runs.tag(c.req.param('run'), checked(tagList, await body(c)).tags)
    return c.json(runs.line(c.req.param('run')))
  })
  app.post('/api/runs/:run/delete', async (c) => {
    await runs.remove(c.req.param('run'))
    return c.json({})
  })
  app.post('/api/runs/:run/restore', (c) => {
    runs.restore(c.req.param('run'))
    return c.json(runs.line(c.req.param('run')))
  })
}

function run({ app, runs, options }: Parts): void {
  const looker = new Looker({ runs, status: (path) => options.tell(path, { do: 'status' }) })
  app.get('/api/runs/:run', async (c) => c.json(await looker.now(c.req.param('run'))))
  app.get('/api/runs/:run/measurements', (c) => c.json(measurementsIn(runs.record(c.req.param('run')).path)))
  app.get('/api/runs/:run/events', (c) => {
    const id = c.req.param('run')
    runs.record(id)
    const from = Number(c.req.header('last-event-id') ?? 0) || 0
    return streamSSE(c, async (stream) => {
      const gone = new AbortController()
      stream.onAbort(() => gone.abort())
      for await (const event of looker.follow(id, from, gone.signal)) {
        if (event) await stream.writeSSE({ data: JSON.stringify(event), id: `${event.measurements.end}` })
        else await stream.write(': still here\n\n')
      }
    })
  })
  app.post('/api/runs/:run/control', async (c) => {
    const { path } = runs.record(c.req.param('run'))
    return c.json(await options.tell(path, checked(order, await body(c))))
  })
  app.get('/api/runs/:run/rows', (c) => {
    const { offset, limit, sort, descending, ...filter } = asked(c, rowQuery)
    const query: Query = { filter: given(filter), descending, ...(sort && { sort }) }
    return c.json({ offset, ...runs.browser(c.req.param('run')).page(query, { offset, limit }) })
  })
  app.get('/api/runs/:run/batches', (c) => c.json(runs.browser(c.req.param('run')).batches()))
  app.get('/api/runs/:run/facets', (c) => c.json(runs.browser(c.req.param('run')).facets(given(asked(c, filters)))))
  app.get('/api/runs/:run/histograms', (c) => {
    const browser = runs.browser(c.req.param('run'))
    const filter = given(asked(c, filters))
    return c.json(Object.fromEntries(DISTRIBUTIONS.map((name) => [name, browser.histogram(name, filter, BINS)])))
  })
  app.get('/api/runs/:run/tasks', (c) => {
    const { offset, limit, sort, ...rest } = asked(c, taskQuery)
    return c.json({ offset, ...runs.browser(c.req.param('run')).tasks({ sort, ...given(rest) }, { offset, limit }) })
  })
  app.get('/api/runs/:run/pass', (c) =>
    c.json(runs.browser(c.req.param('run')).passCurves(asked(c, z.object({ batch: text })).batch)),
  )
  app.get('/api/runs/:run/group', (c) => {
    const { task, batch } = asked(c, z.object({ task: z.string(), batch: z.string().default('') }))
    return c.json(groupOf(runs, c.req.param('run'), { task, batch }))
  })
  app.get('/api/runs/:run/search', async (c) => {
    const { q, offset, limit } = asked(c, range.extend({ q: z.string().max(500) }))
    return c.json(await (await runs.search(c.req.param('run'))).search(q, { offset, limit: Math.min(limit, 50) }))
  })
  app.get('/api/runs/:run/certificate', (c) =>
    c.json(certificateOf(c.req.param('run'), runs.record(c.req.param('run')).manifest)),
  )
}

/** Without what was not asked for. */
const given = <T extends object>(filter: T): BrowseFilter =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as BrowseFilter

function trajectory({ app, runs, options }: Parts): void {
  app.get('/api/runs/:run/trajectory', (c) => {
    const run = c.req.param('run')
    const trajectory = runs.trajectory(run, asked(c, one).id)
    const { path, manifest } = runs.record(run)
    const { task, batch } = trajectory
    const commands = [
      { about: 'shows it', text: `ludus show ${quoted(`${path}/${trajectory.id}`)}` },
      {
        about: 'replays it',
        text: `ludus show ${quoted(`${path}/${trajectory.id}`)} --pictures pictures`,
      },
      ...(manifest.command === 'run'
        ? [
            {
              about: 'plays the run again',
              text: `ludus run ${quoted(manifest.env)} --model replay:${quoted(path)}`,
            },
          ]
        : []),
    ]
    const attempts = runs.browser(run).group(task, batch)
    const at = attempts.findIndex(({ id }) => id === trajectory.id)
    const beside = { previous: attempts[at - 1]?.id ?? null, next: attempts[at + 1]?.id ?? null }
    return c.json({ ...headOf(trajectory), commands, group: { task, batch, attempts: attempts.length, ...beside } })
  })
  app.get('/api/runs/:run/steps', (c) => {
    const { id, from, to } = asked(c, stepQuery)
    return c.json({ steps: stepBodies(runs.trajectory(c.req.param('run'), id), from, Math.min(to, from + 50)) })
  })
  app.get('/api/runs/:run/raw', (c) => c.json(runs.trajectory(c.req.param('run'), asked(c, one).id)))
  app.get('/api/runs/:run/call', (c) => {
    const { id, call } = asked(c, callQuery)
    const found = callsOf(runs.trajectory(c.req.param('run'), id))[call]
    if (!found) throw new Refused(404, `'${id}' has no call ${call}`)
    return c.json(found)
  })
  const drawn = async (run: string, id: string): Promise<{ svgs: readonly string[]; same: readonly boolean[] }> => {
    const held = pictures.get(`${run}\n${id}`)
    if (held) return held
    const drawing = options.pictures(runs.record(run), runs.trajectory(run, id), AbortSignal.timeout(60_000))
    pictures.clear()
    pictures.set(`${run}\n${id}`, drawing)
    return drawing
  }
  /** Of the trajectory that was looked at last. */
  const pictures = new Map<string, Promise<{ svgs: readonly string[]; same: readonly boolean[] }>>()
  app.get('/api/runs/:run/pictures', async (c) => {
    const answer = await drawn(c.req.param('run'), asked(c, one).id).then(
      ({ svgs, same }): Pictures => ({ count: svgs.length, same }),
      (error): Pictures => ({ none: (error as Error).message }),
    )
    return c.json(answer)
  })
  app.get('/api/runs/:run/picture', async (c) => {
    const { id, step } = asked(c, one.extend({ step: most(1e7) }))
    const svg = (await drawn(c.req.param('run'), id)).svgs[step]
    if (svg === undefined) throw new Refused(404, `'${id}' has no picture ${step}`)
    // Opened by itself it may run nothing either.
    return c.body(svg, 200, {
      'content-type': 'image/svg+xml',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    })
  })
}

/** For a shell, where it needs to be. */
const quoted = (text: string): string => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

function tokens({ app, runs, options }: Parts): void {
  app.get('/api/runs/:run/tokens', async (c) => {
    const [run, { id }] = [c.req.param('run'), asked(c, one)]
    const trajectory = runs.trajectory(run, id)
    const record = runs.record(run)
    return c.json(tokenOutline(trajectory, learnedFrom(record.path, id), await options.texts(record, trajectory)))
  })
  app.get('/api/runs/:run/token-slice', async (c) => {
    const [run, { id, ...query }] = [c.req.param('run'), asked(c, sliceQuery)]
    const trajectory = runs.trajectory(run, id)
    const record = runs.record(run)
    const slice = tokenSlice(
      trajectory,
      { ...query, to: Math.min(query.to, query.from + 20_000) },
      { learned: learnedFrom(record.path, id), texts: await options.texts(record, trajectory) },
    )
    if (!slice) throw new Refused(404, `'${id}' has no call ${query.call}`)
    return c.json(slice)
  })
}
