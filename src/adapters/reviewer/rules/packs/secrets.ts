/** Keys and passwords in added lines that no issuer's form gives away. Nothing here ever quotes what it found. */
import { looksLikePassword, looksRandom } from "../looks-random.ts";
import { isNotTest, isProse } from "../paths.ts";
import type { TextRule } from "../rule.ts";
import { aboutSecrets, madeUp } from "../secret-rule.ts";

const privateKey: TextRule = {
  ...aboutSecrets,
  id: "secrets/private-key",
  severity: "critical",
  title: "A private key is in the code",
  find: (line, { path, next }) => {
    const [, rest] = /-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH) )?PRIVATE KEY-----(.*)/.exec(line) ?? [];
    if (rest === undefined || !isNotTest(path)) return false;
    return /^(\\n|\s)*[A-Za-z0-9+/=]{40,}/.test(rest) || /^[\s"'+]*[A-Za-z0-9+/=]{40,}/.test(next ?? "");
  },
  bad: [
    {
      path: "deploy/key.pem",
      lines: [
        madeUp("-----BEGIN RSA ", "PRIVATE KEY-----"),
        "MIIEowIBAAKCAQEAx7Vq2mZx7Lw4RbN8sYc3HdJ6fPgA1uE5oViKqT9vQ2mZx7Lw",
      ],
      line: 1,
    },
  ],
  good: [
    { path: "src/key.ts", lines: ['if (!text.startsWith("-----BEGIN PRIVATE KEY-----")) throw bad;'] },
    { path: "docs/key.md", lines: ["-----BEGIN PRIVATE KEY-----", "...", "-----END PRIVATE KEY-----"] },
    {
      path: "deploy/key.pub",
      lines: [
        "-----BEGIN PUBLIC KEY-----",
        "MIIEowIBAAKCAQEAx7Vq2mZx7Lw4RbN8sYc3HdJ6fPgA1uE5oViKqT9vQ2mZx7Lw",
      ],
    },
  ],
};

const urlPassword: TextRule = {
  ...aboutSecrets,
  id: "secrets/url-password",
  severity: "high",
  title: "A password is in a connection address",
  find: (line, { path }) =>
    isNotTest(path) &&
    [
      ...line.matchAll(
        /\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|https?|ftps?|smtps?):\/\/([^\s:@/"'`]*):([^\s:@/"'`]{8,})@([^\s/:"'`?]+)/g,
      ),
    ].some(
      ([, user = "", password = "", host = ""]) =>
        user !== password && isGuarded(password) && isReachable(host),
    ),
  bad: [
    {
      path: "config.yml",
      lines: [`url: postgres://shop:${madeUp("vQ2mZx7", "Lw4Rb")}@db.acme-shop.com:5432/shop`],
      line: 1,
    },
  ],
  good: [
    {
      path: "config.yml",
      lines: [
        "url: postgres://user:password@db.acme-shop.com/shop",
        "url: postgres://shop:vQ2mZx7Lw4Rb@localhost/shop",
        "url: postgres://shop:${PASSWORD}@db.acme-shop.com/shop",
        "url: postgres://postgres:postgres123@postgres:5432/shop",
        "see https://user:vQ2mZx7Lw4Rb@example.com/",
      ],
    },
  ],
};

function isGuarded(password: string): boolean {
  return (
    !/pass|pwd|secret|example|change|your|xxx|\*\*|[<>{}$%[\]()]|^\.+$|user|test|admin|root|token/i.test(
      password,
    ) &&
    /\d/.test(password) &&
    /[a-z]/i.test(password)
  );
}

/** A service name in a compose file, this machine, and names that are reserved for examples are nobody's. */
function isReachable(host: string): boolean {
  return (
    host.includes(".") &&
    !/^(127\.|0\.0\.0\.0)|(^|\.)(example|invalid|test|localhost|local)(\.\w+)?$/i.test(host)
  );
}

const assignedSecret: TextRule = {
  ...aboutSecrets,
  id: "secrets/assigned-secret",
  severity: "high",
  title: "A password or key is written into the code",
  find: (line, { path }) => {
    if (!isNotTest(path) || isProse(path)) return false;
    const [, name = "", value = ""] =
      /(?<![\w-])([\w-]*(?:passw(?:or)?d|passphrase|(?:client|app|jwt|session|signing|webhook|api)[_-]?secret|secret[_-]?key|(?:auth|access)[_-]?token|encryption[_-]?key))["']?\s*(?::\s*string\s*)?(?:=|:|=>|:=)\s*["'`]([^"'`\s]{10,200})["'`]/i.exec(
        line.slice(0, maxAssignmentLength),
      ) ?? [];
    return /passw|phrase/i.test(name) ? looksLikePassword(value) : looksGenerated(value);
  },
  bad: [
    {
      path: "src/config.ts",
      lines: [`const jwtSecret = "${madeUp("kT9vQ2mZx7Lw4", "RbN8sYc3HdJ6fPgA1")}";`],
      line: 1,
    },
    {
      path: "settings.py",
      lines: ["DEBUG = False", `DB_PASSWORD = '${madeUp("vQ2!mZx7", "Lw4#Rb")}'`],
      line: 2,
    },
  ],
  good: [
    {
      path: "src/config.ts",
      lines: [
        "const jwtSecret = settings.JWT_SECRET;",
        'const clientSecret = "your-client-secret-goes-here";',
        'const password = "Please enter a password";',
        'const accessToken = "https://login.acme.com/oauth2/v1/token";',
        'const labels = { password: "Reset_Password_2!" };',
        'const sessionSecret = "keyboard cat";',
      ],
    },
    { path: "src/cart.test.ts", lines: ['const jwtSecret = "kT9vQ2mZx7Lw4RbN8sYc3HdJ6fPgA1";'] },
  ],
};

/** An assignment of a secret by hand is not this long; minified code is, and the pattern would crawl through it. */
const maxAssignmentLength = 500;

function looksGenerated(value: string): boolean {
  return (
    /^[A-Za-z0-9+/=_-]{20,}$/.test(value) &&
    [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(value)) &&
    looksRandom(value)
  );
}

export const secretRules: readonly TextRule[] = [privateKey, urlPassword, assignedSecret];
