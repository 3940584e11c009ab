/** How faults hit calls: before the work, after it, or instead of an answer. */
import { type Faults, faultResponse, type Hold } from "./faults.ts";

/** Answers a call of a route, unless a fault comes between. */
export type Interference = (route: string, answer: () => Promise<Response>) => Promise<Response>;

/** @param closed settles when fakehub closes; what hangs or is held waits no longer than that */
export function interference(faults: Faults, closed: Promise<void>): Interference {
  return async (route, answer) => {
    const fault = faults.take(route);
    if (!fault) return await answer();
    if (fault.delayMs !== undefined) await Bun.sleep(fault.delayMs);
    if (fault.hold) return await held(fault.hold, fault.afterCommit === true, answer, closed);
    const fails = fault.hang === true || fault.status !== undefined;
    if (!fails) return await answer();
    if (fault.afterCommit) await answer();
    if (fault.hang) await closed;
    return faultResponse(fault);
  };
}

async function held(
  hold: Hold,
  afterCommit: boolean,
  answer: () => Promise<Response>,
  closed: Promise<void>,
): Promise<Response> {
  const committed = afterCommit ? await answer() : null;
  await Promise.race([hold.stand(), closed]);
  return committed ?? (await answer());
}
