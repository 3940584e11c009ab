/** Credentials in added lines, by the forms their issuers give them. Nothing here ever quotes what it found. */
import { looksLikePassword, looksRandom } from "../looks-random.ts";
import { isNotTest, isProse } from "../paths.ts";
import type { RuleHead, TextRule } from "../rule.ts";

const aboutSecrets = {
  kind: "text",
  category: "security",
  why: "Whoever can read the repository, a fork or a cache of it has the credential from now on, also when the line is removed again: revoke it and issue a new one. Read it at run time from the environment or a secret store.",
} as const;

/** Made-up credentials are kept in parts, so that no scanner takes this file's examples for real ones. */
function madeUp(...parts: readonly string[]): string {
  return parts.join("");
}

type TokenRule = Pick<RuleHead, "id" | "title" | "bad" | "good">;

/** A rule for tokens that their issuer's prefix gives away; the pattern's group is what must look random. */
function tokenRule(pattern: RegExp, rule: TokenRule): TextRule {
  const find = (line: string) =>
    [...line.matchAll(pattern)].some(([, ...bodies]) => looksRandom(bodies.find(Boolean) ?? ""));
  return { ...aboutSecrets, severity: "critical", ...rule, find };
}

const awsAccessKey = tokenRule(/\b((?:AKIA|ASIA)[A-Z2-7]{16})\b/g, {
  id: "secrets/aws-access-key",
  title: "An AWS access key id is in the code",
  bad: [{ path: ".env", lines: ["A=1", `AWS_ACCESS_KEY_ID=${madeUp("AKIA", "Q3EGRLTX5OPN7VKZ")}`], line: 2 }],
  good: [{ lines: ["AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "key = os.environ['AWS_ACCESS_KEY_ID']"] }],
});

const githubToken = tokenRule(
  /\b(?:gh[pousr]_([A-Za-z0-9]{36})|github_pat_([A-Za-z0-9]{22}_[A-Za-z0-9]{59}))\b/g,
  {
    id: "secrets/github-token",
    title: "A GitHub token is in the code",
    bad: [
      { lines: [`const token = "${madeUp("ghp", "_", "kT9vQ2mZx7Lw4RbN8sYc3HdJ6fPgA1uE5oVi")}";`], line: 1 },
    ],
    good: [
      {
        lines: [
          `const token = "${madeUp("ghp", "_")}${"x".repeat(36)}";`,
          "const t = process.env.GITHUB_TOKEN;",
        ],
      },
    ],
  },
);

const gitlabToken = tokenRule(/\bgl(?:pat|dt|rt|ptt)-([A-Za-z0-9_-]{20})\b/g, {
  id: "secrets/gitlab-token",
  title: "A GitLab token is in the code",
  bad: [{ lines: [`token: ${madeUp("glpat", "-", "Zk3vR8mWq2LxT7bNcY5d")}`], line: 1 }],
  good: [{ lines: ["token: glpat-xxxxxxxxxxxxxxxxxxxx"] }],
});

const slackToken = tokenRule(
  /\bxox[abposr]-((?:\d+-){1,3}[A-Za-z0-9]{20,})\b|hooks\.slack\.com\/services\/(T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]{20,})/g,
  {
    id: "secrets/slack-token",
    title: "A Slack token or webhook address is in the code",
    bad: [
      {
        lines: [`SLACK = "${madeUp("xoxb", "-", "2147483201-2751936408-", "Qm7RtZ2xVb9KpLw4NcYs8HdJ")}"`],
        line: 1,
      },
      {
        lines: [
          `curl ${madeUp("https://hooks.slack", ".com/services/", "T02KQ7RZX/B03MPW9LV/", "kT9vQ2mZx7Lw4RbN8sYc3HdJ")}`,
        ],
        line: 1,
      },
    ],
    good: [{ lines: ["curl https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"] }],
  },
);

const stripeKey = tokenRule(/\b[sr]k_live_([A-Za-z0-9]{24,})\b/g, {
  id: "secrets/stripe-key",
  title: "A live Stripe key is in the code",
  bad: [
    {
      lines: [`const stripe = new Stripe("${madeUp("sk", "_live_", "9vQ2mZx7Lw4RbN8sYc3HdJ6f")}");`],
      line: 1,
    },
  ],
  good: [
    {
      lines: [
        'const stripe = new Stripe("sk_test_9vQ2mZx7Lw4RbN8sYc3HdJ6f");',
        'const k = "pk_live_9vQ2mZx7Lw4RbN8sYc3HdJ6f";',
      ],
    },
  ],
});

/** Issuers whose tokens are known by prefix and length alone. */
const otherForms = [
  /npm_([A-Za-z0-9]{36})/,
  /pypi-AgEIcHlwaS5vcmc([A-Za-z0-9_-]{50,})/,
  /SG\.([A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})/,
  /sk-ant-(?:api|admin)\d\d-([A-Za-z0-9_-]{80,})/,
  /sk-(?:proj-|svcacct-)?([A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,})/,
  /hf_([A-Za-z]{34})/,
  /do[opr]_v1_([a-f0-9]{64})/,
  /shp(?:at|ca|pa|ss)_([a-fA-F0-9]{32})/,
  /dckr_pat_([A-Za-z0-9_-]{27})/,
  /hv[sb]\.([A-Za-z0-9_-]{90,})/,
].map((form) => form.source);

const serviceToken = tokenRule(new RegExp(`(?<![\\w-])(?:${otherForms.join("|")})(?![\\w-])`, "g"), {
  id: "secrets/service-token",
  title: "A service's access token is in the code",
  bad: [
    {
      path: ".npmrc",
      lines: [
        `//registry.npmjs.org/:_authToken=${madeUp("npm", "_", "kT9vQ2mZx7Lw4RbN8sYc3HdJ6fPgA1uE5oVi")}`,
      ],
      line: 1,
    },
    {
      lines: [
        `KEY = "${madeUp("SG", ".", "kT9vQ2mZx7Lw4RbN8sYc3H.", "dJ6fPgA1uE5oViKqT9vQ2mZx7Lw4RbN8sYc3HdJ6fPg")}"`,
      ],
      line: 1,
    },
  ],
  good: [
    {
      path: ".npmrc",
      lines: [
        "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
        "npm_config_registry_for_everything_in_here=1",
      ],
    },
  ],
});

const gcpServiceAccount = tokenRule(/"private_key_id"\s*:\s*"([a-f0-9]{40})"/g, {
  id: "secrets/gcp-service-account",
  title: "A Google Cloud service account key is in the code",
  bad: [
    {
      path: "key.json",
      lines: ["{", `  "private_key_id": "${madeUp("7f3c9e1a5b8d2046", "c1e7a9035fb2d8642e9b7c1d")}"`, "}"],
      line: 2,
    },
  ],
  good: [{ path: "key.json", lines: ["{", '  "private_key_id": ""', "}"] }],
});

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
        "const jwtSecret = process.env.JWT_SECRET;",
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

export const secretRules: readonly TextRule[] = [
  awsAccessKey,
  githubToken,
  gitlabToken,
  slackToken,
  stripeKey,
  serviceToken,
  gcpServiceAccount,
  privateKey,
  urlPassword,
  assignedSecret,
];
