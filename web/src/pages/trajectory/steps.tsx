/** A trajectory step by step: only what is in view is there, a strip above shows where one is. */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { StepOutline, TrajectoryHead } from '../../../../src/serve/view/wire.ts'
import { useActions } from '../../actions.tsx'
import { refine } from '../../route.ts'
import { Empty, ErrorBox } from '../../ui/parts.tsx'
import { Virtual } from '../../ui/virtual.tsx'
import { useBodies } from './bodies.ts'
import { Ending } from './ending.tsx'
import { firstCalls, seatsOf } from './seats.ts'
import { StepView } from './step.tsx'
import { Strip } from './strip.tsx'

interface StepsProps {
  readonly run: string
  readonly head: TrajectoryHead
  /** The step that the address names. */
  readonly at: number | undefined
}

/** A guess of a step's height, in px, before it is measured. */
const heightOf = ({ characters, calls }: StepOutline): number =>
  90 + 60 * calls.length + 18 * Math.min(90, characters / 100)

/** Every step shows so much at most before more is asked for. */
export function Steps({ run, head, at }: StepsProps): JSX.Element {
  const { steps } = head
  const bodies = useBodies(run, head)
  const view = useRef({ from: 0, to: 1 })
  const [seats, firsts] = [seatsOf(head), firstCalls(head)]
  const goTo = (step: number): void => refine({ step: Math.min(steps.length - 1, Math.max(0, step)) })
  useWays(steps, () => nearest(at, view.current), goTo)
  useEffect(() => {
    if (at !== undefined) bodies.load(Math.max(0, at - 1), at + 1)
  }, [at])
  return (
    <>
      {steps.length === 0 ? (
        <Empty title="There is no step: the episode ended before its first.">
          {head.trailing.length > 0 ? 'The calls that led to none stand below.' : 'What ended it stands above.'}
        </Empty>
      ) : (
        <Strip steps={steps} at={at} onGo={goTo} />
      )}
      {bodies.error !== undefined && (
        <ErrorBox error={bodies.error} retry={() => bodies.load(view.current.from, view.current.to)} />
      )}
      <Virtual
        key={head.id}
        count={steps.length}
        height={(i) => heightOf(steps[i]!)}
        focus={at}
        role="list"
        itemRole="listitem"
        label="Steps"
        onView={(from, to) => {
          view.current = { from, to }
          // One more, for what answers the action of the step before.
          bodies.load(Math.max(0, from - 1), to)
        }}
      >
        {(step) => (
          <StepView
            {...{ step, seats, outline: steps[step]!, body: bodies.body(step) }}
            before={bodies.body(step - 1)?.action}
            firstCall={firsts[step]!}
            isHere={step === at}
          />
        )}
      </Virtual>
      <Ending run={run} head={head} last={bodies.body(steps.length - 1)?.action} />
    </>
  )
}

/** Where the reader is: at the step the address names while that is in view, else at the first that is. */
const nearest = (at: number | undefined, { from, to }: { readonly from: number; readonly to: number }): number =>
  at !== undefined && at >= from && at < to ? at : from - 1

function useWays(steps: readonly StepOutline[], here: () => number, goTo: (step: number) => void): void {
  const isNotable = ({ reward, error }: StepOutline): boolean => reward !== 0 || error
  const none = steps.length === 0 && 'there is no step'
  useActions([
    { id: 'next-step', title: 'Next step', key: 'j', not: none, run: () => goTo(here() + 1) },
    { id: 'previous-step', title: 'Previous step', key: 'k', not: none, run: () => goTo(here() - 1) },
    {
      id: 'next-notable',
      title: 'Next step with a reward or an error',
      key: 'r',
      not: !steps.some(isNotable) && 'no step has a reward or an error',
      run() {
        const after = steps.findIndex((step, i) => i > here() && isNotable(step))
        goTo(after < 0 ? steps.findIndex(isNotable) : after)
      },
    },
  ])
}
