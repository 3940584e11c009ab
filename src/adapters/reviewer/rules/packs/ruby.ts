/** Rules for Ruby. */
import { findAncestor, givenTo, kindOf } from "../nodes.ts";
import { isNotTest, isTest } from "../paths.ts";
import type { TreeRule } from "../rule.ts";
import { aboutCommands, aboutDebuggers, aboutSql, aboutTls, hasValues } from "../shared-heads.ts";

const sqlFromValues: TreeRule = {
  ...aboutSql,
  id: "ruby/sql-from-values",
  languages: ["ruby"],
  find: {
    kind: "call",
    has: {
      field: "method",
      regex: "^(find_by_sql|count_by_sql|execute|exec_query|exec_params|select_(all|one|value|values|rows))$",
    },
  },
  bad: [{ lines: ["Cart.find_by_sql(\"SELECT * FROM carts WHERE name = '#{params[:name]}'\")"], line: 1 }],
  good: [
    {
      lines: [
        'Cart.find_by_sql(["SELECT * FROM carts WHERE name = ?", name])',
        'connection.execute("SELECT * FROM #{table_name} WHERE a = 1")',
        'connection.execute("SELECT * FROM carts WHERE a = #{connection.quote(a)}")',
      ],
    },
  ],
};

const conditionFromInput: TreeRule = {
  ...aboutSql,
  id: "ruby/condition-from-input",
  title: "A request's parameter is put into an SQL condition as text",
  why: 'A quote in the parameter changes the condition: it can read what it should not. Write `where(name: params[:name])` or `where("name = ?", params[:name])`.',
  languages: ["ruby"],
  find: {
    kind: "call",
    has: { field: "method", regex: "^(where|having|order|group|joins|pluck|exists\\?|find_by|rewhere)$" },
  },
  accept: (node) =>
    givenTo(node).some((each) => hasValues(each) && /#\{\s*(params|cookies)\b/.test(each.text())),
  bad: [{ lines: ["Cart.where(\"name = '#{params[:name]}'\")"], line: 1 }],
  good: [{ lines: ['Cart.where("name = ?", params[:name])', 'Cart.where("total > #{minimum}")'] }],
};

const commandFromValues: TreeRule = {
  ...aboutCommands,
  id: "ruby/shell-command-from-values",
  languages: ["ruby"],
  find: {
    any: [
      { kind: "call", has: { field: "method", regex: "^(system|exec|spawn|popen|capture2e?|capture3)$" } },
      { kind: "subshell" },
    ],
  },
  accept: (node) => {
    if (node.is("subshell")) return hasValues(node);
    const receiver = node.field("receiver")?.text() ?? "Kernel";
    const given = givenTo(node).filter((each) => !/^(pair|hash)$/.test(kindOf(each)));
    return /^(Kernel|IO|Open3|Process)$/.test(receiver) && given.length === 1 && hasValues(given[0]);
  },
  bad: [
    { lines: ['system("git checkout #{branch}")'], line: 1 },
    { lines: ["log = `git log #{branch}`"], line: 1 },
  ],
  good: [
    {
      lines: [
        'system("git", "checkout", branch)',
        'system("git checkout #{Shellwords.escape(branch)}")',
        "version = `git --version`",
        'connection.exec("a #{b}")',
      ],
    },
  ],
};

const unsafeDeserialization: TreeRule = {
  kind: "tree",
  id: "ruby/unsafe-deserialization",
  severity: "high",
  category: "security",
  title: "Objects of any class are made from data",
  why: "Data that names a class makes an object of it, and code runs while it is made. Use `YAML.safe_load` with the classes that are allowed, or JSON.",
  languages: ["ruby"],
  paths: isNotTest,
  find: { kind: "call", has: { field: "method", regex: "^(unsafe_load|unsafe_load_file|load)$" } },
  accept: (node) => {
    const receiver = node.field("receiver")?.text() ?? "";
    if (/^(YAML|Psych)$/.test(receiver)) return /^unsafe/.test(node.field("method")?.text() ?? "");
    return (
      receiver === "Marshal" && /\b(params|cookies|request|Base64)\b/.test(givenTo(node)[0]?.text() ?? "")
    );
  },
  bad: [
    { lines: ["cart = Marshal.load(Base64.decode64(cookies[:cart]))"], line: 1 },
    { lines: ["cart = YAML.unsafe_load(text)"], line: 1 },
  ],
  good: [{ lines: ["copy = Marshal.load(Marshal.dump(cart))", "config = YAML.load(text)"] }],
};

const evalOfInput: TreeRule = {
  kind: "tree",
  id: "ruby/eval-of-input",
  severity: "critical",
  category: "security",
  title: "What a request sends is run or called by name",
  why: "Whoever sends the request runs code with this process's rights. Look the value up in a table of what is allowed.",
  languages: ["ruby"],
  paths: isNotTest,
  find: {
    kind: "call",
    has: { field: "method", regex: "^(eval|instance_eval|class_eval|constantize|send|public_send)$" },
  },
  accept: (node) => {
    const method = node.field("method")?.text();
    const subject = method === "constantize" ? node.field("receiver") : givenTo(node)[0];
    return /^(params|cookies)\b/.test(subject?.text() ?? "");
  },
  bad: [
    { lines: ["eval(params[:code])"], line: 1 },
    { lines: ["klass = params[:type].constantize"], line: 1 },
  ],
  good: [{ lines: ["eval(code, binding, __FILE__, __LINE__)", "cart.send(:total)"] }],
};

const massAssignment: TreeRule = {
  kind: "tree",
  id: "ruby/permit-everything",
  severity: "high",
  category: "security",
  title: "Every parameter of the request is permitted",
  why: "The request may then set any attribute, such as `admin` or `owner_id`. Name what may be set: `params.permit(:name)`.",
  languages: ["ruby"],
  paths: isNotTest,
  find: { kind: "call", has: { field: "method", regex: "^permit!$" } },
  bad: [{ lines: ["Cart.create(params[:cart].permit!)"], line: 1 }],
  good: [{ lines: ["Cart.create(params.require(:cart).permit(:name))"] }],
};

const tlsVerifyOff: TreeRule = {
  ...aboutTls,
  id: "ruby/tls-verify-off",
  languages: ["ruby"],
  find: {
    kind: "scope_resolution",
    regex: "^OpenSSL::SSL::VERIFY_NONE$",
    inside: { any: [{ kind: "assignment" }, { kind: "pair" }] },
  },
  bad: [{ lines: ["http.verify_mode = OpenSSL::SSL::VERIFY_NONE"], line: 1 }],
  good: [
    { lines: ["http.verify_mode = OpenSSL::SSL::VERIFY_PEER", "off = mode == OpenSSL::SSL::VERIFY_NONE"] },
  ],
};

const rescueEverything: TreeRule = {
  kind: "tree",
  id: "ruby/rescue-exception",
  severity: "medium",
  category: "correctness",
  title: "Signals and exits are rescued too",
  why: "`Exception` is also what ends the process: `SignalException`, `SystemExit`, `NoMemoryError`. Rescue `StandardError`, or raise again.",
  languages: ["ruby"],
  paths: isNotTest,
  find: { kind: "exceptions", regex: "^(::)?Exception$" },
  accept: (node) => {
    const handler = findAncestor(node, ["rescue"], ["method"]);
    return handler !== null && !/\braise\b|\bexit\b|\babort\b|\bthrow\b/.test(handler.text());
  },
  bad: [{ lines: ["begin", "  work", "rescue Exception => e", "  log(e)", "end"], line: 3 }],
  good: [
    { lines: ["begin", "  work", "rescue Exception", "  undo", "  raise", "end"] },
    { lines: ["begin", "  work", "rescue StandardError => e", "  log(e)", "end"] },
  ],
};

const debuggerCall: TreeRule = {
  ...aboutDebuggers,
  id: "ruby/debugger",
  languages: ["ruby"],
  find: {
    any: [
      { kind: "call", regex: "^binding\\.(pry|irb|b|break)$" },
      {
        kind: "identifier",
        regex: "^byebug$",
        inside: {
          any: [{ kind: "program" }, { kind: "body_statement" }, { kind: "then" }, { kind: "block_body" }],
        },
      },
    ],
  },
  accept: (_, file) => !/^\s*(gem|require)\b.*byebug/m.test(file.text),
  bad: [
    { lines: ["def total", "  binding.pry", "  1", "end"], line: 2 },
    { lines: ["def total", "  byebug", "  1", "end"], line: 2 },
  ],
  good: [{ lines: ["binding.local_variables", "tool = :byebug"] }],
};

const focusedTest: TreeRule = {
  kind: "tree",
  id: "ruby/focused-test",
  severity: "high",
  category: "correctness",
  title: "A focused test keeps the other tests from running",
  why: "Everything else in the suite is skipped, and the run is still green. Remove the focus.",
  languages: ["ruby"],
  paths: (path) => isTest(path) && /_spec\.rb$/.test(path),
  find: {
    kind: "call",
    any: [
      { has: { field: "method", regex: "^(fit|fdescribe|fcontext|fspecify)$" } },
      {
        has: { field: "method", regex: "^(it|describe|context|specify)$" },
        regex: "^[^\\n]*(,\\s*:focus\\b|\\bfocus:\\s*true|:focus\\s*=>\\s*true)",
      },
    ],
  },
  spot: (node) => {
    const { start, end } = node.field("method")?.range() ?? node.range();
    return { start: start.index, end: end.index };
  },
  bad: [
    { path: "spec/cart_spec.rb", lines: ["fit 'adds' do", "  expect(1).to eq(1)", "end"], line: 1 },
    { path: "spec/cart_spec.rb", lines: ["it 'adds', :focus do", "  expect(1).to eq(1)", "end"], line: 1 },
  ],
  good: [{ path: "spec/cart_spec.rb", lines: ["it 'adds' do", "  expect(1).to eq(1)", "end"] }],
};

export const rubyRules: readonly TreeRule[] = [
  sqlFromValues,
  conditionFromInput,
  commandFromValues,
  unsafeDeserialization,
  evalOfInput,
  massAssignment,
  tlsVerifyOff,
  rescueEverything,
  debuggerCall,
  focusedTest,
];
