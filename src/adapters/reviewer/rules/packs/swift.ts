/** Rules for Swift. */
import { givenTo } from "../nodes.ts";
import { isNotTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutEmptyCatch, aboutSql, aboutTls } from "../shared-heads.ts";
import { isSqlWithValues } from "../sql-text.ts";

const sqlFromValues: TreeRule = {
  ...aboutSql,
  id: "swift/sql-from-values",
  languages: ["swift"],
  find: {
    kind: "call_expression",
    regex:
      "^(sqlite3_(exec|prepare|prepare_v2)|[\\w.?!]+\\.(execute|executeQuery|executeUpdate|prepare|fetchAll|fetchOne|run))\\(",
  },
  accept: (node) => givenTo(node).slice(0, 3).some(isSqlWithValues),
  bad: [
    {
      lines: [
        "func f() {",
        "  sqlite3_exec(db, \"DELETE FROM carts WHERE name = '\\(name)'\", nil, nil, nil)",
        "}",
      ],
      line: 2,
    },
  ],
  good: [
    {
      lines: [
        "func f() throws {",
        '  try db.execute(sql: "DELETE FROM carts WHERE name = ?", arguments: [name])',
        "}",
      ],
    },
  ],
};

const emptyCatch: TreeRule = {
  ...aboutEmptyCatch,
  id: "swift/empty-catch",
  languages: ["swift"],
  find: { kind: "catch_block", regex: "^catch\\s*\\{\\s*\\}$" },
  bad: [{ lines: ["func f() {", "  do { try g() } catch {}", "}"], line: 2 }],
  good: [{ lines: ["func f() {", "  do { try g() } catch { log(error) }", "}"] }],
};

const compareWithNan: TreeRule = {
  kind: "tree",
  id: "swift/compare-with-nan",
  severity: "high",
  category: "correctness",
  title: "Nothing equals NaN, not even NaN",
  why: "The comparison is always the same. Ask `value.isNaN`.",
  languages: ["swift"],
  find: { kind: "equality_expression", regex: "[=!]=\\s*(\\w+)?\\.nan$" },
  bad: [{ lines: ["func f() {", "  if total == .nan { g() }", "}"], line: 2 }],
  good: [{ lines: ["func f() {", "  if total.isNaN { g() }", "}"] }],
};

const tlsVerifyOff: TreeRule = {
  ...aboutTls,
  id: "swift/tls-verify-off",
  why: "A credential is made of whatever certificate the server shows: anyone between the two ends can read and change what is sent. Evaluate the trust first (`SecTrustEvaluateWithError`).",
  languages: ["swift"],
  find: { kind: "call_expression", regex: "^(URLCredential|NSURLCredential)\\(trust:" },
  accept: (_, { text }) => !/SecTrustEvaluate|SecTrustSet|pinn|SecCertificateCopy/i.test(text),
  bad: [
    {
      lines: [
        "func f() {",
        "  completionHandler(.useCredential, URLCredential(trust: challenge.protectionSpace.serverTrust!))",
        "}",
      ],
      line: 2,
    },
  ],
  good: [
    {
      lines: [
        "func f() {",
        "  guard SecTrustEvaluateWithError(trust, nil) else { return }",
        "  handler(.useCredential, URLCredential(trust: trust))",
        "}",
      ],
    },
  ],
};

const strongDelegate: TreeRule = {
  kind: "tree",
  id: "swift/strong-delegate",
  severity: "medium",
  category: "correctness",
  title: "The delegate is held strongly",
  why: "What has a delegate is mostly held by it: both then keep each other, and neither is freed. Declare it `weak`.",
  languages: ["swift"],
  paths: isNotTest,
  find: {
    kind: "property_declaration",
    regex:
      "^((public|private|internal|open|fileprivate|@objc)\\s+)*var\\s+delegate\\s*:\\s*(any\\s+|\\(any\\s+)?\\w+Delegate\\)?\\?$",
    inside: { kind: "class_body", inside: { kind: "class_declaration", regex: "^[^{]*\\bclass\\b" } },
  },
  bad: [{ lines: ["class Cart {", "  var delegate: CartDelegate?", "}"], line: 2 }],
  good: [
    {
      lines: [
        "class Cart {",
        "  weak var delegate: CartDelegate?",
        "}",
        "struct Basket {",
        "  var delegate: CartDelegate?",
        "}",
      ],
    },
  ],
};

export const swiftRules: readonly TreeRule[] = [
  sqlFromValues,
  emptyCatch,
  compareWithNan,
  tlsVerifyOff,
  strongDelegate,
];
