/** Structured logs on standard output, one JSON object a line. Fields that could hold a secret are cut out here. */
import { type DestinationStream, type Logger, pino } from "pino";
import { currentCorrelation } from "./correlation.ts";

export type { Logger };

/** Paths that must never be printed, wherever a request or a configuration value ends up in a log object. */
const redactedPaths = [
  "authorization",
  "*.authorization",
  "headers.authorization",
  "*.headers.authorization",
  "token",
  "*.token",
];

/**
 * @param level a pino level name, as `LOG_LEVEL` gives it
 * @param bindings fields on every line, e.g. `{ role: "serve" }`
 * @param destination where lines go; standard output unless a test collects them
 */
export function createLog(
  level: string,
  bindings: Record<string, unknown>,
  destination?: DestinationStream,
): Logger {
  const options = {
    level,
    base: bindings,
    redact: redactedPaths,
    mixin: () => ({ ...currentCorrelation() }),
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(options, destination) : pino(options);
}
