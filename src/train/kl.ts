/**
 * How far a policy is from its reference, by a token that the policy sampled (Schulman 2020, "Approximating KL
 * Divergence"). The mean of k1 and of k3 is KL(π‖π_ref), that of k2 is near it. As terms of a loss they differ in their
 * slopes, which on average are the gradient of KL(π‖π_ref) for k2, of KL(π_ref‖π) for k3 (Shao et al. 2024 eq. 4), and
 * nothing for k1: as a penalty in a loss it is but noise.
 */

export type KlEstimator = 'k1' | 'k2' | 'k3'

/** Of d = log π(token) − log π_ref(token). `slope` is ∂value/∂log π. */
export const klEstimators: Readonly<Record<KlEstimator, (d: number) => { value: number; slope: number }>> = {
  k1: (d) => ({ value: d, slope: 1 }),
  k2: (d) => ({ value: d ** 2 / 2, slope: d }),
  k3: (d) => ({ value: Math.expm1(-d) + d, slope: -Math.expm1(-d) }),
}
