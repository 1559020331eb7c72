/** The world as it looked before each step and at the end, to be played like a film. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Pictures, TrajectoryHead } from '../../../../src/serve/view/wire.ts'
import { type Action, Button, useActions } from '../../actions.tsx'
import { addressOfFile, api, useGet } from '../../api.ts'
import { signed } from '../../format.ts'
import { refine } from '../../route.ts'
import { Empty, ErrorBox, Loading, Select } from '../../ui/parts.tsx'
import { useBodies } from './bodies.ts'
import { Answer } from './message.tsx'
import { stepAddress } from './step.tsx'

interface PictureProps {
  readonly run: string
  readonly head: TrajectoryHead
  /** Steps taken so far: 0 is the opening. */
  readonly at: number
}

export function Picture({ run, head, at }: PictureProps): JSX.Element {
  const { data, error, reload } = useGet<Pictures>(api(['runs', run, 'pictures'], { id: head.id }))
  if (error !== undefined && !data) return <ErrorBox error={error} retry={reload} />
  if (!data)
    return (
      <>
        <Loading />
        <p class="quiet">The episode is played once more in its world.</p>
      </>
    )
  if ('none' in data)
    return (
      <Empty title="There is no picture of it.">
        {data.none}. <a href={stepAddress(0)}>Its steps</a> say what was seen.
      </Empty>
    )
  return <Film run={run} head={head} pictures={data} at={Math.min(at, data.count - 1)} />
}

type Drawn = Exclude<Pictures, { none: string }>
const SPEEDS = [
  ['1', '1 a second'],
  ['3', '3 a second'],
  ['10', '10 a second'],
] as const

function Film({ run, head, pictures, at }: PictureProps & { readonly pictures: Drawn }): JSX.Element {
  const { count, same } = pictures
  const [speed, setSpeed] = useState<(typeof SPEEDS)[number][0]>('3')
  const [playing, setPlaying] = useState(false)
  const goTo = (step: number): void => refine({ step: Math.max(0, Math.min(count - 1, step)) })
  const isLast = at >= count - 1
  useEffect(() => {
    if (!playing) return
    if (isLast) {
      setPlaying(false)
      return
    }
    const timer = setTimeout(() => goTo(at + 1), 1000 / Number(speed))
    return () => clearTimeout(timer)
  }, [playing, at, speed, isLast])
  const ways = controls({ at, isLast, playing }, { goTo, setPlaying })
  useActions(ways)
  const file = (step: number): string => addressOfFile(api(['runs', run, 'picture'], { id: head.id, step }))
  return (
    <section class="film" aria-label="The world as a picture">
      <div class="bar">
        {ways.map((way) => (
          <Button key={way.id} action={way} class="small" />
        ))}
        <input
          type="range"
          min={0}
          max={count - 1}
          value={at}
          aria-label="Steps taken"
          onInput={(event) => goTo(Number(event.currentTarget.value))}
        />
        <span class="number">
          {at} of {count - 1}
        </span>
        <Select label="speed" value={speed} options={SPEEDS} onChange={setSpeed} />
      </div>
      {same[at] === false && (
        <p class="token-break">
          <strong>Not what was recorded.</strong> Played once more, the world shows something else here than it did
          then.
        </p>
      )}
      <div class="film-scene">
        <img src={file(at)} alt={`the world after ${at} steps`} />
        <Beside run={run} head={head} at={at} />
      </div>
      {!isLast && <img src={file(at + 1)} alt="" hidden />}
    </section>
  )
}

interface Hands {
  goTo(step: number): void
  setPlaying(playing: boolean): void
}

function controls(
  { at, isLast, playing }: { at: number; isLast: boolean; playing: boolean },
  { goTo, setPlaying }: Hands,
): Action[] {
  const go = (step: number) => () => {
    setPlaying(false)
    goTo(step)
  }
  return [
    {
      id: 'play',
      title: playing ? 'Stop' : 'Play',
      key: ' ',
      run() {
        if (isLast && !playing) goTo(0)
        setPlaying(!playing)
      },
    },
    { id: 'back', title: 'Step back', key: 'ArrowLeft', not: at === 0 && 'this is the opening', run: go(at - 1) },
    { id: 'forward', title: 'Step forward', key: 'ArrowRight', not: isLast && 'this is the end', run: go(at + 1) },
  ]
}

/** What was done to get here, and what it paid. */
function Beside({ run, head, at }: PictureProps): JSX.Element {
  const bodies = useBodies(run, head)
  useEffect(() => {
    if (at > 0) bodies.load(at - 1, Math.min(head.steps.length, at + 1))
  }, [at])
  const outline = head.steps[at - 1]
  const action = bodies.body(at - 1)?.action
  if (!outline) return <p class="quiet film-action">The opening: nothing is done yet.</p>
  return (
    <div class="film-action">
      <h3>
        <a href={stepAddress(at - 1)}>Step {at - 1}</a> led here
        {outline.reward !== 0 && <span class="quiet number"> reward {signed(outline.reward, 2)}</span>}
      </h3>
      {action ? <Answer message={action} /> : <p class="quiet">{outline.preview}</p>}
    </div>
  )
}
