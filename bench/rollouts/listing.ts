/** W5: how long `ludus show` takes to open and list a run of a gigabyte, and what memory. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const PEAK = `data:text/javascript,process.on('exit',()=>process.stderr.write('peak '+process.resourceUsage().maxRSS))`

export interface ListingFigures {
  readonly bytes: number
  readonly trajectories: number
  /** Of the whole command. */
  readonly seconds: number
  readonly peakMb: number
}

export function measureListing(bytes: number): ListingFigures {
  const folder = mkdtempSync(join(tmpdir(), 'ludus-bench-'))
  try {
    const made = execFileSync(process.execPath, [join(import.meta.dirname, 'big-run.ts'), folder, `${bytes}`])
    const show = [join(root, 'bin/ludus.mjs'), 'show', `${made}`.trim(), '--json']
    const started = performance.now()
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', PEAK, ...show], { encoding: 'utf8' })
    const seconds = (performance.now() - started) / 1000
    if (status !== 0) throw new Error(`ludus show failed: ${stderr}`)
    const { trajectories } = JSON.parse(stdout)
    return { bytes, trajectories, seconds, peakMb: Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
