/** `ludus view <run> --export <folder>`: how far it is, and what was written. */
import { join } from 'node:path'
import { checkEmpty, exportRun, type ViewOptions, viewApp } from '../serve/index.ts'
import { usage } from './args.ts'
import { interruptible } from './command.ts'
import { live } from './live.ts'
import { duration } from './table.ts'

interface Wanted {
  readonly folder: string
  /** Its name in the folder of runs. */
  readonly run: string
  /** undefined for all. */
  readonly most: number | undefined
}

interface Written {
  readonly result: unknown
  readonly text: string
  readonly code: number
}

export async function exportTo({ folder, run, most }: Wanted, options: ViewOptions): Promise<Written> {
  await usage(() => checkEmpty(folder))
  await using view = viewApp(options)
  using signal = interruptible()
  const display = live()
  const started = performance.now()
  const onProgress = (done: number, total: number): void => {
    const rate = done / ((performance.now() - started) / 1000)
    const line = `${done} of ${total} trajectories, ${rate.toFixed(0)}/s, ${duration((total - done) / rate)} left`
    display.update([line], line)
  }
  const asked = { run, folder, page: options.page, most: most ?? Number.POSITIVE_INFINITY, signal, onProgress }
  const { trajectories, bodies } = await exportRun(view, asked).finally(display.end)
  const seconds = (performance.now() - started) / 1000
  const index = join(folder, 'index.html')
  const left = bodies < trajectories ? `; of ${trajectories - bodies} nothing but their rows is in it` : ''
  return {
    result: { folder, index, run, trajectories, bodies, seconds },
    text: `${bodies} of ${trajectories} trajectories, in ${duration(seconds)}${left}\nopen ${index}`,
    code: signal.aborted ? 1 : 0,
  }
}
