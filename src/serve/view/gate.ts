/**
 * Who may ask: the page that this server gave out, and nobody else. Names of other hosts are refused (a page elsewhere
 * could point its own name at this machine), so are requests that another site makes, and paths that are no run's.
 */
import type { MiddlewareHandler } from 'hono'

/** No script but the page's own file, nothing loaded from elsewhere, no frame around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i

export const gate: MiddlewareHandler = async (context, next) => {
  const { req } = context
  const refusal = refused(req.method, (name) => req.header(name))
  if (refusal !== undefined) return context.json({ error: refusal }, 403, HEADERS)
  await next()
  for (const [name, value] of Object.entries(HEADERS))
    if (!context.res.headers.has(name)) context.res.headers.set(name, value)
  return
}

/** Why a request is not answered; undefined where it is. */
function refused(method: string, header: (name: string) => string | undefined): string | undefined {
  const host = header('host') ?? ''
  if (!LOOPBACK.test(host)) return `this server answers to localhost, not to '${host}'`
  const site = header('sec-fetch-site')
  const followed = header('sec-fetch-mode') === 'navigate' && method === 'GET'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !followed)
    return `this server answers its own page, not one that is ${site}`
  const origin = header('origin')
  if (origin !== undefined && origin !== `http://${host}`) return `this server answers its own page, not '${origin}'`
  if (method === 'GET' || method === 'HEAD') return undefined
  return header('content-type')?.split(';')[0] === 'application/json'
    ? undefined
    : 'what changes something is asked for with content-type: application/json'
}
