/** The worlds of the workloads: so many looks at things, then a word. What is seen follows from the seed and the look. */
import { defineEnv, type Env, type EnvSpec, type Observation, seedOf, system, user } from '../../src/core/index.ts'

const LOOK = {
  name: 'look',
  description: 'Look at the thing of this number.',
  parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
}

/** An episode is over with the first message that calls nothing; it is a success where that came after `turns` looks. */
export function conversation(turns: number): EnvSpec<number, Env & { readonly looks: number }> {
  return defineEnv<number, Env & { readonly looks: number }>({
    id: `bench-turns:${turns}@1`,
    tasks: () => Array.from({ length: 1_000_000 }, (_, data) => ({ id: `${data}`, data })),
    make({ data }, { seed }) {
      let looks = 0
      const tools = turns > 0 ? { tools: [LOOK] } : {}
      return {
        get looks() {
          return looks
        },
        reset: (): Observation => ({
          messages: [system('Look at what there is, then say what it was.'), user(`This is task ${data}.`)],
          ...tools,
        }),
        step({ calls = [] }) {
          if (calls.length === 0) return { observation: { messages: [] }, end: 'terminated' }
          looks += calls.length
          const seen = seedOf(seed, looks)
          const messages = calls.map(({ id }) => ({
            ...{ role: 'tool' as const, callId: id },
            content: `Thing ${looks}: ${`it has the number ${seen}, and nothing else is to be said of it; `.repeat(3)}`,
          }))
          return { observation: { messages, ...tools } }
        },
      }
    },
    rubric: { success: { weight: 1, score: ({ env }) => (env.looks === turns ? 1 : 0) } },
  })
}

// biome-ignore lint/style/noDefaultExport: the world of a file is its default export
export default conversation(10)
