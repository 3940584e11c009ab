/** A webhook receiver for the tests of fakehub itself; answers as told. */
interface ReceivedWebhook {
  readonly headers: Headers;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly ReceivedWebhook[];
  /** What it answers from now on; null: nothing. */
  answerWith(status: number | null): void;
  stop(): Promise<void>;
}

export function startReceiver(): Receiver {
  const received: ReceivedWebhook[] = [];
  let status: number | null = 202;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      received.push({ headers: request.headers, body: await request.text() });
      return status === null ? await new Promise<Response>(() => {}) : new Response("noted", { status });
    },
  });
  return {
    url: new URL("/webhooks/github", server.url).href,
    received,
    answerWith: (next) => {
      status = next;
    },
    stop: () => server.stop(true),
  };
}
