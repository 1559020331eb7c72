/** Runs compiled graphs on onnxruntime. Blocks the thread it is called on: call it on a worker's. */
import * as ort from 'onnxruntime-node'

export interface Feed {
  readonly data: Float32Array | BigInt64Array | Int8Array
  readonly dims: readonly number[]
}

export interface Session {
  /** Feeds are read in place; outputs are fresh arrays. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Float32Array>>
  release(): Promise<void>
}

export async function openSession(model: Uint8Array, threads: number): Promise<Session> {
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Shapes change from run to run, and a plan made for one of them does not serve the next.
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Threads that spin while they wait take the cores that the worlds need.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  return {
    async run(feeds) {
      const tensors = Object.entries(feeds).map(([name, { data, dims }]) => [name, tensor(data, dims)])
      const results = await session.run(Object.fromEntries(tensors))
      return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, value.data as Float32Array]))
    },
    release: () => session.release(),
  }
}

function tensor(data: Feed['data'], dims: readonly number[]): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims)
  return data instanceof Int8Array ? new ort.Tensor('int8', data, dims) : new ort.Tensor('int64', data, dims)
}
