/** The App's webhook: what was sent, to whom, what was answered; and everything that goes wrong on the way. */
import { sign } from "@octokit/webhooks-methods";
import type { World } from "../world.ts";

export interface WebhookEvent {
  readonly event: string;
  readonly action: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
}

export interface WebhookDelivery extends WebhookEvent {
  readonly id: number;
  /** Kept on redelivery; the id is not. */
  readonly guid: string;
  readonly redelivery: boolean;
  readonly deliveredAt: string;
  readonly durationSecs: number;
  /** `OK`, or why not. */
  readonly status: string;
  /** 0 when there was no answer. */
  readonly statusCode: number;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly response: { readonly headers: Readonly<Record<string, string>>; readonly body: string } | null;
}

type Unsent = WebhookEvent & { readonly guid: string; readonly redelivery: boolean };
type Outcome = Pick<WebhookDelivery, "status" | "statusCode" | "response">;

/** In the order they were emitted, the reverse, or exactly these. */
export type ReleaseOrder = "sent" | "reversed" | readonly string[];

export class Webhooks {
  readonly deliveries: WebhookDelivery[] = [];
  #url: string | null = null;
  #held: Unsent[] | null = null;
  #queue: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Null: what is emitted from now on is lost, and recorded as failed. */
  deliverTo(url: string | null): void {
    this.#url = url;
  }

  get url(): string | null {
    return this.#url;
  }

  emit(event: WebhookEvent): string {
    const guid = crypto.randomUUID();
    const unsent = { ...event, guid, redelivery: false };
    if (this.#held) this.#held.push(unsent);
    else this.#enqueue(unsent);
    return guid;
  }

  hold(): void {
    this.#held ??= [];
  }

  /** Delivers what was held; by name, only those named, and the rest stays held. Settles when they are delivered. */
  async release({ order }: { readonly order: ReleaseOrder } = { order: "sent" }): Promise<void> {
    const held = this.#held ?? [];
    const chosen = chooseHeld(held, order);
    const rest = held.filter((unsent) => !chosen.includes(unsent));
    this.#held = rest.length === 0 && typeof order === "string" ? null : rest;
    for (const unsent of chosen) this.#enqueue(unsent);
    await this.settled();
  }

  /** Guids of what is held, in the order they were emitted. */
  get held(): readonly Pick<Unsent, "guid" | "event" | "action">[] {
    return this.#held ?? [];
  }

  async redeliver(guid: string): Promise<void> {
    this.#enqueue({ ...this.#find(guid), redelivery: true });
    await this.settled();
  }

  /** Sends the same once more, not marked as a redelivery. */
  async duplicate(guid: string): Promise<void> {
    this.#enqueue({ ...this.#find(guid), redelivery: false });
    await this.settled();
  }

  /** Settles when everything emitted so far (and meanwhile) was delivered or given up. */
  async settled(): Promise<void> {
    let waitedFor: Promise<void> | null = null;
    while (waitedFor !== this.#queue) {
      waitedFor = this.#queue;
      await waitedFor;
    }
  }

  /** Nothing is sent any more, and what is on its way is cut off. */
  stop(): void {
    this.#stopping.abort();
  }

  #find(guid: string): WebhookEvent & { guid: string } {
    const found = this.deliveries.find((delivery) => delivery.guid === guid);
    if (!found) throw new Error(`no webhook ${guid} was sent`);
    return found;
  }

  /** One after the other, so that the order is what the scenario says. */
  #enqueue(unsent: Unsent): void {
    const url = this.#url;
    this.#queue = this.#queue.then(() => this.#deliver(unsent, url));
  }

  async #deliver(unsent: Unsent, url: string | null): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const body = JSON.stringify(unsent.payload);
    const headers = await this.#headersOf(unsent, body);
    const startedAt = performance.now();
    const outcome = await post(url, headers, body, {
      tooLate: AbortSignal.timeout(this.#world.limits.webhookMs),
      stopping: this.#stopping.signal,
    });
    this.deliveries.push({
      ...unsent,
      id: this.#world.nextId("delivery").id,
      deliveredAt: this.#world.clock.now(),
      durationSecs: Math.round(performance.now() - startedAt) / 1000,
      requestHeaders: headers,
      ...outcome,
    });
  }

  async #headersOf(unsent: Unsent, body: string): Promise<Record<string, string>> {
    const { app } = this.#world;
    return {
      accept: "*/*",
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/fakehub",
      "x-github-delivery": unsent.guid,
      "x-github-event": unsent.event,
      "x-github-hook-id": String(app.id + 100_000),
      "x-github-hook-installation-target-id": String(app.id),
      "x-github-hook-installation-target-type": "integration",
      "x-github-enterprise-host": new URL(this.#world.origin).host,
      "x-github-enterprise-version": "3.17.0",
      "x-hub-signature-256": await sign(app.webhookSecret, body),
    };
  }
}

function chooseHeld(held: readonly Unsent[], order: ReleaseOrder): Unsent[] {
  if (order === "sent") return [...held];
  if (order === "reversed") return held.toReversed();
  return order.flatMap((guid) => held.filter((unsent) => unsent.guid === guid));
}

async function post(
  url: string | null,
  headers: Record<string, string>,
  body: string,
  { tooLate, stopping }: { readonly tooLate: AbortSignal; readonly stopping: AbortSignal },
): Promise<Outcome> {
  if (url === null) return { status: "failed to connect to host", statusCode: 0, response: null };
  const signal = AbortSignal.any([tooLate, stopping]);
  try {
    const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    return {
      status: answer.ok ? "OK" : `Invalid HTTP Response: ${answer.status}`,
      statusCode: answer.status,
      response: { headers: Object.fromEntries(answer.headers), body: await answer.text() },
    };
  } catch {
    // The receiver is down, too slow or cut the connection: a failed delivery, which is what the record says.
    const status = tooLate.aborted ? "timed out" : "failed to connect to host";
    return { status, statusCode: 0, response: null };
  }
}
