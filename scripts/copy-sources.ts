/** Copies what the compiler leaves out into the build: the Python that sandboxes run, and the recipes' figures. `copy-sources [<dist>]`. */
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = resolve(process.argv[2] ?? join(root, 'dist'))
cpSync(join(root, 'src/sandboxes'), join(dist, 'sandboxes'), {
  recursive: true,
  filter: (path) => !/\.ts$/.test(path),
})
cpSync(join(root, 'docs/figures'), join(dist, 'figures'), { recursive: true })
