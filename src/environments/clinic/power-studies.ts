/** Studies to plan: a design with its numbers, and the words in which its questions are asked. */
import type { Random } from '../../core/index.ts'
import type { Design } from './power-designs.ts'

export interface Study {
  readonly design: Design
  readonly tell: {
    size(power: string): string
    power(n: number): string
  }
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
const between = (rng: Random, [low, high]: readonly [number, number], digits: number): number =>
  round(low + (high - low) * rng.next(), digits)

export function drawDesign(kind: Design['kind'], rng: Random): Study {
  return DRAWN[kind](rng)
}

const DRAWN: Readonly<Record<Design['kind'], (rng: Random) => Study>> = {
  'one-sample': oneSample,
  'two-sample': twoSample,
  paired,
  anova,
  'chi-square': independence,
  cox,
}

interface Measure {
  readonly name: string
  readonly unit: string
  readonly mean: readonly [number, number]
  /** Of persons. */
  readonly deviation: readonly [number, number]
  readonly treatment: string
}

const MEASURES: readonly Measure[] = [
  { name: 'systolic blood pressure', unit: 'mmHg', mean: [125, 155], deviation: [9, 18], treatment: 'a low-salt diet' },
  { name: 'fasting glucose', unit: 'mg/dL', mean: [100, 160], deviation: [14, 30], treatment: 'a fibre supplement' },
  { name: 'total cholesterol', unit: 'mg/dL', mean: [190, 250], deviation: [28, 42], treatment: 'a new drug' },
  { name: 'body weight', unit: 'kg', mean: [72, 95], deviation: [9, 16], treatment: 'a walking programme' },
  { name: 'pain score', unit: 'points', mean: [40, 70], deviation: [12, 22], treatment: 'a nerve block' },
]
const ALPHAS = [0.05, 0.05, 0.05, 0.01]

interface Sides {
  readonly twoSided: boolean
  readonly alpha: number
  /** How the test is called in the question. */
  readonly named: string
}

function sides(rng: Random): Sides {
  const twoSided = rng.int(3) > 0
  const alpha = rng.pick(ALPHAS)
  return {
    twoSided,
    alpha,
    named: `a ${twoSided ? 'two-sided' : 'one-sided'} test at a significance level of ${alpha}`,
  }
}

function oneSample(rng: Random): Study {
  const { name, unit, mean, deviation, treatment } = rng.pick(MEASURES)
  const { named, ...test } = sides(rng)
  const [usual, spread] = [between(rng, mean, 0), between(rng, deviation, 1)]
  const expected = round(usual - spread * between(rng, [0.25, 0.9], 2), 1)
  const story = `The mean ${name} in the population is ${usual} ${unit}. A researcher expects a mean of ${expected} ${unit} in people on ${treatment}, with a standard deviation of ${spread} ${unit}, and will compare their mean with ${usual} by a one-sample t-test: ${named}.`
  return {
    design: { kind: 'one-sample', effect: (usual - expected) / spread, ...test },
    tell: {
      size: (power) => `${story} What is the smallest sample with a power of at least ${power}?`,
      power: (n) => `${story} There will be ${n} participants. What is the power?`,
    },
  }
}

function twoSample(rng: Random): Study {
  const { name, unit, deviation, treatment } = rng.pick(MEASURES)
  const { named, ...test } = sides(rng)
  const [a, b] = [between(rng, deviation, 1), between(rng, deviation, 1)]
  const pooled = Math.sqrt((a * a + b * b) / 2)
  const difference = round(pooled * between(rng, [0.3, 1], 2), 1)
  const story = `A trial assigns patients to ${treatment} or to usual care, as many to one as to the other. It expects ${name} to be ${difference} ${unit} lower with ${treatment}; the standard deviation is ${a} ${unit} there and ${b} ${unit} with usual care. The means are compared by Student's two-sample t-test with the pooled variance of equal groups: ${named}.`
  return {
    design: { kind: 'two-sample', effect: difference / pooled, ...test },
    tell: {
      size: (power) => `${story} How many patients does each group need for a power of at least ${power}?`,
      power: (n) => `${story} Each group will have ${n} patients. What is the power?`,
    },
  }
}

function paired(rng: Random): Study {
  const { name, unit, deviation, treatment } = rng.pick(MEASURES)
  const { named, ...test } = sides(rng)
  const [spread, correlation] = [between(rng, deviation, 1), between(rng, [0.3, 0.8], 2)]
  const ofDifferences = spread * Math.sqrt(2 * (1 - correlation))
  const change = round(ofDifferences * between(rng, [0.25, 0.8], 2), 1)
  const story = `In the same patients ${name} is measured before and after ${treatment}. It is expected to fall by ${change} ${unit}; the standard deviation is ${spread} ${unit} at both times, and the two measurements have a correlation of ${correlation}. The change is tested by a paired t-test: ${named}.`
  return {
    design: { kind: 'paired', effect: change / ofDifferences, ...test },
    tell: {
      size: (power) => `${story} How many patients are needed for a power of at least ${power}?`,
      power: (n) => `${story} There will be ${n} patients. What is the power?`,
    },
  }
}

function anova(rng: Random): Study {
  const { name, unit, mean, deviation } = rng.pick(MEASURES)
  const [alpha, spread, middle] = [rng.pick(ALPHAS), between(rng, deviation, 1), between(rng, mean, 0)]
  const groups = 3 + rng.int(3)
  const means = Array.from({ length: groups }, () => round(middle + spread * between(rng, [-0.5, 0.5], 2), 1))
  // Means that are all alike would need the whole world.
  means[0] = round(middle - 0.35 * spread, 1)
  means[1] = round(middle + 0.35 * spread, 1)
  const story = `A trial compares ${groups} treatments in groups of one size. The mean ${name} is expected to be ${means.slice(0, -1).join(', ')} and ${means.at(-1)} ${unit}, with a standard deviation of ${spread} ${unit} in every group. The means are compared by one-way analysis of variance at a significance level of ${alpha}.`
  return {
    design: { kind: 'anova', means, deviation: spread, alpha },
    tell: {
      size: (power) => `${story} How many patients does each group need for a power of at least ${power}?`,
      power: (n) => `${story} Each group will have ${n} patients. What is the power?`,
    },
  }
}

function independence(rng: Random): Study {
  const alpha = rng.pick(ALPHAS)
  const levels = rng.pick([
    ['none', 'mild', 'severe'],
    ['none', 'mild', 'moderate', 'severe'],
    ['much better', 'better', 'unchanged', 'worse'],
  ])
  const draw = (): number[] => {
    const weights = levels.map(() => 0.2 + rng.next())
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const shares = weights.slice(1).map((weight) => round(weight / total, 2))
    return [round(1 - shares.reduce((sum, share) => sum + share, 0), 2), ...shares]
  }
  const women = draw()
  let men = draw()
  while (women.every((share, i) => Math.abs(share - men[i]!) < 0.08)) men = draw()
  const list = (shares: readonly number[]): string => `${shares.slice(0, -1).join(', ')} and ${shares.at(-1)}`
  const story = `A survey records a symptom as ${levels.slice(0, -1).join(', ')} or ${levels.at(-1)}. The shares are expected to be ${list(women)} in women and ${list(men)} in men, and half of those asked are women. The association of symptom and sex is tested by the chi-square test of independence at a significance level of ${alpha}.`
  return {
    design: { kind: 'chi-square', shares: [women, men].map((row) => row.map((share) => share / 2)), alpha },
    tell: {
      size: (power) => `${story} How many people are needed in all for a power of at least ${power}?`,
      power: (n) => `${story} ${n} people are asked in all. What is the power?`,
    },
  }
}

function cox(rng: Random): Study {
  const alpha = rng.pick(ALPHAS)
  const hazardRatio = between(rng, [0.45, 0.78], 2)
  const control = between(rng, [0.3, 0.7], 3)
  const treated = round(1 - (1 - control) ** hazardRatio, 3)
  const story = `A trial of two groups of one size follows patients until relapse. The chance of a relapse during the trial is expected to be ${treated} with the new treatment and ${control} without, and the hazard ratio ${hazardRatio}. The hazards are compared by a two-sided test of Cox's proportional hazards model at a significance level of ${alpha}, planned by Freedman's formula.`
  return {
    design: { kind: 'cox', events: [treated, control], hazardRatio, alpha },
    tell: {
      size: (power) => `${story} How many patients does each group need for a power of at least ${power}?`,
      power: (n) => `${story} Each group will have ${n} patients. What is the power?`,
    },
  }
}
