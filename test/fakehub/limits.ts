/** The sizes at which GitHub stops showing or accepting things. A test may lower them to reach one cheaply. */
export interface Limits {
  /** Characters of any body. */
  readonly bodyCharacters: number;
  /** Files and lines of a pull request's diff media type; above, 406 `too_large`. */
  readonly diffFiles: number;
  readonly diffLines: number;
  /** Above, a file is listed without its `patch`. */
  readonly patchLines: number;
  readonly patchBytes: number;
  /** Entries of a pull request's file list over all pages, and of a comparison's. */
  readonly listedFiles: number;
  readonly comparedFiles: number;
  /**
   * REST calls and GraphQL points an installation has each hour. Infinity: nobody is limited, which is how an Enterprise
   * Server comes; GraphQL's `rateLimit` is null there.
   */
  readonly callsPerHour: number;
  readonly pointsPerHour: number;
  /** Secondary limits: reviews, comments and checks created in a minute and in an hour … */
  readonly contentPerMinute: number;
  readonly contentPerHour: number;
  /** … REST points in a minute, where reading is 1 and writing 5, and calls at the same time. */
  readonly restPointsPerMinute: number;
  readonly concurrentCalls: number;
  /** How long a delivery can be listed and sent again. */
  readonly deliveryRetentionMs: number;
  /** How long a webhook's receiver has to answer. */
  readonly webhookMs: number;
}

export const gitHubLimits: Limits = {
  bodyCharacters: 65_536,
  diffFiles: 300,
  diffLines: 20_000,
  patchLines: 20_000,
  patchBytes: 500 * 1024,
  listedFiles: 3_000,
  comparedFiles: 300,
  callsPerHour: 5_000,
  pointsPerHour: 5_000,
  contentPerMinute: 80,
  contentPerHour: 500,
  restPointsPerMinute: 900,
  concurrentCalls: 100,
  deliveryRetentionMs: 3 * 24 * 3_600_000,
  webhookMs: 10_000,
};
