/** How the demo speaks in the terminal. */

const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number, text: string) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = (text: string) => paint(1, text);
const dim = (text: string) => paint(2, text);

let steps = 0;

/** Begins the next part of the story. */
export function step(title: string): void {
  steps++;
  console.log(`\n${bold(`${steps}. ${title}`)}`);
}

/** A line of the story. */
export function tell(text: string): void {
  console.log(`   ${text}`);
}

/** Text as it was written elsewhere, set off from the story. */
export function quote(text: string): void {
  for (const line of text.split("\n")) console.log(dim(`   │ ${line}`));
}
