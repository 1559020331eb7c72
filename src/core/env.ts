/** A live world, used for one episode and then closed. An action is a message: there is no action-space type. */
import type { AssistantMessage, Json, Observation } from './message.ts'
import type { Model } from './model.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'

export interface StepResult {
  readonly observation: Observation
  /** Absent is 0. */
  readonly reward?: number
  /** 'terminated': the world says it is over. 'truncated': it was cut short. */
  readonly end?: 'terminated' | 'truncated'
  readonly info?: Readonly<Record<string, Json>>
}

export interface Env {
  reset(): Promise<Observation> | Observation
  /** Any message is an action: nonsense is answered with an observation, not with an exception. */
  step(action: AssistantMessage): Promise<StepResult> | StepResult
  /** A second world in the same state; neither sees the other afterwards. */
  fork?(): Promise<Env> | Env
  /** What the world is like now, as data: for whoever looks on, not for the agent. */
  data?(): Json
  /** The same as a picture, an SVG document. */
  picture?(): string
  close?(): Promise<void> | void
}

/** What an episode may ask of the machine it runs on. Handed in, never imported. */
export interface Host {
  /** The world's seed: the same for all attempts at one task, so that a group starts in one state. */
  readonly seed: number
  readonly signal: AbortSignal
  sandbox(spec: SandboxSpec): Promise<Sandbox>
  /** A model that plays a part inside the world: a user, an opponent, a judge. */
  model(role: string): Model
}
