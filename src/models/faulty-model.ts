/** A model that fails as often as it is told to: for whoever wants to see what becomes of a run when its models do. */
import { drawFaults, type FaultOptions, type Model, ModelError, type ModelErrorCode, orAbort } from '../core/index.ts'
import { pause } from './deadline.ts'

/**
 * A code: the call is refused with it, and the model not asked. 'drop': no answer comes, ever; only a signal ends the
 * wait. 'delay': the answer comes late. 'lose': the model is asked, and its answer lost on the way.
 */
export type ModelFault = Exclude<ModelErrorCode, 'exhausted'> | 'drop' | 'delay' | 'lose'

export interface FaultyModelOptions extends FaultOptions<ModelFault> {
  /** How late, 1,000 unless given. */
  readonly delayMs?: number
}

/** Stand it behind withRetry to see what that gets through. Throws on rates that are no probabilities. */
export function faultyModel(model: Model, options: FaultyModelOptions): Model {
  const next = drawFaults(options)
  const { delayMs = 1000 } = options
  return {
    id: model.id,
    async complete(request, given = {}) {
      const { signal } = given
      const fault = next()
      if (fault === 'drop') await (signal ? orAbort(never, signal) : never)
      if (fault === 'delay') await pause(delayMs, signal)
      if (fault === undefined || fault === 'delay') return model.complete(request, given)
      if (fault !== 'lose') throw new ModelError(fault as ModelErrorCode, `${model.id} met the fault '${fault}'`)
      await model.complete(request, given)
      throw new ModelError('connection', `the answer of ${model.id} was lost on the way`)
    },
  }
}

const never = new Promise<never>(() => {})
