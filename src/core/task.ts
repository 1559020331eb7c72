/** One thing to be done. */

/** `data` holds what env and rewards need, gold included; the agent is never handed a Task. */
export interface Task<D = unknown> {
  readonly id: string
  readonly data: D
}

export type Split = 'train' | 'test'
