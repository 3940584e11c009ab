/** What is masked in text that people read is tested with the rest of what is posted, in hygiene.test.ts. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { maskLine } from "../../../src/adapters/reviewer/mask-secrets.ts";
import { everyRule } from "../../../src/adapters/reviewer/rules/rule-catalog.ts";
import { madeUp } from "../../../src/adapters/reviewer/rules/secret-rule.ts";

const mask = "[secret removed]";
const token = madeUp("ghp", "_", "kT9vQ2mZx7Lw4RbN8sYc3HdJ6fPgA1uE5oVi");
const keyLine = "MIIEowIBAAKCAQEAx7Vq2mZx7Lw4RbN8sYc3HdJ6fPgA1uE5oViKqT9vQ2mZx7Lw";
const begin = madeUp("-----BEGIN RSA ", "PRIVATE KEY-----");

describe("in lines of code nothing is left of what a rule takes for a secret", () => {
  const rules = everyRule.flatMap((rule) =>
    "kind" in rule && rule.kind === "text" && rule.id.startsWith("secrets/") ? [rule] : [],
  );
  test.each(rules.map((rule) => [rule.id, rule] as const))("%s", (_, { find, bad }) => {
    for (const { lines, path = "a.ts" } of bad) {
      const masked = lines.map(maskLine);
      expect(masked.join()).toContain(mask);
      const context = (at: number) => ({ path, next: masked[at + 1] ?? null, above: () => [] });
      expect(masked.filter((line, at) => find(line, context(at)))).toEqual([]);
    }
  });
});

test.each([
  [`const token = "${token}"; // of deploy2`, `const token = "${mask}"; // of deploy2`],
  [
    `send("${token}"); fs2.removeEverything("/srv/data1");`,
    `send("${mask}"); fs2.removeEverything("/srv/data1");`,
  ],
  ['url = "postgres://shop:hunter2@db/shop"', `url = "postgres://shop:${mask}@db/shop"`],
  [
    `const jwtSecret = "${madeUp("kT9vQ2mZx7Lw4", "RbN8sYc3HdJ6fPgA1")}"; user2.deleteAll("a1b2c3d4");`,
    `const jwtSecret = "${mask}"; user2.deleteAll("a1b2c3d4");`,
  ],
  [`  ${keyLine}`, `  ${mask}`],
  [`  "${keyLine}\\n" +`, `  "${mask}\\n" +`],
  [`"key": "${begin}\\n${keyLine}\\n${keyLine}\\n",`, `"key": "${begin}${mask}",`],
])("%s", (line, masked) => {
  expect(maskLine(line)).toBe(masked);
});

test.each([
  `const url = \`postgres://$\{user}:$\{password}@db/shop\`;`,
  'const jwtSecret = settings.JWT_SECRET ?? fail("JWT_SECRET is not set");',
  `if (!text.startsWith("${begin}")) throw new Error("not a key: Base64Of48OrMore");`,
  `// ${begin} return allowEverything(user1, request2);`,
  "return computeTheTotalOfAllTheCartsThatAreStillOpenInThisShop(carts);",
  "computeTheTotalOfAllTheCartsThatAreStillOpenInThisShopBy2030();",
  '  "sha512-1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a7988",',
])("what is no secret stays, also behind the look of one: %s", (line) => {
  expect(maskLine(line)).toBe(line);
});

test("a line stays a line, and is masked once", () => {
  const piece = fc.constantFrom(
    token,
    keyLine,
    begin,
    mask,
    " ",
    "://",
    "a:",
    "@",
    '"',
    "password = ",
    "\\n",
    "x1",
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const masked = maskLine(pieces.join(" "));
      expect(masked).not.toMatch(/[\r\n]/);
      expect(masked).not.toContain(token);
      expect(maskLine(masked)).toBe(masked);
    }),
  );
});
