/** A run at a glance, and live while it goes on: how far it is, how it goes, what it learned, and what went wrong. */
import type { JSX } from 'preact'
import type { RunNow } from '../../../src/serve/view/wire.ts'
import type { Live } from '../live.ts'
import type { Place } from '../route.ts'
import { Copy } from '../ui/parts.tsx'
import './overview.css'
import { LearningCurves } from './learning-curves.tsx'
import { Batches, Distributions, Failures, Outcomes, Rewards, Slowest, Stops } from './overview-parts.tsx'
import { Figures, Progress } from './overview-progress.tsx'
import { RunFrame } from './run-frame.tsx'
import { Printed, RunResult, Settings } from './run-result.tsx'

interface OverviewProps extends Pick<Place, 'query'> {
  readonly run: string
}

export function Overview({ run, query }: OverviewProps): JSX.Element {
  return (
    <RunFrame run={run} view="">
      {(now, live) => <Body now={now} live={live} query={query} />}
    </RunFrame>
  )
}

interface BodyProps extends Pick<Place, 'query'> {
  readonly now: RunNow
  readonly live: Live
}

function Body({ now, live, query }: BodyProps): JSX.Element {
  const isPlayed = now.totals.trajectories > 0
  return (
    <div class="overview">
      <WhatNow now={now} />
      {now.live && <Progress now={now} live={now.live} />}
      <Figures now={now} measurements={live.measurements} />
      <LearningCurves measurements={live.measurements} query={query} />
      <RunResult result={now.result} />
      {isPlayed && (
        <>
          <div class="masonry">
            <Outcomes now={now} />
            <Stops now={now} />
            <Rewards now={now} />
            <Failures now={now} />
            <Slowest now={now} />
          </div>
          <Distributions now={now} />
          <Batches now={now} />
        </>
      )}
      <Settings now={now} />
      <Printed result={now.result} />
    </div>
  )
}

/** What to do about a run that did not come to its end. */
function WhatNow({ now }: { readonly now: RunNow }): JSX.Element | null {
  const { state, resume, command, live, totals } = now
  const said = sentence(now)
  if (said === undefined) return null
  return (
    <div class={`notice ${state}`} role="note">
      <p>{said}</p>
      {resume !== null && (
        <p class="command">
          Go on with the rest: <code>{resume}</code> <Copy text={resume}>copy</Copy>
        </p>
      )}
      {resume === null && state === 'interrupted' && (
        <p>
          A run of <code>ludus {command}</code> cannot be resumed: begin it anew.
        </p>
      )}
      {state === 'running' && !live && totals.trajectories === 0 && <p class="quiet">Nothing has been played yet.</p>}
    </div>
  )
}

function sentence({ state, live, result }: RunNow): string | undefined {
  if (state === 'interrupted')
    return 'The process that worked on this run ended before the run did. Whatever was finished is kept.'
  if (state === 'failed') return `This run failed${reason(result)}. Whatever was finished is kept.`
  if (state === 'cancelled') return 'This run was cancelled. Whatever was finished is kept.'
  if (state === 'running' && !live) return 'A process works on this run, and does not say how far it is.'
  return undefined
}

/** What the command said of its failure, where it left that. */
function reason(result: unknown): string {
  if (typeof result !== 'object' || result === null || !('error' in result)) return ''
  return typeof result.error === 'string' ? `: ${result.error}` : ''
}
