/** What a world's rubric says of the world as it stands, where a test has moved it by hand. */
import type { Env, EnvSpec, Task } from '../src/core/index.ts'

export async function successIn<D, E extends Env>(spec: EnvSpec<D, E>, task: Task<D>, env: E): Promise<number | null> {
  const { signal } = new AbortController()
  const sandbox = () => Promise.reject(new Error('none'))
  const verdict = await spec.rubric.success.score({ task, env, steps: [], last: undefined, signal, sandbox })
  return typeof verdict === 'number' ? verdict : verdict.value
}
