/** How good findings are, by what people thought of them: a share that says itself how much can be made of few votes. */

export interface Precision {
  /** The share of the votes that are in favour; null where nobody voted. */
  readonly value: number | null;
  /** Between these two the share lies with 95 % confidence (Wilson's interval). */
  readonly low: number;
  readonly high: number;
}

/** Standard deviations of a normal distribution that hold 95 % of it. */
const z = 1.959964;

/** @param up votes in favour, weighed @param down votes against, weighed */
export function measurePrecision(up: number, down: number): Precision {
  const votes = up + down;
  if (votes === 0) return { value: null, low: 0, high: 1 };
  const share = up / votes;
  const spread = z * Math.sqrt((share * (1 - share)) / votes + z ** 2 / (4 * votes ** 2));
  const centre = share + z ** 2 / (2 * votes);
  const scale = 1 + z ** 2 / votes;
  return {
    value: share,
    low: Math.max(0, (centre - spread) / scale),
    high: Math.min(1, (centre + spread) / scale),
  };
}

/** As it is shown: four digits are more than votes ever tell. */
export function roundPrecision({ value, low, high }: Precision): Precision {
  return { value: value === null ? null : round(value), low: round(low), high: round(high) };
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
