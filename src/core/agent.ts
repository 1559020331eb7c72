/** An agent plays; the kernel records. */
import type { StepResult } from './env.ts'
import type { AssistantMessage, Message, Observation } from './message.ts'
import type { Model } from './model.ts'

/** A live, recorded episode. What does not go through it did not happen. */
export interface Episode {
  /** What the world showed last. */
  readonly observation: Observation
  /** Everything observed and done so far, in order. */
  readonly history: readonly Message[]
  /** True when the world has ended or a limit on steps or calls is reached: stop playing. */
  readonly done: boolean
  readonly signal: AbortSignal
  /** The model in a seat; without a name, the 'policy'. Its calls are counted, limited and recorded. */
  model(role?: string): Model
  step(action: AssistantMessage): Promise<StepResult>
  /** Where the world can: a copy to explore in. Play the chosen moves on the original; the copy stays on the record. */
  fork?(): Promise<Episode>
}

export interface Agent {
  readonly id: string
  play(episode: Episode): Promise<void>
}
