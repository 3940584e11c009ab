/**
 * The form of a model's answer to a review. Every field must be given and nothing is bounded: the strict forms of
 * providers know neither fields that may be missing nor bounds. What is too long is cut when it is read.
 */
import { z } from "zod";
import { severities } from "../../reviewer.ts";

const finding = z.object({
  path: z.string(),
  start_line: z.number(),
  line: z.number(),
  quote: z.string(),
  severity: z.enum(severities),
  category: z.string(),
  title: z.string(),
  body: z.string(),
  suggestion: z.string().nullable(),
  confidence: z.enum(["high", "medium", "low"]),
});

export const reviewAnswer = z.object({ findings: z.array(finding) });

export type ReportedFinding = z.output<typeof finding>;
