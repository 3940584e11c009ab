/** Rules for any text, whatever its language and whoever generated it. */
import { isProse } from "../paths.ts";
import type { TextContext, TextRule } from "../rule.ts";

/** Begins a conflict, the common ancestor within it, and its end; the line between the two versions can be a heading. */
const marker = /^(<{7}|\|{7}|>{7}) \S/;

const conflictMarker: TextRule = {
  kind: "text",
  id: "text/conflict-marker",
  severity: "high",
  category: "correctness",
  title: "A merge conflict marker was committed",
  why: "The conflict was not resolved: both versions are in the file, and most languages do not parse it. Keep one version, or a merge of both, and remove the markers.",
  find: (line, { above }) => marker.test(line) && (line.startsWith("<") || !hasOpenConflict(above())),
  bad: [
    { path: "notes.txt", lines: ["a", "<<<<<<< HEAD", "b", "=======", "c"], line: 2 },
    {
      path: "notes.txt",
      lines: ["a", "<<<<<<< HEAD", "b", "||||||| 5716ca5", "a", "=======", "c", ">>>>>>> cart"],
      line: 2,
    },
    { path: "notes.txt", lines: ["a", "||||||| 5716ca5", "b", "=======", "c", ">>>>>>> cart"], line: 2 },
    { path: "notes.txt", lines: ["a", "c", ">>>>>>> cart"], line: 3 },
  ],
  good: [
    { path: "README.rst", lines: ["Heading", "======="] },
    { path: "notes.txt", lines: ["quoted:", ">>> a = 1", "<<<<<<<<<< arrows"] },
  ],
};

/** Decided by the nearest marker: an end closes what was open. */
function hasOpenConflict(above: Iterable<string>): boolean {
  for (const line of above) if (marker.test(line)) return !line.startsWith(">");
  return false;
}

/** Embeddings, overrides and isolates; marks that only say a direction are left to the next rule. */
const bidiControls = /[\u202A-\u202E\u2066-\u2069]/g;

const bidiControl: TextRule = {
  kind: "text",
  id: "text/bidi-control",
  severity: "critical",
  category: "security",
  title: "An invisible control character changes the order in which this line is shown",
  why: "Bidirectional control characters let code read differently from what runs: a comment can look like code and the other way round ([Trojan Source](https://trojansource.codes)). Remove them; where text needs them, write them as escapes.",
  find: (line, { path }) => line.search(bidiControls) !== -1 && !(isProse(path) && isClosed(line)),
  fix: (line) => (hasStrings(line) ? null : line.replace(bidiControls, "")),
  bad: [
    {
      lines: ["let level = 1;", "if (isAdmin) { /* \u202E } \u2066only admins */"],
      line: 2,
      fixed: ["let level = 1;", "if (isAdmin) { /*  } only admins */"],
    },
    { lines: ['const access = "user\u202E\u2066";'], line: 1 },
    { path: "docs/a.md", lines: ["see \u202Egnp.exe"], line: 1, fixed: ["see gnp.exe"] },
  ],
  good: [
    { lines: ['const override = "\\u202E";', "const שלום = 1;"] },
    { path: "locales/he.json", lines: ['{ "a": "\u2068שלום\u2069!" }'] },
  ],
};

/** Each opening has its closing on the same line, as translations use them. */
function isClosed(line: string): boolean {
  const count = (pattern: RegExp) => line.match(pattern)?.length ?? 0;
  return (
    count(/[\u202A\u202B\u202D\u202E]/g) === count(/\u202C/g) &&
    count(/[\u2066-\u2068]/g) === count(/\u2069/g) &&
    count(/[\u202D\u202E]/g) === 0
  );
}

/** A region's flag is a black flag with the region's short code in tag characters; elsewhere tags only hide text. */
const tags = /(\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{2,6}\u{E007F})|[\u{E0000}-\u{E007F}]+/gu;

/** Characters without a glyph that no writing system or emoji needs where they stand. */
const neverSeen =
  /\p{Variation_Selector}{2,}|[\u2061-\u2064\u206A-\u206F\u180E\uFFF9-\uFFFB]|(?<=[\x20-\x7E])[\u115F\u1160\u3164\uFFA0]|[\u115F\u1160\u3164\uFFA0](?=[\x20-\x7E])/gu;

/**
 * Also these in code: spaces without width, joiners within a name, and a byte order mark where it is neither the
 * file's nor what a string or pattern for cutting it off begins with.
 */
const notInCode =
  /[\u200B\u2060\u00AD]|(?<!^|["'`^])\uFEFF|(?<=\w)[\u200C-\u200F\u061C]|[\u200C-\u200F\u061C](?=\w)/gu;

function withoutInvisible(line: string, { path }: TextContext): string {
  const visible = line.replace(tags, (_, flag?: string) => flag ?? "").replace(neverSeen, "");
  return isProse(path) ? visible : visible.replace(notInCode, "");
}

const invisibleCharacter: TextRule = {
  kind: "text",
  id: "text/invisible-character",
  severity: "high",
  category: "security",
  title: "The line holds characters that cannot be seen",
  why: "Two names that look the same are not, and text can be hidden from whoever reviews it, but not from compilers and language models. Remove them; where they are meant, write them as escapes.",
  find: (line, around) => withoutInvisible(line, around) !== line,
  fix: (line, around) => (hasStrings(line) ? null : withoutInvisible(line, around)),
  bad: [
    { lines: ["const is\u200BAdmin = false;"], line: 1, fixed: ["const isAdmin = false;"] },
    { lines: ['const a = "b\u2060c";'], line: 1 },
    { path: "docs/a.md", lines: ["Hello\u{E0049}\u{E0067}\u{E006E}"], line: 1, fixed: ["Hello"] },
    { lines: ["const a\u3164 = 1;"], line: 1, fixed: ["const a = 1;"] },
  ],
  good: [
    {
      lines: [
        "\uFEFFconst a = 1;",
        'const flags = ["👩\u200D👩\u200D👧", "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "❤\uFE0F"];',
        "text.replace(/^\uFEFF/, '');",
        'const fa = "می\u200Cخواهم";',
      ],
    },
    { path: "docs/a.md", lines: ["soft\u00ADhyphen", "a\u200Bb"] },
  ],
};

/** In a string the character may be the text's own, and only its author can tell. */
function hasStrings(line: string): boolean {
  return /["'`]/.test(line);
}

export const textRules: readonly TextRule[] = [conflictMarker, bidiControl, invisibleCharacter];
