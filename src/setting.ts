/** One environment variable: its name, shape and meaning. They are listed in settings.ts. */
import type { z } from "zod";

export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** The variable's name. */
  readonly name: string;
  readonly schema: Schema;
  /** What a right value looks like, for the error message and the README. */
  readonly expects: string;
  /** What the setting does, for the README. */
  readonly says: string;
  /** Never printed; may also be given as `<NAME>_FILE`, a path to a file that holds it. */
  readonly secret: boolean;
}

export function setting<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  expects: string,
  says: string,
  secret = false,
): Setting<Schema> {
  return { name, schema, expects, says, secret };
}

export function optional<Schema extends z.ZodType>(given: Setting<Schema>): Setting<z.ZodOptional<Schema>> {
  return { ...given, schema: given.schema.optional() };
}
