/** Builds the dashboard's page, unless that is done already; prints the folder. `build-web [<folder>]`. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
const web = join(root, 'web')

/** Named for what it is made of: a page that stands there is the right one, whole. */
function folderFor(): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  const files = readdirSync(web, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort())
    hash.update(path).update(readFileSync(path))
  return join(root, 'node_modules/.cache/ludus-web', hash.digest('hex').slice(0, 16))
}

const folder = process.argv[2] ? resolve(process.argv[2]) : folderFor()
if (process.argv[2] || !existsSync(folder)) {
  // Whoever asks, a test included, gets the page that is shipped.
  process.env['NODE_ENV'] = 'production'
  const { build } = await import('vite')
  mkdirSync(dirname(folder), { recursive: true })
  const fresh = mkdtempSync(`${folder}-`)
  await build({ configFile: join(web, 'vite.config.ts'), build: { outDir: fresh, emptyOutDir: true } })
  if (process.argv[2]) rmSync(folder, { recursive: true, force: true })
  try {
    renameSync(fresh, folder)
  } catch (error) {
    // Another process was as quick.
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(join(folder, 'index.html'))) throw error
  }
}
process.stdout.write(`${folder}\n`)
