/** The dashboard's server on a port of this machine. */
import { serve } from '@hono/node-server'
import { type ViewOptions, viewApp } from './app.ts'

export interface Serving extends AsyncDisposable {
  readonly url: string
}

/** `port` 0 is any that is free. Rejects with a sentence where it is taken. */
export async function serveView(options: ViewOptions, port: number): Promise<Serving> {
  const view = viewApp(options)
  const hostname = '127.0.0.1'
  const server = serve({ fetch: view.app.fetch, port, hostname })
  const taken = await new Promise<number>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(error.code === 'EADDRINUSE' ? `port ${port} is taken: name another with --port` : error.message),
      ),
    )
    server.once('listening', () => resolve((server.address() as { port: number }).port))
  })
  return {
    url: `http://${hostname}:${taken}/`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      if ('closeAllConnections' in server) server.closeAllConnections()
      await closed
      await view[Symbol.asyncDispose]()
    },
  }
}
