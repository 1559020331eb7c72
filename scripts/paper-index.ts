/**
 * Writes docs/paper-index.md from the recipes' headers and from what their commands printed, which is kept in
 * docs/figures/<recipe>.json:  bin/ludus.mjs train <recipe> --seeds 5 --json > docs/figures/<recipe>.json
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readFigures } from '../src/cli/figures.ts'
import { type Compared, claimOf, claimVerdict, isOf, type PaperEntry, paperIndex } from '../src/recipes/index.ts'

export const INDEX_FILE = join(import.meta.dirname, '../docs/paper-index.md')

export function paperPage(entries: readonly PaperEntry[]): string {
  return `# Papers, put to the test

Each recipe in \`src/recipes\` is a paper's method as a short composition, measured against a baseline and a control with
the same budget of environment steps. A small transformer born in the run is no large model: what holds here holds at
this scale, and what does not may hold elsewhere. Differences are of success on held-out tasks over paired seeds, with
95 % intervals; the whole of what each command printed is in \`docs/figures\`. This page is written by
\`node scripts/paper-index.ts\`.

| paper | claim | command | our figure | verdict |
| --- | --- | --- | --- | --- |
${entries.map(summary).join('\n')}

${entries.map(section).join('\n\n')}
`
}

/** The claim as the policy samples. */
function summary(entry: PaperEntry): string {
  const title = `[${entry.title}](https://arxiv.org/abs/${entry.arxiv})`
  return `| ${[title, entry.claim, `\`${entry.command}\``, figureOf(claimOf(entry)), entry.verdict].join(' | ')} |`
}

/** Everything compared: the claim in every way of acting, the rest as sampled. */
function section({ recipe, about, pair, comparisons, command, env }: PaperEntry): string {
  const rows = comparisons.filter(
    (one) => one.metric === 'success' || (isOf(one, pair) && one.metric.startsWith('success')),
  )
  const cells = rows.map((found) => {
    const way = found.metric.replace(/^success(, )?/, '') || 'as sampled'
    const { arm, baseline, kind } = found
    return `| ${[`${kind === 'control' ? 'control: ' : ''}${arm} − ${baseline}`, way, figureOf(found), verdictOf(found)].join(' | ')} |`
  })
  const head = `## ${recipe}: ${about}`
  if (env === undefined) return `${head}\n\n\`${command}\` has not been run yet.`
  const columns = ['| compared | acting | difference of success | verdict |', '| --- | --- | --- | --- |']
  return [head, '', `\`${command}\`, in \`${env}\``, '', ...columns, ...cells].join('\n')
}

function figureOf(found: Compared | undefined): string {
  const { mean, low, high } = found?.delta ?? { mean: null, low: null, high: null }
  if (mean === null || low === null || high === null) return '-'
  const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`
  return `${signed(mean)} [${signed(low)}, ${signed(high)}], ${found!.seeds} seeds`
}

function verdictOf(found: Compared): string {
  const { kind, verdict } = found
  if (kind === 'claim') return claimVerdict(found)
  if (kind === 'start') return verdict
  return verdict === 'gain' ? 'gains: **so much of what is above is not what is claimed**' : `${verdict}, as it must`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(INDEX_FILE, paperPage(paperIndex(readFigures)))
  process.stdout.write(`wrote ${INDEX_FILE}\n`)
}
