/** Papers put to the test: what each claims, what its recipe measured of that, and everything it was measured against. */
import './papers.css'
import type { JSX } from 'preact'
import type { PaperLine, PaperPage } from '../../../src/serve/view/wire.ts'
import { api, useGet } from '../api.ts'
import { arxivLink, type Compared, chosen, claimOf, type Look, lookOfVerdict, saidBy } from '../papers.ts'
import { href, type Place, refine } from '../route.ts'
import { Filters, Find } from '../ui/filters.tsx'
import { Difference, IntervalPlot, type Scale, scaleOf } from '../ui/interval-plot.tsx'
import { Copy, Empty, ErrorBox, Loading, Mean, Select } from '../ui/parts.tsx'

export function Papers({ query }: Pick<Place, 'query'>): JSX.Element {
  const { data, error, reload } = useGet<PaperPage>(api(['papers']))
  const { find = '', verdict = '' } = query
  if (error !== undefined && !data) return <ErrorBox error={error} retry={reload} />
  if (!data) return <Loading />
  const shown = chosen(data.papers, find, verdict)
  const scale = scaleOf(data.papers.flatMap((paper) => claimOf(paper)?.delta ?? []))
  const verdicts = [...new Set(data.papers.map((paper) => paper.verdict))]
  return (
    <>
      <h1>Papers, put to the test</h1>
      <p class="quiet lead">
        Each recipe is a paper's method as a short composition, measured against a baseline and a control with the same
        budget, over paired seeds. Differences are of success on held-out tasks, with 95 % intervals. A small
        transformer is no large model: what holds here holds at this scale.
      </p>
      <Filters>
        <Find name="find" placeholder="title, claim, recipe …" />
        <Select
          label="verdict"
          value={verdict}
          options={[['', 'any'], ...verdicts.map((one): [string, string] => [one, one])]}
          onChange={(one) => refine({ verdict: one })}
        />
        <span class="quiet">
          {verdicts.map((one) => `${data.papers.filter((paper) => paper.verdict === one).length} ${one}`).join(', ')}
        </span>
      </Filters>
      {shown.map((paper) => (
        <Paper key={paper.recipe} paper={paper} scale={scale} open={query['paper'] === paper.recipe} />
      ))}
      {shown.length === 0 && <Empty title="No paper is like that.">Loosen the filters above.</Empty>}
    </>
  )
}

const Verdict = ({ of: { mark, look }, text }: { readonly of: Look; readonly text: string }): JSX.Element => (
  <span class={`paper-verdict ${look}`}>
    <span aria-hidden="true">{mark}</span> {text}
  </span>
)

interface PaperProps {
  readonly paper: PaperLine
  readonly scale: Scale
  readonly open: boolean
}

function Paper({ paper, scale, open }: PaperProps): JSX.Element {
  const { title, arxiv, claim, verdict, recipe, command, runs } = paper
  const found = claimOf(paper)
  const link = arxivLink(arxiv)
  return (
    <article class="paper">
      <div class="paper-claim">
        <h2>{title}</h2>
        <p>
          {link === undefined ? (
            <span class="quiet">{arxiv}</span>
          ) : (
            <a href={link} rel="noreferrer noopener" target="_blank">
              arXiv:{arxiv}
            </a>
          )}
        </p>
        <p class="claim">{claim}</p>
      </div>
      <div class="paper-figure">
        <Verdict of={lookOfVerdict(verdict)} text={verdict} />
        {found && <IntervalPlot of={found.delta} scale={scale} />}
        {found && (
          <span>
            <Difference of={found.delta} /> <span class="quiet">{found.seeds} seeds</span>
          </span>
        )}
      </div>
      <div class="paper-more">
        <p class="command">
          <code>{command}</code> <Copy text={command}>copy</Copy>
        </p>
        {runs.length > 0 && (
          <p>
            your runs of it:{' '}
            {runs.map((run) => (
              <a key={run} href={href(['run', run])}>
                {run}{' '}
              </a>
            ))}
          </p>
        )}
        {paper.comparisons.length > 0 && (
          <details
            open={open}
            onToggle={(event) =>
              event.currentTarget.open !== open && refine({ paper: event.currentTarget.open ? recipe : null })
            }
          >
            <summary>
              everything that <strong>{recipe}</strong> compared, in <span class="mono">{paper.env}</span>
            </summary>
            {open && <Comparisons paper={paper} />}
          </details>
        )}
      </div>
    </article>
  )
}

const KINDS: Readonly<Record<Compared['kind'], string>> = {
  claim: 'claim',
  start: 'from its start',
  control: 'control',
}

/** As sampled unless its metric says otherwise. */
const wayOf = ({ metric }: Compared): string => metric.replace(/^success(, )?/, '') || 'as sampled'

function Comparisons({ paper: { about, comparisons, arms } }: { readonly paper: PaperLine }): JSX.Element {
  const ofSuccess = comparisons.filter(({ metric }) => metric.startsWith('success'))
  const scale = scaleOf(ofSuccess.map(({ delta }) => delta))
  return (
    <>
      <p class="quiet">{about}</p>
      <table class="stacks">
        <thead>
          <tr>
            <th>compared</th>
            <th>acting</th>
            <th class="plot">
              <span class="unseen">interval about zero</span>
            </th>
            <th class="number">difference of success</th>
            <th class="number">seeds</th>
            <th>verdict</th>
          </tr>
        </thead>
        <tbody>
          {ofSuccess.map((one) => (
            <Comparison key={`${one.arm} ${one.baseline} ${one.metric}`} of={one} scale={scale} />
          ))}
        </tbody>
      </table>
      <h3>Arms</h3>
      <table class="stacks">
        <thead>
          <tr>
            <th>arm</th>
            <th class="number">success</th>
            <th class="number">return</th>
          </tr>
        </thead>
        <tbody>
          {arms.map(({ name, success, return: paid }) => (
            <tr key={name}>
              <td data-name="arm">{name}</td>
              <td data-name="success" class="number">
                <Mean of={success} digits={3} />
              </td>
              <td data-name="return" class="number">
                <Mean of={paid} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

function Comparison({ of, scale }: { readonly of: Compared; readonly scale: Scale }): JSX.Element {
  const { arm, baseline, kind, delta, seeds } = of
  const said = saidBy(of)
  return (
    <tr class={kind}>
      <td data-name="compared">
        <span>
          <span class="tag">{KINDS[kind]}</span>
          {arm} − {baseline}
        </span>
      </td>
      <td data-name="acting">{wayOf(of)}</td>
      <td data-name="" class="plot">
        <IntervalPlot of={delta} scale={scale} />
      </td>
      <td data-name="difference" class="number">
        <Difference of={delta} />
      </td>
      <td data-name="seeds" class="number">
        {seeds}
      </td>
      <td data-name="verdict">
        <Verdict of={said} text={said.text} />
      </td>
    </tr>
  )
}
