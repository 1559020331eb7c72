/** Somebody who opens pages of the dashboard and notices what is wrong with any of them. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const LOOKS = {
  light: { viewport: { width: 1280, height: 860 } },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
  narrow: { viewport: { width: 390, height: 844 } },
} as const satisfies Readonly<Record<string, BrowserContextOptions>>

export interface Visitor extends AsyncDisposable {
  readonly page: Page
  /** Opens the page at this hash, and waits until it shows this text. */
  open(hash: string, text: string | RegExp): Promise<void>
  /** What it complained of so far: errors in the console, requests that left the machine. Empties the list. */
  complaints(): string[]
}

/** `base` ends in a slash. */
export async function visitor(browser: Browser, base: string, look: keyof typeof LOOKS = 'light'): Promise<Visitor> {
  const context = await browser.newContext(LOOKS[look])
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) wrong.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => wrong.push(`thrown: ${error.message}`))
  page.on('dialog', (dialog) => {
    wrong.push(`a dialog: ${dialog.message()}`)
    dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) wrong.push(`asked for ${request.url()}`)
  })
  page.on('popup', () => wrong.push('opened a window'))
  return {
    page,
    async open(hash, text) {
      await page.goto(`${base}#${hash}`)
      await page.getByText(text).first().waitFor({ timeout: 10_000 })
    },
    complaints: () => wrong.splice(0),
    [Symbol.asyncDispose]: () => context.close(),
  }
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** What is wrong with the page as it stands: what it complained of, what axe finds, and that it is wider than its window. */
export async function wrongWith({ page, complaints }: Visitor, where: string): Promise<string[]> {
  await page.evaluate(axe)
  const { violations } = (await page.evaluate('axe.run()')) as { violations: Violation[] }
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
  )
  const wider = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
  const wide = wider > 0 ? [`${wider} px wider than its window`] : []
  return [...complaints(), ...found, ...wide].map((line) => `${where}: ${line}`)
}
