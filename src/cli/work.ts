/** `ludus work <run|url>`: plays episodes of a run that another process coordinates. */
import { z } from 'zod'
import { rollout, type Task } from '../core/index.ts'
import { runPath } from '../data/index.ts'
import { coordinatorAt, type Lease, POLL_MS } from '../serve/index.ts'
import { UsageError, usage } from './args.ts'
import { command, common, interruptible, print, sandboxed } from './command.ts'
import { live } from './live.ts'
import { openPlay, type PlayFlags, rolloutOf } from './play.ts'
import { contactOf, openExecutor } from './share.ts'

const about = z.object({
  run: z.string(),
  env: z.string(),
  settings: z.record(z.string(), z.unknown()),
})

export const work = command({
  about: 'play episodes of a run that another process shares (LUDUS_RUN_TOKEN where that is another machine)',
  positionals: ['run|url'],
  flags: {
    concurrency: { type: 'count', short: 'c', help: 'episodes at a time, as the run says unless given' },
    runs: common.runs,
    json: common.json,
  },
  async run({ flags, positionals: [where] }) {
    const { url, token, path } = await usage(() => found(`${where}`, flags.runs))
    using signal = interruptible()
    const dismissed = new AbortController()
    const until = AbortSignal.any([signal, dismissed.signal])
    using coordinator = coordinatorAt(url, token, signal)
    const { run, env, settings } = about.parse(await coordinator.about())
    const asked = { ...settings, ...(flags.concurrency && { concurrency: flags.concurrency }) } as unknown as PlayFlags
    const play = await openPlay(env, asked)
    await using _player = play.player
    await using code = await sandboxed(asked.sandbox)
    await using executor = await openExecutor(`${asked.executor}`, { id: run, path }, asked.concurrency)
    const leases = new Map<string, Lease>()
    const tasks = new Map(play.tasks.map((task) => [task.id, task]))
    async function* handed(): AsyncGenerator<Task> {
      for await (const lease of executor.take(until)) {
        const task = tasks.get(lease.id.slice(0, lease.id.lastIndexOf('/')))
        const state = task ? await coordinator.claim(lease.id) : 'finished'
        if (state === 'held') await lease.later()
        else if (!task || state === 'finished') await lease.done()
        else {
          leases.set(lease.id, lease)
          waiting.add(lease.id)
          yield task
        }
      }
    }
    const waiting = new Set<string>()
    const poll = setInterval(() => {
      coordinator.poll().then(
        (over) => over && dismissed.abort(),
        () => {},
      )
    }, POLL_MS)
    const display = live()
    const started = performance.now()
    let played = 0
    try {
      const playing = rollout(play.spec, play.agent, handed(), {
        ...rolloutOf(play, code.sandbox),
        ...{ journal: coordinator, signal: until, concurrency: asked.concurrency },
        // Of the task that was handed out, the attempt that was.
        finished: (id) => !waiting.delete(id),
        async onTrajectory(trajectory) {
          if (trajectory.outcome.kind !== 'cancelled') {
            await coordinator.keep(trajectory)
            await leases.get(trajectory.id)?.done()
          }
          leases.delete(trajectory.id)
          const line = `${++played} episodes played, ${((1000 * played) / (performance.now() - started)).toFixed(1)}/s`
          display.update([line], line)
        },
      })
      for await (const _ of playing);
    } finally {
      clearInterval(poll)
      display.end()
    }
    print({ run, played }, `${played} episodes of ${run} played`, flags)
    return 0
  },
})

function found(where: string, root: string): { url: string; token: string; path: string } {
  if (!/^https?:/.test(where)) {
    const path = runPath(where, root)
    return { ...contactOf(path), path }
  }
  const token = process.env['LUDUS_RUN_TOKEN']
  if (!token) throw new UsageError(`the token of the run stands in its coordinator.json: give it as LUDUS_RUN_TOKEN`)
  return { url: where, token, path: '' }
}
