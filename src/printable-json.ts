/** JSON in which everything that is not seen is escaped: it may be printed on a terminal. */

export function printableJson(document: unknown): string {
  const json = JSON.stringify(document, null, 2);
  const safe = json.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(""),
  );
  return `${safe}\n`;
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
