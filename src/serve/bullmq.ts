/** Leases in Redis or Valkey by BullMQ, for many machines. The packages are optional: whoever uses this installs them. */
import { createHash } from 'node:crypto'
import { DEAD_MS, type Executor, type Lease } from './executor.ts'

export interface BullmqOptions {
  /** redis://host:port[/database] */
  readonly url: string
  readonly password?: string
  /** Names the queue: workers of one run go by the same. */
  readonly run: string
  /** Leases held at once, by a worker. */
  readonly concurrency: number
}

/** Throws a sentence where the packages are not installed, or the server does not answer. */
export async function bullmqExecutor({ url, run, concurrency, password }: BullmqOptions): Promise<Executor> {
  const { Queue, Worker } = await import('bullmq').catch((cause) => {
    throw new Error('--executor bullmq://… needs two packages of yours: npm install bullmq ioredis', { cause })
  })
  // Forever: a server that is started again is found again.
  const patience = { maxRetriesPerRequest: null, retryStrategy: (times: number) => Math.min(50 * times, 1000) }
  const connection = { url, ...(password && { password }), ...patience }
  const name = `ludus-${run}`
  const queue = new Queue(name, { connection })
  queue.on('error', () => {})
  const workers: { close(force?: boolean): Promise<void> }[] = []
  const again = { attempts: 1_000_000, backoff: { type: 'fixed', delay: DEAD_MS } }
  const options = { removeOnComplete: true, removeOnFail: true, ...again }
  return {
    async submit(ids) {
      const jobs = ids.map((id) => ({ name: 'episode', data: { id }, opts: { ...options, jobId: jobId(id) } }))
      for (let i = 0; i < jobs.length; i += 1000) await queue.addBulk(jobs.slice(i, i + 1000))
    },
    async *take(signal) {
      const ready: Lease[] = []
      let wake = (): void => {}
      const worker = new Worker(
        name,
        (job) =>
          new Promise<void>((resolve, reject) => {
            const later = async (): Promise<void> => reject(new Error('somebody else is at it'))
            ready.push({ id: job.data.id, done: async () => resolve(), later })
            wake()
          }),
        {
          ...{ connection, concurrency, lockDuration: DEAD_MS, maxStalledCount: 1_000_000 },
          stalledInterval: DEAD_MS - 1000,
        },
      )
      worker.on('error', () => {})
      workers.push(worker)
      const stop = (): void => wake()
      signal.addEventListener('abort', stop)
      try {
        while (!signal.aborted) {
          const next = ready.shift()
          if (next) yield next
          else
            await new Promise<void>((resolve) => {
              wake = resolve
            })
        }
      } finally {
        signal.removeEventListener('abort', stop)
        // Without waiting for what is held: its locks run out, and somebody else gets it.
        await worker.close(true)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(workers.map((worker) => worker.close(true)))
      await queue.close().catch(() => {})
    },
  }
}

/** BullMQ takes no colons in an id of ours, and ids of tasks may hold anything. */
const jobId = (id: string): string => createHash('sha1').update(id).digest('hex')
