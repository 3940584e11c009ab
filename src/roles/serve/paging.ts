/** What lists are asked with: filters that can be put into a statement as they are, and pages. */
import { z } from "@hono/zod-openapi";
import { ReviewdError } from "../../errors.ts";

/** A whole number in an address. */
export function wholeParameter(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z.coerce.number(expected).int(expected).min(min, expected).max(max, expected);
}

export const limitParameter = wholeParameter(1, 100)
  .default(50)
  .openapi({ type: "integer", minimum: 1, maximum: 100, default: 50, description: "Rows of one page." });

/** Postgres takes no null character. */
export const textParameter = z
  .string()
  .max(200)
  .regex(/^[^\0]+$/, "expected some text, without null characters");

const expectedTime =
  "expected a time such as 2026-09-01T00:00:00Z or 2026-09-01T02:00:00%2B02:00, the + written as %2B in an address";

export const sinceParameter = z.iso
  .datetime({ offset: true, error: expectedTime })
  .transform((value) => new Date(value))
  .refine(
    (time) => time.getTime() >= 0 && time.getUTCFullYear() <= 9_999,
    "expected a time from 1970 to 9999",
  )
  .optional()
  .openapi({ type: "string", format: "date-time", description: "Only what came then or later." });

/** For a list whose place is the last row's id. */
export const cursorParameter = z.uuid("expected the next_cursor of an earlier page").optional();

export const nextCursor = z
  .string()
  .nullable()
  .openapi({ description: "For the parameter `cursor` of the next page; null on the last one." });

/** @param rows one more than the page holds, where there are more */
export function toPage<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => string,
): { readonly page: readonly Row[]; readonly nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, nextCursor: last === undefined ? null : cursorOf(last) };
}

/** For a list whose place is more than an id. Opaque: what is in it may change with a version. */
export function writeCursor(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** @throws ReviewdError `invalid_input` */
export function readCursor<Place extends z.ZodType>(schema: Place, cursor: string): z.output<Place> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch (error) {
    throw new ReviewdError("invalid_input", "the cursor is not one of an earlier page", { cause: error });
  }
}
