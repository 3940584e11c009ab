/** A webhook whose signature is verified: recorded together with its work, in one transaction. */
import { inTransaction } from "../../adapters/postgres/transaction.ts";
import {
  finishDelivery,
  type NewDelivery,
  recordFailedDelivery,
  takeDelivery,
} from "../../adapters/postgres/webhook-deliveries.ts";
import type { Context } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import { applyEvent } from "./apply-event.ts";
import type { DeliveryOutcome, FailedReason } from "./delivery-outcome.ts";
import { subjectOf } from "./github-payload.ts";
import type { Intake } from "./intake.ts";
import { parseEvent } from "./parse-event.ts";

export interface SignedWebhook {
  readonly deliveryId: string;
  readonly event: string;
  /** As it was signed. */
  readonly body: Uint8Array;
}

export type ReceivedDelivery =
  | DeliveryOutcome
  /** A call with this id was dealt with before. */
  | { readonly outcome: "duplicate"; readonly reason: "delivery_known"; readonly taskId: null };

/**
 * Does a delivery's work once, whatever is delivered how often. When the work throws, all of it is rolled back and the
 * delivery is recorded as failed, so that a redelivery does it.
 * @throws ReviewdError `invalid_input` for a body that is no payload of its event; anything else is a bug or the database
 */
export async function receiveDelivery(
  ctx: Context,
  intake: Intake,
  webhook: SignedWebhook,
): Promise<ReceivedDelivery> {
  const { forge, host } = intake;
  const { deliveryId, event: name } = webhook;
  let delivery: NewDelivery = { forge, host, deliveryId, event: name, ...nothingKnown };
  try {
    const payload = parseBody(webhook.body);
    delivery = { ...delivery, ...subjectOf(payload) };
    const event = parseEvent(name, payload);
    return await inTransaction(ctx.db, async (tx): Promise<ReceivedDelivery> => {
      if ((await takeDelivery(tx, delivery)) === "duplicate") return duplicate;
      const outcome = await applyEvent(tx, intake, event);
      await finishDelivery(tx, delivery, outcome);
      return outcome;
    });
  } catch (error) {
    await recordFailure(ctx, delivery, error);
    throw error;
  }
}

const nothingKnown = { action: null, repository: null, pullRequestNumber: null };
const duplicate = { outcome: "duplicate", reason: "delivery_known", taskId: null } as const;

/** Longest error text that is kept. */
const maxErrorLength = 2_000;

async function recordFailure({ db, log }: Context, delivery: NewDelivery, error: unknown): Promise<void> {
  const invalid = error instanceof ReviewdError && error.code === "invalid_input";
  const reason: FailedReason = invalid ? "invalid_payload" : "internal_error";
  log[invalid ? "warn" : "error"]({ err: error }, "delivery failed");
  try {
    await recordFailedDelivery(db, delivery, { reason, error: storable(rootMessage(error)) });
  } catch (recordError) {
    // The first error is what the caller has to know; the forge keeps the delivery as failed in either case.
    log.error({ err: recordError }, "the failure could not be recorded");
  }
}

/** Postgres cannot store a null character in a text. */
function storable(text: string): string {
  return text.replaceAll("\0", "").slice(0, maxErrorLength);
}

/** Of the innermost cause: the driver's own words, where the outer ones repeat the whole statement. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && !(error instanceof ReviewdError)
    ? rootMessage(error.cause)
    : error.message;
}

/** A byte order mark is let pass; bytes that are not UTF-8 are not. */
function parseBody(body: Uint8Array): object {
  let payload: unknown;
  try {
    payload = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new ReviewdError("invalid_input", "the body is not JSON", { cause: error });
  }
  if (typeof payload === "object" && payload !== null && !Array.isArray(payload)) return payload;
  throw new ReviewdError("invalid_input", "the body is not a JSON object");
}
