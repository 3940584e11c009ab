/** Lists that know how much room they have. */

/** As many parts as there is room for, then a word on how many are left; those are not even rendered. */
export function fit(
  parts: readonly (() => string)[],
  maxLength: number,
  separator: string,
  rest: (left: number) => string,
): string {
  const kept: string[] = [];
  let length = 0;
  for (const render of parts) {
    const part = render();
    length += part.length + separator.length;
    if (length > maxLength) return [...kept, rest(parts.length - kept.length)].join(separator);
    kept.push(part);
  }
  return kept.join(separator);
}

export function collapsed(title: string, text: string): string {
  return `<details>\n<summary>${title}</summary>\n\n${text}\n\n</details>`;
}
