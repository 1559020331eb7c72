/** What `ludus check` found: promises kept, broken and not checked, and the attempts that show why. */
import './certificate.css'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { CertificatePage, RunNow, WorldCertificate } from '../../../src/serve/view/wire.ts'
import { api, useGet } from '../api.ts'
import { byVerdict, count, type Standing, standing } from '../certificate.ts'
import { duration } from '../format.ts'
import { href, type Place, refine } from '../route.ts'
import { Filters, Find } from '../ui/filters.tsx'
import { Empty, ErrorBox, Loading, Select } from '../ui/parts.tsx'
import { RunFrame } from './run-frame.tsx'

interface RunProps extends Pick<Place, 'query'> {
  readonly run: string
}

export const Certificate = ({ run, query }: RunProps): JSX.Element => (
  <RunFrame run={run} view="certificate">
    {(now) => <Body now={now} query={query} />}
  </RunFrame>
)

interface PageProps extends Pick<Place, 'query'> {
  readonly now: RunNow
}

/** While it is being written it is read so often. */
const EVERY_MS = 1000

function Body({ now, query }: PageProps): JSX.Element {
  const [tick, again] = useState(0)
  const { data, error, reload } = useGet<CertificatePage>(api(['runs', now.id, 'certificate']), `${now.state} ${tick}`)
  useEffect(() => {
    if (now.state !== 'running') return
    const timer = setInterval(() => document.hidden || again((count) => count + 1), EVERY_MS)
    return () => clearInterval(timer)
  }, [now.state])
  if (error !== undefined && !data) return <ErrorBox error={error} retry={reload} />
  if (!data) return <Loading />
  const [only, ...others] = data.certificates
  if (!only)
    return (
      <Empty title="No promise has been checked yet.">
        {now.state === 'running'
          ? 'The first shows here when it has been.'
          : 'It ended before the first: run ludus check again.'}
      </Empty>
    )
  const isOne = others.length === 0 && now.env !== 'all'
  return isOne ? <One world={only} now={now} /> : <All page={data} now={now} query={query} />
}

interface WorldProps {
  readonly world: WorldCertificate
  readonly now: RunNow
}

function One({ world, now }: WorldProps): JSX.Element {
  const { env, promises } = world
  return (
    <>
      <p class="standing">
        <Mark of={standing(world, now.state)} /> <span class="mono">{env}</span>
        <span class="quiet"> {counts(promises)}</span>
      </p>
      <Promises world={world} now={now} />
    </>
  )
}

function counts(promises: WorldCertificate['promises']): string {
  const of = (verdict: 'kept' | 'broken' | 'unchecked'): string => `${count(promises, verdict)} ${verdict}`
  return `${promises.length} promises: ${of('kept')}, ${of('broken')}, ${of('unchecked')}`
}

const Mark = ({ of: { mark, text, look } }: { readonly of: Standing }): JSX.Element => (
  <span class={`verdict ${look}`}>
    <span aria-hidden="true">{mark}</span> {text}
  </span>
)

const MARKS = { kept: '✓', broken: '✗', unchecked: '–' } as const

function Promises({ world: { promises }, now }: WorldProps): JSX.Element {
  return (
    <table class="promises">
      <thead>
        <tr>
          <th>verdict</th>
          <th>promise</th>
          <th>figure</th>
        </tr>
      </thead>
      <tbody>
        {byVerdict(promises).map(({ name, verdict, figure, why, evidence = [] }) => (
          <tr key={name} class={verdict}>
            <td>
              <Mark of={{ mark: MARKS[verdict], text: verdict, look: verdict }} />
            </td>
            <td>
              {name}
              {why !== undefined && <p class="why">{why}</p>}
              {evidence.length > 0 && <Evidence run={now.id} ids={evidence} />}
            </td>
            <td class="figure">{figure}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Evidence({ run, ids }: { readonly run: string; readonly ids: readonly string[] }): JSX.Element {
  return (
    <details open>
      <summary>{ids.length === 1 ? 'the trajectory that shows it' : `${ids.length} trajectories that show it`}</summary>
      <ul>
        {ids.map((id) => (
          <li key={id}>
            <a href={href(['run', run, 'trajectory'], { id })}>{id}</a>
          </li>
        ))}
      </ul>
    </details>
  )
}

type Kind = '' | 'broken' | 'certified'

interface AllProps extends PageProps {
  readonly page: CertificatePage
}

/** The whole catalogue: those that broke a promise first, each opens into its promises. */
function All({ page: { certificates, notTried }, now, query }: AllProps): JSX.Element {
  const find = (query['find'] ?? '').toLowerCase()
  const kind = (query['only'] ?? '') as Kind
  const looks = certificates.map((world) => ({ world, is: standing(world, now.state) }))
  const good = looks.filter(({ is }) => is.look === 'kept').length
  const shown = looks
    .filter(
      ({ world, is }) =>
        world.name.toLowerCase().includes(find) && (!kind || (kind === 'certified') === (is.look === 'kept')),
    )
    .sort((a, b) => count(b.world.promises, 'broken') - count(a.world.promises, 'broken'))
  return (
    <>
      <p class="standing">
        {good} of {certificates.length} worlds are certified
        {now.state === 'running' && <span class="quiet"> so far; the catalogue is still being checked</span>}
      </p>
      <Filters>
        <Find name="find" placeholder="world …" />
        <Select<Kind>
          label="only"
          value={kind}
          options={[
            ['', 'all'],
            ['broken', 'not certified'],
            ['certified', 'certified'],
          ]}
          onChange={(only) => refine({ only })}
        />
      </Filters>
      <div class="worlds">
        <div class="world-line quiet" aria-hidden="true">
          <span>world</span>
          <span />
          {(['kept', 'broken', 'unchecked'] as const).map((verdict) => (
            <span class="number" key={verdict}>
              {MARKS[verdict]}
              <span class="wide"> {verdict}</span>
            </span>
          ))}
          <span class="number">time</span>
        </div>
        {shown.map(({ world, is }) => (
          <World key={world.name} world={world} is={is} now={now} open={query['world'] === world.name} />
        ))}
      </div>
      {shown.length === 0 && <Empty title="No world is like that.">Loosen the filters above.</Empty>}
      {notTried.length > 0 && (
        <p class="quiet">Not tried, for they are read from a folder of yours: {notTried.join(', ')}</p>
      )}
    </>
  )
}

interface LineProps extends WorldProps {
  readonly is: Standing
  readonly open: boolean
}

function World({ world, is, now, open }: LineProps): JSX.Element {
  const { name, promises, seconds } = world
  const Count = ({ of }: { readonly of: 'kept' | 'broken' | 'unchecked' }): JSX.Element => {
    const found = count(promises, of)
    return (
      <span class={`number ${of === 'broken' && found > 0 ? 'bad' : ''}`}>
        {found}
        <span class="unseen"> {of}</span>
      </span>
    )
  }
  return (
    <details
      class="world"
      open={open}
      onToggle={(event) => event.currentTarget.open !== open && refine({ world: open ? null : name })}
    >
      <summary class="world-line">
        <span>{name}</span>
        <Mark of={is} />
        <Count of="kept" />
        <Count of="broken" />
        <Count of="unchecked" />
        <span class="number">{duration(seconds)}</span>
      </summary>
      {open && <Promises world={world} now={now} />}
    </details>
  )
}
