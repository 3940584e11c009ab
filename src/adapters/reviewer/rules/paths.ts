/** What a path says about a file, for rules that hold in some places only. */

const test =
  /(^|\/)(tests?|\w*Tests?|__tests__|specs?|e2e|cypress|testdata|fixtures?|__mocks__|testing)\/|[._-](test|tests|spec|e2e|cy)\.[a-z]+$|(^|\/)(test_[^/]+|conftest)\.py$|_test\.(go|py)$|Tests?\.(java|kt|swift|cs|php)$|(Spec|Suite|Test)\.(scala|kt)$/;

/** Also what tests are made of: fixtures, mocks, helpers. */
export function isTest(path: string): boolean {
  return test.test(path);
}

export function isNotTest(path: string): boolean {
  return !test.test(path);
}

export function isWorkflow(path: string): boolean {
  return /^\.(github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/.test(path);
}

/** SQL that is run once on a database with data in it, forwards. */
export function isMigration(path: string): boolean {
  return (
    /(^|\/)(migrations?|migrate|drizzle|flyway|liquibase|changelogs?)\/|(^|\/)V\d[\d_.]*__[^/]*$|\.up\.sql$/i.test(
      path,
    ) && !isDown(path)
  );
}

function isDown(path: string): boolean {
  return /[._-](down|undo|rollback)\.sql$|(^|\/)(down|undo|rollback)(\/|\.sql$)|(^|\/)U\d[\d_.]*__[^/]*$/i.test(
    path,
  );
}

/** Text for people: documentation and translations. */
export function isProse(path: string): boolean {
  return (
    /\.(md|mdx|markdown|txt|rst|adoc|html?|po|pot|arb|xlf|xliff|strings|resx|properties|csv|tsv|srt|vtt|tex)$/i.test(
      path,
    ) || /(^|\/)(locales?|i18n|l10n|lang|translations?|messages)\//i.test(path)
  );
}
