/** A trajectory in parts: what can be shown of all of it at once, and the bodies that come when they are looked at. */
import {
  type AssistantMessage,
  type Call,
  callsOf,
  type Message,
  type Step,
  type Trajectory,
} from '../../core/index.ts'
import type { CallOutline, StepBody, StepOutline, TrajectoryHead } from './wire.ts'

const PREVIEW = 160

export function headOf(trajectory: Trajectory): Omit<TrajectoryHead, 'commands' | 'group'> {
  const { version: _, steps, trailing, branches, final, ...rest } = trajectory
  return {
    ...rest,
    steps: outlinesOf(steps, final),
    trailing: trailing.map(callOutline),
    branches: branches.map(({ from, steps, trailing, branches }) => ({
      ...{ from, steps: steps.length },
      calls: callsOf({ steps, trailing }).length + branches.length,
    })),
    final: final ?? null,
  }
}

/** Whether a tool failed stands in what was seen after the step. */
export function outlinesOf(steps: readonly Step[], final: Trajectory['final']): StepOutline[] {
  return steps.map((step, i) => {
    const { observation, calls, action, reward } = step
    const seen = (steps[i + 1]?.observation ?? final)?.messages ?? []
    return {
      ...{ preview: previewOf(action), reward, calls: calls.map(callOutline) },
      characters: charactersOf(observation.messages) + charactersOf([action]),
      error: seen.some((message) => message.role === 'tool' && message.isError === true),
    }
  })
}

/** As much as is asked for; every request is left behind. */
export function stepBodies({ steps }: Trajectory, from: number, to: number): StepBody[] {
  return steps.slice(from, to).map((step, i) => ({
    ...step,
    step: from + i,
    calls: step.calls.map((call) => ({ ...callOutline(call), completion: withoutTokens(call) })),
  }))
}

/** The tokens have a layer of their own. */
function withoutTokens({ completion }: Call): Call['completion'] {
  const { tokens: _, ...rest } = completion
  return rest
}

export function callOutline({ role, model, timeMs, completion }: Call): CallOutline {
  const { usage, costUsd, policyVersion, tokens } = completion
  return {
    ...{ role, model, timeMs },
    promptTokens: usage?.promptTokens ?? null,
    completionTokens: usage?.completionTokens ?? null,
    costUsd: costUsd ?? null,
    policyVersion: policyVersion ?? null,
    captured: tokens ? tokens.completion.length : null,
  }
}

function previewOf({ content, calls = [] }: AssistantMessage): string {
  const named = calls.map(({ name, arguments: given }) => `${name}(${JSON.stringify(given)})`)
  return [content, ...named].filter(Boolean).join(' ').slice(0, PREVIEW)
}

/** Of text; an image counts as a few lines. */
function charactersOf(messages: readonly Message[]): number {
  let count = 0
  for (const message of messages) {
    if (typeof message.content === 'string') count += message.content.length
    else for (const part of message.content) count += part.type === 'text' ? part.text.length : 1000
    if (message.role === 'assistant')
      count += (message.thinking?.length ?? 0) + JSON.stringify(message.calls ?? []).length
  }
  return count
}
