/** `ludus view [run]`: the dashboard, on this machine alone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, resolve, sep } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { isWorldFile, runPath } from '../data/index.ts'
import { serveView, type ViewOptions } from '../serve/index.ts'
import { UsageError, usage } from './args.ts'
import { command, common, interruptible, print } from './command.ts'
import { command as tell } from './control.ts'
import { builtPage } from './page.ts'

export const view = command({
  about: 'the dashboard: runs, live and past, down to their tokens, in your browser',
  positionals: ['run?'],
  flags: {
    runs: common.runs,
    port: {
      type: 'number',
      default: '4747',
      help: 'where it is served, to this machine alone; 0 for any that is free',
    },
    'no-open': { type: 'switch', help: 'leaves the browser alone' },
    export: { type: 'text', help: 'writes the run into this folder, which opens without a server, and serves nothing' },
    most: { type: 'count', help: 'with --export: bodies of at most so many trajectories (all)' },
    json: common.json,
  },
  async run({ flags, positionals: [where] }) {
    const { port } = flags
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new UsageError(`--port is from 0 to 65535, not ${port}`)
    const run = where === undefined ? undefined : await usage(() => runPath(where, flags.runs))
    const { export: folder, most } = flags
    if (most !== undefined && folder === undefined) throw new UsageError('--most goes with --export <folder>')
    const options = viewOptions(run === undefined ? resolve(flags.runs) : dirname(run))
    if (folder !== undefined) {
      if (run === undefined) throw new UsageError('--export takes a run: ludus view <run> --export <folder>')
      const { exportTo } = await import('./export-to.ts')
      const { result, text, code } = await exportTo({ folder: resolve(folder), run: basename(run), most }, options)
      print(result, text, flags)
      return code
    }
    // Lists of a hundred thousand leave much behind, and nobody waits for the last per cent of speed.
    setFlagsFromString('--optimize-for-size')
    await using serving = await usage(() => serveView(options, { port, run: run && basename(run) }))
    const url = `${serving.url}${run === undefined ? '' : `#/run/${encodeURIComponent(basename(run))}`}`
    print(
      { url, runs: options.root },
      `${url}\nshows the runs in ${options.root}, to this machine alone; Ctrl C ends it`,
      flags,
    )
    if (!flags['no-open'] && process.stdout.isTTY) open(url)
    using signal = interruptible()
    await once(signal, 'abort')
    return 0
  },
})

/** What the server needs of the rooms that it does not know. They are loaded when somebody asks: most look at runs alone. */
export function viewOptions(root: string): ViewOptions {
  return {
    root,
    page: builtPage(),
    tell,
    texts: async (run, trajectory) => (await import('./token-texts.ts')).tokenTexts(run, trajectory),
    async papers() {
      const [{ paperIndex }, { readFigures }] = [await import('../recipes/index.ts'), await import('./figures.ts')]
      return paperIndex(readFigures).map(({ env = null, arms = [], pair: _, ...entry }) => ({ ...entry, env, arms }))
    },
    async pictures({ manifest }, trajectory, signal) {
      refuseOwnCode(manifest.env, root)
      const { picturesOf } = await import('./pictures.ts')
      const drawn = await Array.fromAsync(picturesOf(manifest, trajectory, signal))
      return { svgs: drawn.map(({ svg }) => svg), same: drawn.map(({ same }) => same) }
    },
  }
}

/** A run may come from anybody, and looking at it must run no code that came with it. Throws UsageError. */
function refuseOwnCode(env: string, root: string): void {
  if (!isWorldFile(env) || !existsSync(env)) return
  if (realpathSync(env).startsWith(realpathSync(root) + sep))
    throw new UsageError(`its world '${env}' lies among the runs, and code that comes with a run is not run: move it`)
}

/** Where there is no browser, the address was printed. */
function open(url: string): void {
  const [program, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open']
  spawn(`${program}`, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
