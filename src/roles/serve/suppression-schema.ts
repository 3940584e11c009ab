/** Suppressions as JSON. */
import { z } from "@hono/zod-openapi";
import { suppressions } from "../../adapters/postgres/schema.ts";
import type { SuppressionView } from "../../adapters/postgres/suppression-views.ts";
import { roundPrecision } from "../../domain/feedback/precision.ts";
import { evidenceSchema } from "../../domain/feedback/suppression-evidence.ts";
import { nextCursor } from "./paging.ts";

const time = z.iso.datetime();

export const suppressionSchema = z
  .object({
    id: z.uuid(),
    owner: z.object({ id: z.uuid(), login: z.string() }),
    repository: z
      .object({ id: z.uuid(), full_name: z.string() })
      .nullable()
      .openapi({ description: "Null: it is about all repositories of the owner." }),
    kind: z.enum(suppressions.kind.enumValues).openapi({
      description: "Of a category, it is about the findings that come from no named rule.",
    }),
    subject: z.string().openapi({ description: "The rule's id, or the category's name." }),
    state: z.enum(suppressions.state.enumValues).openapi({
      description:
        "`proposed`: nothing is held back. `approved`: in force. `expired`: its time is up, or people do not dislike " +
        "it any more.",
    }),
    // `openapi` is there only on schemas made after it was added to all.
    evidence: evidenceSchema.meta({
      description:
        "What people made of its comments: of a proposal as counted within the hour, else as it was then.",
    }),
    proposed_at: time,
    decided_at: time.nullable(),
    decided_by: z.string().nullable().openapi({ description: "The name of the token that decided." }),
    expires_at: time.openapi({
      description:
        "When a proposal lapses; until when an approved one holds; when the same as a refused one may be proposed " +
        "again, which can be approved until then.",
    }),
  })
  .openapi("Suppression", {
    example: {
      id: "019aa5f6-6a7c-7000-a1b0-5f2d3c4b6a79",
      owner: { id: "019aa5f6-0d1e-7000-8f00-1a2b3c4d5e6f", login: "acme" },
      repository: { id: "019aa5f6-1c2d-7000-9a00-6f5e4d3c2b1a", full_name: "acme/shop" },
      kind: "rule",
      subject: "javascript/debugger",
      state: "proposed",
      evidence: {
        since: "2026-08-23T09:00:00.000Z",
        until: "2026-11-21T09:00:00.000Z",
        comments: 31,
        votes: { up: 2, down: 14 },
        precision: { value: 0.125, low: 0.035, high: 0.36 },
        people: 5,
        repositories: 1,
        urls: ["https://github.com/acme/shop/pull/7#discussion_r1"],
      },
      proposed_at: "2026-11-20T09:00:00.000Z",
      decided_at: null,
      decided_by: null,
      expires_at: "2027-02-18T09:00:00.000Z",
    },
  });

export const listSchema = z
  .object({ suppressions: z.array(suppressionSchema), next_cursor: nextCursor })
  .openapi("Suppressions");

export function suppressionJson(view: SuppressionView): z.output<typeof suppressionSchema> {
  const { owner, repository } = view;
  const evidence = evidenceSchema.parse(view.evidence);
  return {
    id: view.id,
    owner: { id: owner.id, login: owner.login },
    repository: repository && { id: repository.id, full_name: repository.fullName },
    kind: view.kind,
    subject: view.subject,
    state: view.state,
    evidence: { ...evidence, precision: roundPrecision(evidence.precision) },
    proposed_at: view.proposedAt.toISOString(),
    decided_at: view.decidedAt?.toISOString() ?? null,
    decided_by: view.decidedBy,
    expires_at: view.expiresAt.toISOString(),
  };
}
