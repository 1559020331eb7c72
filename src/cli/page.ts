/** Where the dashboard's page lies: built in the package; in a clone built when it is first asked for, or has changed. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const shipped = join(import.meta.dirname, '../web')
const root = join(import.meta.dirname, '../..')

/** Throws a sentence where it cannot be built. */
export function builtPage(): string {
  if (!existsSync(join(root, 'web/index.html'))) return shipped
  const args = [join(root, 'scripts/setup.mjs'), '--dev', 'scripts/build-web.ts']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root })
  if (status !== 0) throw new Error(`the dashboard's page could not be built: ${stderr.trim() || stdout.trim()}`)
  return stdout.trim()
}
