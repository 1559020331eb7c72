/**
 * How fast a list of the dashboard scrolls: `node bench/view/scroll.ts <url with its hash>`. Opens it in Chromium, says
 * when its first rows stood there, and scrolls for five seconds, 3,000 px a second, and then by leaps through all of it.
 */
import { openChromium } from '../../test/chromium.ts'

const [url] = process.argv.slice(2)
if (url === undefined)
  throw new Error('of which page? node bench/view/scroll.ts http://localhost:4747/#/run/<run>/trajectories')

/** For the page: scrolls, and gives the times between frames in ms. */
const scrolling = (leaps: boolean): string => `new Promise((resolve) => {
  const times = []
  const began = performance.now()
  let before = began
  const frame = (now) => {
    times.push(now - before)
    const height = document.documentElement.scrollHeight - innerHeight
    scrollTo({ top: ${leaps} ? (height * (times.length % 97)) / 97 : 3 * (now - began) })
    before = now
    if (now - began < 5000) requestAnimationFrame(frame)
    else resolve(times.slice(1))
  }
  requestAnimationFrame(frame)
})`

function said(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b)
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  const at = (share: number): string => `${sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1)} ms`
  process.stdout.write(
    `${what}: ${(1000 / mean).toFixed(1)} frames/s; a frame takes ${at(0.5)} at the median, ${at(0.99)} at the 99th percentile\n`,
  )
}

await using browser = await openChromium()
const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
const started = performance.now()
await page.goto(url)
await page.waitForSelector('.virtual-item a')
process.stdout.write(`first rows after ${Math.round(performance.now() - started)} ms\n`)
await page.waitForTimeout(500)
said('scrolling', await page.evaluate<number[]>(scrolling(false)))
said('leaping', await page.evaluate<number[]>(scrolling(true)))
