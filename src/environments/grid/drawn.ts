/** Tasks that are drawn, and split by what they have in common: what is tested was not there to learn from. */
import type { Split, Task } from '../../core/index.ts'

/** So many are drawn; those that came before are left out. */
const DRAWN = 600
/** Of the layouts, each so manieth is for testing. */
const TESTED = 4

/** The tasks of a split: those of one layout are all in the same. */
export function* drawn<D>(
  split: Split,
  draw: (number: number) => D,
  layoutOf: (data: D) => string,
): Generator<Task<D>> {
  const layouts = new Map<string, Split>()
  const seen = new Set<string>()
  for (let i = 0; i < DRAWN; i++) {
    const data = draw(i)
    const layout = layoutOf(data)
    const where = layouts.get(layout) ?? (layouts.size % TESTED === TESTED - 1 ? 'test' : 'train')
    layouts.set(layout, where)
    const text = JSON.stringify(data)
    if (where !== split || seen.has(text)) continue
    seen.add(text)
    yield { id: `${i}`, data }
  }
}
