/** The dashboard's server on a port of this machine. */
import { serve } from '@hono/node-server'
import { type ViewOptions, viewApp } from './app.ts'

export interface Serving extends AsyncDisposable {
  readonly url: string
}

export interface ServeOptions {
  /** 0 is any that is free. */
  readonly port: number
  /** The run that is going to be looked at: it is read while the browser starts. */
  readonly run?: string | undefined
}

/** Rejects with a sentence where the port is taken. */
export async function serveView(options: ViewOptions, { port, run }: ServeOptions): Promise<Serving> {
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
  setImmediate(() => {
    try {
      if (run !== undefined) view.runs.line(run)
    } catch {
      // Whoever asks for it is told what is wrong with it.
    }
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
