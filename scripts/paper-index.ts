/**
 * Writes docs/paper-index.md from the recipes' headers and from what their commands printed, which is kept in
 * docs/figures/<recipe>.json:  bin/ludus.mjs train <recipe> --seeds 5 --json > docs/figures/<recipe>.json
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Comparison } from '../src/data/index.ts'
import { type Pair, type Paper, type Recipe, recipes } from '../src/recipes/index.ts'

const docs = join(import.meta.dirname, '../docs')
export const INDEX_FILE = join(docs, 'paper-index.md')

/** One line of what `train` prints. */
interface Compared extends Comparison, Pair {
  readonly metric: string
}

interface Figures {
  readonly env: string
  readonly comparisons: readonly Compared[]
}

/** What a claim's verdict says of the claim. */
const VERDICTS: Readonly<Record<string, string>> = { gain: 'holds', 'no effect': 'no effect', loss: 'reversed' }

export function paperIndex(read: (recipe: string) => Figures | undefined): string {
  const all = recipes.flatMap((recipe) =>
    recipe.paper ? [{ ...recipe, paper: recipe.paper, figures: read(recipe.name) }] : [],
  )
  return `# Papers, put to the test

Each recipe in \`src/recipes\` is a paper's method as a short composition, measured against a baseline and a control with
the same budget of environment steps. A small transformer born in the run is no large model: what holds here holds at
this scale, and what does not may hold elsewhere. Differences are of success on held-out tasks over paired seeds, with
95 % intervals; the whole of what each command printed is in \`docs/figures\`. This page is written by
\`node scripts/paper-index.ts\`.

| paper | claim | command | our figure | verdict |
| --- | --- | --- | --- | --- |
${all.map(summary).join('\n')}

${all.map(section).join('\n\n')}
`
}

interface Tested extends Recipe {
  readonly paper: Paper
  readonly figures: Figures | undefined
}

const commandOf = ({ name }: Recipe): string => `\`ludus train ${name} --seeds 5\``

/** The claim as the policy samples. */
function summary(recipe: Tested): string {
  const { paper, pairs, figures } = recipe
  const found = figures?.comparisons.find((one) => isOf(one, pairs[0]!) && one.metric === 'success')
  const title = `[${paper.title}](https://arxiv.org/abs/${paper.arxiv})`
  return `| ${[title, paper.claim, commandOf(recipe), figureOf(found), verdictOf(found, 'claim')].join(' | ')} |`
}

/** Everything compared: the claim in every way of acting, the rest as sampled. */
function section(recipe: Tested): string {
  const { name, about, pairs, figures } = recipe
  const rows = (figures?.comparisons ?? []).filter(
    (one) => one.metric === 'success' || (isOf(one, pairs[0]!) && one.metric.startsWith('success')),
  )
  const cells = rows.map((found) => {
    const way = found.metric.replace(/^success(, )?/, '') || 'as sampled'
    const { arm, baseline, kind } = found
    return `| ${[`${kind === 'control' ? 'control: ' : ''}${arm} − ${baseline}`, way, figureOf(found), verdictOf(found, kind)].join(' | ')} |`
  })
  const head = `## ${name}: ${about}`
  if (!figures) return `${head}\n\n${commandOf(recipe)} has not been run yet.`
  const columns = ['| compared | acting | difference of success | verdict |', '| --- | --- | --- | --- |']
  return [head, '', `${commandOf(recipe)}, in \`${figures.env}\``, '', ...columns, ...cells].join('\n')
}

const isOf = (one: Compared, pair: Pair): boolean => one.arm === pair.arm && one.baseline === pair.baseline

function figureOf(found: Compared | undefined): string {
  const { mean, low, high } = found?.delta ?? { mean: null, low: null, high: null }
  if (mean === null || low === null || high === null) return '-'
  const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`
  return `${signed(mean)} [${signed(low)}, ${signed(high)}], ${found!.seeds} seeds`
}

function verdictOf(found: Compared | undefined, kind: Pair['kind']): string {
  if (!found) return 'not run'
  if (kind === 'claim') return VERDICTS[found.verdict] ?? found.verdict
  if (kind === 'control')
    return found.verdict === 'gain'
      ? 'gains: **so much of what is above is not what is claimed**'
      : `${found.verdict}, as it must`
  return found.verdict
}

export function readFigures(recipe: string): Figures | undefined {
  const file = join(docs, 'figures', `${recipe}.json`)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(INDEX_FILE, paperIndex(readFigures))
  process.stdout.write(`wrote ${INDEX_FILE}\n`)
}
