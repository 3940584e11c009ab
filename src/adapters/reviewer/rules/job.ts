/** What goes over the pipes between the reviewer and its parser process: one JSON line a message. */
import { z } from "zod";
import type { Language } from "./language.ts";

/** Begins the name of the folder a parser process is started in: it works nowhere else. */
export const parserFolderPrefix = "reviewd-parser-";

/** Runs the text rules over lines that were added. */
export interface TextJob {
  readonly kind: "text";
  readonly path: string;
  readonly lines: readonly { readonly line: number; readonly text: string }[];
}

/** Parses one file at the head and runs the rules of its language. */
export interface TreeJob {
  readonly kind: "tree";
  readonly path: string;
  readonly language: Language;
  readonly text: string;
  /** The file before the change; null for a new file and where it cannot be told. */
  readonly base: string | null;
  readonly isNew: boolean;
  /** First and last line of each run of added lines, in order. */
  readonly added: readonly LineRange[];
}

export type Job = TextJob | TreeJob;

export type LineRange = readonly [first: number, last: number];

const line = z.int().positive();

const hitSchema = z.strictObject({
  ruleId: z.string(),
  startLine: line,
  line,
  suggestion: z.string().nullable(),
  /** Further hits of this rule in this file that were left out. */
  more: z.int().nonnegative(),
});

/** The parser process has read hostile input, so what it answers is checked like any other input. */
export const replySchema = z.union([
  z.strictObject({ ready: z.literal(true) }),
  z.strictObject({ hits: z.array(hitSchema) }),
  z.strictObject({ failed: z.string() }),
]);

export type Hit = z.infer<typeof hitSchema>;
export type Reply = z.infer<typeof replySchema>;
