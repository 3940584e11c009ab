/** How long one call to GitHub may take: its timeout, and no longer than the process wants any. */

export interface CallLimits {
  readonly timeoutMs: number;
  /** Aborted: all calls are cut. Lives as long as the client. */
  readonly signal: AbortSignal;
}

/**
 * Hands the call a signal that is aborted when its time is over or all calls are cut. Not AbortSignal.any, which would
 * keep something of every call for as long as `signal` lives.
 */
export async function untilCut<Answer>(
  { timeoutMs, signal }: CallLimits,
  call: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const controller = new AbortController();
  const giveUp = (name: string, why: string) => controller.abort(new DOMException(why, name));
  const timer = setTimeout(() => giveUp("TimeoutError", `no answer within ${timeoutMs} ms`), timeoutMs);
  const cut = () => giveUp("AbortError", "cut off, this process ends");
  signal.addEventListener("abort", cut, { once: true });
  if (signal.aborted) cut();
  try {
    return await call(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cut);
  }
}
