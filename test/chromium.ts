/** A headless Chromium for tests: $CHROMIUM, Debian's, or the one that npm brings. */
import { existsSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { chromium } from 'playwright-core'

async function program(): Promise<string> {
  const named = [process.env['CHROMIUM'], '/usr/bin/chromium'].find((path) => path !== undefined && existsSync(path))
  if (named !== undefined) return named
  const { default: packed } = await import('@sparticuz/chromium')
  return await packed.executablePath()
}

/** Rejects where none can be started. */
export async function openChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: await program(), args: ['--no-sandbox', '--disable-gpu'] })
}
