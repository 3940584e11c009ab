/**
 * GitHub's time as far as its `Date` headers tell. Tokens expire and App JWTs begin by GitHub's clock, and a
 * machine whose clock is minutes off would be refused with 401 otherwise.
 */

export interface ServerClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly learn: (dateHeader: string | undefined) => void;
}

/** A header has a resolution of one second and was some time on its way: smaller differences mean nothing. */
const ignoredSkewMs = 5_000;

export function createServerClock(): ServerClock {
  let skewMs = 0;
  return {
    now: () => Date.now() + skewMs,
    learn: (dateHeader) => {
      const seenMs = Date.parse(dateHeader ?? "") - Date.now();
      if (Number.isNaN(seenMs)) return;
      skewMs = Math.abs(seenMs) > ignoredSkewMs ? seenMs : 0;
    },
  };
}
