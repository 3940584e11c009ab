/** Files that real parsers cannot bear. Each was found by trying; none relies on a parser that is rigged. */

/** Aborts the process: the YAML grammar's scanner asserts that what it must remember fits into 1024 bytes. */
export const crashingYaml = Array.from({ length: 400 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n");

/** Keeps the JavaScript grammar busy for many seconds: the time grows with the square of the depth. */
export const hangingScript = `const a = ${"[".repeat(200_000)}${"]".repeat(200_000)};\n`;

/** Makes the Python grammar take some 400 MB. */
export const swellingPython = "(".repeat(500_000);

/** Recurses once a term in our own reading of built strings, deeper than the engine's stack. */
export const overflowingPython = `c.execute('select * from t where a = ' ${"+ a ".repeat(100_000)})\n`;
