/** The built page: three files, read once. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Handler } from 'hono'

const FILES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
}

export function pageFiles(folder: string): Handler {
  return (context) => {
    const found = Object.hasOwn(FILES, context.req.path) ? FILES[context.req.path] : undefined
    if (!found) return context.notFound()
    const [name, type] = found
    return context.body(readFileSync(join(folder, name), 'utf8'), 200, { 'content-type': type })
  }
}
