/** Fills parts with sections, one after the other, until the review's budget is used up. */
import type { FileDiff } from "../../../git/diff.ts";
import { costOfFile, costOfSection } from "../prompt/render-changes.ts";
import type { Part, Section } from "./part.ts";

export interface Room {
  /** Tokens that files may take in one part. */
  readonly partTokens: number;
  /** Tokens that every part takes beside its files. */
  readonly fixedTokens: number;
  /** Tokens of all parts together, with what is fixed. */
  readonly reviewTokens: number;
  /** Tokens of the instructions that apply to a path, by instruction. */
  readonly instructionsFor: (path: string) => ReadonlyMap<object, number>;
}

/** Below this there is no use in a part or in what is left of the budget. */
const leastTokens = 200;

export interface Packer {
  readonly isFull: () => boolean;
  /** Tokens that the rows of one section of this file may take. */
  readonly roomFor: (file: FileDiff) => number;
  /** A section that the budget does not allow is left out. */
  readonly add: (file: FileDiff, section: Section) => void;
  readonly parts: () => readonly Part[];
}

interface OpenPart {
  readonly files: { readonly file: FileDiff; readonly sections: Section[] }[];
  readonly instructions: Set<object>;
  tokens: number;
}

export function createPacker(room: Room): Packer {
  const parts: OpenPart[] = [];
  let left = room.reviewTokens;

  const startOf = (file: FileDiff): number =>
    costOfFile(file) +
    room
      .instructionsFor(file.path)
      .values()
      .reduce((sum, tokens) => sum + tokens, 0);
  const put = (part: OpenPart, file: FileDiff, section: Section, cost: number): void => {
    const last = part.files.at(-1);
    if (last?.file === file) last.sections.push(section);
    else part.files.push({ file, sections: [section] });
    for (const instruction of room.instructionsFor(file.path).keys()) part.instructions.add(instruction);
    part.tokens += cost;
    left -= cost;
  };
  return {
    isFull: () => room.partTokens < leastTokens || left < leastTokens,
    roomFor: (file) => room.partTokens - startOf(file),
    add: (file, section) => {
      const own = costOfSection(section);
      const open = parts.at(-1);
      const cost = open && own + costToJoin(open, file, room);
      if (open && cost !== undefined && open.tokens + cost <= room.partTokens) {
        if (cost <= left) put(open, file, section, cost);
        return;
      }
      const alone = own + startOf(file);
      if (alone > room.partTokens || alone + room.fixedTokens > left) return;
      const part: OpenPart = { files: [], instructions: new Set(), tokens: 0 };
      parts.push(part);
      left -= room.fixedTokens;
      put(part, file, section, alone);
    },
    parts: () => parts.map(({ files }) => ({ files })),
  };
}

function costToJoin({ files, instructions }: OpenPart, file: FileDiff, room: Room): number {
  const isThere = files.at(-1)?.file === file;
  const added = [...room.instructionsFor(file.path)].filter(
    ([instruction]) => !instructions.has(instruction),
  );
  return added.reduce((sum, [, tokens]) => sum + tokens, isThere ? 0 : costOfFile(file));
}
