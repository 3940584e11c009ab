/** LISTEN on a connection of its own. A notification is only a hint: whoever waits for one polls as well. */
import postgres from "postgres";
import type { Logger } from "../../log.ts";

export interface Listener {
  readonly close: () => Promise<void>;
}

/**
 * Calls `onNotify` for each notification, and after every (re)connect, since what came in between was missed.
 * Never throws: without a connection the driver goes on trying, and polling does the work meanwhile.
 *
 * @param url a direct connection; through a transaction-pooling proxy nothing would ever arrive
 */
export function listen(options: {
  readonly url: string;
  readonly channel: string;
  readonly onNotify: () => void;
  readonly log: Logger;
}): Listener {
  const { url, channel, onNotify, log } = options;
  const client = postgres(url, {
    max: 1,
    keep_alive: 30,
    backoff: () => 0.5 + Math.random(),
    onnotice: () => {},
    connection: { application_name: "reviewd listen" },
  });
  client
    .listen(channel, onNotify, onNotify)
    .catch((error: unknown) =>
      log.warn({ err: error, channel }, "LISTEN failed, polling alone until it works"),
    );
  return { close: () => client.end({ timeout: 1 }) };
}
