/** What a rule is: data about itself, a small predicate, and examples that the tests run. */
import type { Rule as AstGrepRule, SgNode } from "@ast-grep/napi";
import type { Dockerfile } from "dockerfile-ast";
import type { Severity } from "../reviewer.ts";
import type { Language } from "./language.ts";

export type Rule = TextRule | TreeRule | DockerfileRule | WorkflowRule;

/** What people read: in the comment, in the catalog, in SARIF. */
export interface RuleHead {
  /** `pack/name`; never changes once released, since people refer to it. */
  readonly id: string;
  readonly severity: Severity;
  readonly category: "security" | "correctness" | "migration" | "supply-chain" | "maintainability";
  /** One sentence, plain text. Never quotes the code: it may hold the secret. */
  readonly title: string;
  /** Markdown: why it matters and what to do instead. */
  readonly why: string;
  /** Code the rule must find. */
  readonly bad: readonly BadExample[];
  /** Code that looks alike and is right. */
  readonly good: readonly Example[];
}

export interface Example {
  /** Left out where any file of the rule's language will do. */
  readonly path?: string;
  readonly lines: readonly string[];
}

interface BadExample extends Example {
  /** Where the finding lands. */
  readonly line: number;
  /** All lines after the suggestion is applied, exactly where the rule makes one. */
  readonly fixed?: readonly string[];
}

/** Looks at one added line of any file, whatever its language. */
export interface TextRule extends RuleHead {
  readonly kind: "text";
  readonly find: (line: string, around: TextContext) => boolean;
  /** The line without the problem; null where it cannot be told. */
  readonly fix?: (line: string, around: TextContext) => string | null;
}

export interface TextContext {
  readonly path: string;
  /** The line below, when the diff added it too. */
  readonly next: string | null;
  /** The lines above that the diff added, the nearest first; read only as far as they are asked for. */
  readonly above: () => Iterable<string>;
}

/** Looks at nodes of a syntax tree. */
export interface TreeRule extends RuleHead {
  readonly kind: "tree";
  readonly languages: readonly Language[];
  /** Only files whose path this accepts; all of the languages where left out. */
  readonly paths?: (path: string) => boolean;
  readonly find: AstGrepRule;
  readonly accept?: (node: SgNode, file: ParsedFile) => boolean;
  /** The offending part of what was found, where it is smaller: a finding lands there. */
  readonly spot?: (node: SgNode, file: ParsedFile) => Spot;
  readonly fix?: (node: SgNode) => Edit | null;
}

/** Looks at the instructions of a Dockerfile. */
export interface DockerfileRule extends RuleHead {
  readonly kind: "dockerfile";
  readonly find: (dockerfile: Dockerfile) => readonly DockerfileSpot[];
}

/** Makes a finding of what the workflow linter reports; its words are never shown, since they quote the workflow. */
export interface WorkflowRule extends RuleHead {
  readonly kind: "workflow";
  readonly reports: {
    readonly kind: string;
    readonly message: RegExp;
    /** What the line goes on with from where the report points. */
    readonly at?: RegExp;
  };
}

interface DockerfileSpot {
  /** Zero-based, as the parser counts. */
  readonly getRange: () => {
    readonly start: { readonly line: number };
    readonly end: { readonly line: number };
  };
}

export interface ParsedFile {
  readonly path: string;
  readonly text: string;
  readonly root: SgNode;
  readonly isAdded: (spot: Spot) => boolean;
}

/** Offsets into the text in UTF-16 units, as ast-grep's own `index` counts them; the end is not included. */
export interface Spot {
  readonly start: number;
  readonly end: number;
}

export interface Edit extends Spot {
  readonly text: string;
}
