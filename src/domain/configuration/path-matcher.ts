/**
 * The one meaning that patterns for paths have, whatever they choose: like those of .gitignore, with braces. Bun's own
 * globs match in linear time, whatever the pattern: packages that make regular expressions of it do not.
 */

/** A path from the repository's root, with `/` between its parts. */
export type PathMatcher = (path: string) => boolean;

/**
 * - `*.sql` or `docs`: a file or a folder of that name, wherever it is, and all that is below
 * - `docs/`: only a folder of that name
 * - `src/*.ts` or `/docs`: with a slash before its end, from the root
 * - `**` stands for any number of folders, `*` and `?` for parts of one name, `{a,b}` for either, `[a-z]` for one of them
 * - `!docs/old`: not these after all. The last pattern that matches decides; a list that begins so begins with all files.
 *
 * @param patterns none: every path matches
 */
export function createPathMatcher(patterns: readonly string[]): PathMatcher {
  const rules = patterns.map(parseRule);
  const otherwise = rules[0]?.negated !== false;
  return (path) => {
    const rule = rules.findLast(({ globs }) => globs.some((glob) => glob.match(path)));
    return rule ? !rule.negated : otherwise;
  };
}

/** Whether a file is left out: `include` leaves out what it does not match, and `exclude` what it matches. */
export function createExclusion(choice: {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}): PathMatcher {
  const isIncluded = createPathMatcher(choice.include);
  const isExcluded = choice.exclude.length === 0 ? () => false : createPathMatcher(choice.exclude);
  return (path) => !isIncluded(path) || isExcluded(path);
}

interface Rule {
  readonly negated: boolean;
  readonly globs: readonly Bun.Glob[];
}

function parseRule(pattern: string): Rule {
  const negated = pattern.startsWith("!");
  const written = negated ? pattern.slice(1) : pattern;
  const onlyFolder = written.endsWith("/");
  const name = written.replace(/\/+$/, "");
  const fromRoot = name.replace(/^\.?\//, "");
  const isAnchored = name.includes("/");
  // A leading exclamation mark would be Bun's negation.
  const start = isAnchored ? fromRoot.replace(/^!/, "\\!") : `**/${fromRoot}`;
  const below = new Bun.Glob(`${start}/**`);
  return { negated, globs: onlyFolder ? [below] : [new Bun.Glob(start), below] };
}
