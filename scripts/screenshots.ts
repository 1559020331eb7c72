/**
 * Pictures of the dashboard in light, dark and narrow:
 * `node scripts/screenshots.ts <url> <prefix> <hash> …`, with names like `tasks=/run/maze-1/tasks` for their files.
 * Says what the page complained of, and which is wider than its window.
 */
import { openChromium } from '../test/chromium.ts'

const LOOKS = {
  light: { viewport: { width: 1280, height: 860 } },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
  narrow: { viewport: { width: 390, height: 844 } },
} as const

const [url, prefix, ...pages] = process.argv.slice(2)
const say = (line: string): boolean => process.stdout.write(`${line}\n`)
await using browser = await openChromium()
for (const [look, options] of Object.entries(LOOKS)) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.on('console', (message) => say(`${look}: ${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => say(`${look}: ${error.message}`))
  for (const named of pages) {
    const [name = '', ...hash] = named.split('=')
    await page.goto(`${url}#${hash.join('=')}`)
    await page.waitForTimeout(1000)
    const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    if (Number(wider) > 0) say(`${look}: ${name} is ${wider} px wider than its window`)
    await page.screenshot({ path: `${prefix}${name}-${look}.png` })
  }
  await context.close()
}
