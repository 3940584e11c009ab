/** The id a piece of work is known by, carried along its asynchronous calls onto log lines and calls to the forge. */
import { AsyncLocalStorage } from "node:async_hooks";

export interface Correlation {
  readonly taskId?: string;
  readonly commandId?: string;
  readonly deliveryId?: string;
}

const storage = new AsyncLocalStorage<Correlation>();

/** Everything `work` starts is known by these ids, beside those it is known by already. */
export function withCorrelation<T>(correlation: Correlation, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...correlation }, work);
}

export function currentCorrelation(): Correlation {
  return storage.getStore() ?? {};
}
