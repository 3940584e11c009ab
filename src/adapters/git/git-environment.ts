/**
 * The environment git runs in, so that nothing outside a call decides what it does: no variable of ours is
 * inherited, and no configuration of the system, the user or a clone can name a program or open a connection.
 */

/**
 * In force for every command, above all configuration files (command scope). safe.directory: clones may belong to
 * another user than the one reviewd runs as; what git protects by refusing them is switched off here one by one.
 */
const safeConfig = [
  ["safe.directory", "*"],
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.attributesFile", "/dev/null"],
  ["core.sshCommand", "false"],
  ["core.gitProxy", "false"],
  ["core.alternateRefsCommand", "true"],
  ["core.commitGraph", "false"],
  ["credential.helper", ""],
  ["diff.external", ""],
  ["fetch.writeCommitGraph", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["protocol.allow", "never"],
] as const;

/**
 * Everything git and its children see. `/dev/null/…` can never exist, so no `.netrc` or `.gitconfig` is found.
 * GIT_ALLOW_PROTOCOL overrules every `protocol.*` setting of a clone; fetching names the one protocol it needs.
 */
const safeEnvironment = {
  HOME: "/dev/null",
  XDG_CONFIG_HOME: "/dev/null",
  LC_ALL: "C",
  GIT_ALLOW_PROTOCOL: "none",
  GIT_ASKPASS: "",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_GRAFT_FILE: "/dev/null/grafts",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_PAGER: "cat",
  GIT_TERMINAL_PROMPT: "0",
} as const;

/**
 * All the variables of one call. PATH is git's own folder alone: git finds its helpers without it, and no
 * configuration can name another program by its bare name.
 * @param config settings of this call; in the environment they may hold a secret
 */
export function gitEnvironment(
  gitFolder: string,
  call: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly config?: readonly (readonly [key: string, value: string])[];
  },
): Record<string, string> {
  const config = [...safeConfig, ...(call.config ?? [])];
  const pairs = config.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    ...safeEnvironment,
    PATH: gitFolder,
    ...call.environment,
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(pairs),
  };
}
