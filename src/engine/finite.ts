/** NaN and infinities among weights: whatever meets one becomes one, so none is let in, nor saved over what was good. */
import type { Parameters } from './llama.ts'

/** Throws a sentence with the path, the tensor and the number. */
export function checkFinite(tensors: Parameters, path: string): void {
  for (const [name, { data }] of tensors) {
    for (let at = 0; at < data.length; at++) {
      if (!Number.isFinite(data[at]))
        throw new Error(`${path}: '${name}' holds ${data[at]} at place ${at}, which is no weight`)
    }
  }
}
