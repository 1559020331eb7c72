/** What the dashboard and its server say to each other: plain JSON. The page knows these types of Ludus and no others. */
import type { Call, Certificate, Observation, Step, Trajectory } from '../../core/index.ts'
import type {
  Histogram,
  HistogramColumn,
  Interval,
  Measurement,
  RewardTotals,
  Row,
  Solved,
  TaskRow,
  Totals,
} from '../../data/index.ts'

export type {
  AssistantMessage,
  Call,
  Certificate,
  Failure,
  Json,
  Message,
  Observation,
  Part,
  Reward,
  Step,
  ToolSpec,
} from '../../core/index.ts'
export type {
  BatchTotals,
  Facets,
  Histogram,
  Interval,
  Measurement,
  RewardTotals,
  Row,
  SearchHit,
  SearchResult,
  Solved,
  TaskRow,
  Totals,
} from '../../data/index.ts'

export type RunState = 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted'

/** A run in the list of runs. */
export interface RunLine {
  readonly id: string
  readonly command: string
  readonly env: string
  /** '' where the command names none. */
  readonly model: string
  readonly agent: string
  readonly state: RunState
  /** ISO 8601. */
  readonly started: string
  readonly seconds: number | null
  readonly trajectories: number
  readonly success: Interval
  readonly return: Interval
  /** null where a call did not say. */
  readonly costUsd: number | null
  readonly broken: number
  readonly tags: readonly string[]
  /** What is wrong with the folder, where it cannot be read. */
  readonly error?: string
}

export interface Runs {
  /** The folder they lie in. */
  readonly folder: string
  readonly runs: readonly RunLine[]
}

/** What a live run says of itself through its socket. */
export interface LiveStatus {
  readonly state: 'running' | 'paused' | 'cancelling'
  readonly unit: 'episodes' | 'environment steps'
  readonly done: number
  readonly total: number
  readonly inFlight: number
  readonly concurrency: number
  readonly seconds: number
  readonly budgets: readonly {
    readonly scope: string
    readonly capUsd?: number
    readonly spentUsd: number
    readonly capTokens?: number
    readonly spentTokens: number
  }[]
}

/** What the page may tell a live run. */
export type Order =
  | { readonly do: 'pause' | 'resume' | 'cancel' }
  | { readonly do: 'concurrency' | 'budget'; readonly to: number }

/** All that a run's own page shows and that changes while it runs. */
export interface RunNow extends RunLine {
  /** Changes when the run's trajectories did. */
  readonly stamp: string
  readonly path: string
  readonly settings: Readonly<Record<string, unknown>>
  /** What the command printed at its end. */
  readonly result: unknown
  /** null where no process can be spoken to. */
  readonly live: LiveStatus | null
  /** Trajectories of the last seconds, per second; null before there are two looks. */
  readonly rate: number | null
  /** Tokens that models read and wrote, likewise. */
  readonly tokenRate: number | null
  readonly totals: Totals
  readonly rewards: readonly RewardTotals[]
  readonly failures: readonly {
    readonly boundary: string
    readonly message: string
    readonly count: number
    readonly id: string
  }[]
  readonly slowest: readonly Row[]
  readonly resume: string | null
}

export interface Measurements {
  readonly entries: readonly Measurement[]
  /** Where to read on from. */
  readonly end: number
}

/** What server-sent events of a run carry. The event's id is `end`, so that a page that was away misses nothing. */
export interface RunEvent {
  readonly now: RunNow
  readonly measurements: Measurements
}

export interface Rows {
  readonly total: number
  readonly offset: number
  readonly rows: readonly Row[]
}

export interface Tasks {
  readonly total: number
  readonly offset: number
  /** The widest row. */
  readonly attempts: number
  /** How many tasks are always, sometimes, never done. */
  readonly solved: Solved
  readonly tasks: readonly TaskRow[]
}

export type Histograms = Readonly<Record<HistogramColumn, Histogram>>

export interface PassCurve {
  readonly k: number
  readonly passAt: number
  readonly passHat: number
}

/** Attempts at one task, aligned by step. */
export interface Group {
  readonly task: string
  readonly batch: string
  /** There may be more than are set side by side. */
  readonly total: number
  readonly attempts: readonly GroupAttempt[]
}

export interface GroupAttempt {
  readonly row: Row
  /** (return − mean) / standard deviation within the group (Shao et al. 2024 §4.1.2); null without a score. */
  readonly advantage: number | null
  readonly steps: readonly GroupStep[]
}

export interface GroupStep extends Pick<StepOutline, 'preview' | 'reward' | 'error'> {
  /** The same in attempts that did the same up to this step, and in it: what they said and called, not their thoughts. */
  readonly path: number
}

/** A step without its body. */
export interface StepOutline {
  /** The beginning of the action: its text, or its calls as `name(…)`. */
  readonly preview: string
  readonly reward: number
  /** What a call took, in ms, in their order. */
  readonly calls: readonly CallOutline[]
  /** The step's length as JSON, for an estimate of its height. */
  readonly characters: number
  /** Whether the observation says that a tool failed. */
  readonly error: boolean
}

export interface CallOutline {
  readonly role: string
  readonly model: string
  readonly timeMs: number
  readonly promptTokens: number | null
  readonly completionTokens: number | null
  readonly costUsd: number | null
  readonly policyVersion: number | null
  /** Sampled tokens on record; null where none were captured. */
  readonly captured: number | null
}

/** A trajectory without its bodies. */
export interface TrajectoryHead extends Omit<Trajectory, 'steps' | 'trailing' | 'branches' | 'final' | 'version'> {
  readonly steps: readonly StepOutline[]
  readonly trailing: readonly CallOutline[]
  readonly branches: readonly BranchOutline[]
  /** What the world showed at the end. */
  readonly final: Observation | null
  /** Commands that show it, play it again, and resume its run. */
  readonly commands: readonly { readonly about: string; readonly text: string }[]
  /** Attempts at the same task; the ids of those beside this one in the order of the store. */
  readonly group: {
    readonly task: string
    readonly batch: string
    readonly attempts: number
    readonly previous: string | null
    readonly next: string | null
  }
  /** Bodies are asked for in pieces: the first step of each. A piece is small, unless its one step is large. */
  readonly pieces: readonly number[]
}

/** An attempt forked off and abandoned, with those that were forked off it. */
export interface BranchOutline {
  /** The number of steps of the trunk that it shares. */
  readonly from: number
  readonly steps: number
  readonly calls: number
  /** Prompt and completion; null where a call did not say. */
  readonly tokens: number | null
  readonly costUsd: number | null
  readonly timeMs: number
  /** How it began. */
  readonly preview: string
}

/** A step as the page draws it: requests are left behind, for they repeat what stands above. */
export interface StepBody extends Omit<Step, 'calls'> {
  readonly step: number
  /**
   * Messages at the observation's beginning that stood there in the step before it too, and all the way since that one:
   * they are left out, and so are tools that did not change.
   */
  readonly repeated: { readonly messages: number; readonly tools: boolean; readonly since: number } | null
  readonly calls: readonly (CallOutline & Pick<Call, 'completion'>)[]
}

export interface Steps {
  readonly steps: readonly StepBody[]
}

/** The tokens of one call, column by column: same lengths within prompt and completion. */
export interface CallTokens {
  /** Its number among all calls of the trunk, and the step that it led to; null for a trailing one. */
  readonly call: number
  readonly step: number | null
  readonly role: string
  readonly model: string
  readonly policyVersion: number | null
  /** 'captured' by the sampler; 'rendered' for training from another's text; or why there are none. */
  readonly source: 'captured' | 'rendered' | { readonly none: string }
  /** How many of the prompt's tokens stand in the sequence before it already. */
  readonly shared: number
  /** The prompt does not begin with what the sequence before it ended in, at this place; null where it does. */
  readonly brokenAt: number | null
  readonly prompt: { readonly count: number }
  readonly completion: { readonly count: number }
  /** The sampled token that was least likely: its place among prompt and completion. */
  readonly leastLikely: { readonly place: number; readonly logprob: number } | null
}

export interface TokenOutline {
  readonly calls: readonly CallTokens[]
  /** Whether token texts can be had: the tokenizer is on disk. */
  readonly texts: boolean
  /** The updates that learned from this trajectory. */
  readonly updates: readonly { readonly arm: string; readonly round: number; readonly update: number }[]
  /** The largest there is of each, without its sign; null where none is on record. */
  readonly largest: {
    readonly entropy: number | null
    readonly weight: number | null
    readonly advantage: number | null
  }
  /** Slices are asked for in this length: `from` is a multiple of it. */
  readonly slice: number
}

/** Tokens `from` … of a call's prompt and completion, in that order. */
export interface TokenSlice {
  readonly call: number
  readonly from: number
  readonly ids: readonly number[]
  /** null where no tokenizer is at hand. */
  readonly texts: readonly string[] | null
  /** Of completion tokens; null for context. */
  readonly logprobs: readonly (number | null)[]
  /** nats; null where not known. */
  readonly entropies: readonly (number | null)[]
  /** 1 where the token may be trained. */
  readonly mask: readonly (0 | 1)[]
  /** Summed over the updates that learned from it; null where none did, or for context. */
  readonly weights: readonly (number | null)[]
  readonly advantages: readonly (number | null)[]
}

export type Pictures = { readonly count: number; readonly same: readonly boolean[] } | { readonly none: string }

export interface Compared {
  readonly runs: readonly RunLine[]
  readonly metric: 'success' | 'return'
  /** Each run against the first. */
  readonly pairs: readonly {
    readonly run: string
    readonly delta: Interval
    readonly wins: number
    readonly ties: number
    readonly losses: number
    readonly onlyHere: number
    readonly onlyThere: number
  }[]
}

export interface ComparedTask {
  readonly task: string
  /** Per run, in their order: mean over its attempts; null where it has no scored attempt at the task. */
  readonly means: readonly (number | null)[]
}

/** What is asked of the tasks that runs are compared on. */
export interface Comparing {
  readonly runs: readonly string[]
  readonly metric: Compared['metric']
  /** By name; by what lies between the best and the worst; or, with a run's number, by its difference to the first. */
  readonly sort: 'task' | 'disagreement' | number
  readonly descending: boolean
  /** All are alike; not all have it; or the run of this number alone is the best. */
  readonly only?: 'ties' | 'alone' | number | undefined
  /** A part of the task's name, capitals or not. */
  readonly text?: string | undefined
}

export interface ComparedTasks {
  readonly total: number
  readonly offset: number
  readonly tasks: readonly ComparedTask[]
}

/** What `ludus check` found out, or has so far: a world, or each that there is. */
export interface CertificatePage {
  readonly certificates: readonly WorldCertificate[]
  /** Worlds that were left out: they are read from a folder. */
  readonly notTried: readonly string[]
}

export interface WorldCertificate extends Omit<Certificate, 'certified'> {
  /** What it is called on the command line. */
  readonly name: string
  /** null while it is being checked, or where that was not finished. */
  readonly certified: boolean | null
  readonly seconds: number | null
}

export interface PaperPage {
  readonly papers: readonly PaperLine[]
}

export interface PaperLine {
  readonly recipe: string
  readonly about: string
  readonly title: string
  readonly arxiv: string
  readonly claim: string
  readonly command: string
  readonly env: string | null
  readonly verdict: string
  readonly arms: readonly { readonly name: string; readonly success: Interval; readonly return: Interval }[]
  readonly comparisons: readonly {
    readonly arm: string
    readonly baseline: string
    readonly kind: 'claim' | 'start' | 'control'
    readonly metric: string
    readonly seeds: number
    readonly delta: Interval
    readonly verdict: string
  }[]
  /** Runs of this recipe in the folder. */
  readonly runs: readonly string[]
}

/** What every refusal looks like, with a status of 4xx or 5xx. */
export interface Refusal {
  readonly error: string
}
