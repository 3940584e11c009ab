/**
 * Tokens in added lines, by the forms their issuers give them. Nothing here ever quotes what it found.
 *
 * Our own and not secretlint's recommended preset 13.0.7, which runs here as well and as fast (28 MB/s): over 6,000 files
 * of npm packages it found 12 secrets, each an example or a test's, where these rules found none, and a comment
 * `secretlint-disable` in the file silences it. The forms it knows and these lacked were added.
 */
import { looksRandom } from "../looks-random.ts";
import type { RuleHead, TextRule } from "../rule.ts";
import { aboutSecrets, madeUp } from "../secret-rule.ts";

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
          "const t = settings.GITHUB_TOKEN;",
          '{ "token": "ghs_16C7e42F292c6912E7710c838347Ae178B4a" }',
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
  /gsk_([A-Za-z0-9]{52})/,
  /lin_api_([A-Za-z0-9]{40})/,
  /ntn_(\d{11}[A-Za-z0-9]{35})/,
  /glsa_([A-Za-z0-9]{32}_[A-Fa-f0-9]{8})/,
  /glc_(eyJ[A-Za-z0-9+/]{60,400}={0,2})/,
  /dapi([a-f0-9]{32})/,
  /figd_([A-Za-z0-9_-]{40})/,
  /tskey-(?:auth|api|client)-([A-Za-z0-9]{8,40}-[A-Za-z0-9]{16,60})/,
  /ops_(eyJ[A-Za-z0-9+/]{100,1280}={0,2})/,
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

export const tokenRules: readonly TextRule[] = [
  awsAccessKey,
  githubToken,
  gitlabToken,
  slackToken,
  stripeKey,
  serviceToken,
  gcpServiceAccount,
];
