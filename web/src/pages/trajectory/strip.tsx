/** All steps at a glance: a mark for each, or for a few where there are many, that leads there. */
import type { JSX } from 'preact'
import type { StepOutline } from '../../../../src/serve/view/wire.ts'

interface StripProps {
  readonly steps: readonly StepOutline[]
  readonly at: number | undefined
  readonly onGo: (step: number) => void
}

/** More would be thinner than a pixel or two on a phone. */
const MARKS = 180

export function Strip({ steps, at, onGo }: StripProps): JSX.Element {
  const marks = marksOf(steps)
  const per = steps.length / marks.length
  const now = Math.min(at ?? 0, steps.length - 1)
  const onKey = (event: KeyboardEvent): void => {
    const to = KEYS[event.key]?.(now, steps.length - 1)
    if (to === undefined) return
    event.preventDefault()
    onGo(to)
  }
  return (
    <div class="strip-box">
      <div
        class="strip"
        role="slider"
        tabIndex={0}
        aria-label="Step"
        aria-valuemin={0}
        aria-valuemax={steps.length - 1}
        aria-valuenow={now}
        aria-valuetext={`step ${now}: ${nameOf(steps[now]!)}`}
        onKeyDown={onKey}
        onClick={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect()
          onGo(Math.floor(((event.clientX - left) / width) * steps.length))
        }}
      >
        {marks.map((kind, i) => (
          <span
            key={i}
            class={`strip-mark ${kind} ${at !== undefined && Math.floor(at / per) === i ? 'here' : ''}`}
            title={per > 1 ? `from step ${Math.ceil(i * per)}` : `step ${i}: ${nameOf(steps[i]!)}`}
          />
        ))}
      </div>
    </div>
  )
}

const KEYS: Readonly<Record<string, (now: number, last: number) => number>> = {
  ArrowRight: (now, last) => Math.min(last, now + 1),
  ArrowLeft: (now) => Math.max(0, now - 1),
  PageDown: (now, last) => Math.min(last, now + 10),
  PageUp: (now) => Math.max(0, now - 10),
  Home: () => 0,
  End: (_, last) => last,
}

type Kind = 'failed' | 'plus' | 'minus' | ''
const ORDER: readonly Kind[] = ['failed', 'plus', 'minus', '']

const kindOf = ({ reward, error }: StepOutline): Kind =>
  error ? 'failed' : reward > 0 ? 'plus' : reward < 0 ? 'minus' : ''

const nameOf = (step: StepOutline): string => {
  const kind = kindOf(step)
  return kind === 'failed' ? 'a tool failed' : kind === '' ? 'no reward' : `reward ${step.reward}`
}

/** Of several steps the one most worth a look. */
export function marksOf(steps: readonly StepOutline[]): Kind[] {
  const count = Math.min(MARKS, steps.length)
  return Array.from({ length: count }, (_, i) => {
    const from = Math.ceil((i * steps.length) / count)
    const kinds = steps.slice(from, Math.max(from + 1, Math.ceil(((i + 1) * steps.length) / count))).map(kindOf)
    return ORDER.find((kind) => kinds.includes(kind)) ?? ''
  })
}
